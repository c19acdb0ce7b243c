"""Bins looked at many at a time, where somebody may know them all.

A second run over ten years of bins has nothing to do but to see that. What
it costs is one look at each file; to make a job of every bin costs more.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from ..events import SentBefore
from ..ifcb.names import Pid
from .census import members
from .look import Folder, Found, Stat

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
        looks: list[os.stat_result] = []
        rows = self._rows(looks)
        if rows and self.ask(folder.relative, rows):
            size = sum([row[1] for row in rows])
            name = folder.relative.rstrip("/")
            return (SentBefore(name, len(self.bins), len(rows), size),)
        folder = replace(folder, stat=_Again(folder.stat, looks))
        return tuple(
            [
                found
                for pid, mask, last in self.bins
                for found in folder.bin(pid, mask, last=last)
            ]
        )

    def _rows(self, looks: list[os.stat_result]) -> list[Row] | None:
        """The files, none of which has anything odd; else None.

        Each look that succeeds is added to `looks`.
        """
        look, path = self.folder.stat, self.folder.path
        rows = []
        for pid, mask, _ in self.bins:
            ends = _ends(mask)
            # Of a name that pyifcb will not take, the run is to say that.
            if ends is None or not pid.strict:
                return None
            for end in ends:
                name = pid.text + end
                try:
                    seen = look(path + name)
                except OSError:
                    return None
                looks.append(seen)
                if not stat.S_ISREG(seen.st_mode):
                    return None
                rows.append((name, seen.st_size, seen.st_mtime_ns))
        return rows


class _Again:
    """Looks that were taken, in their order, and then fresh ones."""

    def __init__(self, look: Stat, taken: list[os.stat_result]) -> None:
        self._look = look
        self._taken = iter(taken)

    def __call__(self, path: str) -> os.stat_result:
        return next(self._taken, None) or self._look(path)


@lru_cache(maxsize=256)
def _ends(mask: int) -> tuple[str, ...] | None:
    """The extensions of a bin's files; None where two are of one kind."""
    found = members(mask)
    if len({kind for _, kind in found}) < len(found):
        return None
    return tuple(spelled for spelled, _ in found)
