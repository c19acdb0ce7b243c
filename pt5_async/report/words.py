"""Numbers and moments in the words of a report. Pure.

A kilobyte has 1024 bytes, as in the summaries.
"""

from datetime import UTC, datetime
from typing import Final

_UNITS: Final = ("B", "KB", "MB", "GB", "TB", "PB")
_STEP: Final = 1024
_SPANS: Final = (("d", 86400), ("h", 3600), ("min", 60))
_FEW: Final = 10


def size(count: float) -> str:
    """Bytes as ``5.7 GB``."""
    unit = 0
    while count >= _STEP * 0.9995 and unit < len(_UNITS) - 1:
        count, unit = count / _STEP, unit + 1
    places = 1 if unit and count < 99.95 else 0  # noqa: PLR2004
    return f"{count:.{places}f} {_UNITS[unit]}"


def number(count: float) -> str:
    """A number with commas; one place below ten, if it has any."""
    if count < _FEW and count != round(count):
        return f"{count:.1f}"
    return f"{count:,.0f}"


def bins(count: int, kind: str = "") -> str:
    """``1 bin``, ``2 broken bins``."""
    what = f"{kind} bin" if kind else "bin"
    return f"{count:,} {what}{plural(count)}"


def plural(count: int) -> str:
    """What a word has more where it is not one."""
    return "" if count == 1 else "s"


def lasting(seconds: float) -> str:
    """A time that passed, in its two largest units: ``2 d 4 h``."""
    for place, (unit, length) in enumerate(_SPANS):
        if seconds >= length:
            many, rest = divmod(round(seconds), length)
            if place + 1 < len(_SPANS):
                less, short = _SPANS[place + 1]
                if many < _FEW and (few := rest // short):
                    return f"{many} {unit} {few} {less}"
            return f"{many} {unit}"
    return f"{seconds:.0f} s"


def day(number_: int) -> str:
    """A day since 1970 as ``2026-11-26``."""
    return f"{datetime.fromtimestamp(number_ * 86400, UTC):%Y-%m-%d}"


def moment(seconds: float) -> str:
    """A moment as ``2026-11-26 21:40`` (UTC)."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
