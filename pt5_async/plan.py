"""Pure decisions: what to send, skip or hold, and why.

For one file, what the journal and then a listing say of it:

    journal                            listing                 need
    ---------------------------------  ----------------------  -------
    same size, same time               (not asked)             NOTHING
    same size, other time, checksum    (not asked)             COMPARE
    same size, other time, adopted     as if not known         ASK
    other size                         (not asked)             SEND
    not known                          same size, not older    ADOPT
    not known                          anything else           SEND

Times of a listing are compared in whole seconds, rounded down on both
sides, for S3 keeps no more. For a bin, `hold` adds what its verdict and its
age say. Nothing here does I/O.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from math import floor
from typing import Final

from .errors import MemberMissing, NameRefused
from .ifcb.layout import Layout, arranged, key_of, key_trouble
from .ifcb.names import Kind
from .ifcb.verdict import Judgement, Verdict
from .model import (
    Entry,
    Failed,
    Group,
    Hold,
    Item,
    Job,
    Listed,
    LocalFile,
    Outcome,
    Proof,
    Skip,
    Skipped,
)
from .settings import Settings

SECOND: Final = 1_000_000_000
"""One second in nanoseconds."""

NEVER: Final = 2**63 - 1
"""Later than any time, in ns."""

NEWBORN: Final = 600 * SECOND
"""An instrument that has just begun a bin looks for so long, in ns, like
one that made an empty bin."""

_DOUBTED: Final = frozenset({Judgement.EMPTY, Judgement.SUSPICIOUS})
"""What a bin that has just begun may be judged, see ``ifcb/verdict.py``."""

_MEMBERS: Final = frozenset(Kind)
_ORDER: Final = {kind: place for place, kind in enumerate(Kind)}


class Need(Enum):
    """What one file needs; the module's table says when."""

    NOTHING = auto()
    ADOPT = auto()
    COMPARE = auto()
    ASK = auto()
    SEND = auto()


@dataclass(frozen=True, slots=True)
class Planned:
    """A job with what each of its items needs, in the same order.

    `young` says that a file of it was not left alone for long enough,
    `touched_ns` when the latest of its files was touched (until that is
    known: never, so that nothing is taken for old). `rival` is the
    folder below SOURCE ("" or "a/b/") whose files came to the same keys
    before; None for none.
    """

    job: Job
    needs: tuple[Need, ...]
    entries: tuple[Entry | None, ...]
    young: bool = False
    touched_ns: int = NEVER
    rival: str | None = None

    @property
    def sent_whole(self) -> bool:
        """Whether the bin in the store is one that we sent, and whole.

        By the members that are here: one that has gone since makes what
        is in the store no less whole.
        """
        return self.job.pid is not None and all(
            entry is not None
            and entry.whole
            and entry.proof is not Proof.SIZE_DATE
            for entry in self.entries
        )

    @property
    def asks(self) -> bool:
        """Whether a listing has to be asked."""
        return self.rival is None and Need.ASK in self.needs

    @property
    def settled(self) -> bool:
        """Whether nothing has to be read or sent."""
        return self.rival is None and all(
            need in _QUIET for need in self.needs
        )


_QUIET: Final = frozenset({Need.NOTHING, Need.ADOPT})


def arrange(
    group: Group,
    prefix: str,
    *,
    layout: Layout = Layout.MIRROR,
    members: Collection[Kind] = _MEMBERS,
) -> Job:
    """The job for `group`: keys computed, members in order of sending."""
    files = sorted(
        group.files, key=lambda file: _ORDER[file.kind] if file.kind else 0
    )
    items = tuple(
        Item(file, key_of(prefix, arranged(layout, file.relative, group.pid)))
        for file in files
    )
    if group.pid is None or members == _MEMBERS:
        return Job(group.pid, items, group.last)
    chosen = tuple(one for one in items if one.file.kind in members)
    beside = tuple(one for one in items if one.file.kind not in members)
    return Job(group.pid, chosen, group.last, beside)


def refused(job: Job) -> tuple[Outcome, ...] | None:
    """Failures for all of a job of which one key cannot be; else None."""
    troubles = {item: key_trouble(item.key) for item in job.items}
    first = next((item for item in job.items if troubles[item]), None)
    if first is None:
        return None
    without = MemberMissing(f"not sent without {first.file.relative}")
    return tuple(
        Failed(
            item,
            NameRefused(f"{item.file.relative}: {trouble}")
            if trouble
            else without,
        )
        for item, trouble in troubles.items()
    )


