"""Bins looked at many at a time, where somebody may know them all.

A second run over ten years of bins has nothing to do but to see that. What
it costs is one look at each file; to make a job of every bin costs more.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ..events import SentBefore
from ..ifcb.names import Pid
from .census import members
from .look import Folder, Found

BINS: Final = 64
"""So many bins are looked at together."""

Row = tuple[str, int, int]
"""A file's name, its size in bytes, its mtime in ns."""

Ask = Callable[[str, list[Row]], bool]
"""Whether all of these files, of a folder below SOURCE, are known just so.

The folder is named as `Folder.relative` is. Any thread may ask.
"""


@dataclass(slots=True)
class Known:
    """Who can be asked; while it is None, each bin is looked at alone."""

    ask: Ask | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """A look at some bins of a folder: their sum, or else one by one."""

    folder: Folder
    bins: list[tuple[Pid, int, bool]]
    ask: Ask

    @property
    def weight(self) -> int:
        """As how many looks it counts."""
        return len(self.bins)

    def __call__(self) -> tuple[Found, ...]:
        """Look at all of them."""
        folder = self.folder
        rows = self._rows()
        if rows and self.ask(folder.relative, rows):
            size = sum([row[1] for row in rows])
            name = folder.relative.rstrip("/")
            return (SentBefore(name, len(self.bins), len(rows), size),)
        return tuple(
            [
                found
                for pid, mask, last in self.bins
                for found in folder.bin(pid, mask, last=last)
            ]
        )

    def _rows(self) -> list[Row] | None:
        """The files, none of which has anything odd; else None."""
        look, path = self.folder.stat, self.folder.path
        rows = []
        for pid, mask, _ in self.bins:
            ends = _ends(mask)
            if ends is None:
                return None
            for end in ends:
                name = pid.text + end
                try:
                    seen = look(path + name)
                except OSError:
                    return None
                if not stat.S_ISREG(seen.st_mode):
                    return None
                rows.append((name, seen.st_size, seen.st_mtime_ns))
        return rows


@lru_cache(maxsize=256)
def _ends(mask: int) -> tuple[str, ...] | None:
    """The extensions of a bin's files; None where two are of one kind."""
    found = members(mask)
    if len({kind for _, kind in found}) < len(found):
        return None
    return tuple(spelled for spelled, _ in found)
