"""What a report is made of: bins as they are here, and in the store."""

from dataclasses import dataclass
from enum import StrEnum

from ..ifcb.names import braced


class Standing(StrEnum):
    """Where a bin stands that is here."""

    STORED = "in the store"
    HERE = "here"
    WAITING = "not in the store yet"
    PASSING = "held for now"
    KNOWN = "known to be broken"
    BROKEN = "broken"
    CHANGED = "changed"
    FAILED = "failed"


ILL = frozenset({Standing.BROKEN, Standing.CHANGED, Standing.FAILED})
"""What somebody has to look at."""

LATER = frozenset({Standing.WAITING, Standing.PASSING})
"""What a later run should send by itself."""


@dataclass(frozen=True, slots=True)
class BinHere:
    """A bin on the disk.

    `place` is its path below SOURCE, without an extension; `start` when its
    syringe began, in seconds since 1970, UTC; `size` is in bytes. `reason`
    says why it stands as it does, if there is a reason; `rois` is what its
    header counts, None where it does not. HERE is used where no journal
    tells what is in the store.
    """

    name: str
    place: str
    instrument: int
    start: int
    size: int
    standing: Standing
    reason: str = ""
    rois: int | None = None


@dataclass(frozen=True, slots=True)
class BinSent:
    """A bin in the store, by the journal.

    `arrived` is when its last file was in, in seconds since 1970, UTC; None
    where that is not known, because it was found there by listing. `images`
    tells whether its .roi is there, too; `place` is its path below SOURCE
    when it was sent.
    """

    name: str
    instrument: int
    start: int
    size: int
    arrived: float | None
    images: bool = True
    place: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A bin, or a file that belongs to none, that is to be named.

    `members` are the paths of a bin's files that are in trouble, where not
    all of it is; `place` is a bin's path without an extension.
    """

    name: str
    place: str
    instrument: int | None
    start: int | None
    standing: Standing
    reason: str
    members: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Its path, or those of its files as one."""
        return braced(self.place, self.members) if self.members else self.place
