"""Findings folded into counts, by verdict, instrument and day.

What is kept grows with the days and instruments that there are, and not
with the bins.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

from ..events import FolderSeen, Notice
from ..ifcb.verdict import Judgement
from ..model import Failed, Hold, Skip, Skipped
from .finding import Finding, Inspected


@dataclass(frozen=True, slots=True)
class Count:
    """Bins, their files and bytes, and what was said of them.

    Each bin counts under its judgement, as failed where it could not be
    read, or as held alone where it changed meanwhile. `held` are those
    that an upload would leave here for now, whatever their judgement.
    """

    bins: int
    files: int
    size: int
    judged: Mapping[Judgement, int]
    held: Mapping[Hold, int]
    failed: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an inspection has found so far.

    `by_instrument` goes by the number in a bin's name, `by_day` by the day
    on which the bin began (UTC), both in order. `unseen` files and folders
    could not be looked at; `links` were not followed, `specials` are no
    regular files; `left`, `transient`, `hidden` and `unasked` are as in
    `FolderSeen`.
    `known_broken` of the broken bins were known before. `seconds` is the
    time that it took.
    """

    seconds: float
    total: Count
    by_instrument: Mapping[int, Count]
    by_day: Mapping[date, Count]
    unseen: int
    links: int
    specials: int
    left: int
    transient: int
    hidden: int
    unasked: int
    known_broken: int

    @property
    def broken(self) -> int:
        """Bins that are not whole and that nobody has touched for long."""
        return self.total.held.get(Hold.BROKEN, 0)

    @property
    def new_broken(self) -> int:
        """Those of the broken bins that were not known before."""
        return self.broken - self.known_broken

    @property
    def failures(self) -> int:
        """Bins, files and folders that could not be read."""
        return self.total.failed + self.unseen


@dataclass(slots=True)
class _Tally:
    bins: int = 0
    files: int = 0
    size: int = 0
    failed: int = 0
    judged: Counter[Judgement] = field(default_factory=Counter)
    held: Counter[Hold] = field(default_factory=Counter)

    def add(self, found: Inspected) -> None:
        self.bins += 1
        self.files += len(found.files)
        self.size += sum(file.size for file in found.files)
        if found.verdict is not None:
            self.judged[found.verdict.judgement] += 1
        if found.held is not None:
            self.held[found.held[0]] += 1
        self.failed += found.error is not None

    def count(self) -> Count:
        return Count(
            self.bins,
            self.files,
            self.size,
            {one: self.judged[one] for one in Judgement if self.judged[one]},
            {one: self.held[one] for one in Hold if self.held[one]},
            self.failed,
        )


class InspectionFold:
    """Folds findings, one by one, into an `Inspection`."""

    def __init__(self, known_broken: Collection[str] = ()) -> None:
        """Nothing is found yet; the clock runs.

        `known_broken` are names of bins that are known to be broken.
        """
        self._known_names = known_broken
        self._known = 0
        self._begun = time.monotonic()
        self._total = _Tally()
        self._instruments: defaultdict[int, _Tally] = defaultdict(_Tally)
        self._days: defaultdict[date, _Tally] = defaultdict(_Tally)
        self._skipped: Counter[Skip] = Counter()
        self._unseen = self._left = self._transient = self._hidden = 0
        self._unasked = 0

    def __call__(self, found: Finding, /) -> None:
        """Fold `found` in."""
        match found:
            case Inspected(pid=pid):
                self._total.add(found)
                self._known += self.knows(found)
                self._instruments[pid.instrument].add(found)
                self._days[pid.time.date()].add(found)
            case Failed():
                self._unseen += 1
            case Skipped(reason=reason):
                self._skipped[reason] += 1
            case FolderSeen():
                self._left += found.left
                self._transient += found.transient
                self._hidden += found.hidden
                self._unasked += found.unasked
            case Notice():
                pass
            case _:
                assert_never(found)

    def knows(self, found: Inspected) -> bool:
        """Whether a bin is broken, and was known to be."""
        return found.broken and found.pid.text in self._known_names

    @property
    def bins(self) -> int:
        """The bins so far; cheap, and from any thread."""
        return self._total.bins

    @property
    def files(self) -> int:
        """Their files so far; cheap, and from any thread."""
        return self._total.files

    @property
    def broken(self) -> int:
        """The broken bins so far; cheap, and from any thread."""
        return self._total.held[Hold.BROKEN]

    @property
    def failures(self) -> int:
        """What could not be read so far; cheap, and from any thread."""
        return self._total.failed + self._unseen

    def inspection(self) -> Inspection:
        """What was folded in so far."""
        instruments, days = self._instruments, self._days
        return Inspection(
            seconds=time.monotonic() - self._begun,
            total=self._total.count(),
            by_instrument={
                n: instruments[n].count() for n in sorted(instruments)
            },
            by_day={day: days[day].count() for day in sorted(days)},
            unseen=self._unseen,
            links=self._skipped[Skip.LINK],
            specials=self._skipped[Skip.SPECIAL],
            left=self._left,
            transient=self._transient,
            hidden=self._hidden,
            unasked=self._unasked,
            known_broken=self._known,
        )
