"""Findings folded into a verification's counts, one by one."""

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, assert_never

from ..errors import Pt5Error
from ..events import FolderSeen, Notice
from ..model import Hold, Skip, Skipped
from ..settings import Depth
from ..summary import Count, Summary
from .deletable import Written
from .finding import (
    By,
    Cleared,
    Differs,
    Extra,
    Finding,
    Half,
    Leftover,
    Missing,
    Outcome,
    Requests,
    Same,
    State,
    Unreadable,
    Verified,
    What,
)
from .totals import Verification

_UNDUE: Final = (State.BROKEN, State.WAITING)


@dataclass(slots=True)
class _Tally:
    files: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        self.files += 1
        self.size += size

    def count(self) -> Count:
        return Count(self.files, self.size)


@dataclass(slots=True)
class VerificationFold:
    """Folds findings, one by one, into a `Verification`.

    `known_broken` are names of bins that are known to be broken. `extra`
    becomes true once somebody can tell what is extra.
    """

    depth: Depth
    known_broken: Collection[str] = ()
    whole: bool = False
    stopped: bool = False
    part: bool = False
    requests: dict[str, int] = field(default_factory=dict)
    extra: _Tally = field(default_factory=_Tally)
    unknown: _Tally = field(default_factory=_Tally)
    others: int = 0
    listed: Written | None = None
    mended: int = 0
    mended_loose: int = 0
    fixed: Summary | None = None
    blind: bool = False
    looked: bool = False
    trouble: Pt5Error | None = None
    _open: _Tally = field(default_factory=_Tally)
    _cleared: _Tally = field(default_factory=_Tally)
    _stuck: _Tally = field(default_factory=_Tally)
    _begun: float = field(default_factory=time.monotonic)
    _bins: Counter[State] = field(default_factory=Counter)
    _loose: Counter[State] = field(default_factory=Counter)
    _same: dict[By, _Tally] = field(
        default_factory=lambda: {one: _Tally() for one in By}
    )
    _differs: dict[What, _Tally] = field(
        default_factory=lambda: {one: _Tally() for one in What}
    )
    _missing: _Tally = field(default_factory=_Tally)
    _undue: _Tally = field(default_factory=_Tally)
    _held: Counter[Hold] = field(default_factory=Counter)
    _skipped: Counter[Skip] = field(default_factory=Counter)
    _seen: Counter[str] = field(default_factory=Counter)

    def __call__(self, found: Finding, /) -> None:
        """Fold `found` in."""
        match found:
            case Verified():
                self._bin(found)
            case Unreadable():
                self._outcome(found)
            case Half():
                self._seen["halves"] += 1
            case Skipped(reason=reason):
                self._skipped[reason] += 1
            case FolderSeen():
                self._seen["left"] += found.left
                self._seen["transient"] += found.transient
                self._seen["hidden"] += found.hidden
                self._seen["unasked"] += found.unasked
            case Leftover(size=size):
                self._open.add(size or 0)
            case Cleared(what=what, done=done):
                (self._cleared if done else self._stuck).add(what.size or 0)
            case Extra() | Requests() | Notice():
                pass
            case _:
                assert_never(found)

    def _bin(self, found: Verified) -> None:
        states = self._loose if found.pid is None else self._bins
        states[found.state] += 1
        self._seen["halves"] += found.half
        self._seen["astray"] += bool(found.astray)
        self._seen["known"] += self.knows(found)
        if found.held is not None:
            self._held[found.held[0]] += 1
        for outcome in found.outcomes:
            if found.state in _UNDUE:
                self._undue.add(outcome.item.file.size)
            else:
                self._outcome(outcome)

    def _outcome(self, outcome: Outcome) -> None:
        size = outcome.item.file.size
        match outcome:
            case Same(by=by):
                self._same[by].add(size)
            case Missing():
                self._missing.add(size)
            case Differs(what=what):
                self._differs[what].add(size)
            case Unreadable():
                self._seen["unreadable"] += 1
            case _:
                assert_never(outcome)

    def knows(self, found: Verified) -> bool:
        """Whether a bin is broken, and was known to be."""
        broken = found.state is State.BROKEN and found.pid is not None
        return broken and str(found.pid) in self.known_broken

    @property
    def bins(self) -> int:
        """The bins so far; cheap, and from any thread."""
        return self._bins.total()

    @property
    def ill(self) -> int:
        """Those of them that are not safe; cheap, and from any thread."""
        well = (State.SAFE, State.WAITING)
        return self.bins - sum(self._bins[one] for one in well)

    def verification(self) -> Verification:
        """What was folded in so far."""
        return Verification(
            depth=self.depth,
            seconds=time.monotonic() - self._begun,
            stopped=self.stopped,
            part=self.part,
            bins=_counted(self._bins),
            loose=_counted(self._loose),
            same={b: one.count() for b, one in self._same.items()},
            missing=self._missing.count(),
            differs={w: one.count() for w, one in self._differs.items()},
            undue=self._undue.count(),
            unreadable=self._seen["unreadable"],
            extra=self.extra.count() if self.whole else None,
            unknown=self.unknown.count(),
            others=self.others,
            halves=self._seen["halves"],
            held={one: self._held[one] for one in Hold if self._held[one]},
            known_broken=self._seen["known"],
            links=self._skipped[Skip.LINK],
            specials=self._skipped[Skip.SPECIAL],
            left=self._seen["left"],
            transient=self._seen["transient"],
            hidden=self._seen["hidden"],
            unasked=self._seen["unasked"],
            requests=dict(self.requests),
            listed=self.listed,
            astray=self._seen["astray"],
            mended=self.mended,
            mended_loose=self.mended_loose,
            fixed=self.fixed,
            blind=self.blind,
            open=self._open.count() if self.looked else None,
            cleared=self._cleared.count(),
            stuck=self._stuck.count(),
            trouble=self.trouble,
        )


def _counted(states: Counter[State]) -> dict[State, int]:
    return {one: states[one] for one in State if states[one]}
