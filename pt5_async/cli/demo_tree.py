"""An instrument's last weeks, made up: its bins, and what became of them."""

import math
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from typing import Final

from ..ifcb.names import Kind, Pid, parse_pid
from ..ifcb.synthetic import empty_bin, make_bin
from ..model import Hold

CADENCE: Final = timedelta(minutes=23)
"""From one bin to the next, as measured on instruments of 2026."""

NAME: Final = "IFCB999"
"""No instrument has this number; three digits, as pyifcb wants them."""

NOTES: Final = "deployment-notes.txt"
"""A file that belongs to no bin, as people leave them."""

_RUN: Final = timedelta(minutes=20)
_NEWEST: Final = timedelta(minutes=21)
"""A run takes 5 ml at 4 minutes per ml; the newest has just ended."""

_EMPTY_EVERY, _EMPTY_FIRST = 53, 17
_BLOOM, _BLOOM_SPAN, _BLOOM_ROIS = 0.6, 0.02, 100
_GIANT_ROIS: Final = 3600
"""Images in the bloom's densest bin: more than the 16 MiB that go up in
one piece."""

_WORDS: Final = (
    "Notes of a deployment that never was. This file belongs to no bin,\n"
    "so that it is left where it is; --all-files would send it, too.\n"
)


class Fate(Enum):
    """What became of a bin."""

    WHOLE = auto()
    EMPTY = auto()
    ROI_CUT = auto()
    ADC_CUT = auto()
    HEADER_BLANK = auto()
    HEADER_LOST = auto()
    JUST_COPIED = auto()
    GROWING = auto()


HOLDS: Final = {
    Fate.ROI_CUT: Hold.BROKEN,
    Fate.ADC_CUT: Hold.BROKEN,
    Fate.HEADER_BLANK: Hold.BROKEN,
    Fate.HEADER_LOST: Hold.BROKEN,
    Fate.JUST_COPIED: Hold.SETTLING,
    Fate.GROWING: Hold.BEING_WRITTEN,
}
"""Why bins are to be held; those of other fates go up."""

_BROKEN: Final = (
    (0.18, Fate.ROI_CUT),
    (0.37, Fate.HEADER_LOST),
    (0.52, Fate.ADC_CUT),
    (0.83, Fate.HEADER_BLANK),
)
"""What breaks, and after which part of the time: so few that a summary
names each file that is held."""


@dataclass(frozen=True, slots=True)
class DemoBin:
    """A bin to be made: `rois` images, in `folder` below the tree's root.

    `seed` decides its bytes.
    """

    pid: Pid
    fate: Fate
    folder: str
    rois: int
    seed: int

    @property
    def files(self) -> tuple[str, ...]:
        """Its files below the tree's root, with "/" between folders."""
        return tuple(
            f"{self.folder}/{self.pid}.{kind}"
            for kind in Kind
            if not (self.fate is Fate.HEADER_LOST and kind is Kind.HDR)
        )

    def contents(self) -> dict[Kind, bytes]:
        """The bytes of its files as they were meant to be."""
        if self.fate is Fate.EMPTY:
            return empty_bin(self.pid).by_kind()
        return make_bin(self.pid, seed=self.seed, rois=self.rois).by_kind()


def weeks(now: datetime, days: float) -> tuple[DemoBin, ...]:
    """The bins of the `days` before `now`, oldest first.

    Half a day is the least in which every fate has its place.
    """
    number = int(timedelta(days=days) / CADENCE)
    first = now.replace(microsecond=0) - _NEWEST - (number - 1) * CADENCE
    fates = _fates(number)
    return tuple(
        _bin(first + at * CADENCE, at, number, fates.get(at, Fate.WHOLE))
        for at in range(number)
    )


def _fates(number: int) -> dict[int, Fate]:
    """Which of `number` bins are not simply whole; they count from 0."""
    fates = dict.fromkeys(
        range(_EMPTY_FIRST, number, _EMPTY_EVERY), Fate.EMPTY
    )
    fates |= {int(part * number): fate for part, fate in _BROKEN}
    # Two hours old: broken, where half an hour might still be written.
    fates[number - 6] = Fate.ROI_CUT
    fates[number - 2] = Fate.JUST_COPIED
    fates[number - 1] = Fate.GROWING
    return fates


def _bin(start: datetime, at: int, number: int, fate: Fate) -> DemoBin:
    pid = parse_pid(f"D{start.astimezone(UTC):%Y%m%dT%H%M%S}_{NAME}")
    if pid is None:
        raise ValueError(f"no bin can begin at {start}")
    folder = f"{pid.time:%Y}/D{pid.time:%Y%m%d}"
    if at in (number // 4, number * 3 // 4):
        folder = f"beads/{folder}"
    return DemoBin(pid, fate, folder, _rois(at, number), seed=at)


def _rois(at: int, number: int) -> int:
    """So many images has a bin: more by day, and most in the bloom."""
    if at == int(_BLOOM * number):
        return _GIANT_ROIS
    rng = random.Random(at)
    by_day = 8 + 5 * math.sin(at * CADENCE / timedelta(days=1) * math.tau)
    off = (at / number - _BLOOM) / _BLOOM_SPAN
    in_bloom = _BLOOM_ROIS * math.exp(-off * off)
    return rng.randint(1, round(2 * by_day + in_bloom))


def to_be_sent(bins: Sequence[DemoBin]) -> list[str]:
    """The files that go up, below the tree's root."""
    well = (one for one in bins if one.fate not in HOLDS)
    return [name for one in well for name in one.files]


def write_notes(root: Path) -> None:
    """Write the file that belongs to no bin."""
    (root / NOTES).write_text(_WORDS, "utf-8")


def write_bins(root: Path, bins: Sequence[DemoBin]) -> int:
    """Write `bins` below `root`, dated when their runs ended; bytes written.

    Raises:
        OSError: when that cannot be.
    """
    return sum(_write(root, one) for one in bins)


def go_on(root: Path, bins: Sequence[DemoBin], *, written: float) -> None:
    """Let the instrument be at work now.

    Of the bin that grows, the part `written` (from 0 to 1) of its .roi is
    there now, and what was just copied is dated now.
    """
    for one in bins:
        if one.fate is Fate.GROWING:
            roi = one.contents()[Kind.ROI]
            file = root / one.folder / f"{one.pid}.{Kind.ROI}"
            file.write_bytes(roi[: int(len(roi) * written)])
        if one.fate in (Fate.GROWING, Fate.JUST_COPIED):
            for name in one.files:
                os.utime(root / name)


def _write(root: Path, one: DemoBin) -> int:
    (root / one.folder).mkdir(parents=True, exist_ok=True)
    ended = (one.pid.time + _RUN).timestamp()
    size = 0
    for kind, data in _damaged(one.fate, one.contents()):
        file = root / one.folder / f"{one.pid}.{kind}"
        size += file.write_bytes(data)
        os.utime(file, (ended, ended))
    return size


def _damaged(
    fate: Fate, contents: dict[Kind, bytes]
) -> Iterator[tuple[Kind, bytes]]:
    """What of a bin's files is there, by what became of it."""
    for kind, data in contents.items():
        match fate, kind:
            case (Fate.ROI_CUT | Fate.GROWING, Kind.ROI):
                yield kind, data[: len(data) // 3]
            case (Fate.ADC_CUT, Kind.ADC):
                yield kind, data[:-40]
            case (Fate.HEADER_BLANK, Kind.HDR):
                yield kind, b""
            case (Fate.HEADER_LOST, Kind.HDR):
                continue
            case _:
                yield kind, data
