"""How many bins an instrument should have made, from those that it made.

An instrument writes a bin every twenty minutes or so, and another setting
makes that another number. What is usual is the median of the gaps between
starts within a month; a month with few bins goes by the median of all.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from typing import Final

DAY: Final = 86400

PAUSE: Final = 14 * DAY
"""A silence of so many seconds is a pause: nothing is expected in it."""

LONGEST: Final = 6 * 3600
"""A longer gap says nothing about what is usual."""

FEWEST: Final = 10
"""Gaps that a median needs."""

MISSED: Final = 1.6
"""A gap of so many usual ones lacks a bin."""

SILENT: Final = 4
"""An instrument is silent after so many bins that did not come."""

SHOUTED: Final = 60 * DAY
"""What is silent for longer was retired: a quiet fact."""

FORGOTTEN: Final = SHOUTED + 365 * DAY
"""What is silent for longer is not told of any more."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A silence in which `missed` bins were to be expected, in seconds."""

    begin: int
    end: int
    missed: int


@dataclass(frozen=True, slots=True)
class Cadence:
    """What is usual for one instrument.

    `spans` are the times in which it was at work, as (begin, end) in
    seconds since 1970; `gaps` the silences in those; `usual` seconds from
    one bin to the next, None where there were too few to tell. `last`
    is when the last bin began.
    """

    usual: float | None
    months: Mapping[int, float] = field(default_factory=dict)
    spans: tuple[tuple[int, int], ...] = ()
    gaps: tuple[Gap, ...] = ()
    last: int | None = None

    def at(self, moment: float) -> float | None:
        """What was usual in the month of `moment`."""
        return self.months.get(month_of(moment), self.usual)

    def expected(self, day: int) -> int | None:
        """Bins to expect on the `day` since 1970; None if nobody knows."""
        usual = self.at(day * DAY)
        if usual is None:
            return None
        begin, end = day * DAY, (day + 1) * DAY
        first = bisect_right(self.spans, (begin, begin)) - 1
        worked = 0
        for one in self.spans[max(first, 0) :]:
            if one[0] >= end:
                break
            worked += max(0, min(end, one[1]) - max(begin, one[0]))
        return round(worked / usual)

    def gaps_of(self, day: int) -> list[Gap]:
        """The silences that reach into a `day`."""
        begin, end = day * DAY, (day + 1) * DAY
        last = bisect_left(self.gaps, end, key=lambda gap: gap.begin)
        first = bisect_right(self.gaps, begin, key=lambda gap: gap.end)
        return list(self.gaps[first:last])


def cadence_of(starts: Sequence[int], now: float) -> Cadence:
    """What was usual for an instrument whose bins began at `starts`.

    They are in order, and each is there once. Up to `now` it is at work
    unless it has been silent for as long as a pause.
    """
    months: dict[int, list[int]] = {}
    every: list[int] = []
    for one, other in pairwise(starts):
        if other - one <= LONGEST:
            months.setdefault(month_of(one), []).append(other - one)
            every.append(other - one)
    usual = float(median(every)) if len(every) >= FEWEST else None
    last = starts[-1] if starts else None
    if usual is None:
        return Cadence(None, {}, _spans(starts, 0, now), (), last)
    medians = {
        month: float(median(gaps))
        for month, gaps in months.items()
        if len(gaps) >= FEWEST
    }
    known = Cadence(usual, medians)
    spans = _spans(starts, usual, now)
    return Cadence(usual, medians, spans, _gaps(starts, spans, known), last)


def silent_since(cadence: Cadence, now: float) -> int | None:
    """When an instrument began its last bin, if that is too long ago.

    None as well where it is so long ago that nobody waits for another.
    """
    last = cadence.last
    if last is None or now - last >= FORGOTTEN:
        return None
    if now - last >= PAUSE:
        return last
    gap = cadence.gaps[-1] if cadence.gaps else None
    if gap is None or gap.begin <= last or gap.missed < SILENT:
        return None
    return last


def month_of(moment: float) -> int:
    """The month of a moment, counted from year 0."""
    when = datetime.fromtimestamp(moment, UTC)
    return when.year * 12 + when.month - 1


def _spans(
    starts: Sequence[int], usual: float, now: float
) -> tuple[tuple[int, int], ...]:
    """The times without a pause."""
    if not starts:
        return ()
    spans, begin = [], starts[0]
    for one, other in pairwise(starts):
        if other - one >= PAUSE:
            spans.append((begin, round(one + usual)))
            begin = other
    last = starts[-1]
    end = last + usual
    if now - last < PAUSE:
        # The bin that is under way has no files yet.
        end = max(end, now - usual)
    spans.append((begin, round(end)))
    return tuple(spans)


def _gaps(
    starts: Sequence[int],
    spans: Sequence[tuple[int, int]],
    known: Cadence,
) -> tuple[Gap, ...]:
    gaps = []
    for one, other in pairwise((*starts, spans[-1][1])):
        usual = known.at(one)
        if usual and MISSED * usual < other - one < PAUSE:
            missed = max(1, round((other - one) / usual) - 1)
            gaps.append(Gap(round(one + usual), other, missed))
    return tuple(gaps)
