"""A verification as JSON for programs: one object per finding."""

from typing import assert_never

from ..errors import Pt5Error
from ..events import FolderSeen, Notice
from ..model import Item, Skipped, Target
from ..receipt import as_text
from ..settings import Depth
from ..verify import (
    Differs,
    Extra,
    Finding,
    Half,
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


def begun(source: str, target: Target, depth: Depth) -> Record:
    """The first line."""
    return {
        "event": "verification_begun",
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


def ended(seen: Verification, code: int) -> Record:
    """The last line: the totals, and the exit code that they earned."""
    return {
        "event": "verification_ended",
        "exit_code": code,
        **as_record(seen),
        "safe_to_delete": _written(seen.listed),
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
        "files": [_outcome(outcome) for outcome in one.outcomes],
    }


def _outcome(outcome: Outcome) -> Record:
    what = _item(outcome.item)
    match outcome:
        case Same(by=by):
            return what | {"outcome": "same", "by": by.value}
        case Missing():
            return what | {"outcome": "missing"}
        case Differs():
            return what | {
                "outcome": "differs",
                "what": outcome.what.value,
                "reason": outcome.detail,
                "changed": outcome.changed,
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
