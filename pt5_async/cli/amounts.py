"""Sizes, durations and times as people type and read them.

A kilobyte has 1024 bytes throughout, as in the older script's summary.
"""

import re
from datetime import UTC, datetime, timedelta
from math import isinf
from typing import Final

_UNITS: Final = ("B", "KB", "MB", "GB", "TB", "PB")
_SIZE: Final = re.compile(
    r"(\d+(?:\.\d+)?) ?(?:([KMGT])?(?:i?B)?)", re.IGNORECASE | re.ASCII
)
_POWER: Final = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_RATE: Final = re.compile(
    r"(\d+(?:\.\d+)?) ?(?:([kKMG])?bit|([kKMG])?i?B)/s", re.ASCII
)
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?) ?([smhd]?)", re.ASCII)
_SECONDS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_size(text: str) -> int:
    """Bytes from ``128MiB``, ``128 MB``, ``128M`` or ``134217728``.

    Raises:
        ValueError: when `text` is none of that.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no size; write it like 128MiB")
    number, unit = match.groups(default="")
    size = float(number) * 1024 ** _POWER[unit.upper()]
    if isinf(size):  # some three hundred digits
        raise ValueError(f"{text[:20]}... is more than any disk holds")
    return int(size)


def read_rate(text: str) -> float:
    """Bytes per second from ``1Mbit/s``, ``125KB/s`` or ``1MiB/s``.

    Bits are counted in thousands, as links are; bytes as everywhere here.
    A bare number is refused: people mean bits as often as bytes.

    Raises:
        ValueError: when `text` is none of that.
    """
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"{text!r} is no rate; write it like 1Mbit/s or 125KB/s"
        )
    number, bits, bytes_ = match.groups()
    if "bit" in text:
        rate = float(number) * 1000.0 ** _POWER[(bits or "").upper()] / 8
    else:
        rate = float(number) * 1024.0 ** _POWER[(bytes_ or "").upper()]
    if isinf(rate):
        raise ValueError(f"{text[:20]}... is more than any link takes")
    return rate


def read_seconds(text: str) -> float:
    """Seconds from ``60``, ``60s``, ``10m``, ``1.5h`` or ``2d``.

    Raises:
        ValueError: when `text` is none of that.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no duration; write it like 60s or 10m")
    number, unit = match.groups()
    return float(number) * _SECONDS[unit]


def _scaled(size: float, places: int) -> tuple[str, str]:
    step = 0
    # Rounding may reach 1024: 1023.999 KB is written as 1.00 MB.
    while round(size, places) >= 1024 and step < len(_UNITS) - 1:  # noqa: PLR2004
        size, step = size / 1024, step + 1
    return f"{size:.{places}f}", _UNITS[step]


def size(count: float) -> str:
    """Bytes to two places: ``1.23 MB``."""
    return " ".join(_scaled(count, 2))


def short_size(count: float) -> str:
    """Bytes for a narrow line: ``1.2 MB``, and whole bytes: ``512 B``."""
    number, unit = _scaled(count, 1)
    return f"{number.removesuffix('.0') if unit == 'B' else number} {unit}"


def duration(seconds: float) -> str:
    """Seconds as an option takes them, in the largest whole unit: 10m."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    return f"{seconds:g}s"


def files(count: int, kind: str = "") -> str:
    """A number of files: ``1 file``, ``2 other files``."""
    return " ".join(
        filter(None, (str(count), kind, "file" if count == 1 else "files"))
    )


def interval(seconds: float) -> str:
    """Seconds as a clock shows them: ``23:45`` or ``1:02:03``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes:02}:{rest:02}"


def stamp(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC, to the millisecond, with Z."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def stamp_ns(ns: int) -> str | None:
    """`stamp` of nanoseconds since 1970; None beyond years 1 to 9999."""
    try:
        return stamp(_EPOCH + timedelta(microseconds=ns // 1000))
    except OverflowError:
        return None
