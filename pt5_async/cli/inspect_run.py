"""What `inspect` does once all is decided: draw findings, tell of them."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Final

from ..events import Level, Notice
from ..inspect import Finding, Inspected, InspectionFold, inspect_tree
from ..kit import Stop
from ..model import Failed, Skipped
from . import inspect_json
from .exits import Exit, of_inspection
from .inspect_flags import ToInspect
from .inspect_words import bin_line, odd_line, report
from .jsonlines import JsonLines
from .known import known_broken
from .loop import run
from .places import blaming
from .screen import Screen
from .ticker import ticking
from .words import Said, notice_line

BATCH: Final = 256
"""So many findings at most are handed over at once."""

_BATCH_SECONDS: Final = 0.1
"""A batch is handed over after so long; it has one finding at least."""


def inspect(asked: ToInspect) -> Exit:
    """Do what `asked` says, tell of it, and give the exit code.

    Raises:
        UsageError: when SOURCE is a file of no bin, or a list that was
            named cannot be used.
        SourceError: when it is not there, or cannot be listed.
    """
    screen = Screen(sys.stdout, sys.stderr, color=asked.color)
    loops: list[asyncio.AbstractEventLoop] = []

    def watch(notice: Notice) -> None:
        """From a thread: where a loop runs, it tells of it."""
        if loops:
            loops[0].call_soon_threadsafe(teller, notice)
        else:
            screen.say(*notice_line(notice))

    with blaming(asked.origin):
        findings = inspect_tree(
            asked.source, settings=asked.settings, watch=watch
        )
    known = known_broken(asked.known_broken) if asked.known_broken else ()
    teller = _Teller(asked, screen, known)
    teller.begin()
    shown = nullcontext() if asked.quiet else ticking(screen, teller.now)

    async def journey(stop: Stop) -> bool:
        screen.when_gone = lambda _: stop.finish()
        loops.append(asyncio.get_running_loop())
        return not await draw(findings, teller, stop)

    with shown:
        stopped, signum = run(journey)
    return teller.conclude(signum, stopped=stopped)


async def draw(
    findings: Generator[Finding, None, None],
    tell: Callable[[Finding], None],
    stop: Stop,
) -> bool:
    """Tell each of `findings`; whether the end came before a `stop`.

    They are made in a thread, which a stop does not wait for: a read on a
    dead network share may never return.
    """
    with _thread(findings) as take:
        asked = asyncio.ensure_future(stop.wait())
        try:
            while not stop.asked:
                batch = take()
                await asyncio.wait(
                    (batch, asked), return_when=asyncio.FIRST_COMPLETED
                )
                if batch.done():
                    found = batch.result()
                    for finding in found:
                        tell(finding)
                    if not found:
                        return True
            return False
        finally:
            asked.cancel()


@contextmanager
def _thread(
    findings: Generator[Finding, None, None],
) -> Iterator[Callable[[], asyncio.Future[list[Finding]]]]:
    """A way to take the next batch, in a thread of its own."""
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, "pt5-inspect")
    try:
        yield lambda: loop.run_in_executor(thread, _batch, findings)
    finally:
        # Behind a batch that is still being made, in the same thread.
        thread.submit(findings.close)
        thread.shutdown(wait=False)


def _batch(findings: Iterator[Finding]) -> list[Finding]:
    """The next findings, as many as come soon; none at the end."""
    batch: list[Finding] = []
    end = time.monotonic() + _BATCH_SECONDS
    for finding in findings:
        batch.append(finding)
        if len(batch) >= BATCH or time.monotonic() > end:
            break
    return batch


class _Teller:
    """Folds findings, and tells of those that somebody wants to see.

    Lines go to standard output; with `json`, which has it for itself, and
    with `quiet` to standard error. With `quiet` only what the exit code
    is about is named.
    """

    def __init__(
        self, asked: ToInspect, screen: Screen, known: Collection[str]
    ) -> None:
        self._asked = asked
        self._screen = screen
        self._fold = InspectionFold(known)
        self._lines = JsonLines(screen.out) if asked.json else None
        self._folder = ""
        aside = asked.json or asked.quiet
        self._say = screen.say if aside else screen.out

    def begin(self) -> None:
        """Say where the bins are, and what is odd about the question."""
        source = os.path.abspath(self._asked.source)
        if not self._asked.quiet:
            self._screen.say(f"Inspecting {source}")
        if self._lines is not None:
            self._lines.write(inspect_json.begun(source))
        for warning in self._asked.warnings:
            self(Notice(Level.WARNING, warning))

    def __call__(self, found: Finding) -> None:
        """Fold `found` in, and name it if it is to be named."""
        self._fold(found)
        if isinstance(found, Inspected):
            self._folder = found.files[0].relative.rpartition("/")[0]
        if self._lines is not None:
            known = isinstance(found, Inspected) and self._fold.knows(found)
            self._lines.write(inspect_json.found(found, known=known))
        said = self._line(found)
        if said is not None:
            self._say(*said)

    def _line(self, found: Finding) -> Said | None:
        """What to say of `found`, if anything."""
        loud, quiet = self._asked.verbose, self._asked.quiet
        if isinstance(found, Inspected):
            grave = found.broken or found.error is not None
            known = self._fold.knows(found)
            named = grave if quiet else loud or not found.well
            named = named and (loud or not known)
            return bin_line(found) if named else None
        if isinstance(found, Failed | Skipped):
            named = loud or isinstance(found, Failed)
            return odd_line(found) if named else None
        if isinstance(found, Notice) and not quiet:
            self._screen.say(*notice_line(found))
        return None

    def now(self) -> str:
        """How far it is, for a line that is cut where it is too long."""
        fold = self._fold
        counts = [
            f"{fold.bins} bins",
            f"{fold.files} files",
            f"{fold.broken} broken" if fold.broken else "",
            f"{fold.failures} failed" if fold.failures else "",
            self._folder,
        ]
        return "  ".join(filter(None, counts))

    def conclude(self, signum: int | None, *, stopped: bool) -> Exit:
        """Say what was found; the exit code that it earned."""
        seen = self._fold.inspection()
        code = of_inspection(seen, signum if stopped else None)
        if not (self._asked.quiet and code == Exit.WELL):
            days = self._asked.verbose
            for said in report(seen, days=days, stopped=stopped):
                self._say(*said)
        if self._lines is not None:
            self._lines.write(inspect_json.ended(seen, code, stopped=stopped))
        return code
