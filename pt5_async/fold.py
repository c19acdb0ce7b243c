"""A run's events folded into the counts of its summary."""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from typing import TypeVar, assert_never

from .events import (
    BegunAgain,
    Counted,
    Event,
    FolderSeen,
    JobDone,
    Level,
    Limit,
    Notice,
    Paused,
    Resumed,
    Retrying,
    RunBegun,
    Sending,
    SentBefore,
    Stopping,
)
from .ifcb.names import Kind
from .ifcb.verdict import Judgement
from .model import (
    Failed,
    Held,
    Hold,
    Outcome,
    Proof,
    Send,
    Skip,
    Skipped,
    Target,
    Uploaded,
)
from .summary import FOR_GOOD, NAMED, BinCounts, BrokenCounts, Count, Summary


@dataclass(slots=True)
class _Tally:
    files: int = 0
    size: int = 0

    def add(self, outcome: Outcome) -> None:
        self.files += 1
        self.size += outcome.item.file.size

    def add_all(self, sum_: SentBefore) -> None:
        self.files += sum_.files
        self.size += sum_.size

    def count(self) -> Count:
        return Count(self.files, self.size)


_Why = TypeVar("_Why")


def _tallies() -> defaultdict[_Why, _Tally]:
    return defaultdict(_Tally)


