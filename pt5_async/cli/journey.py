"""What `upload` does once all is decided: observers, a run, last words."""

import time
from collections.abc import Awaitable
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from ..errors import (
    JournalError,
    Pt5Error,
    RunBusy,
    UsageError,
)
from ..events import Event, Level, Notice, Observer
from ..journal.history import note_exit
from ..kit import Stop
from ..model import Hold
from ..slow import named
from ..summary import Count, Summary
from ..turn import in_turn
from ..upload import upload_tree
from .console import Console
from .exits import Exit, of_error, of_summary
from .job_flags import Broken, IfRunning
from .jsonlines import JsonLines, ended
from .kept import KeptReceipt, refuse_inside, refuse_shared
from .kept_log import kept_log
from .known import known_broken
from .loop import run
from .meter import Meter
from .places import blaming
from .progress import progress
from .resolve import Resolved
from .runlog import NAME as LOG
from .runlog import RunLog, logged
from .screen import Screen
from .speaking import session_of, speaking
from .state import trouble_with
from .validation import validate
from .words import Tone, notice_line

_PAUSE: Final = 0.5
_LONG_SECONDS: Final = 24 * 3600.0
"""A run that is at it for longer is named to jobs that skip theirs."""


def upload(resolved: Resolved) -> Exit:
    """Do what `resolved` says, tell of it, and give the exit code.

    Raises:
        Pt5Error: what ended the run early; its one sentence is all that
            is left to say.
    """
    with speaking(resolved) as screen:
        if resolved.validate:
            return validate(resolved, screen, session_of(resolved))
        return _Upload(resolved, screen).run()


