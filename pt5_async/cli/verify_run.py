"""What `verify` does once all is decided: hold, tell, and conclude."""

import os
from collections.abc import Collection
from contextlib import nullcontext
from dataclasses import replace

from ..events import Event, Level, Notice, Paused, Resumed
from ..kit import Stop
from ..model import Skipped
from ..verify import (
    Extra,
    Finding,
    Half,
    Requests,
    State,
    Unreadable,
    Verification,
    VerificationFold,
    Verified,
    verify_tree,
)
from . import verify_json
from .exits import Exit, of_verification
from .jsonlines import JsonLines, record
from .known import known_broken
from .loop import run
from .places import blaming
from .screen import Screen
from .speaking import session_of, speaking
from .state import trouble_with
from .ticker import ticking
from .verify_asked import ToVerify
from .verify_words import bin_line, odd_line, report, requests_line
from .words import Said, notice_line, paused_line, resumed_line


def verify(asked: ToVerify) -> Exit:
    """Do what `asked` says, tell of it, and give the exit code.

    Raises:
        Pt5Error: what ended it early; its one sentence is all that is left
            to say.
    """
    with speaking(asked) as screen:
        return _verify(asked, screen)


def _verify(asked: ToVerify, screen: Screen) -> Exit:
    asked = _with_a_journal(asked)
    known = known_broken(asked.known_broken) if asked.known_broken else ()
    teller = _Teller(asked, screen, known)
    teller.begin()
    session = session_of(asked)

    async def journey(stop: Stop) -> Verification:
        screen.when_gone = lambda _: stop.finish()
        return await verify_tree(
            asked.source,
            asked.target,
            settings=replace(asked.settings, known_broken=frozenset(known)),
            session=session,
            depth=asked.depth,
            download=asked.download,
            extra=asked.extra,
            deletable=asked.deletable,
            note=True,
            tell=teller,
            watch=teller.watch,
            stop=stop,
        )

    shown = nullcontext() if asked.quiet else ticking(screen, teller.now)
    with blaming(asked.origin), shown:
        seen, signum = run(journey)
    return teller.conclude(seen, signum)


def _with_a_journal(asked: ToVerify) -> ToVerify:
    """Do without one where nobody named a folder and none can be read."""
    folder = asked.settings.state
    if folder is None or asked.state_named:
        return asked
    trouble = trouble_with(folder, dry_run=True)
    if trouble is None:
        return asked
    said = f"no journal is read: {trouble}"
    return replace(
        asked,
        settings=replace(asked.settings, state=None),
        warnings=(*asked.warnings, said),
    )


class _Teller:
    """Tells of findings that somebody wants to see, and counts for a line.

    Lines go to standard output; with `json`, which has it for itself, and
    with `quiet` to standard error.
    """

    def __init__(
        self, asked: ToVerify, screen: Screen, known: Collection[str]
    ) -> None:
        self._asked = asked
        self._screen = screen
        self._fold = VerificationFold(asked.depth, known)
        self._lines = JsonLines(screen.out) if asked.json else None
        self._doing = "looking at what is here"
        aside = asked.json or asked.quiet
        self._say = screen.say if aside else screen.out

    def begin(self) -> None:
        """Say what is held against what, and what is odd about that."""
        source = os.path.abspath(self._asked.source)
        target, depth = self._asked.target, self._asked.depth
        if not self._asked.quiet:
            self._screen.say(f"Verifying {source} against {target}")
        if self._lines is not None:
            self._lines.write(verify_json.begun(source, target, depth))
        for warning in self._asked.warnings:
            self(Notice(Level.WARNING, warning))

    def __call__(self, found: Finding, /) -> None:
        """Name what was found if it is to be named."""
        self._fold(found)
        known = isinstance(found, Verified) and self._fold.knows(found)
        if self._lines is not None:
            self._lines.write(verify_json.found(found, known=known))
        if isinstance(found, Requests):
            self._doing = f"asking the store ({found.operation})"
            if not self._asked.quiet:
                self._screen.say(*requests_line(found))
        elif isinstance(found, Notice):
            self._notice(found)
        elif (said := self._line(found, known=known)) is not None:
            self._say(*said)

    def watch(self, event: Event) -> None:
        """Tell of what else happens on the way."""
        if isinstance(event, Paused | Resumed):
            first = isinstance(event, Resumed) or event.lasted == 0
            if first and not self._asked.quiet:
                self._screen.say(*_outage(event))
            if self._lines is not None:
                self._lines.write(record(event))

    def _notice(self, notice: Notice) -> None:
        loud = self._asked.verbose or notice.level >= Level.INFO
        if loud and not self._asked.quiet:
            self._screen.say(*notice_line(notice))

    def _line(self, found: Finding, *, known: bool) -> Said | None:
        loud, quiet = self._asked.verbose, self._asked.quiet
        if isinstance(found, Verified):
            fine = found.state is State.SAFE and not found.half
            waits = found.state is State.WAITING
            named = not (fine or known or (quiet and waits))
            return bin_line(found) if named or loud else None
        if isinstance(found, Unreadable | Half | Extra):
            return odd_line(found)
        if isinstance(found, Skipped) and loud:
            return odd_line(found)
        return None

    def now(self) -> str:
        """How far it is, for a line that is cut where it is too long."""
        fold = self._fold
        if not fold.bins:
            return self._doing
        ill = f"{fold.ill} not safe" if fold.ill else ""
        return "  ".join(filter(None, (f"{fold.bins} bins", ill)))

    def conclude(self, seen: Verification, signum: int | None) -> Exit:
        """Say what was found; the exit code that it earned."""
        code = of_verification(seen, signum if seen.stopped else None)
        if not (self._asked.quiet and code == Exit.WELL):
            for said in report(seen):
                self._say(*said)
        if self._lines is not None:
            self._lines.write(verify_json.ended(seen, code))
        return code


def _outage(event: Paused | Resumed) -> Said:
    if isinstance(event, Paused):
        return paused_line(event)
    return resumed_line(event)
