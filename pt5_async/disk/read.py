"""Stable reads: the bytes of a file that did not change meanwhile."""

import errno
import os
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from ..checksum import Algorithm, Digests, digests
from ..errors import SourceChanged, SourceUnreadable, SourceVanished
from ..model import LocalFile
from .look import GONE

# A name may have become a FIFO since the walk: never wait for its writer.
# O_NOFOLLOW: nor follow a link that has taken a file's place.
OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(frozen=True, slots=True)
class Bytes:
    """All bytes of a file and their digests; None where not asked for."""

    file: LocalFile
    data: bytes | None
    digests: Digests


Read = Mapping[LocalFile, Bytes]
"""The files of a job as they were read, or only looked at."""


def read_together(
    files: Sequence[LocalFile],
    *,
    first: Collection[LocalFile],
    rest: Callable[[Read], Collection[LocalFile]],
    algorithms: Iterable[Algorithm],
) -> Read:
    """Read the files of one bin as one moment's state, in one thread hop.

    Every file is opened and held against the walk's look at it; those in
    `first` are read and checksummed, then those that `rest` names when it
    has seen these; then all are looked at again.

    Raises:
        SourceChanged: when a file is not, or no longer, what was seen.
        SourceVanished: when it is gone.
        SourceUnreadable: when the system refuses.
    """
    named = tuple(algorithms)
    found = {file: Bytes(file, None, {}) for file in files}
    with ExitStack() as opened:
        handles = {file: opened.enter_context(_open(file)) for file in files}
        for file in first:
            found[file] = _read(handles[file], file, named)
        for file in rest(found):
            found[file] = _read(handles[file], file, named)
        for file, handle in handles.items():
            check_unchanged(handle, file)
    return found


def _read(
    handle: int, file: LocalFile, algorithms: tuple[Algorithm, ...]
) -> Bytes:
    data = _read_all(handle, file)
    return Bytes(file, data, digests(algorithms, data))


def check_unchanged(handle: int, file: LocalFile) -> None:
    """Hold an open file against the look that the walk had at it.

    Raises:
        SourceChanged: when its size or time differ.
    """
    with translated(file):
        now = os.fstat(handle)
    if (now.st_size, now.st_mtime_ns) != (file.size, file.mtime_ns):
        raise SourceChanged(f"{file.relative} changed while it was read")


@contextmanager
def translated(file: LocalFile) -> Iterator[None]:
    """Turn an OSError about `file` into a `SourceError`."""
    try:
        yield
    except OSError as error:
        if error.errno in GONE:
            raise SourceVanished(f"{file.relative} is gone") from error
        if error.errno == errno.ELOOP:
            raise SourceChanged(f"{file.relative} is a link now") from error
        raise SourceUnreadable(
            f"cannot read {file.relative}: {error.strerror or error}"
        ) from error


@contextmanager
def _open(file: LocalFile) -> Iterator[int]:
    with translated(file):
        handle = os.open(file.path, OPEN_FLAGS)
    try:
        check_unchanged(handle, file)
        yield handle
    finally:
        os.close(handle)


def _read_all(handle: int, file: LocalFile) -> bytes:
    with translated(file):
        data = os.read(handle, file.size + 1)
        if 0 < len(data) < file.size:
            data = b"".join([data, *_rest(handle, file.size - len(data))])
    if len(data) != file.size:
        raise SourceChanged(f"{file.relative} changed while it was read")
    return data


def _rest(handle: int, missing: int) -> Iterator[bytes]:
    # Linux reads at most 2 GiB at once, network file systems often less.
    while missing > 0 and (piece := os.read(handle, missing)):
        missing -= len(piece)
        yield piece
