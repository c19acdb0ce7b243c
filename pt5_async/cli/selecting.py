"""Which files of the tree are asked for, from what options say."""

import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from ..errors import UsageError
from ..selection import Order, Selection, check_glob, check_name
from .places import Given, flag
from .selection_flags import SelectionFlags

_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z?)?"
)
_DATE: Final = len("2013-05-26")
_INSTRUMENT: Final = re.compile(r"(?:IFCB)?([0-9]{1,9})", re.IGNORECASE)


def selection(
    flags: SelectionFlags, read: Callable[[str], str] | None
) -> Selection:
    """What the options ask for; `read` gives the text of a list of files.

    Without `read`, such a list is not looked at.

    Raises:
        UsageError: for a value that cannot be used, or that contradicts
            another.
    """
    return Selection(
        include=_checked(flags.include, "--include", check_glob),
        exclude=_checked(flags.exclude, "--exclude", check_glob),
        exclude_dirs=_checked(flags.exclude_dir, "--exclude-dir", check_name),
        instruments=tuple(
            _instrument(given)
            for given in _all(flags.instrument, "--instrument")
        ),
        since=_moment(flag(flags.since, "--since")),
        until=_moment(flag(flags.until, "--until"), end=True),
        listed=_listed(flag(flags.files_from, "--files-from"), read),
        order=flags.order or Order.OLDEST,
        follow_links=flags.follow_links,
        include_hidden=flags.include_hidden,
    )


def read_list(name: str) -> str:
    """The text of the file `name`, or of standard input where it is "-".

    Raises:
        UsageError: when it cannot be read, or is no text.
    """
    said = "standard input" if name == "-" else name
    try:
        data = _bytes(name)
    except OSError as error:
        raise UsageError(
            f"--files-from: cannot read {said} ({error.strerror});"
            " name a file with a path on each line"
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(
            f"--files-from: line {line} of {said} is not UTF-8 text"
        ) from error


def _bytes(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    with open(name, "rb") as file:
        return file.read()


def list_warning(flags: SelectionFlags, chosen: Selection) -> list[str]:
    """A warning for a list of files that asks for nothing."""
    if chosen.listed != ():
        return []
    return [f"--files-from {flags.files_from} lists nothing"]


def _all(values: Sequence[str] | None, option: str) -> list[Given]:
    given = (flag(value, option) for value in values or ())
    return [each for each in given if each is not None]


def _checked(
    values: Sequence[str] | None, option: str, check: Callable[[str], object]
) -> tuple[str, ...]:
    given = _all(values, option)
    for each in given:
        try:
            check(each.text)
        except UsageError as error:
            raise each.refused(error) from error
    return tuple(each.text for each in given)


def _instrument(given: Given) -> int:
    match = _INSTRUMENT.fullmatch(given.text)
    if match is None:
        raise given.refused(
            f"{given.text!r} is no instrument; write 104 or IFCB104,"
            " and the option once for each"
        )
    return int(match[1])


def _moment(given: Given | None, *, end: bool = False) -> datetime | None:
    """A time in UTC; a date's end, if `end`, is that of the whole day."""
    if given is None:
        return None
    text = given.text
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError as error:
        raise given.refused(
            f"{text!r} is no time; write 2013-05-26 or 2013-05-26T09:52:07,"
            " in UTC"
        ) from error
    moment = moment.replace(tzinfo=UTC)
    if end and len(text) == _DATE:
        return min(moment, _LAST_DAY) + timedelta(days=1)
    return moment


_LAST_DAY: Final = datetime(9999, 12, 30, tzinfo=UTC)


def _listed(
    given: Given | None, read: Callable[[str], str] | None
) -> tuple[str, ...] | None:
    if given is None or read is None:
        return None
    text = read(given.text)
    if "\0" in text:
        raise given.refused(
            f"{given.text} has zero bytes; write one path a line"
        )
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    return tuple(
        line for line in lines if line.strip() and not line.startswith("#")
    )
