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
from typing import Final

from ..ifcb.names import EXTENSIONS, Kind, Pid, is_transient, parse_pid
from .handles import patient

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

_scandir: Final = patient(os.scandir)

RUN: Final = 4096
"""So many names are packed into one run."""


_SPELLINGS: Final = sorted(
    EXTENSIONS, key=lambda e: (not e.islower(), not e.isupper(), e)
)
"""Every way to write a member's extension: lower case, upper, mixed."""

_BIT: Final = {spelled: 1 << n for n, spelled in enumerate(_SPELLINGS)}

# A bin's name is parsed when it is listed, and again when its turn comes.
_parse: Final = lru_cache(maxsize=1024)(parse_pid)


@lru_cache(maxsize=256)
def members(mask: int) -> tuple[tuple[str, Kind], ...]:
    """The extensions, as they are spelled, and kinds that `mask` stands for.

    The spelling to prefer comes first where a kind has several.
    """
    return tuple(
        (spelled, EXTENSIONS[spelled])
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

    def __reversed__(self) -> Iterator[str]:
        fresh = sorted(self._fresh, reverse=True)
        runs = map(_unpacked_backwards, self._runs)
        return heapq.merge(*runs, fresh, reverse=True)


def _unpacked(run: bytes) -> Iterator[str]:
    begin = 0
    while (end := run.find(b"/", begin)) >= 0:
        yield os.fsdecode(run[begin:end])
        begin = end + 1
    yield os.fsdecode(run[begin:])


def _unpacked_backwards(run: bytes) -> Iterator[str]:
    end = len(run)
    while (before := run.rfind(b"/", 0, end)) >= 0:
        yield os.fsdecode(run[before + 1 : end])
        end = before
    yield os.fsdecode(run[:end])


class Census:
    """The entries of one folder, by what they are.

    `left`, `transient` and `hidden` are counts, as in `FolderSeen`.
    """

    def __init__(
        self,
        *,
        all_files: bool,
        follow_links: bool = False,
        include_hidden: bool = False,
    ) -> None:
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
        self._follow = follow_links
        self._is_hidden = _never if include_hidden else is_hidden

    @classmethod
    def of(
        cls,
        folder: str,
        *,
        all_files: bool,
        follow_links: bool = False,
        include_hidden: bool = False,
    ) -> "Census":
        """The census of `folder`.

        Args:
            folder: the path to open it with.
            all_files: whether loose files are kept, not only counted.
            follow_links: whether a link is what it points to.
            include_hidden: whether what is hidden is like anything else.

        Raises:
            OSError: when the folder cannot be listed to its end. Half a
                listing would make whole bins look incomplete.
        """
        census = cls(
            all_files=all_files,
            follow_links=follow_links,
            include_hidden=include_hidden,
        )
        bins = census._bins
        with _scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                # Two of three, at no more cost than that.
                if name[:-4] in bins and name[-4:] in _BIT:
                    bins[name[:-4]] |= _BIT[name[-4:]]
                else:
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
            if entry.is_file(follow_symlinks=self._follow):
                self._take_other(name)
            elif self._is_hidden(name):
                self.hidden += 1
            elif entry.is_dir(follow_symlinks=self._follow) and (
                self._follow or not _junction(entry)
            ):
                self.folders.add(name)
            else:
                self.odd.add(name)
        except OSError:
            self.odd.add(name)

    def bins(
        self, *, newest_first: bool = False
    ) -> Iterator[tuple[Pid, int, bool]]:
        """Each bin, oldest first: its pid, members, and whether it is last.

        `members` explains the number; last is a bin when no later one of
        the same instrument is in this folder.
        """
        backwards = newest_first
        series = (
            sorted(stems, reverse=backwards) for stems in self._series.values()
        )
        for pid in heapq.merge(
            *map(_pids, series), key=_start, reverse=backwards
        ):
            last = pid.time >= self._newest[pid.instrument]
            yield pid, self._bins[pid.text], last

    def has_bin(self, stem: str) -> bool:
        """Whether a member of the bin called `stem` was listed."""
        return stem in self._bins

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
        elif self._is_hidden(name):
            self.hidden += 1
        elif self._all_files:
            self.loose.add(name)
        else:
            self.left += 1

    def _take_bin(self, pid: Pid, bit: int) -> None:
        self._bins[pid.text] = bit
        # Sorted as text, a series is sorted by time: no keys are needed.
        self._series.setdefault(pid.series, []).append(pid.text)
        newest = self._newest.get(pid.instrument)
        if newest is None or newest < pid.time:
            self._newest[pid.instrument] = pid.time


def is_hidden(name: str) -> bool:
    """Whether `name` is hidden, or a system's own and no one's data."""
    return name.startswith(".") or name.lower() in SYSTEM


def _never(_: str) -> bool:
    """Stand for `is_hidden` where hidden names are like others."""
    return False


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
