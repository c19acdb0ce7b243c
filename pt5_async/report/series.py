"""Values over time, in steps that a screen can show. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log2
from typing import Final

from .days import Cell, Instrument

POINTS: Final = 400
"""A line has no more points: more a screen cannot show."""

STEPS: Final = (1, 7, 30, 90)
"""Days in a step."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How values lie: the middle one, and where all but a tenth end."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Point:
    """A step of an instrument: its first day, bytes a day, the rest."""

    day: int
    bins: int
    size: float
    rois: Spread | None
    lag: Spread | None


def step_for(instruments: Sequence[Instrument]) -> int:
    """How many days a step has, so that lines can be drawn."""
    cells = [one.cells for one in instruments if one.cells]
    if not cells:
        return 1
    first = min(some[0].day for some in cells)
    last = max(some[-1].day for some in cells)
    fits = (step for step in STEPS if (last - first) / step <= POINTS)
    return next(fits, STEPS[-1])


def points(cells: Sequence[Cell], step: int) -> list[Point]:
    """The days of one instrument, `step` of them at a time."""
    groups: dict[int, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.day // step, []).append(cell)
    return [_point(group) for group in groups.values()]


def _point(group: Sequence[Cell]) -> Point:
    tallies = [cell.tally for cell in group]
    return Point(
        day=group[0].day,
        bins=sum(one.bins for one in tallies),
        size=sum(one.size for one in tallies) / len(group),
        rois=spread([n for one in tallies for n in one.rois]),
        lag=spread([s for one in tallies for s in one.lags]),
    )


def spread(values: Sequence[float]) -> Spread | None:
    """How `values` lie; None where there are none."""
    if not values:
        return None
    ordered = sorted(values)
    last = len(ordered) - 1
    return Spread(*(ordered[round(at * last)] for at in (0.1, 0.5, 0.9)))


@dataclass(frozen=True, slots=True)
class Bar:
    """So many values lie from `low` up to `high`."""

    low: float
    high: float
    count: int


def distribution(sizes: Iterable[int]) -> list[Bar]:
    """How many sizes lie between one power of the root of two and the next.

    None of a bin's is below a kilobyte that says anything: the first bar
    has all of those.
    """
    counts: dict[int, int] = {}
    for size in sizes:
        at = floor(2 * log2(max(size, 1024)))
        counts[at] = counts.get(at, 0) + 1
    if not counts:
        return []
    return [
        Bar(2 ** (at / 2), 2 ** ((at + 1) / 2), counts.get(at, 0))
        for at in range(min(counts), max(counts) + 1)
    ]
