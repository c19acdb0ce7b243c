"""Pure decisions: why a job stays here for now, by its verdict and age."""

from typing import Final

from .ifcb.verdict import Judgement, Verdict
from .model import Hold, Job, LocalFile
from .plan import SECOND, Planned
from .settings import Settings

NEWBORN: Final = 600 * SECOND
"""An instrument that has just begun a bin looks for so long, in ns, like
one that made an empty bin."""

PASSING: Final = frozenset({Hold.SETTLING, Hold.BEING_WRITTEN})
"""Reasons that should go away by themselves, and soon."""

_DAY: Final = 24

_DOUBTED: Final = frozenset({Judgement.EMPTY, Judgement.SUSPICIOUS})
"""What a bin that has just begun may be judged, see ``ifcb/verdict.py``."""


def touched(file: LocalFile, *, seen_ns: int, now_ns: int) -> int:
    """When `file` was touched, in ns, as far as clocks can be believed.

    The time of the inode's change counts only where that of the content
    lies in the future, where a clock is wrong; and `seen_ns`, when the file
    was first seen as it is, only where both do.
    """
    for time_ns in (file.mtime_ns, file.ctime_ns):
        if time_ns <= now_ns:
            return time_ns
    return seen_ns


def hold(
    one: Planned, verdict: Verdict | None, *, now_ns: int, settings: Settings
) -> tuple[Hold, str] | None:
    """Why a job stays here for now, and in words; None when it may go.

    `verdict` is that of its bin, None for a loose file.
    """
    age = now_ns - one.touched_ns
    if verdict is not None and not verdict.whole:
        if one.young or age < settings.broken_after * SECOND:
            return Hold.BEING_WRITTEN, verdict.reason
        if settings.allow_incomplete:
            return None
        return Hold.BROKEN, verdict.reason
    if one.young:
        return Hold.SETTLING, _unsettled(one.job, now_ns, settings.min_age)
    unsure = verdict is not None and (
        verdict.judgement in _DOUBTED or not verdict.has_counts
    )
    if unsure and one.job.last and age < NEWBORN:
        return Hold.SETTLING, "the newest bin; it may have just begun"
    return None


def overdue(since_ns: int, now_ns: int) -> str | None:
    """For how long a job is held, in words; None up to a day.

    What settles or is being written is a matter of minutes. After a day it
    is none any more: a clock is wrong, or something never stops writing.
    """
    hours = (now_ns - since_ns) // (3600 * SECOND)
    if hours < _DAY:
        return None
    if hours < 2 * _DAY:
        return f"held for {hours} hours"
    return f"held for {hours // _DAY} days"


def _unsettled(job: Job, now_ns: int, min_age: float) -> str:
    if all(item.file.mtime_ns <= now_ns for item in job.items):
        return f"changed less than {min_age:g} s ago"
    return f"dated in the future, and not yet seen the same for {min_age:g} s"


def thorough(one: Planned, *, now_ns: int, settings: Settings) -> bool:
    """Whether a bin is young enough that every row of it must be read."""
    return now_ns - one.touched_ns < settings.broken_after * SECOND
