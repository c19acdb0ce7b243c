"""Names of bins and of the files around them, told apart by text alone.

Two styles of bin name are in use (regular expressions in pyifcb's
``identifiers.py`` and ifcbkit's): new ``D20130526T095207_IFCB013`` and old
``IFCB1_2009_216_075913`` with the day of the year. Both carry the start of
the syringe in UTC. Here an instrument's number may have any number of
digits, the extension any case; the bin's own name is case-sensitive.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import Final


class Kind(StrEnum):
    """A bin's members, in the order in which they are sent."""

    ROI = "roi"
    HDR = "hdr"
    ADC = "adc"


class Style(StrEnum):
    """The two ways in which bins have been named."""

    NEW = "new"
    OLD = "old"


_NEW: Final = re.compile(r"D([0-9]{8}T(?!24)[0-9]{6})_IFCB([0-9]+)")
_OLD: Final = re.compile(
    r"IFCB([0-9]+)_([0-9]{4})_([0-9]{3})_([0-9]{2})([0-9]{2})([0-9]{2})"
)
_SHAPE: Final = re.compile(
    r"D[0-9]{8}T[0-9]{6}_IFCB[0-9]+|IFCB[0-9]+_[0-9]{4}_[0-9]{3}_[0-9]{6}"
)

# pyifcb takes three digits of instrument in new names, one in old ones; all
# other fields have a fixed width, so that the length alone tells.
_STRICT_LENGTH: Final = {
    Style.NEW: len("D20130526T095207_IFCB013"),
    Style.OLD: len("IFCB1_2009_216_075913"),
}

EXTENSIONS: Final = {
    "." + "".join(letters): kind
    for kind in Kind
    for letters in product(*((c, c.upper()) for c in kind))
}
"""Every spelling of ".roi", ".hdr" and ".adc": one look-up per name."""

# What pyifcb, ifcb-analysis, ifcb-features and ifcbkit derive from a bin,
# and ``adc.mod``, ifcbkit's corrected table.
_DERIVED: Final = re.compile(
    r"_(?:blobs|fea|features|multiblob|class|class_scores)(?:_v[0-9]+)?"
    r"\.(?:zip|csv|mat|h5)"
    r"|_[0-9]{5}\.png"
    r"|\.(?:csv|mat|adc\.mod)",
    re.IGNORECASE,
)

# Unfinished copies: WinSCP, pyifcb's transfer (two), browsers (two), rclone,
# and anybody's.
_TRANSIENT_ENDS: Final = (
    ".filepart",
    ".temp_download",
    ".copy",
    ".part",
    ".crdownload",
    ".partial",
    ".tmp",
)

# Droppings of desktops and network file systems: AppleDouble, locks of
# Office and LibreOffice, files deleted while open on NFS and FUSE.
_TRANSIENT_STARTS: Final = ("._", "~$", ".~lock.", ".nfs0", ".fuse_hidden")
_TRANSIENT_NAMES: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini"})

# rsync writes NAME as .NAME.XXXXXX and renames it when it is whole.
_RSYNC: Final = re.compile(r"\..+\.[A-Za-z0-9]{6}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pid:
    """A bin's permanent identifier: instrument and start time (UTC)."""

    text: str
    style: Style
    instrument: int
    time: datetime

    def __str__(self) -> str:
        return self.text

    @property
    def strict(self) -> bool:
        """Whether pyifcb, which IFCBDB reads bins with, takes the name."""
        return len(self.text) == _STRICT_LENGTH[self.style]

    @property
    def series(self) -> str:
        """The leading text under which names sort by time.

        "D" for all new-style names, "IFCB5_" for instrument 5's old ones.
        """
        if self.style is Style.NEW:
            return "D"
        return self.text[: self.text.index("_") + 1]


@dataclass(frozen=True, slots=True)
class Member:
    """One of the files that make up the bin `pid`."""

    pid: Pid
    kind: Kind


@dataclass(frozen=True, slots=True)
class Product:
    """A file that somebody derived from the bin `pid`."""

    pid: Pid


@dataclass(frozen=True, slots=True)
class Transient:
    """An unfinished copy, or a system's dropping: never to be sent."""


@dataclass(frozen=True, slots=True)
class Other:
    """Any other file; also a copy of a member ("... (1).roi")."""


FileName = Member | Product | Transient | Other
"""What a file's name says that it is."""


def parse_pid(text: str) -> Pid | None:
    """The bin that `text` names in full; None if there can be no such bin.

    The calendar is checked: months, leap years, days of the year.
    """
    try:
        return _new_pid(text) or _old_pid(text)
    except (ValueError, OverflowError):
        # No such date or time, or more digits than Python makes an int of.
        return None


def _new_pid(text: str) -> Pid | None:
    """The new-style bin `text`; a ValueError for an impossible time."""
    match = _NEW.fullmatch(text)
    if not match:
        return None
    # Half the time of seven numbers; it is done for every bin of a tree.
    # From Python 3.13 on it takes 24:00:00 for the next day's begin.
    time = datetime.fromisoformat(f"{match[1]}Z")
    return Pid(text, Style.NEW, int(match[2]), time)


def _old_pid(text: str) -> Pid | None:
    """The old-style bin `text`; a ValueError for an impossible time."""
    match = _OLD.fullmatch(text)
    if not match:
        return None
    fields = [int(digits) for digits in match.groups()]
    instrument, year, day, hour, minute, second = fields
    time = datetime(year, 1, 1, hour, minute, second, tzinfo=UTC)
    time += timedelta(days=day - 1)
    if time.year != year:
        return None
    return Pid(text, Style.OLD, instrument, time)


def parse_name(name: str) -> FileName:
    """What the file `name` (no folders) is."""
    if member := split_member(name):
        stem, kind = member
        pid = parse_pid(stem)
        return Member(pid, kind) if pid else Other()
    if is_transient(name):
        return Transient()
    shape = _SHAPE.match(name)
    if shape and _DERIVED.fullmatch(name, shape.end()):
        pid = parse_pid(shape[0])
        return Product(pid) if pid else Other()
    return Other()


def split_member(name: str) -> tuple[str, Kind] | None:
    """Stem and kind of a name that has a member's shape; else None.

    The calendar is not looked at: this is asked of a million names, at less
    than half a microsecond each.
    """
    kind = EXTENSIONS.get(name[-4:])
    if kind is None or not _SHAPE.fullmatch(name, 0, len(name) - 4):
        return None
    return name[:-4], kind


def leading_pid(name: str) -> Pid | None:
    """The bin that `name` begins with, as a product's does; else None."""
    shape = _SHAPE.match(name)
    return parse_pid(shape[0]) if shape else None


def is_transient(name: str) -> bool:
    """Whether `name` is an unfinished copy's or a system's dropping's."""
    lower = name.lower()
    return (
        lower.endswith(_TRANSIENT_ENDS)
        or lower.startswith(_TRANSIENT_STARTS)
        or lower in _TRANSIENT_NAMES
        or (name[:1] == "." and _RSYNC.fullmatch(name) is not None)
    )


def braced(stem: str, names: Sequence[str]) -> str:
    """Names that begin with `stem` as one: ``bin{.roi,.hdr,.adc}``."""
    if len(names) == 1:
        return names[0]
    endings = ",".join(name.removeprefix(stem) for name in names)
    return f"{stem}{{{endings}}}"
