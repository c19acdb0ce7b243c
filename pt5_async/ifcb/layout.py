"""Where a file goes in the store: its path below SOURCE made into a key."""

import re
from enum import StrEnum
from typing import Final

from .names import Pid, Product, Style, parse_name

LONGEST_KEY: Final = 1024
"""Bytes of UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects")."""

ASIDE: Final = frozenset({"beads", "skip", "bad"})
"""Folders, in lower case, that operators keep apart from their data; in
every layout their bins stay apart."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DAY_END: Final = len("D20130526")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def key_of(prefix: str, relative: str) -> str:
    """The key of a path below the prefix: `prefix`, "/" and `relative`.

    `prefix` is "" or has no "/" at its end; `relative` has "/" between
    folders on every system.
    """
    return f"{prefix}/{relative}" if prefix else relative


class Layout(StrEnum):
    """How folders in the store follow from files.

    MIRROR keeps those below SOURCE. DAY and YEAR make their own from the
    bin's name, as IFCB dashboards and archives have them:
    ``2013/D20130526/`` and ``2013/`` (old style ``2009/IFCB1_2009_216/``
    and ``legacy/``).
    """

    MIRROR = "mirror"
    DAY = "day"
    YEAR = "year"


def arranged(layout: Layout, relative: str, pid: Pid | None) -> str:
    """The path below the prefix of the file `relative` of the bin `pid`.

    A derived product goes where its bin does. What belongs to no bin keeps
    its path in every layout.
    """
    if layout is Layout.MIRROR:
        return relative
    *folders, name = relative.split("/")
    bin_ = pid or _bin_of(name)
    if bin_ is None:
        return relative
    aside = next((one for one in folders if one.lower() in ASIDE), None)
    place = _day(bin_) if layout is Layout.DAY else _year(bin_)
    return "/".join([*([aside] if aside else []), place, name])


def _bin_of(name: str) -> Pid | None:
    named = parse_name(name)
    return named.pid if isinstance(named, Product) else None


def _day(pid: Pid) -> str:
    end = pid.text.rindex("_") if pid.style is Style.OLD else _DAY_END
    return f"{pid.time.year:04}/{pid.text[:end]}"


def _year(pid: Pid) -> str:
    if pid.style is Style.OLD:
        return "legacy"
    return f"{pid.time.year:04}"


def key_trouble(key: str) -> str | None:
    """Why `key` cannot be an object's key; None if it can.

    Refused is what S3 refuses, and what some store, client or XML listing
    on the way changes or cannot tell apart.
    """
    if not (key.isascii() and key.isprintable()):
        # Only such keys can hold anything that these two look for.
        if trouble := _character_trouble(key):
            return trouble
        size = len(key.encode())
    else:
        size = len(key)
    if trouble := _segment_trouble(key):
        return trouble
    if size > LONGEST_KEY:
        return f"its key has {size:,} bytes, at most {LONGEST_KEY:,} can be"
    return None


def _character_trouble(key: str) -> str | None:
    """Which character of `key` cannot be in a key; None if there is none."""
    if _SURROGATE.search(key):
        return "its name is not UTF-8"
    if control := _CONTROL.search(key):
        return f"its key has a control character, U+{ord(control[0]):04X}"
    return None


def _segment_trouble(key: str) -> str | None:
    """What is wrong between the slashes of `key`; None for nothing."""
    if not key:
        return "its key is empty"
    segments = key.split("/")
    if not segments[0]:
        return 'its key begins with "/"'
    if not segments[-1]:
        return 'its key ends with "/"'
    if "" in segments:
        return 'its key has "//" in it'
    for dots in (".", ".."):
        if dots in segments:
            return f'its key has a part that is "{dots}"'
    return None
