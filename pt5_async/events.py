"""What a run can tell, as frozen values, and the Observer who is told."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol

from .errors import Pt5Error
from .ifcb.verdict import Verdict
from .model import Item, Job, Outcome, Target


@dataclass(frozen=True, slots=True)
class RunBegun:
    """A run starts; `run` is its id, `source` the absolute SOURCE."""

    run: str
    source: str
    target: Target
    endpoint: str
    dry_run: bool


@dataclass(frozen=True, slots=True)
class BegunAgain:
    """The run starts over from the walk, for `reason`; nothing was sent.

    What was told of files before it counts no longer.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The count-only walk: so many files and bytes; `final` at its end."""

    files: int
    size: int
    final: bool


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """The walk is through a folder.

    `left` files were not asked for (derived products, anything else),
    `transient` have names of unfinished copies, `hidden` entries (files
    or folders) are hidden or the system's own, `unasked` files were taken
    out by the run's selection.
    """

    folder: str
    left: int
    transient: int
    hidden: int
    unasked: int = 0


@dataclass(frozen=True, slots=True)
class SentBefore:
    """Bins of a folder that are skipped: the journal knows them as they are.

    They are told of together where `Settings.known_in_sum` is set, `files`
    and their `size` in bytes in all; else each has its `JobDone`.
    """

    folder: str
    bins: int
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class JobDone:
    """A bin or loose file is through; one outcome for each of its files.

    `verdict` is None where the bytes were not looked at.
    """

    job: Job
    outcomes: tuple[Outcome, ...]
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """So many bytes of this item were acknowledged, in absolute terms."""

    item: Item
    sent: int


@dataclass(frozen=True, slots=True)
class Retrying:
    """An attempt failed; the next begins after `delay` seconds."""

    key: str
    error: Pt5Error
    attempt: int
    delay: float


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing of the store answers: the run waits, and asks again.

    `error` is how the last try ended, the next one begins after `delay`
    seconds. It has lasted for `lasted` seconds; the run gives up after
    `limit` of them (None: never).
    """

    error: Pt5Error
    delay: float
    lasted: float
    limit: float | None


@dataclass(frozen=True, slots=True)
class Resumed:
    """The store answers again, after `lasted` seconds; the run goes on."""

    lasted: float


class Level(IntEnum):
    """How much a notice matters; the numbers are logging's own."""

    DETAIL = 10
    INFO = 20
    WARNING = 30


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth a line that belongs to no single outcome."""

    level: Level
    text: str


class Limit(StrEnum):
    """What a run was given and has used up."""

    DURATION = "max-duration"
    TRANSFER = "max-transfer"


@dataclass(frozen=True, slots=True)
class Stopping:
    """The run was asked to stop: it finishes what runs, or not even that.

    With `limit`, nobody asked: it came to an end that was set before.
    """

    at_once: bool
    limit: Limit | None = None


Event = (
    RunBegun
    | BegunAgain
    | Counted
    | FolderSeen
    | SentBefore
    | JobDone
    | Sending
    | Retrying
    | Paused
    | Resumed
    | Notice
    | Stopping
)
"""Everything that an observer can be told."""


class Observer(Protocol):
    """Told what happens, as it happens, on the run's own event loop.

    Must return soon, and must not raise.
    """

    def __call__(self, event: Event, /) -> None:
        """Take note of `event`."""
        ...


def silent(event: Event, /) -> None:
    """The observer of those who do not want to know."""
