"""Where a file goes in the store: its path below SOURCE made into a key."""

import re
from typing import Final

LONGEST_KEY: Final = 1024
"""Bytes of UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects")."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


def mirror(prefix: str, relative: str) -> str:
    """The key that keeps a file's place: `prefix`, "/" and `relative`.

    `prefix` is "" or has no "/" at its end; `relative` has "/" between
    folders on every system.
    """
    return f"{prefix}/{relative}" if prefix else relative


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
