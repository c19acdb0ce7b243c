"""An upload's outcomes as rows of a receipt. Pure, but for the clock."""

import time
from datetime import UTC, datetime
from typing import Any, assert_never

from ..ifcb.names import Pid
from ..model import Failed, Held, Item, Outcome, Skipped, Uploaded
from ..summary import Summary
from .columns import COLUMNS, Row


def about(item: Item, pid: Pid | None, now: str) -> Row:
    """The columns of an object that do not depend on what became of it."""
    file = item.file
    return {
        "row": "object",
        "time": now,
        "key": as_text(item.key),
        "source": as_text(file.relative),
        "pid": pid.text if pid else None,
        "instrument": pid.instrument if pid else None,
        "sample_time": stamp(pid.time) if pid else None,
        "member": file.kind.value if file.kind else None,
        "size": file.size,
        "mtime": utc_ns(file.mtime_ns),
    }


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


def ended(
    summary: Summary, code: int, *, rows: int, reason: str | None
) -> Row:
    """The row of a run that is over; `rows` of it stand above."""
    row: Row = dict.fromkeys(COLUMNS)
    outcome = "stopped" if summary.stopped else "ended"
    return row | {
        "row": "summary",
        "time": utc(time.time()),
        "command": "upload",
        "run": summary.run,
        "bucket": summary.target.bucket,
        "source": as_text(summary.source),
        "outcome": outcome if reason is None else "error",
        "reason": reason and as_text(reason),
        "size": summary.uploaded.size,
        "seconds": round(summary.seconds, 3),
        "exit_code": int(code),
        "rows": rows,
        "bins": summary.bins.uploaded,
        "files": summary.uploaded.files,
        "files_skipped": summary.skipped.files,
        "files_held": summary.held.files,
        "files_failed": summary.failed.files,
    }


def as_text(name: str) -> str:
    r"""A name with its undecodable bytes as \udc.., which JSON can carry."""
    if name.isascii():
        return name
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def utc(seconds: float) -> str:
    """A time in seconds since 1970 as 2013-05-26T09:52:07.000Z."""
    return stamp(datetime.fromtimestamp(seconds, UTC))


def utc_ns(ns: int) -> str | None:
    """The same of nanoseconds; None beyond the years 1 to 9999."""
    try:
        return stamp(datetime.fromtimestamp(ns // 1_000_000 / 1000, UTC))
    except (OverflowError, ValueError, OSError):
        return None


def stamp(moment: datetime) -> str:
    """A moment in UTC as 2013-05-26T09:52:07.000Z."""
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def _words(reason: str, detail: str) -> str:
    return as_text(f"{reason}: {detail}") if detail else str(reason)
