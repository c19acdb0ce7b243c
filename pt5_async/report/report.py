"""Everything that a report shows, as values."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .days import Instrument, Look, troubles
from .remembered import Pulse
from .seen import ILL, LATER, Standing, Trouble

RUNS: Final = 30
"""So many of the last runs are shown."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A tree that takes part: its path, where its bins go, and a remark.

    `target` is None where no journal knows any; `gone` says that the tree
    is not there, `empty` that it has no bin at all, though the journal has
    `sent` ones in the store.
    """

    path: str
    target: str | None
    remark: str = ""
    gone: bool = False
    empty: bool = False
    sent: int = 0


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A run of the past; times in seconds since 1970, UTC.

    `ended` is None, and so is `seconds`, where nobody knows. `outcome` is
    how it ended, in words; `early` what ended it early, "" for nothing.
    """

    id: str
    source: str
    target: str
    begun: float
    ended: float | None
    seconds: float | None
    files: int
    bins: int
    size: int
    failed: int
    held: int
    outcome: str
    well: bool
    early: str = ""

    @property
    def sent(self) -> bool:
        """Whether it sent anything, in a time that is known."""
        return bool(self.files and self.seconds)


@dataclass(frozen=True, slots=True)
class Verified:
    """The last verification of a tree, or of a part of it since.

    `lacking` bins and files were not shown to be in the store, as far as
    they should have been; of `unread` files and folders nothing is known.
    """

    source: str
    target: str
    when: float
    level: str
    safe: bool
    partial: bool
    bins: Mapping[str, int]
    lacking: int = 0
    unread: int = 0

    @property
    def ill(self) -> bool:
        """Whether somebody has to look at it."""
        return bool(self.lacking or self.unread)


@dataclass(frozen=True, slots=True)
class Report:
    """What is shown; `made` in seconds since 1970, UTC.

    `known` says that a journal told what is in the store, `part` which
    part of the trees was asked for ("" for all), `loose` files and folders
    that could not be looked at, `left` what failed in the last run. `runs` are
    the last ones that sent anything, `last` is the last one of all.
    `current` says that bins of today would be among those asked for.
    """

    made: float
    version: str
    origins: tuple[Origin, ...]
    instruments: tuple[Instrument, ...]
    known: bool
    part: str = ""
    loose: tuple[Trouble, ...] = ()
    left: tuple[Trouble, ...] = ()
    runs: tuple[RunSeen, ...] = ()
    last: RunSeen | None = None
    pulse: Pulse | None = None
    verified: tuple[Verified, ...] = ()
    current: bool = True

    def troubles(self) -> list[Trouble]:
        """What is to be named: the ill first, and of each the newest.

        A bin that only waits for the next run is no trouble, and each is
        named once.
        """
        here = [*troubles(self.instruments), *self.loose]
        ill = {one.place for one in here if one.standing in ILL}
        left = {one.place: one for one in self.left if one.place not in ill}
        named = [one for one in here if one.place not in left]
        named += left.values()
        told = [one for one in named if one.reason or one.standing in ILL]
        return sorted(
            told,
            key=lambda one: (one.standing not in ILL, -(one.start or 0)),
        )

    def totals(self) -> "Totals":
        """What it all comes to."""
        here: Counter[Standing] = Counter()
        looks: Counter[Look] = Counter()
        sent = alone = metadata = size = missed = 0
        for instrument in self.instruments:
            for cell in instrument.cells:
                here += cell.tally.here
                looks[cell.look] += 1
                sent += cell.tally.sent
                alone += cell.tally.alone
                metadata += cell.tally.metadata
                size += cell.tally.size
                missed += cell.missed
        return Totals(here, looks, sent, alone, metadata, size, missed)


@dataclass(frozen=True, slots=True)
class Totals:
    """Bins by where they stand, days by their look, and bytes.

    `sent` bins are in the store by the journal, `alone` of them no longer
    here, `metadata` of them without images; `missed` were expected.
    """

    here: Mapping[Standing, int] = field(default_factory=dict)
    looks: Mapping[Look, int] = field(default_factory=dict)
    sent: int = 0
    alone: int = 0
    metadata: int = 0
    size: int = 0
    missed: int = 0

    @property
    def bins(self) -> int:
        """Bins that are here."""
        return sum(self.here.values())

    @property
    def ill(self) -> int:
        """Bins that somebody has to look at."""
        return sum(self.here.get(one, 0) for one in ILL)

    @property
    def later(self) -> int:
        """Bins that a later run should send."""
        return sum(self.here.get(one, 0) for one in LATER)
