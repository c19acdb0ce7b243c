"""Runs and verifications of the journal as a report shows them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ..ifcb.names import Member, leading_pid, parse_name
from ..journal.history import History
from ..journal.memory import Unsent
from ..journal.past import Ending, Left, PastRun, PastVerification, Place
from ..settings import Depth
from ..verify import State
from .remembered import Pulse
from .report import RunSeen, Verified
from .seen import Standing, Trouble
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


def failed(left: Left | None) -> Iterator[Trouble]:
    """What failed in the last run, a bin at a time.

    What the run held is judged anew.
    """
    groups: dict[str, list[Unsent]] = {}
    for one in left.files if left is not None else ():
        if one.fate == "failed":
            named = parse_name(one.path.rpartition("/")[2])
            bin_ = isinstance(named, Member)
            place = one.path[:-4] if bin_ else one.path
            groups.setdefault(place, []).append(one)
    for place, some in groups.items():
        pid = leading_pid(place.rpartition("/")[2])
        paths = tuple(one.path for one in some)
        yield Trouble(
            place,
            place,
            pid.instrument if pid else None,
            int(pid.time.timestamp()) if pid else None,
            Standing.FAILED,
            "; ".join(dict.fromkeys(_reasons(some))),
            paths if paths != (place,) else (),
        )


def _reasons(some: Sequence[Unsent]) -> Iterator[str]:
    """Why files of one bin failed; each is named beside it already.

    That one could not go because another did not is said of the other.
    """
    for one in some:
        others = (other.path for other in some if other is not one)
        if not any(other in one.reason for other in others):
            name = one.path.rpartition("/")[2]
            path, colon, why = one.reason.partition(f"{name}: ")
            yield why if colon and " " not in path else one.reason


def _lacking(one: PastVerification) -> int:
    loose = one.totals.get("loose", {})
    return sum(
        some.get(state.value, 0)
        for some in (one.bins, loose)
        for state in LACKING
    )


def verified(history: History, trees: Sequence[Tree]) -> tuple[Verified, ...]:
    """The last verification of each whole tree, and those of a part since.

    What one of a part finds takes nothing back of what was found before, nor
    does one by sizes alone of what the bytes were found to be. Of those of a
    part the last one is shown, and the last one that missed something.
    """
    wanted = {(tree.path, tree.place) for tree in trees}
    whole = set[tuple[str, Place]]()
    listed = set[tuple[str, Place]]()
    found: dict[tuple[str, Place, bool, bool, bool], Verified] = {}
    for one in history.verifications():
        key, shallow = (one.source, one.place), one.level == Depth.LISTING
        if key not in wanted or key in whole or (shallow and key in listed):
            continue
        shown = _shown(one)
        which = (one.partial, shallow, one.partial and shown.ill)
        found.setdefault((*key, *which), shown)
        if not one.partial:
            (listed if shallow else whole).add(key)
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