@dataclass(slots=True)
class SummaryFold:
    """An observer that folds a run's events into its `Summary`."""

    run: str
    source: str
    target: Target
    dry_run: bool
    begun: float = field(default_factory=time.monotonic)
    _by: dict[type[Outcome], _Tally] = field(
        default_factory=lambda: {
            kind: _Tally() for kind in (Uploaded, Skipped, Held, Failed)
        }
    )
    _skipped: dict[Skip, _Tally] = field(default_factory=_tallies)
    _sent: dict[Send, _Tally] = field(default_factory=_tallies)
    _held: dict[Hold, _Tally] = field(default_factory=_tallies)
    _proofs: Counter[Proof] = field(default_factory=Counter)
    _bins: Counter[type[Outcome]] = field(default_factory=Counter)
    _verdicts: Counter[Judgement] = field(default_factory=Counter)
    _left: Counter[str] = field(default_factory=Counter)
    _failures: list[Failed] = field(default_factory=list)
    _holds: list[Held] = field(default_factory=list)
    _overdue: list[Held] = field(default_factory=list)
    _overdue_tally: _Tally = field(default_factory=_Tally)
    _warnings: list[str] = field(default_factory=list)
    known_broken: Collection[str] = frozenset()
    _broken: BrokenCounts = field(default_factory=BrokenCounts)
    _bare: int = 0
    _retries: int = 0
    _stopped: bool = False
    _limit: Limit | None = None

    def __call__(self, event: Event, /) -> None:
        """Fold `event` in."""
        match event:
            case JobDone():
                self._job(event)
            case FolderSeen() | SentBefore():
                self._folder(event)
            case Retrying():
                self._retries += 1
            case Notice():
                if event.level >= Level.WARNING:
                    _keep(self._warnings, event.text)
            case Stopping():
                self._stopped = True
                self._limit = event.limit or self._limit
            case BegunAgain():
                self._forget()
            case RunBegun() | Counted() | Sending() | Paused() | Resumed():
                pass
            case _:
                assert_never(event)

    def _folder(self, event: FolderSeen | SentBefore) -> None:
        if isinstance(event, SentBefore):
            self._by[Skipped].add_all(event)
            self._skipped[Skip.JOURNAL].add_all(event)
            self._bins[Skipped] += event.bins
            return
        self._left["left"] += event.left
        self._left["transient"] += event.transient
        self._left["hidden"] += event.hidden
        self._left["unasked"] += event.unasked

    def _forget(self) -> None:
        fresh = SummaryFold(
            self.run,
            self.source,
            self.target,
            self.dry_run,
            self.begun,
            known_broken=self.known_broken,
        )
        for one in fields(self):
            setattr(self, one.name, getattr(fresh, one.name))

    def _job(self, event: JobDone) -> None:
        kinds = set()
        pid = event.job.pid
        known = pid is not None and pid.text in self.known_broken
        for outcome in event.outcomes:
            kinds.add(type(outcome))
            self._by[type(outcome)].add(outcome)
            self._detail(outcome, known=known)
        if Held in kinds:
            self._count_broken(event.outcomes, known=known)
        if event.job.pid is not None:
            fates = (Failed, Held, Uploaded, Skipped)
            fate = next(one for one in fates if one in kinds)
            self._bins[fate] += 1
            self._bare += fate is Uploaded and _without_images(event)
            if event.verdict is not None:
                self._verdicts[event.verdict.judgement] += 1

    def _count_broken(
        self, outcomes: Sequence[Outcome], *, known: bool
    ) -> None:
        files = sum(
            isinstance(one, Held) and one.reason in FOR_GOOD
            for one in outcomes
        )
        if files:
            so_far = self._broken
            self._broken = BrokenCounts(
                so_far.bins + 1,
                so_far.new + (not known),
                so_far.known_files + (files if known else 0),
            )

    def _detail(self, outcome: Outcome, *, known: bool) -> None:
        match outcome:
            case Uploaded():
                self._proofs[outcome.proof] += 1
                self._sent[outcome.why].add(outcome)
            case Skipped():
                self._skipped[outcome.reason].add(outcome)
            case Held():
                self._held[outcome.reason].add(outcome)
                self._name_held(outcome, known=known)
            case Failed():
                _keep(self._failures, outcome)
            case _:
                assert_never(outcome)

    def _name_held(self, outcome: Held, *, known: bool) -> None:
        if outcome.overdue and not known:
            self._overdue_tally.add(outcome)
            _keep(self._overdue, outcome)
            return
        silent = known and outcome.reason in FOR_GOOD
        if outcome.reason is not Hold.NOT_REACHED and not silent:
            _keep(self._holds, outcome)

    def summary(self) -> Summary:
        """What was folded in so far."""
        return Summary(
            run=self.run,
            source=self.source,
            target=self.target,
            dry_run=self.dry_run,
            seconds=time.monotonic() - self.begun,
            uploaded=self._by[Uploaded].count(),
            skipped=self._by[Skipped].count(),
            held=self._by[Held].count(),
            failed=self._by[Failed].count(),
            skipped_by={k: t.count() for k, t in self._skipped.items()},
            sent_by={k: t.count() for k, t in self._sent.items()},
            held_by={k: t.count() for k, t in self._held.items()},
            proofs=dict(self._proofs),
            bins=self._bin_counts(),
            left=self._left["left"],
            transient=self._left["transient"],
            hidden=self._left["hidden"],
            unasked=self._left["unasked"],
            retries=self._retries,
            stopped=self._stopped,
            broken=self._broken,
            limit=self._limit,
            failures=tuple(self._failures),
            holds=tuple(self._holds),
            overdue=self._overdue_tally.count(),
            overdue_holds=tuple(self._overdue),
            warnings=tuple(self._warnings),
        )

    def _bin_counts(self) -> BinCounts:
        return BinCounts(
            found=self._bins.total(),
            uploaded=self._bins[Uploaded],
            skipped=self._bins[Skipped],
            held=self._bins[Held],
            failed=self._bins[Failed],
            empty=self._verdicts[Judgement.EMPTY],
            suspicious=self._verdicts[Judgement.SUSPICIOUS],
            metadata_only=self._bare,
        )


def _without_images(event: JobDone) -> bool:
    """Whether a bin is well, and no more than its metadata."""
    whole = event.verdict is not None and event.verdict.whole
    kinds = {item.file.kind for item in event.job.items}
    return whole and not event.job.full and Kind.ROI not in kinds


def _keep(kept: list, one: object) -> None:  # type: ignore[type-arg]
    if len(kept) < NAMED:
        kept.append(one)
