"""Runs and verifications of the journal as a report shows them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..journal.history import History
from ..journal.past import Ending, PastRun, PastVerification, Place
from ..verify import State
from .remembered import Pulse
from .report import RunSeen, Verified
from .trees import Tree

LACKING: Final = (State.INCOMPLETE, State.UNPROVEN)
"""What a bin may be that the store should have, and may not."""


def run_seen(run: PastRun) -> RunSeen:
    """A run as it is shown."""
    counts = run.counts
    return RunSeen(
        id=run.id,
        source=run.source,
        target=run.target,
        begun=run.begun_ns / 1e9,
        ended=run.ended_ns / 1e9 if run.ended_ns is not None else None,
        seconds=run.seconds,
        files=counts.get("uploaded", 0),
        bins=counts.get("bins", 0),
        size=counts.get("bytes", 0),
        failed=counts.get("failed", 0),
        held=counts.get("held", 0),
        outcome=_outcome(run),
        well=run.ending is not Ending.CUT_OFF
        and not run.error
        and not counts.get("failed"),
        early=_early(run),
    )


def _early(run: PastRun) -> str:
    if run.error:
        return run.reason or run.error
    return "it was cut off" if run.ending is Ending.CUT_OFF else ""


def _outcome(run: PastRun) -> str:
    if run.error:
        return run.reason or run.error
    if run.exit_code is not None:
        return f"exit code {run.exit_code}"
    return run.ending.value


@dataclass(frozen=True, slots=True)
class Sending:
    """A run that sent something, and when it did."""

    run: PastRun

    def pulse(self) -> Pulse:
        """Its time, to be filled."""
        ended = self.run.ended_ns or self.run.upto_ns
        return Pulse(self.run.begun_ns / 1e9, ended / 1e9)


def last_sending(runs: Sequence[PastRun]) -> Sending | None:
    """The last of `runs` that sent something and ended."""
    found = (
        run
        for run in runs
        if run.ended_ns is not None and run.counts.get("uploaded")
    )
    run = next(found, None)
    return Sending(run) if run else None


def _lacking(one: PastVerification) -> int:
    loose = one.totals.get("loose", {})
    return sum(
        some.get(state.value, 0)
        for some in (one.bins, loose)
        for state in LACKING
    )


def verified(history: History, trees: Sequence[Tree]) -> tuple[Verified, ...]:
    """The last verification of each whole tree, and those of a part since.

    What one of a part finds takes nothing back of what was found before. Of
    these the last one is shown, and the last one that missed something.
    """
    wanted = {(tree.path, tree.place) for tree in trees}
    whole = set[tuple[str, Place]]()
    found: dict[tuple[str, Place, bool, bool], Verified] = {}
    for one in history.verifications():
        key = (one.source, one.place)
        if key not in wanted or key in whole:
            continue
        shown = _shown(one)
        which = (one.partial, one.partial and shown.ill)
        found.setdefault((*key, *which), shown)
        if not one.partial:
            whole.add(key)
        if len(whole) == len(wanted):
            break
    return tuple(found.values())


def _shown(one: PastVerification) -> Verified:
    return Verified(
        one.source,
        one.target,
        one.ended_ns / 1e9,
        one.level,
        one.safe,
        one.partial,
        one.bins,
        _lacking(one),
        one.totals.get("unreadable", 0),
    )
