"""A verification's numbers, as the journal and ``--json`` have them."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..summary import Count
from .finding import State
from .totals import Verification


def as_record(seen: Verification) -> dict[str, Any]:
    """All that was counted, as JSON knows it."""
    return {
        "level": seen.depth.value,
        "stopped": seen.stopped,
        "part": seen.part,
        "safe": seen.safe,
        "seconds": round(seen.seconds, 3),
        "bins": {state.value: n for state, n in seen.bins.items()},
        "loose": {state.value: n for state, n in seen.loose.items()},
        "same": {by.value: _count(one) for by, one in seen.same.items()},
        "missing": _count(seen.missing),
        "differs": {w.value: _count(one) for w, one in seen.differs.items()},
        "undue": _count(seen.undue),
        "unreadable": seen.unreadable,
        "extra": None if seen.extra is None else _count(seen.extra),
        "not_known": _count(seen.unknown),
        "others": seen.others,
        "halves": seen.halves,
        "held": {hold.value: n for hold, n in seen.held.items()},
        "known_broken": seen.known_broken,
        "links": seen.links,
        "specials": seen.specials,
        "left": seen.left,
        "transient": seen.transient,
        "hidden": seen.hidden,
        "unasked": seen.unasked,
        "requests": dict(seen.requests),
        "astray": seen.astray,
        "listed": not seen.blind,
        "left_open": None if seen.open is None else _count(seen.open),
        "cleared": _count(seen.cleared),
        "not_cleared": _count(seen.stuck),
        "fixed": _fixed(seen),
    }


def as_note(seen: Verification) -> dict[str, Any]:
    """The same with the bins as they are now, after what was mended."""
    loose = seen.mended_loose
    return as_record(seen) | {
        "bins": _after(seen.bins, seen.mended - loose),
        "loose": _after(seen.loose, loose),
    }


def _after(states: Mapping[State, int], mended: int) -> dict[str, int]:
    now = Counter(states)
    now[State.INCOMPLETE] -= mended
    now[State.SAFE] += mended
    return {state.value: now[state] for state in State if now[state]}


def _fixed(seen: Verification) -> dict[str, Any] | None:
    """What was sent; the line `run_ended` before has all of it."""
    if seen.fixed is None:
        return None
    return {
        "bins": seen.mended,
        "uploaded": _count(seen.fixed.uploaded),
        "held": _count(seen.fixed.held),
        "failed": _count(seen.fixed.failed),
    }


def _count(count: Count) -> dict[str, int]:
    return {"files": count.files, "size": count.size}
