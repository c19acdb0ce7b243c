"""What a verification may put right: which files of a bin, and why. Pure.

    outcome    journal says     the file is          it is sent as
    ---------  ---------------  -------------------  ------------------
    Missing    nothing          -                    NEW
    Missing    it was sent      what was sent        GONE
    Differs    -                as it is             SIZE or BYTES
    Differs    it is there      not what was sent    CHANGED, or its size
    any        it was sent      not what was sent    CHANGED, or its size
    Same       -                -                    not sent

What is CHANGED and was sent whole is held by the upload itself, and its
whole bin with it. Bins that are broken, changed, not due yet or not proven
are no matter of this. Nor are those of which the store has nothing but what
is there under the names of another layout, unless the journal says that this
one is meant: to send these would be to have all twice.
"""

from collections.abc import Iterable
from typing import Final

from ..model import Send
from ..plan import Need, Planned
from .finding import Differs, Missing, Outcome, State, Verified, What
from .weigh import Known

Whys = tuple[Send | None, ...]
"""For each file of a job why it is sent; None for what is not."""

_BY_SIZE: Final = {What.SIZE: Send.SIZE, What.CHECKSUM: Send.BYTES}
_CHANGED: Final = {
    What.SIZE: Send.CHANGED_SIZE,
    What.CHECKSUM: Send.CHANGED,
}


def amends(
    found: Verified, knowns: Iterable[Known], *, settled: bool
) -> Whys | None:
    """What is to be sent of a bin or loose file; None for nothing.

    `settled` says that the journal knows the layout.
    """
    if found.state is not State.INCOMPLETE:
        return None
    if found.astray and not settled and _nowhere(found):
        return None
    return tuple(
        _why(outcome, known=known.sent_size >= 0)
        for outcome, known in zip(found.outcomes, knowns, strict=True)
    )


def _nowhere(found: Verified) -> bool:
    return all(isinstance(one, Missing) for one in found.outcomes)


def _why(outcome: Outcome, *, known: bool) -> Send | None:
    match outcome:
        case Missing(aged=True):
            return Send.CHANGED
        case Missing():
            return Send.GONE if known else Send.NEW
        case Differs(what=what, changed=changed, aged=aged):
            return (_CHANGED if changed or aged else _BY_SIZE)[what]
        case _:
            return None


def needs(planned: Planned, whys: Whys) -> tuple[Need, ...]:
    """What each file of a job needs, of which some are sent for `whys`."""
    return tuple(
        Need.SEND
        if why is not None
        else Need.LEAVE
        if entry is None
        else Need.RIGHT
        for why, entry in zip(whys, planned.entries, strict=True)
    )
