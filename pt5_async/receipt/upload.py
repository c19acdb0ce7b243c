"""Receipt: who is told of an upload, and has its rows written."""

import time

from ..events import Event, JobDone, RunBegun
from ..model import Outcome, Skipped, Target
from ..summary import Summary
from .columns import NOTHING, Row, Writer
from .rows import about, details, ended, utc


class Receipt:
    """An observer that has a row written for every outcome.

    Skipped files have a row only with `skipped`. The rows of a job are
    written together, once it is through.
    """

    def __init__(self, writer: Writer, *, skipped: bool = False) -> None:
        """Let `writer` write them."""
        self._writer = writer
        self._skipped = skipped
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
                if self._skipped or not isinstance(outcome, Skipped)
            ]
            if rows:
                self._writer.write(rows)
                self._rows += len(rows)

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
