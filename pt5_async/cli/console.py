"""A run in words for people: what happens, and at its end what happened."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ..events import (
    Event,
    JobDone,
    Level,
    Notice,
    Paused,
    Resumed,
    RunBegun,
    Stopping,
)
from ..model import Failed
from ..summary import Summary
from .amounts import stamp
from .conclusion import conclusion, overdue
from .screen import Screen
from .words import (
    Said,
    Tone,
    begun_line,
    detail_line,
    notice_line,
    outcome_line,
    paused_line,
    resumed_line,
    stopping_line,
)

_SHOWN: Final = 20
"""So many failures, and warnings, are said at once; the rest is counted."""


def _now() -> datetime:
    return datetime.now(UTC)


class Console:
    """An observer that speaks; `conclude` has the last word.

    Lines go to standard error, those of a dry run to standard output. With
    `verbose` there is one for every file; with `quiet` nothing is said
    unless the run's exit code is not 0, or something is held for over a
    day; with `json` standard output belongs to another observer. `grace` is
    what a stopping person is told.
    """

    def __init__(
        self,
        screen: Screen,
        *,
        verbose: bool = False,
        quiet: bool = False,
        json: bool = False,
        grace: float = 8.0,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._screen = screen
        self._verbose = verbose
        self._quiet = quiet
        self._json = json
        self._grace = grace
        self._now = now
        self._dry = False
        self._said: Counter[Tone] = Counter()
        self._stop_said: Said | None = None

    def __call__(self, event: Event, /) -> None:
        """Say what `event` tells, as far as it is wanted."""
        if self._quiet:
            return
        match event:
            case JobDone():
                self._job(event)
            case Notice():
                self._notice(event)
            case RunBegun():
                self._dry = event.dry_run
                self._screen.say(*begun_line(event))
            case Stopping():
                self._stopping(event)
            case Paused(lasted=0):
                self._screen.say(*paused_line(event))
            case Resumed():
                self._screen.say(*resumed_line(event))
            case _:
                pass
        if self._verbose and (said := detail_line(event)):
            self._detail(said)

    def _job(self, event: JobDone) -> None:
        if self._dry and not self._json:
            for outcome in event.outcomes:
                self._screen.out(*outcome_line(outcome, dry_run=True))
        elif self._verbose:
            for outcome in event.outcomes:
                self._detail(outcome_line(outcome, dry_run=self._dry))
        else:
            for outcome in event.outcomes:
                if type(outcome) is Failed:
                    self._ration(outcome_line(outcome, dry_run=self._dry))

    def _notice(self, event: Notice) -> None:
        if self._verbose:
            self._detail(notice_line(event))
        elif event.level >= Level.WARNING:
            self._ration(notice_line(event))
        elif event.level >= Level.INFO:
            self._screen.say(*notice_line(event))

    def _stopping(self, event: Stopping) -> None:
        said = stopping_line(event, grace=self._grace)
        if said != self._stop_said:
            self._screen.say(*said)
        self._stop_said = said

    def _detail(self, said: Said) -> None:
        self._screen.say(f"{stamp(self._now())} {said.text}", said.tone)

    def _ration(self, said: Said) -> None:
        """Say it, unless so much of its kind was said already."""
        self._said[said.tone] += 1
        if self._said[said.tone] <= _SHOWN:
            self._screen.say(*said)
        elif self._said[said.tone] == _SHOWN + 1:
            self._screen.say(
                "more such lines are not shown; --verbose shows all", said.tone
            )

    def conclude(
        self, summary: Summary, code: int, log: Path | None = None
    ) -> None:
        """Say what the run did; `code` is the exit code it earned.

        `log` is the file in which more is to be read.
        """
        well = self._quiet and code == 0
        words = list(overdue(summary) if well else conclusion(summary))
        if not words:
            return
        aside = self._quiet or self._json
        say = self._screen.say if aside else self._screen.out
        for said in words:
            say(*said)
        if log is not None:
            say(f"Log: {log}", Tone.DULL)
        if self._quiet and not well:
            for warning in summary.warnings:
                say(f"warning: {warning}", Tone.CARE)
