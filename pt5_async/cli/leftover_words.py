"""Uploads in parts that were left open, in words. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ..summary import Count
from ..verify import Cleared, Leftover, Verification
from .amounts import short_size, size
from .words import Said, Tone


def open_line(one: Leftover, now: datetime) -> Said:
    """An upload in parts that nobody has ended."""
    said = "of unknown size"
    if one.size is not None:
        parts = f"{one.parts} part{'' if one.parts == 1 else 's'}"
        said = f"{short_size(one.size)} in {parts}"
    begun, touched = age(now - one.since), age(now - one.touched)
    later = "" if touched == begun else f", gone on with {touched} ago"
    whose = "ours" if one.ours else "not in the journal"
    mark = "; to be cleared" if one.doomed else ""
    why = f"{said}, begun {begun} ago{later}, {whose}{mark}"
    return Said(f"  {one.key}  left open: {why}", Tone.CARE)


def age(since: timedelta) -> str:
    """How long something is ago, in the largest unit: ``3 days``."""
    seconds = max(int(since.total_seconds()), 0)
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            number = seconds // length
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "less than a minute"


def cleared_line(one: Cleared) -> Said:
    """What came of the wish to clear an upload in parts."""
    done = "cleared" if one.done else "not cleared"
    tone = Tone.PLAIN if one.done else Tone.BAD
    return Said(f"  {one.what.key}  {done}", tone)


def left_open(seen: Verification) -> Iterator[Said]:
    """What the summary says of them."""
    if seen.open is not None and seen.open.files:
        hint = ""
        if not (seen.cleared.files or seen.stuck.files):
            hint = " (--abort-stale clears old ones)"
        yield Said(f"Left open: {_uploads(seen.open)}{hint}", Tone.CARE)
    if seen.cleared.files:
        yield Said(f"Cleared: {_uploads(seen.cleared)}")
    if seen.stuck.files:
        yield Said(f"Not cleared: {_uploads(seen.stuck)}", Tone.BAD)
    if seen.trouble is not None:
        what = "no more could be cleared"
        if seen.open is None:
            what = "could not be listed, so that none was cleared"
        yield Said(f"Uploads left open: {what} ({seen.trouble})", Tone.BAD)


def _uploads(count: Count) -> str:
    some = "upload" if count.files == 1 else "uploads"
    return f"{count.files} {some} in parts, {size(count.size)}"
