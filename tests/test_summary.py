import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import (
    begun,
    done,
    examples,
    failed,
    held,
    skipped,
    summed,
    uploaded,
)

from pt5_async.errors import ObjectRefused, RunFailed, StoreBusy
from pt5_async.events import (
    BegunAgain,
    Event,
    FolderSeen,
    JobDone,
    Level,
    Notice,
    Retrying,
    Stopping,
)
from pt5_async.fold import SummaryFold
from pt5_async.ifcb.verdict import Judgement, Verdict
from pt5_async.model import Hold, Outcome, Proof, Skip, Target
from pt5_async.summary import NAMED, Count, Summary


def folded(events: Sequence[Event]) -> Summary:
    fold = SummaryFold("run", "/data", Target("b"), dry_run=False)
    for event in events:
        fold(event)
    return fold.summary()


def test_nothing_is_all_zeros() -> None:
    summary = folded([begun()])
    assert summary.found == Count(0, 0)
    assert (summary.rate, summary.files_per_second) == (0.0, 0.0)
    assert summary.bins.found == summary.broken_or_changed == 0
    assert not summary.stopped
    summary.raise_for_failures()


def test_each_kind_of_outcome_has_its_count_and_all_are_found() -> None:
    summary = folded(
        [
            done(uploaded("a", 1), uploaded("b", 20)),
            done(skipped("c", 300)),
            done(held("d", size=4000), failed("e", size=50000)),
        ]
    )
    assert summary.uploaded == Count(2, 21)
    assert summary.skipped == Count(1, 300)
    assert summary.held == Count(1, 4000)
    assert summary.failed == Count(1, 50000)
    assert summary.found == Count(5, 54321)


def test_reasons_and_proofs_are_counted() -> None:
    summary = folded(
        [
            done(skipped("a", 1), skipped("b", 2)),
            done(held("c", Hold.BROKEN, size=4), held("d", Hold.CHANGED)),
            done(held("e", Hold.SETTLING), held("f", Hold.BROKEN, size=8)),
            done(uploaded("g"), uploaded("h", proof=Proof.MD5)),
        ]
    )
    assert summary.skipped_by == {Skip.JOURNAL: Count(2, 3)}
    assert summary.held_by[Hold.BROKEN] == Count(2, 12)
    assert summary.held_by[Hold.SETTLING].files == 1
    assert Hold.NOT_REACHED not in summary.held_by
    assert summary.broken_or_changed == 3
    assert summary.proofs == {Proof.CRC64NVME: 1, Proof.MD5: 1}


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((uploaded(), skipped(), held(), failed()), "failed"),
        ((uploaded(), skipped(), held()), "held"),
        ((uploaded(), skipped()), "uploaded"),
        ((skipped(),), "skipped"),
    ],
)
def test_a_bin_counts_once_for_the_worst_of_its_files(
    outcomes: tuple[Outcome, ...], expected: str
) -> None:
    bins = folded([done(*outcomes, pid=True), done(*outcomes)]).bins
    counts = {
        name: getattr(bins, name)
        for name in ("uploaded", "skipped", "held", "failed")
    }
    assert counts.pop(expected) == bins.found == 1
    assert set(counts.values()) == {0}


def test_verdicts_are_counted_where_a_bin_was_looked_at() -> None:
    seen = done(uploaded(), pid=True)
    odd = Verdict(Judgement.SUSPICIOUS, "odd", has_counts=True)
    unseen = JobDone(seen.job, seen.outcomes, None)
    summary = folded(
        [seen, JobDone(seen.job, seen.outcomes, odd), unseen, unseen]
    )
    assert (summary.bins.empty, summary.bins.suspicious) == (1, 1)
    assert summary.bins.found == 4


def test_what_was_left_out_is_counted_over_all_folders() -> None:
    summary = folded([FolderSeen("a", 1, 2, 3), FolderSeen("b", 10, 20, 30)])
    assert (summary.left, summary.transient, summary.hidden) == (11, 22, 33)


