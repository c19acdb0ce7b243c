"""What no test may leave behind: secrets, and what requests are signed by.

Every identity that a test makes for a server is known here. Held against
that is whatever a test had captured or has left in its folders, but for the
files by which it told the secret itself.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
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
    found = {}
    for folder in folders:
        for entry in _files(folder):
            if TOLD.fullmatch(entry.name):
                continue
            with suppress(OSError):  # gone meanwhile, or nobody's to read
                if entry.stat().st_size <= LARGEST:
                    found[entry.path] = Path(entry.path).read_bytes()
    return found


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The regular files below; a test's tree may be 2000 folders deep."""
    ways = [str(folder)]
    while ways:
        with suppress(OSError), os.scandir(ways.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    ways.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield entry
