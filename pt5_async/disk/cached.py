"""Bytes that wait in the system's cache already, taken without a thread.

To hand a small bin to a thread costs several times what reading it does, if
its bytes are in memory; and they are where an instrument has just written
them. Linux reads what is cached and refuses the rest (RWF_NOWAIT,
preadv2(2)), so that nobody waits for a disk here. It says nothing of such
sort about opening a file, which is why this is for local disks alone: there
the walk has just brought the file's inode to memory.
"""

import os
from typing import Final

from ..model import LocalFile

SMALL: Final = 512 * 1024
"""Bytes of a job that are read here at most: half a millisecond's work."""

LOCAL: Final = frozenset(
    {"btrfs", "ext2", "ext3", "ext4", "f2fs", "tmpfs", "xfs"}
)
"""File systems whose disks are in this machine."""

_LONG: Final = 0.02

_MOUNTS: Final = "/proc/self/mountinfo"
_LONGEST_REST: Final = 64
"""A cold disk stays cold: so many jobs are not tried after many misses."""


class NotCached(Exception):
    """The bytes, or some of them, have to be waited for."""


class Cached:
    """What may be read without waiting, below one folder."""

    def __init__(self, *, local: bool) -> None:
        """Read nothing unless the folder is on a `local` disk."""
        self._local = local and hasattr(os, "preadv")
        self._room = memoryview(bytearray(SMALL + 1 if self._local else 0))
        self._rest = 0
        self._next_rest = 1

    @classmethod
    def below(cls, root: str) -> "Cached":
        """What is below `root`, if all of that is on one local disk."""
        try:
            with open(
                _MOUNTS, encoding="utf-8", errors="surrogateescape"
            ) as mounts:
                return cls(local=is_local(root, mounts.read()))
        except OSError:  # no Linux
            return cls(local=False)

    def has(self, size: int) -> bool:
        """Whether to try: `size` bytes are few, and likely to be there."""
        if not self._local or size > SMALL:
            return False
        self._rest -= self._rest > 0
        return self._rest == 0

    def took(self, seconds: float) -> None:
        """Note how long it took: what is cached does not take long."""
        if seconds > _LONG:
            self.missed()
        else:
            self._next_rest = 1

    def missed(self) -> None:
        """Note that something was not there; rest longer each time."""
        self._rest = self._next_rest
        self._next_rest = min(2 * self._next_rest, _LONGEST_REST)

    def take(self, handle: int, file: LocalFile) -> bytes:
        """All bytes of an open file; for one thread, that of the loop.

        Raises:
            NotCached: when they are not there, or not as many as expected.
        """
        room = self._room[: file.size + 1]
        try:
            count = os.preadv(handle, (room,), 0, os.RWF_NOWAIT)
        except OSError as error:  # which the thread will meet again
            raise NotCached from error
        if count != file.size:
            raise NotCached
        return room[:count].tobytes()


def is_local(root: str, mounts: str) -> bool:
    """Whether `root` and all below it are on one local disk.

    `mounts` are the lines of ``/proc/self/mountinfo``, see proc(5).
    """
    inside = os.path.join(root, "")
    kinds: dict[str, str] = {}
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.partition(" ")[0]
        if len(fields) > _POINT:
            kinds[_plain(fields[_POINT])] = kind
    if any(point.startswith(inside) for point in kinds):
        return False
    around = [p for p in kinds if inside.startswith(os.path.join(p, ""))]
    return bool(around) and kinds[max(around, key=len)] in LOCAL


_POINT: Final = 4
"""The field of a line that has the mount point."""


def _plain(point: str) -> str:
    """A path without its escapes: blanks are written in octal."""
    raw = point.encode("utf-8", "surrogateescape")
    return os.fsdecode(raw.decode("unicode_escape").encode("latin-1"))
