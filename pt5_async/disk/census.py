"""What one listing of a folder holds: sorted out by name, and kept small.

A flat folder may hold a million files, so nothing here keeps an object per
file: of a bin's members only the bin's name and a bit each are kept, other
names in packed runs.
"""

import heapq
import os
import stat
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import Final

from ..ifcb.names import Kind, Pid, is_transient, parse_pid

SYSTEM: Final = frozenset(
    {
        "$recycle.bin",  # Windows
        "system volume information",
        "recycler",
        "found.000",
        "lost+found",  # ext4
        "__macosx",  # left by macOS's zip
        "@eadir",  # Synology
        "#recycle",
        "#snapshot",
        "@recycle",  # QNAP
        "@recently-snapshot",
        "~snapshot",  # NetApp, seen over SMB
    }
)
"""Names, in lower case, that systems and their stores put beside data."""

RUN: Final = 4096
"""So many names are packed into one run."""


def _spellings() -> tuple[str, ...]:
    """Every way to write a member's extension: lower case, upper, mixed."""
    found = (
        "." + "".join(letters)
        for kind in Kind
        for letters in product(*zip(kind, kind.upper(), strict=True))
    )
    return tuple(
        sorted(found, key=lambda e: (not e.islower(), not e.isupper(), e))
    )


_SPELLINGS: Final = _spellings()
_BIT: Final = {spelled: 1 << n for n, spelled in enumerate(_SPELLINGS)}

# A bin's name is parsed when it is listed, and again when its turn comes.
_parse: Final = lru_cache(maxsize=1024)(parse_pid)


@lru_cache(maxsize=256)
def members(mask: int) -> tuple[tuple[str, Kind], ...]:
    """The extensions, as they are spelled, and kinds that `mask` stands for.

    The spelling to prefer comes first where a kind has several.
    """
    return tuple(
        (spelled, Kind(spelled[1:].lower()))
        for spelled in _SPELLINGS
        if _BIT[spelled] & mask
    )


class Names:
    """Many names, given back in order.

    A str of 30 letters costs 90 bytes in a list; sorted runs, each packed
    into one bytes object, cost 31 per name.
    """

    def __init__(self) -> None:
        self._fresh: list[str] = []
        self._runs: list[bytes] = []

    def add(self, name: str) -> None:
        """Keep one more name."""
        self._fresh.append(name)
        if len(self._fresh) >= RUN:
            # No file name on any system contains "/".
            packed = "/".join(sorted(self._fresh))
            self._runs.append(os.fsencode(packed))
            self._fresh.clear()

    def __iter__(self) -> Iterator[str]:
        return heapq.merge(*map(_unpacked, self._runs), sorted(self._fresh))


def _unpacked(run: bytes) -> Iterator[str]:
    begin = 0
    while (end := run.find(b"/", begin)) >= 0:
        yield os.fsdecode(run[begin:end])
        begin = end + 1
    yield os.fsdecode(run[begin:])


class Census:
    """The entries of one folder, by what they are.

    `left`, `transient` and `hidden` are counts, as in `FolderSeen`.
    """

    def __init__(self, *, all_files: bool) -> None:
        self.folders = Names()
        self.loose = Names()
        self.odd = Names()
        """Links, FIFOs, sockets, devices, and what would not say."""
        self.left = 0
        self.transient = 0
        self.hidden = 0
        self._bins: dict[str, int] = {}
        self._series: dict[str, list[str]] = {}
        self._newest: dict[int, datetime] = {}
        self._all_files = all_files

    @classmethod
    def of(cls, folder: str, *, all_files: bool) -> "Census":
        """The census of `folder`; with `all_files`, loose files are kept.

        Raises:
            OSError: when the folder cannot be listed to its end. Half a
                listing would make whole bins look incomplete.
        """
        census = cls(all_files=all_files)
        with os.scandir(folder) as entries:
            for entry in entries:
                census.take(entry)
        return census

    def take(self, entry: os.DirEntry[str]) -> None:
        """Note one entry, by its name and by the type that was listed.

        A bin's member is known by its name alone. It is looked at anyway,
        which tells if it is no file; and a file system that lists no types
        (plain NFS) would be asked here, for each entry in turn.
        """
        name = entry.name
        if self._take_member(name):
            return
        try:
            if entry.is_file(follow_symlinks=False):
                self._take_other(name)
            elif is_hidden(name):
                self.hidden += 1
            elif entry.is_dir(follow_symlinks=False) and not _junction(entry):
                self.folders.add(name)
            else:
                self.odd.add(name)
        except OSError:
            self.odd.add(name)

    def bins(self) -> Iterator[tuple[Pid, int, bool]]:
        """Each bin, oldest first: its pid, members, and whether it is last.

        `members` explains the number; last is a bin when no later one of
        the same instrument is in this folder.
        """
        series = map(sorted, self._series.values())
        for pid in heapq.merge(*map(_pids, series), key=_start):
            last = pid.time >= self._newest[pid.instrument]
            yield pid, self._bins[pid.text], last

    def _take_member(self, name: str) -> bool:
        stem, bit = name[:-4], _BIT.get(name[-4:], 0)
        if not bit:
            return False
        if stem in self._bins:
            self._bins[stem] |= bit
            return True
        pid = _parse(stem)
        if pid is not None:
            self._take_bin(pid, bit)
        return pid is not None

    def _take_other(self, name: str) -> None:
        if is_transient(name):
            self.transient += 1
        elif is_hidden(name):
            self.hidden += 1
        elif self._all_files:
            self.loose.add(name)
        else:
            self.left += 1

    def _take_bin(self, pid: Pid, bit: int) -> None:
        self._bins[pid.text] = bit
        # Sorted as text, a series is sorted by time: no keys are needed.
        self._series.setdefault(pid.series, []).append(pid.text)
        newest = self._newest.get(pid.instrument, pid.time)
        self._newest[pid.instrument] = max(newest, pid.time)


def is_hidden(name: str) -> bool:
    """Whether `name` is hidden, or a system's own and no one's data."""
    return name.startswith(".") or name.lower() in SYSTEM


def _junction(entry: os.DirEntry[str]) -> bool:
    """Whether a Windows folder is a junction, which is a link to another."""
    return (
        sys.platform == "win32"
        and entry.stat(follow_symlinks=False).st_reparse_tag
        == stat.IO_REPARSE_TAG_MOUNT_POINT
    )


def _pids(stems: list[str]) -> Iterator[Pid]:
    return filter(None, map(_parse, stems))


def _start(pid: Pid) -> tuple[datetime, str]:
    return pid.time, pid.text
