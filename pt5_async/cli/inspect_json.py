"""An inspection as JSON for programs: one object per finding."""

from typing import assert_never

from ..errors import Pt5Error
from ..events import FolderSeen, Notice
from ..inspect import Count, Finding, Inspected, Inspection
from ..model import Failed, LocalFile, Skipped
from ..receipt import as_text
from .amounts import stamp, stamp_ns
from .jsonlines import Record, record
from .words import because


def begun(source: str) -> Record:
    """The first line."""
    return {"event": "inspection_begun", "source": source}


def found(what: Finding, *, known: bool = False) -> Record:
    """The line of one finding; a bin may be `known` to be broken."""
    match what:
        case Inspected():
            return _bin(what) | {"known_broken": known}
        case Failed() | Skipped():
            return _odd(what)
        case FolderSeen() | Notice():
            return record(what)
        case _:
            assert_never(what)


def ended(seen: Inspection, code: int, *, stopped: bool) -> Record:
    """The last line: the totals, and the exit code that they earned."""
    return {
        "event": "inspection_ended",
        "exit_code": code,
        "stopped": stopped,
        "seconds": round(seen.seconds, 3),
        "total": _count(seen.total),
        "by_instrument": {
            str(number): _count(count)
            for number, count in seen.by_instrument.items()
        },
        "by_day": {
            day.isoformat(): _count(count)
            for day, count in seen.by_day.items()
        },
        "unseen": seen.unseen,
        "links": seen.links,
        "specials": seen.specials,
        "left": seen.left,
        "transient": seen.transient,
        "hidden": seen.hidden,
        "unasked": seen.unasked,
        "broken": {"bins": seen.broken, "new": seen.new_broken},
    }


def _bin(one: Inspected) -> Record:
    verdict = one.verdict
    return {
        "event": "bin_inspected",
        "pid": one.pid.text,
        "instrument": one.pid.instrument,
        "begun": stamp(one.pid.time),
        "verdict": verdict.judgement.value if verdict else None,
        "verdict_reason": verdict.reason if verdict else None,
        "held": one.held[0].value if one.held else None,
        "held_reason": one.held[1] if one.held else None,
        "files": [_file(file) for file in one.files],
    } | _error(one.error)


def _file(file: LocalFile) -> Record:
    return {
        "source": file.relative,
        "size": file.size,
        "mtime": stamp_ns(file.mtime_ns),
    }


def _odd(odd: Failed | Skipped) -> Record:
    what = {"event": "not_inspected", "source": odd.item.file.relative}
    if isinstance(odd, Failed):
        return what | _error(odd.error)
    return what | {"error": None, "reason": because(odd.reason, odd.detail)}


def _error(error: Pt5Error | None) -> Record:
    if error is None:
        return {"error": None, "reason": None}
    return {"error": type(error).__name__, "reason": as_text(str(error))}


def _count(count: Count) -> Record:
    return {
        "bins": count.bins,
        "files": count.files,
        "size": count.size,
        "judged": {one.value: n for one, n in count.judged.items()},
        "held": {one.value: n for one, n in count.held.items()},
        "failed": count.failed,
    }
