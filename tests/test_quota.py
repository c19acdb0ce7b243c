"""A run that was given so long, or so many bytes, begins nothing beyond."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import Op
from runs import Shore, begun, ends, held, names, run, write, write_bin

from pt5_async.disk.walk import open_source
from pt5_async.events import Limit, Stopping
from pt5_async.fold import SummaryFold
from pt5_async.journal import NoJournal
from pt5_async.model import Hold, Target, Uploaded
from pt5_async.quota import Quota
from pt5_async.run import check_found


class Tick:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def test_no_limit_is_never_reached() -> None:
    quota = Quota()
    quota.begin(10**18)

    assert quota.reached is None


def test_time_is_up_when_it_is() -> None:
    clock = Tick()
    quota = Quota(seconds=60, clock=clock)
    clock.now += 59.9
    before = quota.reached
    clock.now += 0.1

    assert before is None
    assert quota.reached is Limit.DURATION


def test_bytes_are_counted_when_they_are_begun() -> None:
    quota = Quota(size=100)
    quota.begin(99)
    before = quota.reached
    quota.begin(500)

    assert before is None
    assert quota.reached is Limit.TRANSFER


async def test_the_bin_that_goes_beyond_is_finished_and_no_other_begun(
    shore: Shore,
) -> None:
    for number in range(3):
        write_bin(shore.source, number)
    found = await shore.run_with(NoJournal(), max_transfer=1, concurrency=1)

    assert all(isinstance(found.pop(name), Uploaded) for name in names())
    assert len(found) == 6
    assert held(found) is Hold.NOT_REACHED
    assert shore.tell.of(Stopping) == [
        Stopping(at_once=False, limit=Limit.TRANSFER)
    ]


async def test_bins_at_once_do_not_share_one_quota_twice(shore: Shore) -> None:
    for number in range(9):
        write_bin(shore.source, number)
    await shore.run_with(NoJournal(), max_transfer=1, concurrency=9)

    assert len(shore.store.objects) == 3


async def test_a_bin_that_is_begun_in_time_comes_in_whole(
    shore: Shore,
) -> None:
    for number in range(2):
        write_bin(shore.source, number)
    clock = Tick()
    gate = shore.store.gate(Op.PUT, names()[0])
    gate.when_reached = lambda: setattr(clock, "now", 161.0)
    gate.let_go.set()
    with shore.kit(NoJournal(), concurrency=1) as kit:
        quota = Quota(seconds=60, clock=clock)
        await run(shore.source, replace(kit, quota=quota))
    found = shore.tell.outcomes()

    assert all(isinstance(found.pop(name), Uploaded) for name in names())
    assert held(found) is Hold.NOT_REACHED
    assert [one.limit for one in shore.tell.of(Stopping)] == [Limit.DURATION]


async def test_a_limit_that_ended_nothing_is_not_spoken_of(
    shore: Shore,
) -> None:
    write(shore.source / "only")
    found = await shore.run_with(NoJournal(), max_transfer=1)

    assert isinstance(found["only"], Uploaded)
    assert shore.tell.of(Stopping) == []


async def test_what_is_skipped_and_held_takes_nothing(shore: Shore) -> None:
    write_bin(shore.source, 0)
    await shore.run()
    write_bin(shore.source, 1, age=0)
    write_bin(shore.source, 2)
    found = await shore.run(max_transfer=1, concurrency=1)

    assert all(isinstance(found[name], Uploaded) for name in names(2))
    assert shore.tell.of(Stopping) == []


async def test_a_dry_run_shows_where_a_limit_would_end_it(
    shore: Shore,
) -> None:
    for number in range(2):
        write_bin(shore.source, number)
    found = await shore.run_with(
        NoJournal(), dry=True, max_transfer=1, concurrency=1
    )

    assert all(isinstance(found.pop(name), Uploaded) for name in names())
    assert held(found) is Hold.NOT_REACHED
    assert not shore.store.objects


async def test_a_person_may_still_stop_what_a_limit_let_finish(
    shore: Shore,
) -> None:
    for number in range(2):
        write(shore.source / f"f{number}")
    gate = shore.store.gate(Op.PUT, "f0")
    with begun(shore, concurrency=1, max_transfer=1) as task:
        await gate.reached.wait()
        shore.stop.at_once()
        await ends(task)

    assert held(shore.tell.outcomes()) is Hold.NOT_REACHED


async def test_a_tree_that_was_not_looked_at_in_time_is_not_called_empty(
    shore: Shore,
) -> None:
    source = open_source(shore.source)
    fold = SummaryFold("r", source.path, Target("b"), dry_run=False)
    with shore.kit() as kit:
        spent = replace(kit, quota=Quota(seconds=0))
        await check_found(source, fold, spent)
        assert not shore.tell.notices()
        await check_found(source, fold, kit)
    assert shore.tell.notices() == [f"no files below {source.path}"]