class _Upload:
    """One run of `upload_tree` with all who are told of it."""

    def __init__(self, resolved: Resolved, screen: Screen) -> None:
        self._resolved = resolved
        self._settings = resolved.settings
        self._warnings = list(resolved.warnings)
        self._screen = screen
        self._meter = Meter()
        self._console = Console(
            screen,
            verbose=resolved.verbose,
            quiet=resolved.quiet,
            json=resolved.json,
            grace=resolved.settings.grace,
        )
        self._lines = JsonLines(screen.out) if resolved.json else None
        self._receipt: KeptReceipt | None = None
        self._log: RunLog | None = None

    def run(self) -> Exit:
        with named(str(self._resolved.source), self._screen_notice):
            self._find_state()
        refuse_shared(self._resolved, self._settings.state)
        if not self._resolved.dry_run:  # else nothing is written
            self._log = kept_log(self._resolved, self._settings.state)
        with logged(self._log) if self._log else nullcontext():
            try:
                self._open()
            except RunBusy as error:
                if self._resolved.if_running is IfRunning.FAIL:
                    raise
                if self._resolved.if_running is IfRunning.SKIP:
                    return self._skipped(error)
                self._await_receipt(error)
            with self._receipt or nullcontext():
                return self._go()

    def _screen_notice(self, notice: Notice) -> None:
        """Say it before there is anybody else to tell."""
        self._screen.say(*notice_line(notice))

    def _go(self) -> Exit:
        try:
            with blaming(self._resolved.source_origin):
                summary, signum = self._travel()
            if summary is None:
                return self._given_up(signum)
            code = of_summary(
                summary, signum, report=self._resolved.broken is Broken.REPORT
            )
            self._close(summary, code)
        except Pt5Error as error:
            skips = self._resolved.if_running is IfRunning.SKIP
            if skips and isinstance(error, RunBusy):
                return self._skipped(error)
            if isinstance(error.summary, Summary):
                self._end_early(error.summary, error)
                self._conclude_early(error.summary, error)
            raise
        self._note(summary, code)
        self._conclude(summary, code)
        return code

    def _end_early(self, summary: Summary, error: Pt5Error) -> None:
        """Let journal and receipt know of a run that an error ended."""
        code = of_error(error)
        if self._receipt is not None:
            self._receipt.end(summary, code, str(error))
        self._note(summary, code)

    def _note(self, summary: Summary, code: Exit) -> None:
        """Let the journal know the exit code, for the history of runs."""
        folder = self._settings.state
        if folder is not None and not self._resolved.dry_run:
            # A journal that cannot be written has ended the run already.
            with suppress(JournalError):
                note_exit(folder, summary.run, code)

    def _skipped(self, error: RunBusy) -> Exit:
        """The end of a run that leaves everything to another."""
        said = f"{error}; skipped"
        # A run that hangs would else keep a job silent for ever.
        if not self._resolved.quiet or error.seconds > _LONG_SECONDS:
            self._screen.say(said)
        if self._log is not None:
            self._log.end(Exit.WELL, error=said)
        if self._lines is not None and isinstance(error.summary, Summary):
            log = self._log.path if self._log else None
            self._lines.write(ended(error.summary, Exit.WELL, log))
        return Exit.WELL

    def _given_up(self, signum: int | None) -> Exit:
        """The end of a run that was stopped before its turn came."""
        code = Exit(128 + signum) if signum else Exit.INTERRUPTED
        if self._log is not None:
            self._log.end(code, error="stopped while it waited for its turn")
        return code

    def _open(self) -> None:
        """Make sure that nothing is written into SOURCE; open the receipt."""
        resolved = self._resolved
        if resolved.known_broken is not None:
            known = known_broken(resolved.known_broken)
            self._settings = replace(self._settings, known_broken=known)
        outputs = filter(None, (self._log_file(), resolved.receipt))
        self._settings = replace(self._settings, outputs=tuple(outputs))
        if resolved.receipt is not None:
            refuse_inside(resolved.source, resolved.receipt, "the receipt")
            self._receipt = KeptReceipt(
                resolved.receipt,
                everything=resolved.receipt_all,
                known=self._settings.known_broken,
            )

    def _await_receipt(self, error: RunBusy) -> None:
        """Open it once the run has ended that writes to it."""
        if not self._resolved.quiet:
            self._screen.say(f"waiting: {error}", Tone.CARE)
        while self._receipt is None:
            time.sleep(_PAUSE)
            with suppress(RunBusy):
                self._open()

    def _log_file(self) -> Path | None:
        """Where the log is, or would be if this were no dry run."""
        state = self._settings.state
        return self._resolved.log_file or (state and state / LOG)

    def _find_state(self) -> None:
        """Do without a journal where nobody named a folder and none works."""
        folder = self._settings.state
        if folder is None:
            return
        refuse_inside(self._resolved.source, folder, "the journal (--state)")
        if self._resolved.state_named:
            return
        trouble = trouble_with(folder, dry_run=self._resolved.dry_run)
        if trouble is not None:
            self._settings = replace(self._settings, state=None)
            self._warnings.append(
                f"no journal is kept: {trouble}; what is in the store is"
                " found by listing it (--no-journal asks for that)"
            )

    def _close(self, summary: Summary, code: Exit) -> None:
        if self._receipt is None:
            return
        self._receipt.end(summary, code)
        self._receipt.close()
        try:
            self._receipt.raise_if_lost()
        except UsageError as error:
            error.summary = summary
            raise

    def _travel(self) -> tuple[Summary | None, int | None]:
        resolved, screen = self._resolved, self._screen
        told: list[Observer] = [self._meter, self._console]
        more = (self._lines, self._receipt, self._log)
        told += [one for one in more if one]
        tell = _all(told)
        if self._log is not None:
            self._log.when_lost = lambda why: tell(Notice(Level.WARNING, why))
        for warning in self._warnings:
            tell(Notice(Level.WARNING, warning))
        # What `| less` or `| grep` shows meanwhile must meet no bar.
        pouring = (resolved.dry_run or resolved.json) and screen.piped
        shown = (
            nullcontext()
            if resolved.quiet
            else progress(screen, self._meter, bar=not pouring)
        )
        settings = replace(
            self._settings,
            count_ahead=screen.interactive and not resolved.quiet,
            known_in_sum=not self._wants_each,
        )
        session = session_of(resolved)

        async def journey(stop: Stop) -> Summary | None:
            self._watch_outputs(stop)

            def uploading() -> Awaitable[Summary]:
                return upload_tree(
                    resolved.source,
                    resolved.target,
                    settings=settings,
                    session=session,
                    dry_run=resolved.dry_run,
                    observer=tell,
                    stop=stop,
                )

            if resolved.if_running is not IfRunning.WAIT:
                return await uploading()
            return await in_turn(uploading, stop, tell)

        with shown:
            return run(journey)

    @property
    def _wants_each(self) -> bool:
        """Whether a line is made of each file, also of one sent before."""
        resolved = self._resolved
        told = resolved.json or resolved.verbose or resolved.dry_run
        return told or self._receipt is not None

    def _watch_outputs(self, stop: Stop) -> None:
        """Decide what happens when nobody takes the output any more.

        A dry run has no other purpose. An upload has, and goes on without
        its reader, but not without a receipt that was asked for.
        """
        if self._resolved.dry_run:
            self._screen.when_gone = lambda _: stop.at_once()
        elif self._resolved.json:
            self._screen.when_gone = lambda error: self._screen.say(
                f"warning: the JSON lines end here: {error.strerror}",
                Tone.CARE,
            )
        if self._receipt is not None:
            self._receipt.when_lost = stop.finish

    def _conclude(
        self, summary: Summary, code: Exit, error: Pt5Error | None = None
    ) -> None:
        log = self._end_log(summary, code, error)
        self._console.conclude(summary, code, log)
        if self._lines is not None:
            self._lines.write(ended(summary, code, log))

    def _conclude_early(self, summary: Summary, error: Pt5Error) -> None:
        """Report on a run that an error ended, if it came to anything."""
        code = of_error(error)
        unreached = summary.held_by.get(Hold.NOT_REACHED, Count())
        if summary.found.files > unreached.files:
            self._conclude(summary, code, error)
        elif self._lines is not None:
            log = self._end_log(summary, code, error)
            self._lines.write(ended(summary, code, log))

    def _end_log(
        self, summary: Summary, code: Exit, error: Pt5Error | None
    ) -> Path | None:
        """Say all to the log before it is named; None where there is none."""
        if self._log is None:
            return None
        self._log.end(code, summary=summary, error=error)
        return self._log.path


def _all(observers: list[Observer]) -> Observer:
    """An observer that tells each of `observers` in turn."""

    def tell(event: Event, /) -> None:
        for observer in observers:
            observer(event)

    return tell
