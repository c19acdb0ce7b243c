"""A line of JSON per object, for other programs."""

import json
import time
from datetime import UTC, datetime
from typing import Any, Final, TextIO, assert_never

from .events import Event, JobDone, RunBegun
from .model import (
    Failed,
    Held,
    Job,
    Outcome,
    Skipped,
    Target,
    Uploaded,
)

COLUMNS: Final = (
    "time",
    "run",
    "bucket",
    "key",
    "source",
    "pid",
    "outcome",
    "reason",
    "size",
    "checksum",
    "proof",
    "etag",
    "version",
    "attempts",
    "seconds",
)
"""The fields of every line, in this order; null where one has no meaning.

`time` is when the line was written, UTC; `source` the path below SOURCE;
`size` in bytes; `seconds` from the first attempt to the last answer.
"""


class Receipt:
    """An observer that appends a line to `file` for every outcome.

    Skipped files have a line only with `skipped`. A line is flushed when
    its job is through, so that a killed run's receipt is true as it stands.
    """

    def __init__(self, file: TextIO, *, skipped: bool = False) -> None:
        """Write to `file`, open for appending text."""
        self._file = file
        self._skipped = skipped
        self._run = ""
        self._target = Target("")

    def __call__(self, event: Event, /) -> None:
        """Write the lines of `event`."""
        if isinstance(event, RunBegun):
            self._run, self._target = event.run, event.target
        elif isinstance(event, JobDone):
            lines = [
                json.dumps(self._row(event.job, outcome))
                for outcome in event.outcomes
                if self._skipped or not isinstance(outcome, Skipped)
            ]
            if lines:
                self._file.write("\n".join(lines) + "\n")
                self._file.flush()

    def _row(self, job: Job, outcome: Outcome) -> dict[str, Any]:
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {
            "time": utc(time.time()),
            "run": self._run,
            "bucket": self._target.bucket,
            "key": as_text(outcome.item.key),
            "source": as_text(outcome.item.file.relative),
            "pid": job.pid.text if job.pid else None,
            "size": outcome.item.file.size,
        }
        return row | details(outcome)


def as_text(name: str) -> str:
    r"""A name with its undecodable bytes as \udc.., which JSON can carry."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def details(outcome: Outcome) -> dict[str, Any]:
    """What is particular to one kind of outcome, as JSON knows it."""
    match outcome:
        case Uploaded():
            return {
                "outcome": "uploaded",
                "reason": outcome.why.value,
                "checksum": outcome.checksum,
                "proof": outcome.proof.value,
                "etag": outcome.etag,
                "version": outcome.version,
                "attempts": outcome.attempts,
                "seconds": round(outcome.seconds, 3),
            }
        case Skipped():
            reason = _words(outcome.reason, outcome.detail)
            return {"outcome": "skipped", "reason": reason}
        case Held():
            reason = _words(outcome.reason, outcome.detail)
            return {"outcome": "held", "reason": reason}
        case Failed():
            return {
                "outcome": "failed",
                "reason": as_text(str(outcome.error)),
                "attempts": outcome.attempts,
                "seconds": round(outcome.seconds, 3),
            }
        case _:
            assert_never(outcome)


def utc(seconds: float) -> str:
    """A time in seconds since 1970 as 2013-05-26T09:52:07.000Z."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _words(reason: str, detail: str) -> str:
    return as_text(f"{reason}: {detail}") if detail else str(reason)
