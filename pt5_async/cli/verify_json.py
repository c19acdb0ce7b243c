"""A verification as JSON for programs: one object per finding."""

from typing import assert_never

from ..errors import Pt5Error
from ..events import FolderSeen, Notice
from ..model import Item, Skipped, Target
from ..receipt import as_text
from ..settings import Depth
from ..verify import (
    Cleared,
    Differs,
    Extra,
    Finding,
    Half,
    Leftover,
    Missing,
    Requests,
    Same,
    Unreadable,
    Verification,
    Verified,
    Written,
    as_record,
)
from ..verify.finding import Outcome
from .amounts import stamp, stamp_ns
from .jsonlines import Record, record
from .words import because


def begun(run: str, source: str, target: Target, depth: Depth) -> Record:
    """The first line."""
    return {
        "event": "verification_begun",
        "run": run,
        "source": source,
        "target": str(target),
        "level": depth.value,
    }


def found(what: Finding, *, known: bool = False) -> Record:
    """The line of one finding; a bin may be `known` to be broken."""
    match what:
        case Verified():
            return _bin(what) | {"known_broken": known}
        case Unreadable():
            return {"event": "not_verified"} | _outcome(what)
        case Skipped():
            return {
                "event": "not_verified",
                "source": what.item.file.relative,
                "outcome": "skipped",
                "reason": because(what.reason, what.detail),
            }
        case Extra() | Half() | Leftover() | Cleared():
            return _found_there(what)
        case Requests():
            return {
                "event": "requests",
                "operation": what.operation,
                "least": what.least,
                "most": what.most,
                "size": what.size,
            }
        case FolderSeen() | Notice():
            return record(what)
        case _:
            assert_never(what)


def _found_there(what: Extra | Half | Leftover | Cleared) -> Record:
    """What is in the store, and belongs to nothing here."""
    match what:
        case Extra(listed=one):
            return {
                "event": "extra",
                "key": one.key,
                "size": one.size,
                "etag": one.etag,
                "modified": stamp(one.modified),
            }
        case Half(stem=stem):
            return {"event": "half", "key": f"{stem}.adc"}
        case Leftover():
            return _leftover(what)
        case Cleared(what=one, done=done):
            return {"event": "cleared", "done": done} | _name(one)
        case _:
            assert_never(what)


def _name(one: Leftover) -> Record:
    return {"key": one.key, "upload_id": one.upload_id, "size": one.size}


def _leftover(one: Leftover) -> Record:
    return {
        "event": "left_open",
        **_name(one),
        "parts": one.parts,
        "since": stamp(one.since),
        "touched": stamp(one.touched),
        "ours": one.ours,
        "to_be_cleared": one.doomed,
    }


def ended(
    seen: Verification, code: int, error: Pt5Error | None = None
) -> Record:
    """The last line: the totals, and the exit code that they earned.

    `error` is what ended it early, or kept uploads from being cleared.
    """
    error = error or seen.trouble
    return {
        "event": "verification_ended",
        "exit_code": code,
        **as_record(seen),
        "safe_to_delete": _written(seen.listed),
        "error": type(error).__name__ if error else None,
        "reason": as_text(str(error)) if error else None,
    }


def _written(made: Written | None) -> Record | None:
    if made is None:
        return None
    return {
        "list": as_text(str(made.file)),
        "bins": made.bins,
        "files": made.files,
        "size": made.size,
    }


def _bin(one: Verified) -> Record:
    return {
        "event": "bin_verified",
        "pid": one.pid.text if one.pid else None,
        "state": one.state.value,
        "held": one.held[0].value if one.held else None,
        "held_reason": one.held[1] if one.held else None,
        "half": one.half,
        "astray": [layout.value for layout in one.astray],
        "files": [_outcome(outcome) for outcome in one.outcomes],
    }


def _outcome(outcome: Outcome) -> Record:
    what = _item(outcome.item)
    match outcome:
        case Same(by=by):
            return what | {"outcome": "same", "by": by.value}
        case Missing(aged=aged):
            return what | {"outcome": "missing", "aged": aged}
        case Differs():
            return what | {
                "outcome": "differs",
                "what": outcome.what.value,
                "reason": outcome.detail,
                "changed": outcome.changed,
                "aged": outcome.aged,
            }
        case Unreadable(error=error):
            return what | {"outcome": "unreadable"} | _error(error)
        case _:
            assert_never(outcome)


def _item(item: Item) -> Record:
    file = item.file
    return {
        "source": file.relative,
        "key": item.key,
        "size": file.size,
        "mtime": stamp_ns(file.mtime_ns),
    }


def _error(error: Pt5Error) -> Record:
    return {"error": type(error).__name__, "reason": as_text(str(error))}
