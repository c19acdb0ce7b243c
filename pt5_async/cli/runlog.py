"""The log of runs: what each did, line by line, for those who ask later.

A line has its time (UTC), the run's id and what happened. What every run
over the same tree would say again is left out: skipped files and folders
are only counted, at the end.
"""

import logging
import os
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ..errors import Pt5Error, UsageError
from ..events import (
    Event,
    FolderSeen,
    JobDone,
    Notice,
    Resumed,
    RunBegun,
    Sending,
    Stopping,
)
from ..hidden import hidden
from ..model import Failed, Outcome, Skipped
from ..printable import printable
from ..summary import Summary
from .amounts import stamp
from .behind import Behind
from .conclusion import conclusion
from .exits import Exit, of_error
from .log import SayingHandler, blotted, heard_by
from .rotating import Rotating
from .words import (
    Said,
    begun_line,
    detail_line,
    notice_line,
    outcome_line,
    resumed_line,
    stopping_line,
)

NAME: Final = "pt5-async.log"
"""What the log is called in the folder of the journal."""


def _now() -> datetime:
    return datetime.now(UTC)


class RunLog:
    """An observer that writes a run's log, and never makes the run wait.

    Until the run has an id, its lines have the process's. `about` is for
    the first of them: from where to where. `grace` is what a stopping
    person is told; `secrets` are blotted out of every line.

    Attributes:
        path: the file; None if not even its first line could be written.
        when_lost: told once, during the run, why lines cannot be written.
    """

    def __init__(
        self,
        file: Rotating,
        *,
        about: str = "",
        grace: float = 8.0,
        secrets: tuple[str, ...] = (),
        now: Callable[[], datetime] = _now,
    ) -> None:
        self.path: Path | None = file.path
        self.when_lost: Callable[[str], None] = lambda _: None
        self._file = file
        self._grace = grace
        self._secrets = secrets
        self._now = now
        self._run = f"process-{os.getpid()}"
        self._begun = self._ended = self._told = False
        self._stop_said: Said | None = None
        self._refused: OSError | None = None
        try:
            file.append(self._stamped(_hello(about)).encode() + b"\n")
        except OSError as error:
            self._refused, self.path = error, None
        self._lines = Behind(file.append, gap=self._gap)

    def raise_if_refused(self) -> None:
        """Raise a `UsageError` when the file could not be opened."""
        if self._refused is not None:
            self._lines.close()
            raise UsageError(
                f"cannot write the log {self._file.path}:"
                f" {_why(self._refused)}; choose another --log-file"
            ) from self._refused

    # ---- what happens

    def __call__(self, event: Event, /) -> None:
        """Write what `event` tells, as far as it is wanted."""
        match event:
            case JobDone():
                # A million of these may have nothing to say.
                told = [
                    _outcome(outcome)
                    for outcome in event.outcomes
                    if type(outcome) is not Skipped
                ]
                if told:
                    self._say_all(told)
            case Sending():
                return
            case RunBegun():
                self._run, self._begun = event.run, True
                self.say(begun_line(event).text)
                self.say(
                    f"run {event.run} at {event.endpoint},"
                    f" process {os.getpid()}"
                )
            case Stopping():
                self._stopping(event)
            case Notice():
                self.say(notice_line(event).text)
            case Resumed():
                self.say(resumed_line(event).text)
            case _:
                self._detail(event)
        self._complain()

    def say(self, text: str) -> None:
        """Write a line at the next opportunity."""
        self._say_all([text])

    def _say_all(self, texts: list[str]) -> None:
        if self._ended:
            return
        before = f"{stamp(self._now())} {self._run} "
        for text in texts:
            self._lines.put(before + self._sound(text))

    def end(
        self,
        code: int,
        *,
        summary: Summary | None = None,
        error: Exception | str | None = None,
    ) -> None:
        """Write the last words, once: what the run came to, and close."""
        if self._ended:
            return
        for said in conclusion(summary) if summary else ():
            self.say(said.text)
        if error is not None:
            self.say(str(error))
        self.say(f"exit code {int(code)}")
        self._ended = True
        self._lines.close()
        self._complain()

    def _detail(self, event: Event) -> None:
        said = None if isinstance(event, FolderSeen) else detail_line(event)
        if said is not None:
            self.say(said.text)

    def _stopping(self, event: Stopping) -> None:
        said = stopping_line(event, grace=self._grace)
        if said != self._stop_said:
            self.say(said.text)
        self._stop_said = said

    # ---- lines

    def _stamped(self, text: str) -> str:
        return f"{stamp(self._now())} {self._run} {self._sound(text)}"

    def _sound(self, text: str) -> str:
        return printable(blotted(text, self._secrets))

    def _gap(self, count: int) -> str:
        return self._stamped(f"{count} lines before this one are lost")

    def _complain(self) -> None:
        """Say once what is wrong with the log, if the run has begun.

        One that cannot begin has other sorrows, often of the same disk.
        """
        trouble = self._refused or self._lines.trouble
        stuck = self._file.stuck
        if self._told or not self._begun or not (trouble or stuck):
            return
        self._told = True
        path = self._file.path
        if trouble is not None:
            self.when_lost(
                f"the log {path} cannot be written: {_why(trouble)};"
                " the run goes on without it"
            )
        elif stuck is not None:
            self.when_lost(
                f"the log {path} is full and cannot be renamed:"
                f" {_why(stuck)}; it grows on"
            )


@contextmanager
def logged(log: RunLog) -> Iterator[RunLog]:
    """Let `log` hear libraries, and what ends the block by an exception."""
    handler = SayingHandler(lambda text, _: log.say(text), (), timed=False)
    handler.setLevel(logging.INFO)
    try:
        with heard_by(handler):
            yield log
    except Pt5Error as error:
        log.end(of_error(error), error=error)
        raise
    except KeyboardInterrupt:
        log.end(Exit.INTERRUPTED)
        raise
    except Exception as error:
        lines = "".join(traceback.format_exception(error))
        for line in hidden(lines).splitlines():
            log.say(line)
        log.end(Exit.BUG, error="this is a bug")
        raise


def _hello(about: str) -> str:
    return (
        f"pt5-async {version('pt5-async')}, process {os.getpid()}"
        f" on {socket.gethostname()}: {about}"
    )


def _outcome(outcome: Outcome) -> str:
    """The console's line, and what a failure took until it was one."""
    text = outcome_line(outcome, dry_run=False).text
    if type(outcome) is Failed and outcome.attempts:
        tries = "attempt" if outcome.attempts == 1 else "attempts"
        text += f"  ({outcome.attempts} {tries}, {outcome.seconds:.2f} s)"
    return text


def _why(error: OSError) -> str:
    return error.strerror or str(error)
