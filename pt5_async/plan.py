"""Pure decisions: what to send or skip, and why.

For one file, what the journal and then a listing say of it:

    journal                            listing                 need
    ---------------------------------  ----------------------  -------
    same size, same time               (not asked)             NOTHING
    same, with --recheck               CHECK: the same object  RIGHT
                                       denied                  NOTHING
                                       anything else           SEND
    same size, other time, checksum    (not asked)             COMPARE
    same size, other time, adopted     as if not known         ASK
    other size                         (not asked)             SEND
    not known                          same size, not older    ADOPT
    not known                          anything else           SEND

For what is not known, --existing and --compare change the last two lines:
`skip` LEAVEs whatever is there, `overwrite` asks nothing and SENDs, `size`
looks at no time (FITS), `checksum` PROVEs an object of the same size.

Times of a listing are compared in whole seconds, rounded down on both
sides, for S3 keeps no more. For a bin, ``waiting.py`` adds what its verdict
and its age say. Nothing here does I/O.
"""

from collections.abc import Collection, Mapping
from enum import IntEnum, auto
from math import floor
from typing import Final, NamedTuple

from .errors import MemberMissing, NameRefused
from .ifcb.layout import Layout, arranged, key_of, key_trouble
from .ifcb.names import Kind
from .model import (
    Entry,
    Failed,
    Group,
    Item,
    Job,
    Listed,
    Outcome,
    Proof,
    Send,
    Skip,
    Skipped,
)
from .settings import Compare, Existing, Settings

SECOND: Final = 1_000_000_000
"""One second in nanoseconds."""

NEVER: Final = 2**63 - 1
"""Later than any time, in ns."""

_MEMBERS: Final = frozenset(Kind)
_ORDER: Final = {kind: place for place, kind in enumerate(Kind)}


class Need(IntEnum):
    """What one file needs; the module's table says when."""

    NOTHING = auto()
    RIGHT = auto()
    ADOPT = auto()
    FITS = auto()
    LEAVE = auto()
    COMPARE = auto()
    CHECK = auto()
    ASK = auto()
    PROVE = auto()
    SEND = auto()


class Planned(NamedTuple):
    """A job with what each of its items needs, in the same order.

    `young` says that a file of it was not left alone for long enough,
    `touched_ns` when the latest of its files was touched (until that is
    known: never, so that nothing is taken for old). `rivals` are the
    folders below SOURCE ("" or "a/b/") whose files came to the same keys
    before, in order. `whys` says of each item why it would be sent. What
    `amends` was looked at in the store: a difference is the store's fault.
    """

    job: Job
    needs: tuple[Need, ...]
    entries: tuple[Entry | None, ...]
    young: bool = False
    touched_ns: int = NEVER
    rivals: tuple[str, ...] = ()
    whys: tuple[Send, ...] = ()
    amends: bool = False

    @property
    def sent_whole(self) -> bool:
        """Whether the bin in the store is one that we sent, and whole.

        By the members that are here: one that has gone since makes what
        is in the store no less whole.
        """
        if self.job.pid is None or None in self.entries:
            return False
        return all(
            entry is not None
            and entry.whole
            and entry.proof is not Proof.SIZE_DATE
            for entry in self.entries
        )

    @property
    def asks(self) -> bool:
        """Whether a listing has to be asked."""
        return not self.rivals and not _ASKING.isdisjoint(self.needs)

    @property
    def settled(self) -> bool:
        """Whether nothing has to be read or sent."""
        return not self.rivals and _QUIET.issuperset(self.needs)


ADOPTED: Final = frozenset({Need.ADOPT, Need.FITS})
"""What a listing shows to be in the store; the journal takes it over."""

_SHOWN: Final = ADOPTED | {Need.LEAVE}
"""What it shows to be there; whose ETag may be asked after."""

_TAGGED: Final = frozenset({Send.OLDER, Send.BYTES})
"""Reasons that a checksum may refute, for which the ETag is kept."""

_QUIET: Final = frozenset({Need.NOTHING, Need.RIGHT, Need.LEAVE, *ADOPTED})
_ASKING: Final = frozenset({Need.ASK, Need.CHECK})
_DEFAULT: Final = Settings()


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
        [
            Item(
                file,
                key_of(prefix, arranged(layout, file.relative, group.pid)),
            )
            for file in files
        ]
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