def test_retries_a_stop_and_warnings_are_kept() -> None:
    summary = folded(
        [
            Retrying("k", StoreBusy("x"), 1, 0.1),
            Retrying("k", StoreBusy("x"), 2, 0.1),
            Stopping(at_once=False),
            Notice(Level.WARNING, "odd"),
            Notice(Level.INFO, "fine"),
        ]
    )
    assert summary.retries == 2
    assert summary.stopped
    assert summary.warnings == ("odd",)


def test_only_the_first_20_are_kept_by_name() -> None:
    summary = folded(
        [
            *(done(failed(str(number))) for number in range(50)),
            *(done(held(str(number))) for number in range(50)),
            *(Notice(Level.WARNING, str(number)) for number in range(50)),
        ]
    )
    first = [str(number) for number in range(20)]
    assert [f.item.file.relative for f in summary.failures] == first
    assert [h.item.file.relative for h in summary.holds] == first
    assert list(summary.warnings) == first
    assert (summary.failed.files, summary.held.files, NAMED) == (50, 50, 20)


def test_files_that_were_not_reached_crowd_out_no_name() -> None:
    summary = folded(
        [
            *(done(held(str(n), Hold.NOT_REACHED)) for n in range(50)),
            done(held("told")),
        ]
    )
    assert [h.item.file.relative for h in summary.holds] == ["told"]


def test_rates_are_of_what_was_uploaded_over_the_whole_time() -> None:
    fold = SummaryFold(
        "run", "/", Target("b"), False, begun=time.monotonic() - 10
    )
    fold(done(uploaded("a", 1000), skipped("b", 10**9)))
    summary = fold.summary()
    assert summary.rate == pytest.approx(100, rel=0.1)
    assert summary.files_per_second == pytest.approx(0.1, rel=0.1)


def test_failures_become_an_exception_where_one_is_wanted() -> None:
    summary = folded([done(failed("a", ObjectRefused("why"))), done(failed())])
    with pytest.raises(RunFailed, match=r"^2 files failed.* a: why$"):
        summary.raise_for_failures()


EVENTS = st.lists(
    st.sampled_from(
        [
            *examples(),
            done(uploaded("a", 3), uploaded("b", proof=Proof.NONE)),
            done(held("c", Hold.CHANGED), pid=True),
            done(skipped("d", 7), uploaded("e"), pid=True),
        ]
    ),
    max_size=NAMED,
)


@settings(deadline=None)
@given(events=EVENTS, data=st.data())
def test_the_order_of_events_changes_no_number(
    events: list[Event], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events))
    assert numbers(folded(events)) == numbers(folded(shuffled))


def numbers(summary: Summary) -> dict[str, object]:
    """All but the duration; names as they are kept, in any order."""
    plain = {
        name: getattr(summary, name)
        for name in Summary.__dataclass_fields__
        if name != "seconds"
    }
    for name in ("failures", "holds", "warnings"):
        plain[name] = sorted(map(repr, plain[name]))
    return plain


@settings(deadline=None)
@given(events=EVENTS)
def test_every_outcome_is_found_once(events: list[Event]) -> None:
    told = [event for event in events if isinstance(event, JobDone)]
    outcomes = [outcome for event in told for outcome in event.outcomes]
    summary = folded(events)
    assert summary.found.files == len(outcomes)
    assert summary.found.size == sum(o.item.file.size for o in outcomes)
    bins = summary.bins
    parts = bins.uploaded + bins.skipped + bins.held + bins.failed
    assert bins.found == parts


def test_a_run_that_begins_again_forgets_what_it_told_of_files() -> None:
    again = summed(*examples(), BegunAgain("it is gone"), done(uploaded()))
    assert replace(again, seconds=0.0) == replace(
        summed(done(uploaded())), seconds=0.0
    )
