"""Receipt: who is told of an upload, and has its rows written."""

import time
from collections.abc import Collection

from ..events import Event, JobDone, RunBegun
from ..model import Held, Hold, Job, Outcome, Skipped, Target
from ..summary import FOR_GOOD, Summary
from .columns import NOTHING, Row, Writer
from .rows import about, details, ended, utc


class Receipt:
    """An observer that has a row written for every outcome.

    Skipped files have a row only with `skipped`, and so has what would be
    the same in every run: what was not reached, and bins that are `known`
    to be broken. The rows of a job are written together, once it is through.
    """

    def __init__(
        self,
        writer: Writer,
        *,
        skipped: bool = False,
        known: Collection[str] = frozenset(),
    ) -> None:
        """Let `writer` write them."""
        self._writer = writer
        self._everything = skipped
        self._known = known
        self._run = ""
        self._target = Target("")
        self._rows = 0

    def __call__(self, event: Event, /) -> None:
        """Have the rows of `event` written."""
        if isinstance(event, RunBegun):
            self._run, self._target = event.run, event.target
        elif isinstance(event, JobDone):
            now = utc(time.time())
            rows = [
                self._row(event, outcome, now)
                for outcome in event.outcomes
                if self._everything or self._is_news(event.job, outcome)
            ]
            if rows:
                self._writer.write(rows)
                self._rows += len(rows)

    def _is_news(self, job: Job, outcome: Outcome) -> bool:
        if not isinstance(outcome, Held):
            return not isinstance(outcome, Skipped)
        known = job.pid is not None and job.pid.text in self._known
        old = known and outcome.reason in FOR_GOOD
        return not old and outcome.reason is not Hold.NOT_REACHED

    def end(
        self, summary: Summary, code: int, reason: str | None = None
    ) -> None:
        """Have the row of the whole run written, with its exit code.

        `reason` is what ended it early. A run that had no other row, and
        nothing to complain of, has none: it may come every ten minutes. Nor
        has one that never began.
        """
        if self._rows or (code and self._run):
            row = ended(summary, code, rows=self._rows, reason=reason)
            self._writer.write([row])

    def _row(self, event: JobDone, outcome: Outcome, now: str) -> Row:
        row = NOTHING | about(outcome.item, event.job.pid, now)
        row["command"] = "upload"
        row["run"] = self._run
        row["bucket"] = self._target.bucket
        if event.verdict is not None:
            row["bin_state"] = event.verdict.judgement.value
        row |= details(outcome)
        return row