def need(item: Item, entry: Entry | None) -> Need:
    """What `item` needs by what the journal knows."""
    if entry is None:
        return Need.ASK
    if entry.size != item.file.size:
        return Need.SEND
    if entry.mtime_ns == item.file.mtime_ns:
        return Need.NOTHING
    return Need.COMPARE if entry.checksum else Need.ASK


def planned(job: Job, known: Mapping[str, Entry]) -> Planned:
    """The job with its needs, by what the journal knows."""
    entries = tuple(known.get(item.key) for item in job.items)
    return Planned(job, tuple(map(need, job.items, entries)), entries)


def answered(asked: Planned, listed: Mapping[str, Listed]) -> Planned:
    """`asked`, with every ASK decided by a listing.

    What is adopted has its entry for the journal.
    """
    needs, entries = list(asked.needs), list(asked.entries)
    for place, item in enumerate(asked.job.items):
        if needs[place] is Need.ASK:
            found = listed.get(item.key)
            # A time in the future is no older or newer than any object's.
            since = min(item.file.mtime_ns, asked.touched_ns)
            needs[place] = _by_listing(item, found, since)
            if found and needs[place] is Need.ADOPT:
                entries[place] = _adopted(item, found)
    return replace(asked, needs=tuple(needs), entries=tuple(entries))


def _by_listing(item: Item, found: Listed | None, since_ns: int) -> Need:
    if found is None or found.size != item.file.size:
        return Need.SEND
    older = floor(found.modified.timestamp()) < since_ns // SECOND
    return Need.SEND if older else Need.ADOPT


def _adopted(item: Item, found: Listed) -> Entry:
    return Entry(
        item.key,
        item.file.relative,
        item.file.size,
        item.file.mtime_ns,
        checksum="",
        etag=found.etag,
        version=None,
        proof=Proof.SIZE_DATE,
        whole=False,
        sent_at_ns=floor(found.modified.timestamp()) * SECOND,
    )


def skipped(job: Planned) -> tuple[Outcome, ...]:
    """The outcomes of a settled job."""
    return tuple(
        Skipped(item, Skip.JOURNAL if one is Need.NOTHING else Skip.LISTING)
        for item, one in zip(job.job.items, job.needs, strict=True)
    )


def touched(file: LocalFile, *, seen_ns: int, now_ns: int) -> int:
    """When `file` was touched, in ns, as far as clocks can be believed.

    The time of the inode's change counts only where that of the content
    lies in the future, where a clock is wrong; and `seen_ns`, when the file
    was first seen as it is, only where both do.
    """
    for time_ns in (file.mtime_ns, file.ctime_ns):
        if time_ns <= now_ns:
            return time_ns
    return seen_ns


def hold(
    one: Planned, verdict: Verdict | None, *, now_ns: int, settings: Settings
) -> tuple[Hold, str] | None:
    """Why a job stays here for now, and in words; None when it may go.

    `verdict` is that of its bin, None for a loose file.
    """
    age = now_ns - one.touched_ns
    if verdict is not None and not verdict.whole:
        if one.young or age < settings.broken_after * SECOND:
            return Hold.BEING_WRITTEN, verdict.reason
        if settings.allow_incomplete:
            return None
        return Hold.BROKEN, verdict.reason
    if one.young:
        return Hold.SETTLING, _unsettled(one.job, now_ns, settings.min_age)
    unsure = verdict is not None and (
        verdict.judgement in _DOUBTED or not verdict.has_counts
    )
    if unsure and one.job.last and age < NEWBORN:
        return Hold.SETTLING, "the newest bin; it may have just begun"
    return None


def _unsettled(job: Job, now_ns: int, min_age: float) -> str:
    if all(item.file.mtime_ns <= now_ns for item in job.items):
        return f"changed less than {min_age:g} s ago"
    return f"dated in the future, and not yet seen the same for {min_age:g} s"


def thorough(one: Planned, *, now_ns: int, settings: Settings) -> bool:
    """Whether a bin is young enough that every row of it must be read."""
    return now_ns - one.touched_ns < settings.broken_after * SECOND
