"""What no test may leave behind: secrets, and what requests are signed by.

Every identity that a test makes for a server is known here. Held against
that is whatever a test had captured or has left in its folders, but for the
files by which it told the secret itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from servers.sigv4 import secrets

LONG_ENOUGH: Final = 8
"""A secret of a few letters may stand anywhere."""

LARGEST: Final = 1024 * 1024
"""Larger files are made of pixels, or of nothing."""

TOLD: Final = re.compile(
    r"(.*[. ])?env|credentials|config|keys|sitecustomize\..*"
)
"""Names of files in which tests give keys to the command, or to a server."""

_BOTOCORES: Final = re.compile(rb"(?m)^DEBUG +(?:aio)?botocore.*$")
"""What botocore tells of its own requests, if somebody wants to know."""

_SIGNED: Final = rb"(?i)Signature=[0-9a-f]{64}"


def leaks_in(texts: Iterable[str | bytes]) -> Iterator[str]:
    """What of `texts` has a secret in it, around that place."""
    long = (one for one in secrets if len(one) >= LONG_ENOUGH)
    words = (re.escape(one.encode()) for one in sorted(long))
    leak = re.compile(b"|".join([_SIGNED, *words]))
    for text in texts:
        raw = text.encode() if isinstance(text, str) else text
        raw = _BOTOCORES.sub(b"", raw)
        if found := leak.search(raw):
            begin = max(0, found.start() - 80)
            yield repr(raw[begin : found.end() + 20])


def left_in(folders: Iterable[Path]) -> Mapping[str, bytes]:
    """The files below `folders` that may have no secret in them."""
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and not TOLD.fullmatch(path.name)
        and path.stat().st_size <= LARGEST
    }
