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
from contextlib import contextmanager
from typing import Final, NamedTuple

from ..checksum import Algorithm, Digests, digests
from ..errors import (
    SourceChanged,
    SourceError,
    SourceUnreadable,
    SourceVanished,
)
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


_IN_USE: Final = frozenset({errno.EAGAIN, errno.EBUSY, errno.ETXTBSY})
"""What a file says that another program has for itself: by a lease, which is
how Samba lends one out, or on a share that is mounted here (CIFS)."""

_SHARING: Final = frozenset({32, 33})
"""The same on Windows: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION."""


class Bytes(NamedTuple):
    """All bytes of a file and their digests; None where not asked for."""

    file: LocalFile
    data: bytes | None
    digests: Digests


Read = Mapping[str, Bytes]
"""The files of a job, by path, as they were read, or only looked at."""

Take = Callable[[int, LocalFile], bytes]
"""Takes all bytes of a file out of its open handle."""

_NONE: Final[Digests] = {}


def read_together(
    files: Sequence[LocalFile],
    *,
    first: Collection[LocalFile],
    rest: Callable[[Read], Collection[LocalFile]],
    algorithms: Iterable[Algorithm],
    take: Take | None = None,
) -> Read:
    """Read the files of one bin as one moment's state, in one thread hop.

    Every file is opened and held against the walk's look at it; those in
    `first` are read and checksummed, then those that `rest` names when it
    has seen these; then all are looked at again.

    Args:
        files: all files of the bin.
        first: those to read at once.
        rest: says which more to read.
        algorithms: the checksums to make of what is read.
        take: how bytes are read; by waiting for the disk, if need be.

    Raises:
        SourceChanged: when a file is not, or no longer, what was seen.
        SourceVanished: when it is gone.
        SourceUnreadable: when the system refuses.
    """
    named = tuple(algorithms)
    read = take or take_all
    found = {file.path: Bytes(file, None, _NONE) for file in files}
    handles: dict[str, int] = {}
    try:
        for file in files:
            handles[file.path] = handle = _opened(file)
            check_unchanged(handle, file)
        for file in first:
            data = read(handles[file.path], file)
            found[file.path] = Bytes(file, data, digests(named, data))
        for file in rest(found):
            data = read(handles[file.path], file)
            found[file.path] = Bytes(file, data, digests(named, data))
        for file in files:
            check_unchanged(handles[file.path], file)
    finally:
        for handle in handles.values():
            os.close(handle)
    return found


def check_unchanged(handle: int, file: LocalFile) -> None:
    """Hold an open file against the look that the walk had at it.

    Raises:
        SourceChanged: when its size or time differ.
    """
    try:
        now = os.fstat(handle)
    except OSError as error:
        raise refused(error, file) from error
    if now.st_size != file.size or now.st_mtime_ns != file.mtime_ns:
        raise SourceChanged(f"{file.relative} changed while it was read")


@contextmanager
def translated(file: LocalFile) -> Iterator[None]:
    """Turn an OSError about `file` into a `SourceError`."""
    try:
        yield
    except OSError as error:
        raise refused(error, file) from error


def refused(error: OSError, file: LocalFile) -> SourceError:
    """What the system's refusal of `file` means."""
    if error.errno in GONE:
        return SourceVanished(f"{file.relative} is gone")
    if error.errno == errno.ELOOP:
        return SourceChanged(f"{file.relative} is a link now")
    windows = getattr(error, "winerror", None)
    if error.errno in _IN_USE or windows in _SHARING:
        return SourceChanged(f"{file.relative} is in use by another program")
    return SourceUnreadable(
        f"cannot read {file.relative}: {error.strerror or error}"
    )


def _opened(file: LocalFile) -> int:
    try:
        return os.open(file.path, OPEN_FLAGS)
    except OSError as error:
        raise refused(error, file) from error


def take_all(handle: int, file: LocalFile) -> bytes:
    """All bytes of a file; waits for them as long as it takes.

    Raises:
        SourceChanged: when there are fewer or more than were seen.
        SourceUnreadable: when the system refuses.
    """
    try:
        data = os.read(handle, file.size + 1)
        if 0 < len(data) < file.size:
            data = b"".join([data, *_rest(handle, file.size - len(data))])
    except OSError as error:
        raise refused(error, file) from error
    if len(data) != file.size:
        raise SourceChanged(f"{file.relative} changed while it was read")
    return data


def _rest(handle: int, missing: int) -> Iterator[bytes]:
    # Linux reads at most 2 GiB at once, network file systems often less.
    while missing > 0 and (piece := os.read(handle, missing)):
        missing -= len(piece)
        yield piece
