"""What `verify --fix` tells of its sending: as much as an upload does."""

import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import Pt5Error
from ..events import Event
from ..journal.database import NAME as DATABASE
from ..receipt import Receipt
from ..summary import Summary
from .console import Console
from .exits import Exit, of_summary
from .jsonlines import JsonLines, ended
from .kept import refuse_inside, refuse_twice
from .kept_log import kept_log
from .meter import Meter, Speedometer
from .progress import one_line
from .runlog import logged
from .screen import Screen
from .verify_asked import ToVerify


class Fixing:
    """An observer of what is sent, for those whom an upload has, too.

    To be entered before anything is asked: its log hears libraries, and
    what ends all by an error.
    """

    def __init__(
        self,
        asked: ToVerify,
        screen: Screen,
        lines: JsonLines | None,
        receipt: Receipt | None,
    ) -> None:
        self._receipt = receipt
        self._lines = lines
        self._log = kept_log(asked, asked.settings.state)
        self._stack = ExitStack()
        self._meter = Meter()
        self._speedometer = Speedometer()
        self._console = Console(
            screen,
            verbose=asked.verbose,
            quiet=asked.quiet,
            json=asked.json,
            grace=asked.settings.grace,
        )

    def __enter__(self) -> Self:
        if self._log is not None:
            self._stack.enter_context(logged(self._log))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def __call__(self, event: Event, /) -> None:
        """Tell of `event`."""
        told = (self._meter, self._console, self._lines, self._log)
        for one in (*told, self._receipt):
            if one is not None:
                one(event)

    def now(self) -> str:
        """How far it is, in a line."""
        reading = self._meter.read()
        return one_line(
            reading, self._speedometer.pace(reading, time.monotonic())
        )

    def end(self, code: Exit) -> None:
        """Have the last word in the log, if nobody had it."""
        if self._log is not None:
            self._log.end(code)

    def conclude(
        self, summary: Summary, code: Exit, error: Pt5Error | None
    ) -> None:
        """Say what was sent; `code` is what all came to, by `error` or not."""
        log = None
        if self._log is not None:
            self._log.end(code, summary=summary, error=error)
            log = self._log.path
        self._console.conclude(summary, code, log)
        if self._lines is not None:
            sent = of_summary(summary) if error is None else code
            self._lines.write(ended(summary, sent, log))


def refuse_places(asked: ToVerify) -> None:
    """Refuse a journal or a log where it must not be written.

    Raises:
        UsageError: with the way out.
    """
    state = asked.settings.state
    if state is not None:
        refuse_inside(asked.source, state, "the journal (--state)")
    others: dict[str, Path | None] = {
        "the journal": state and state / DATABASE,
        "--known-broken": asked.known_broken,
        "--ca-bundle": asked.settings.ca_bundle,
    }
    refuse_twice(others, {"--log-file": asked.log_file})
