"""Pure decisions: what of a bin readers of the store may be using now.

A store replaces one object at a time, so that a bin of three can never be
replaced without being a mixture for a moment. What may be one whole state
of a bin is therefore left alone unless somebody asks for it: a bin that we
sent whole, by the journal, and one of which the journal does not know how it
came there, and whose objects say that they are ours (`compare.published`).

Sizes and times of a listing are enough for a bin of which all fits. Where
one member does not, or is not there, the others are compared by checksum:

    of such a bin                          need
    -------------------------------------  -----
    what a listing would have adopted      PROVE
    what was once adopted so               PROVE
    what --existing skip would leave       PROVE
    older in the store, the rest is there  PROVE
    adopted once, and listing is denied    PROVE

What no rule can close: another file of the same size and with an old date in
the place of all that differs; a bin of which the journal knows nothing while
listing is denied (it is sent, as that was said); and a request of a killed
process that arrives at the store when the next run has looked.

Nothing here does I/O.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from .model import Entry, Item, Proof, Send
from .plan import ADOPTED, Need, Planned, why

FOREIGN: Final = frozenset({Send.SIZE, Send.OLDER, Send.BYTES, Send.UNPROVEN})
"""Reasons for sending over what the journal does not know."""

DIFFERS: Final = FOREIGN | {Send.CHANGED, Send.CHANGED_SIZE}
"""Reasons for sending other bytes than those in the store, or perhaps."""

_ABSENT: Final = frozenset({Send.NEW, Send.GONE})
_TAKEN: Final = ADOPTED | {Need.LEAVE}
_KNOWN: Final = frozenset({Need.NOTHING, Need.RIGHT})


def guarded(one: Planned) -> Planned:
    """`one`, with what has to be proven before anything goes beside it."""
    if one.job.pid is None or one.asks or one.settled or one.rivals:
        return one
    whys = one.whys or tuple([why(one, item) for item in one.job.items])
    if _ABSENT.issuperset(whys) and not (
        any(one.entries) or Need.LEAVE in one.needs
    ):
        return one
    there = _may_be_whole(one, whys)
    needs, reasons = list(one.needs), list(whys)
    for place, entry in enumerate(one.entries):
        if _unproven(needs[place], entry, whys[place], there=there):
            needs[place], reasons[place] = Need.PROVE, Send.BYTES
    return one._replace(needs=tuple(needs), whys=tuple(reasons))


def _unproven(
    need: Need, entry: Entry | None, reason: Send, *, there: bool
) -> bool:
    """Whether size and time alone say that a file is in the store, or not.

    `there` says that all of its bin may be.
    """
    if need in _TAKEN or (there and reason is Send.OLDER):
        return True
    adopted = entry is not None and entry.proof is Proof.SIZE_DATE
    return adopted and (need in _KNOWN or reason is Send.UNSEEN)


def in_use(one: Planned, reason: Callable[[Item], Send]) -> bool:
    """Whether the bin in the store may be one that is whole.

    `reason` says why an item would be sent.
    """
    if one.job.pid is None:
        return False
    return one.sent_whole or _may_be_whole(one, map(reason, one.job.items))


def _may_be_whole(one: Planned, whys: Iterable[Send]) -> bool:
    """Whether no member is known to be missing, or sent for a part.

    What the store did not want to show may be there if any of the bin is
    known to be: a killed process takes the journal's last second with it.
    """
    for need, entry, reason in zip(one.needs, one.entries, whys, strict=True):
        if entry is not None and entry.proof is not Proof.SIZE_DATE:
            if not entry.whole:
                return False
        elif need is Need.SEND or need is Need.PROVE:
            seen = reason not in _ABSENT
            if not seen or (reason is Send.UNSEEN and not any(one.entries)):
                return False
    return True


def differing(
    items: Collection[Item],
    whys: Collection[Send],
    *,
    sure: bool,
    leaves: bool,
) -> str:
    """Why a bin is held that is not what the store has, in words.

    `items` would be sent for `whys`; `sure` says that we sent the bin, and
    whole, `leaves` that what is there is to be left.
    """
    names = ", ".join(
        item.file.kind or ""
        for item, reason in zip(items, whys, strict=True)
        if reason in DIFFERS
    )
    if sure:
        what = "not the bytes that were sent whole before"
    elif Send.UNPROVEN in whys:
        what = "in the store, which does not show whether the bytes are these"
    else:
        what = "not the bytes that are in the store"
    way = "--replace-changed sends them"
    if leaves:
        way = "--existing skip leaves them, and sends nothing beside them"
    return f"{names}: {what}; {way}"
