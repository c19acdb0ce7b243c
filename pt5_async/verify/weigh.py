"""Pure decisions: what listing, journal, head and bytes come to.

For one file, of which the listing has an object:

    listing     journal           head             bytes      outcome
    ----------  ----------------  ---------------  ---------  -----------
    other size                                                Differs
    same size   same ETag, proof  (not asked)      same CRC   Same JOURNAL
    same size   same ETag, proof  (not asked)      other      Differs
    same size   anything else     CRC64NVME        same CRC   Same, or not
    same size   anything else     MD5 for an ETag  same MD5   Same, or not
    same size   anything else     parts' ETag      same MD5s  Same MD5
    same size   anything else     nothing of use   (any)      Same SIZE

An ETag that is unlike says nothing where it need not be an MD5: for parts
of sizes that we guess, under a key of the owner's, or where only a listing
shows it. Nothing here does I/O.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from ..model import Hold, Item
from ..plan import Planned
from ..settings import Depth
from ..store import MIB, Head, part_size
from .finding import (
    By,
    Differs,
    Missing,
    Outcome,
    Same,
    State,
    Unreadable,
    What,
)

_MD5: Final = re.compile("[0-9a-f]{32}")
_PARTS: Final = re.compile("[0-9a-f]{32}-([0-9]{1,5})")

_USUAL: Final = (5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512)
"""Sizes of parts that programs are known to choose, in MiB."""

_GUESSES: Final = 4
"""So many sizes of parts are tried at most."""


@dataclass(frozen=True, slots=True)
class Known:
    """What listing and journal know of one file's object.

    `size` and `etag` are the listing's, `size` None where there is no such
    object. `sent_size` (-1 for none) and `sent_etag` are the journal's;
    `sent_sum` is ``crc64nvme:base64`` of bytes that the store proved then,
    "" where it proved none.
    """

    size: int | None = None
    etag: str = ""
    sent_size: int = -1
    sent_etag: str = ""
    sent_sum: str = ""

    @property
    def as_sent(self) -> bool:
        """Whether the object is still the one that the journal knows."""
        same = self.size == self.sent_size and self.etag == self.sent_etag
        return same and bool(self.etag)

    @property
    def remembered(self) -> bool:
        """Whether the journal's checksum is that of the object."""
        return self.as_sent and bool(self.sent_sum)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file's bytes have to be like.

    One of `sum` (``crc64nvme:base64``), `md5` (hexadecimal) and `parts` (an
    ETag of parts) is set, or none. `sure` says that other bytes have
    another value; else they are only not shown to be the same. `sent` is
    the `sum` of what was sent once, and `otherwise` the outcome where no
    bytes can change it; these only show whether the file has aged.
    """

    by: By = By.SIZE
    sum: str = ""
    md5: str = ""
    parts: str = ""
    sure: bool = False
    sent: str = ""
    otherwise: Missing | Differs | None = None


def by_listing(item: Item, known: Known) -> Outcome:
    """What a listing alone says of a file."""
    size = item.file.size
    if known.size is None:
        return Missing(item)
    if known.size == size:
        return Same(item, By.SIZE)
    detail = f"{size:,} bytes here, {known.size:,} in the store"
    return Differs(item, What.SIZE, detail, known.as_sent)


def claim(known: Known, head: Head | None, named: str = "") -> Claim:
    """What the bytes have to be like, by the best that is known.

    `head` is None where it was not asked for; `named` is its CRC64NVME as
    journals write it.
    """
    if known.remembered:
        return Claim(By.JOURNAL, sum=known.sent_sum, sure=True)
    sent = known.sent_sum
    if named:
        return Claim(By.CRC64NVME, sum=named, sure=True, sent=sent)
    etag = (head.etag if head else known.etag).lower()
    if _MD5.fullmatch(etag):
        sure = head is not None and not head.sealed
        return Claim(By.MD5, md5=etag, sure=sure, sent=sent)
    if _PARTS.fullmatch(etag):
        return Claim(By.MD5, parts=etag)
    return Claim()


def lost(listed: Outcome, known: Known) -> Claim | Outcome:
    """What the bytes have to be like to be those that the store had once.

    Where nobody knows, or they are others anyway, the outcome stays.
    """
    if not isinstance(listed, Missing | Differs) or not known.sent_sum:
        return listed
    if known.sent_size != listed.item.file.size:
        return listed
    return Claim(By.JOURNAL, sum=known.sent_sum, otherwise=listed)


def guesses(size: int, etag: str) -> tuple[int, ...]:
    """The sizes that parts may have had, in bytes, by how many they are."""
    match = _PARTS.fullmatch(etag)
    number = int(match[1]) if match else 0
    if not number:
        return ()
    even = -(-size // number)
    sizes = [part_size(size), -(-even // MIB) * MIB]
    sizes += [usual * MIB for usual in _USUAL]
    fit = [one for one in sizes if -(-size // one) == number]
    return tuple(dict.fromkeys(fit))[:_GUESSES]


def weighed(
    item: Item, what: Claim, *, same: bool, named: str = ""
) -> Outcome:
    """The outcome for a file whose bytes are as claimed, or not.

    `named` is their CRC64NVME.
    """
    if what.otherwise is not None:
        return what.otherwise if same else replace(what.otherwise, aged=True)
    if same:
        return Same(item, what.by)
    if not what.sure:
        return Same(item, By.SIZE)
    changed = what.by is By.JOURNAL
    detail = f"other bytes in the store, by their {what.by}"
    if changed:
        detail = "other bytes here than were sent"
    aged = bool(what.sent) and named != what.sent
    return Differs(item, What.CHECKSUM, detail, changed, aged)


def state_of(
    outcomes: Collection[Outcome],
    held: tuple[Hold, str] | None,
    *,
    depth: Depth,
    sent_whole: bool,
) -> State:
    """What the outcomes come to for the bin; `held` as upload has it."""
    if any(isinstance(one, Unreadable) for one in outcomes):
        return State.UNREADABLE
    if held is not None:
        broken = held[0] is Hold.BROKEN
        return State.BROKEN if broken else State.WAITING
    bad = [one for one in outcomes if isinstance(one, Missing | Differs)]
    if bad:
        changed = all(isinstance(one, Differs) and one.changed for one in bad)
        return State.CHANGED if changed and sent_whole else State.INCOMPLETE
    if depth is not Depth.LISTING and any(
        isinstance(one, Same) and one.by is By.SIZE for one in outcomes
    ):
        return State.UNPROVEN
    return State.SAFE


def lacks_roi(planned: Planned, knowns: Collection[Known]) -> bool:
    """Whether, of what was asked for, the .adc is there and no .roi."""
    there = {
        item.file.kind
        for item, known in zip(planned.job.items, knowns, strict=True)
        if known.size is not None
    }
    return "adc" in there and "roi" not in there


def is_half(outcomes: Collection[Outcome]) -> bool:
    """The same, where no listing but each file's outcome tells."""
    missing = [one.item.file.kind for one in outcomes if type(one) is Missing]
    there = [
        one.item.file.kind
        for one in outcomes
        if isinstance(one, Same | Differs)
    ]
    return "adc" in there and "roi" in missing
