"""What came of the bins, kept in the same file: proven, or lacking."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from ..model import Send
from .amends import Whys
from .statements import CHOOSE
from .table import Row, Table, row_of

JOBS_AT_ONCE: Final = 256


class Results:
    """What is known of the bins of a table once they were looked at."""

    def __init__(self, table: Table) -> None:
        """Keep it in the file of `table`."""
        self._table = table

    def judge(self, found: Iterable[tuple[Row, bool]]) -> None:
        """Take bins, and of each whether it is proven in all."""
        with self._table.asking() as ask:
            for row, proven in found:
                if (pid := row.planned.job.pid) is not None:
                    ask(
                        "INSERT INTO bins VALUES (?, ?, ?, ?)",
                        (row.id, pid.instrument, _moment(pid.time), proven),
                    )

    def lack(self, found: Iterable[tuple[Row, Whys]]) -> None:
        """Take bins of which files are to be sent, and why each."""
        with self._table.asking() as ask:
            for row, whys in found:
                text = json.dumps(whys)
                ask("INSERT INTO lacking VALUES (?, ?)", (row.id, text))

    def lacking(self, after: int) -> list[tuple[Row, Whys]]:
        """Some of those bins, behind the job `after`."""
        with self._table.asking() as ask:
            jobs = ask(
                "SELECT id, what, whys FROM lacking JOIN jobs ON id = job"
                " WHERE job > ? ORDER BY job LIMIT ?",
                (after, JOBS_AT_ONCE),
            ).fetchall()
            return [
                (
                    row_of(ask, what, job),
                    tuple(one and Send(one) for one in json.loads(whys)),
                )
                for job, what, whys in jobs
            ]

    def choose(self, before: str, newest: int) -> None:
        """Choose the bins that are proven in all and began `before` then.

        And are not of the `newest` of their instrument.
        """
        with self._table.asking() as ask:
            ask(
                CHOOSE,
                (before, newest),
            )

    def chosen(self, after: int) -> list[Row]:
        """Some of the chosen bins behind the job `after`."""
        with self._table.asking() as ask:
            jobs = ask(
                "SELECT id, what FROM chosen JOIN jobs ON id = job"
                " WHERE job > ? ORDER BY job LIMIT ?",
                (after, JOBS_AT_ONCE),
            ).fetchall()
            return [row_of(ask, what, job) for job, what in jobs]


def _moment(time: datetime) -> str:
    """A time in UTC as text that sorts."""
    return time.astimezone(UTC).isoformat(timespec="seconds")