def need(item: Item, entry: Entry | None, rules: Settings = _DEFAULT) -> Need:
    """What `item` needs by what the journal knows."""
    if entry is None:
        return _unknown(rules)
    if entry.size != item.file.size:
        return Need.SEND
    if entry.mtime_ns == item.file.mtime_ns:
        return Need.CHECK if rules.recheck else Need.NOTHING
    return Need.COMPARE if entry.checksum else _unknown(rules)


def _unknown(rules: Settings) -> Need:
    overwrites = rules.existing is Existing.OVERWRITE
    return Need.SEND if overwrites else Need.ASK


def planned(
    job: Job, known: Mapping[str, Entry], rules: Settings = _DEFAULT
) -> Planned:
    """The job with its needs, by what the journal knows."""
    entries = tuple([known.get(item.key) for item in job.items])
    if not any(entries):
        # As all are of a first run.
        return Planned(job, (_unknown(rules),) * len(entries), entries)
    needs = [
        need(item, entry, rules)
        for item, entry in zip(job.items, entries, strict=True)
    ]
    return Planned(job, tuple(needs), entries)


def why(one: Planned, item: Item) -> Send:
    """Why `item` is sent, if it is."""
    keys = [other.key for other in one.job.items]
    place = keys.index(item.key)
    if one.whys:
        return one.whys[place]
    if one.rivals:
        return Send.RIVAL
    entry = one.entries[place]
    if entry is None:
        sends = one.needs[place] is Need.SEND
        return Send.OVERWRITE if sends else Send.NEW
    if entry.size != item.file.size:
        return Send.CHANGED_SIZE
    return Send.CHANGED


def answered(
    asked: Planned,
    listed: Mapping[str, Listed] | None,
    rules: Settings = _DEFAULT,
) -> Planned:
    """`asked`, with every question decided by a listing; None: it is denied.

    What is adopted, or may be, has its entry for the journal.
    """
    if not asked.asks:
        return asked
    needs, entries, whys = list(asked.needs), list(asked.entries), []
    for place, item in enumerate(asked.job.items):
        whys.append(why(asked, item))
        found, entry = (listed or {}).get(item.key), entries[place]
        if needs[place] is Need.CHECK and listed is None:
            needs[place] = Need.NOTHING  # the journal alone decides
        elif needs[place] is Need.CHECK and entry is not None:
            needs[place], whys[-1] = _by_check(entry, found)
        elif needs[place] is Need.ASK:
            # A time in the future is no older or newer than any object's.
            since = min(item.file.mtime_ns, asked.touched_ns)
            needs[place], whys[-1] = _by_listing(item, found, since, rules)
            if listed is None and needs[place] is Need.SEND:
                whys[-1] = Send.UNSEEN
            elif found and (whys[-1] in _TAGGED or needs[place] in _SHOWN):
                entries[place] = _adopted(item, found)
    return asked._replace(
        needs=tuple(needs),
        entries=tuple(entries),
        whys=tuple(whys),
    )


def _by_check(entry: Entry, found: Listed | None) -> tuple[Need, Send]:
    if found is None:
        return Need.SEND, Send.GONE
    same_tag = not entry.etag or not found.etag or entry.etag == found.etag
    if found.size == entry.size and same_tag:
        return Need.RIGHT, Send.REPLACED
    return Need.SEND, Send.REPLACED


def _by_listing(
    item: Item, found: Listed | None, since_ns: int, rules: Settings
) -> tuple[Need, Send]:
    if found is None:
        return Need.SEND, Send.NEW
    if rules.existing is Existing.SKIP:
        return Need.LEAVE, Send.NEW
    if found.size != item.file.size:
        return Need.SEND, Send.SIZE
    if rules.compare is Compare.CHECKSUM:
        return Need.PROVE, Send.BYTES
    if rules.compare is Compare.SIZE:
        return Need.FITS, Send.NEW
    if floor(found.modified.timestamp()) < since_ns // SECOND:
        return Need.SEND, Send.OLDER
    return Need.ADOPT, Send.NEW


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


_SKIPS: Final = {
    Need.NOTHING: Skip.JOURNAL,
    Need.RIGHT: Skip.CHECKED,
    Need.ADOPT: Skip.LISTING,
    Need.FITS: Skip.SIZE,
    Need.LEAVE: Skip.EXISTS,
}


def skip(need: Need) -> Skip | None:
    """Why a file with this need is skipped; None when it may be sent."""
    return _SKIPS.get(need)


def skipped(job: Planned) -> tuple[Outcome, ...]:
    """The outcomes of a settled job."""
    return tuple(
        Skipped(item, _SKIPS[one])
        for item, one in zip(job.job.items, job.needs, strict=True)
    )
