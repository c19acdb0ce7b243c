"""Numbers that options give, held against the limits of their settings."""

import re
from collections.abc import Callable
from math import inf
from typing import Final, TypeVar

from ..errors import UsageError
from ..settings import LIMITS, MIB, Settings
from .amounts import duration, read_rate, read_seconds, read_size
from .places import Given, flag

_DEFAULT: Final = Settings()

_MEGABIT: Final = 125_000
"""Bytes per second that a bin gets at least, if nobody says otherwise."""

_FEWEST: Final = 2

AUTO: Final = "auto"
FOREVER: Final = "forever"

_WHOLE: Final = re.compile(r"-?[0-9]{1,9}")

Number = TypeVar("Number", int, float)


def count(value: int | None, option: str, name: str) -> int:
    """The setting `name` as `option` gives it, or its default.

    Raises:
        UsageError: when it is outside its limits; so do the others.
    """
    if value is None:
        default: int = getattr(_DEFAULT, name)
        return default
    return _within(value, Given(str(value), option), name, write=str)


def concurrency(value: str | None, limit: float | None) -> int | None:
    """How many bins travel at once; by default fewer where `limit` is low.

    None stands for ``auto``: as many as help.

    Bins that share a thin link all arrive late, and when it is cut, what
    was under way of each has to be sent again: where it is cut often, none
    would ever arrive.
    """
    if value == AUTO:
        return None
    usual = count(_whole(value), "--concurrency", "concurrency")
    if value is not None or limit is None:
        return usual
    return max(_FEWEST, min(usual, int(limit // _MEGABIT)))


def _whole(value: str | None) -> int | None:
    if value is None:
        return None
    if _WHOLE.fullmatch(value):
        return int(value)
    raise UsageError(
        f"--concurrency: {value[:40]!r} is not a whole number, such as 3,"
        f" nor {AUTO}"
    )


def memory(value: str | None, option: str, name: str) -> int:
    """The setting `name` in bytes, from text such as ``128MiB``."""
    given = flag(value, option)
    if given is None:
        default: int = getattr(_DEFAULT, name)
        return default
    return _within(_read(given, read_size), given, name, write=_mebibytes)


def seconds(value: str | None, option: str, name: str) -> float:
    """The setting `name` in seconds, from text such as ``10m``."""
    given = flag(value, option)
    if given is None:
        default: float = getattr(_DEFAULT, name)
        return default
    return _within(_read(given, read_seconds), given, name, write=duration)


def rate(value: str | None, option: str, name: str) -> float | None:
    """The setting `name` in bytes per second; None where there is none."""
    given = flag(value, option)
    if given is None:
        return None
    return _within(_read(given, read_rate), given, name, write=_bits)


def transfer(value: str | None, option: str, name: str) -> int | None:
    """The setting `name` in bytes; None where there is none."""
    given = flag(value, option)
    if given is None:
        return None
    return _within(_read(given, read_size), given, name, write=_bytes)


def lasting(value: str | None, option: str, name: str) -> float | None:
    """The setting `name` in seconds; None where there is none."""
    return None if value is None else seconds(value, option, name)


def outage(value: str | None) -> float | None:
    """How long to wait for a store that is away; None if nobody said."""
    if value == FOREVER:
        return inf
    return lasting(value, "--max-outage", "max_outage")


def _bits(count: float) -> str:
    return f"{count * 8 / 1000:g}kbit/s"


def _bytes(count: float) -> str:
    return f"{count:g}B"


def _mebibytes(count: float) -> str:
    return f"{count / MIB:g}MiB"


def _read(given: Given, read: Callable[[str], Number]) -> Number:
    try:
        return read(given.text)
    except ValueError as error:
        raise given.refused(error) from error


def _within(
    value: Number,
    given: Given,
    name: str,
    *,
    write: Callable[[float], str],
) -> Number:
    low, high = LIMITS[name]
    if value < low:
        raise given.refused(f"{given.text} is less than {write(low)}")
    if value > high:
        raise given.refused(f"{given.text} is more than {write(high)}")
    return value
