"""Bins folded into days: an instrument's calendar. Pure.

What is kept grows with the days and with a number or two for each bin.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .cadence import DAY, Cadence, Gap, cadence_of
from .seen import ILL, LATER, BinHere, BinSent, Standing, Trouble

NAMED: Final = 6
"""A day with no more bins names them all, else the first and the last."""

THIN: Final = 0.9
"""With fewer of the expected bins than this, a day is thin."""


class Look(StrEnum):
    """How many bins a day has, beside what was to be expected."""

    GAP = "gap"
    THIN = "thin"
    FULL = "full"
    PAUSE = "pause"


@dataclass(slots=True)
class Tally:
    """A day of one instrument, as it is being filled.

    `here` counts bins by where they stand, `sent` those in the store by
    the journal, `alone` those of them that are not here.
    """

    here: Counter[Standing] = field(default_factory=Counter)
    sent: int = 0
    alone: int = 0
    metadata: int = 0
    size: int = 0
    names: list[str] = field(default_factory=list)
    many: bool = False
    troubles: list[Trouble] = field(default_factory=list)
    rois: list[int] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def name(self, name: str) -> None:
        """Keep a name: all of few, and of more the first and the last."""
        self.names.append(name)
        if self.many or len(self.names) > NAMED:
            self.names = [min(self.names), max(self.names)]
            self.many = True

    @property
    def ill(self) -> int:
        """Bins that somebody has to look at."""
        return sum(self.here[one] for one in ILL)

    @property
    def later(self) -> int:
        """Bins that a later run should send."""
        return sum(self.here[one] for one in LATER)

    @property
    def bins(self) -> int:
        """Bins that are here, in the store, or both."""
        return self.here.total() + self.alone


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of one instrument; `day` counts from 1970, UTC."""

    day: int
    look: Look
    expected: int | None
    tally: Tally
    gaps: tuple[Gap, ...]

    @property
    def missed(self) -> int:
        """Bins that were expected and that nobody has seen."""
        return max(0, (self.expected or 0) - self.tally.bins)


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument's calendar: a cell for each day, in order."""

    name: str
    cadence: Cadence
    cells: tuple[Cell, ...]


@dataclass(slots=True)
class _Making:
    here: set[int] = field(default_factory=set)
    sent: set[int] = field(default_factory=set)
    days: defaultdict[int, Tally] = field(
        default_factory=lambda: defaultdict(Tally)
    )
    digits: int = 3


class Days:
    """Folds bins, one by one; those that are here come first."""

    def __init__(self) -> None:
        self._instruments: defaultdict[int, _Making] = defaultdict(_Making)

    def add(self, seen: BinHere) -> None:
        """Count a bin that is on the disk."""
        making = self._instruments[seen.instrument]
        making.here.add(seen.start)
        tally = making.days[seen.start // DAY]
        tally.here[seen.standing] += 1
        tally.size += seen.size
        tally.sizes.append(seen.size)
        tally.name(seen.name)
        if seen.rois is not None:
            tally.rois.append(seen.rois)
        if seen.standing in ILL or seen.standing in LATER:
            tally.troubles.append(
                Trouble(
                    seen.name,
                    seen.place,
                    seen.instrument,
                    seen.start,
                    seen.standing,
                    seen.reason,
                )
            )

    def add_sent(self, sent: BinSent) -> None:
        """Count a bin that the journal has in the store."""
        making = self._instruments[sent.instrument]
        making.sent.add(sent.start)
        tally = making.days[sent.start // DAY]
        tally.sent += 1
        tally.metadata += not sent.images
        if sent.arrived is not None:
            tally.lags.append(sent.arrived - sent.start)
        if sent.start not in making.here:
            tally.alone += 1
            tally.size += sent.size
            tally.sizes.append(sent.size)
            tally.name(sent.name)

    def has(self, sent: BinSent) -> bool:
        """Whether such a bin is here."""
        made = self._instruments.get(sent.instrument)
        return made is not None and sent.start in made.here

    def instruments(self, now: float) -> tuple[Instrument, ...]:
        """The calendars, by the instrument's number."""
        return tuple(
            _instrument(number, self._instruments[number], now)
            for number in sorted(self._instruments)
        )


def _instrument(number: int, made: _Making, now: float) -> Instrument:
    starts = sorted(made.here | made.sent)
    cadence = cadence_of(starts, now)
    last = max(starts[-1], cadence.spans[-1][1] - 1) // DAY
    cells = tuple(
        _cell(day, made.days.get(day) or Tally(), cadence)
        for day in range(starts[0] // DAY, last + 1)
    )
    return Instrument(f"IFCB{number:03}", cadence, cells)


def _cell(day: int, tally: Tally, cadence: Cadence) -> Cell:
    expected = cadence.expected(day)
    look = look_of(tally, expected)
    gaps = tuple(cadence.gaps_of(day)) if look is not Look.PAUSE else ()
    return Cell(day, look, expected, tally, gaps)


def look_of(tally: Tally, expected: int | None) -> Look:
    """What the cell of such a day shows."""
    if not tally.bins:
        return Look.GAP if expected else Look.PAUSE
    thin = expected is not None and tally.bins < THIN * expected
    return Look.THIN if thin else Look.FULL


def troubles(instruments: tuple[Instrument, ...]) -> Iterator[Trouble]:
    """What is to be named of all of them."""
    for one in instruments:
        for cell in one.cells:
            yield from cell.tally.troubles
