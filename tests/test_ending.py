"""What ends a run, and what does not."""

import asyncio
from math import inf
from pathlib import Path

import pytest
from fakes import Gate, Op
from runs import (
    Shore,
    begun,
    ends,
    held,
    large,
    write,
)

from pt5_async.errors import (
    AccessDenied,
    BucketMissing,
    CredentialsRefused,
    JournalError,
    JournalFull,
    ObjectRefused,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)
from pt5_async.events import JobDone
from pt5_async.journal import NoJournal
from pt5_async.model import (
    Entry,
    Failed,
    Held,
    Hold,
    Outcome,
    Skipped,
    Uploaded,
)


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def lines(found: dict[str, Outcome], kind: type[Outcome]) -> list[str]:
    return sorted(n for n, outcome in found.items() if type(outcome) is kind)


@pytest.mark.parametrize("fault", [CredentialsRefused, BucketMissing])
@pytest.mark.parametrize("op", [Op.PUT, Op.LIST])
async def test_a_fatal_error_is_raised_bare_when_all_has_come_to_its_end(
    shore: Shore, op: Op, fault: type[StoreError]
) -> None:
    for number in range(50):
        write(shore.source / f"{number:02}")
    shore.store.script(op, "", fault)
    with pytest.raises(fault) as caught:
        await shore.run(concurrency=2)
    assert type(caught.value) is fault
    found = shore.tell.outcomes()
    assert len(found) == 50
    assert len(lines(found, Held)) >= 49
    assert lines(found, Failed) == []
    assert shore.store.count(Op.PUT) <= 2


async def test_running_files_finish_when_another_ends_the_run(
    shore: Shore,
) -> None:
    for name in "abc":
        write(shore.source / name)
    gate, other = (shore.store.gate(Op.PUT, end) for end in ("/a", "/b"))
    shore.store.script(Op.PUT, "/b", CredentialsRefused, late=True)
    with begun(shore, concurrency=2) as task:
        await gate.reached.wait()
        other.let_go.set()
        await shore.tell.until(JobDone, 2)
        gate.let_go.set()
        with pytest.raises(CredentialsRefused):
            await ends(task)
    found = shore.tell.outcomes()
    assert [type(found[name]) for name in "abc"] == [Uploaded, Held, Held]


async def test_access_denied_at_the_start_ends_the_run(shore: Shore) -> None:
    for name in "ab":
        write(shore.source / name)
    shore.store.script(Op.PUT, "a", AccessDenied)
    with pytest.raises(AccessDenied):
        await shore.run(concurrency=1)
    assert held(shore.tell.outcomes()) is Hold.NOT_REACHED


async def test_access_denied_later_fails_that_file(shore: Shore) -> None:
    for name in "abc":
        write(shore.source / name)
    shore.store.script(Op.PUT, "b", AccessDenied)
    found = await shore.run(concurrency=1)
    assert lines(found, Failed) == ["b"]
    assert lines(found, Uploaded) == ["a", "c"]


@pytest.mark.parametrize("attempts", [1, 3])
async def test_a_store_out_of_reach_ends_the_run_after_a_while(
    shore: Shore, attempts: int
) -> None:
    for name in "abc":
        write(shore.source / name)
    shore.store.script(Op.PUT, "b", StoreUnreachable)
    shore.store.script(Op.PING, "", *[StoreUnreachable] * 999_999)
    with pytest.raises(StoreUnreachable, match="--max-outage"):
        await shore.run(concurrency=1, max_outage=0.05, attempts=attempts)
    assert shore.store.count(Op.PUT) == 2
    found = shore.tell.outcomes()
    assert [type(found[name]) for name in "abc"] == [Uploaded, Held, Held]


async def test_one_that_never_answered_ends_it_after_its_attempts(
    shore: Shore,
) -> None:
    for name in "abc":
        write(shore.source / name)
    shore.store.script(Op.LIST, "", *[StoreUnreachable] * 99)
    with pytest.raises(StoreUnreachable):
        await shore.run(concurrency=1)
    assert shore.store.requests == [(Op.LIST, "p/")] * 3
    assert held(shore.tell.outcomes()) is Hold.NOT_REACHED


async def test_unless_somebody_said_how_long_to_wait_for_it(
    shore: Shore,
) -> None:
    for name in "abc":
        write(shore.source / name)
    shore.store.script(Op.LIST, "", StoreUnreachable)
    shore.store.script(Op.PING, "", *[StoreUnreachable] * 99)
    found = await shore.run(concurrency=1, max_outage=inf)
    assert len(lines(found, Uploaded)) == 3


async def test_it_does_not_while_others_get_answers(shore: Shore) -> None:
    for name in "abc":
        write(shore.source / name)
    # The first attempt fails, then others arrive, then two more fail.
    gate, others = Gate(), shore.store.gate(Op.PUT, "/b")
    shore.store.script(Op.PUT, "/a", StoreUnreachable, gate, StoreUnreachable)
    shore.store.script(Op.PUT, "/a", StoreUnreachable, late=True)
    with begun(shore, concurrency=2) as task:
        await gate.reached.wait()
        others.let_go.set()
        await shore.tell.until(JobDone, 2)
        gate.let_go.set()
        await ends(task)
    found = shore.tell.outcomes()
    assert [type(found[name]) for name in "abc"] == [
        Failed,
        Uploaded,
        Uploaded,
    ]


async def test_of_two_parts_errors_the_graver_one_decides(
    shore: Shore,
) -> None:
    large(shore.source)
    write(shore.source / "then")
    one, two = (shore.store.gate(Op.PART, end) for end in ("#1", "#2"))
    shore.store.script(Op.PART, "#1", ObjectRefused, late=True)
    shore.store.script(Op.PART, "#2", CredentialsRefused, late=True)
    with begun(shore, concurrency=1) as task:
        await one.reached.wait()
        await two.reached.wait()
        one.let_go.set()
        two.let_go.set()
        with pytest.raises(CredentialsRefused):
            await ends(task)
    assert held(shore.tell.outcomes()) is Hold.NOT_REACHED


async def test_a_listing_that_fails_fails_the_files_it_was_for(
    shore: Shore,
) -> None:
    for name in "ab":
        write(shore.source / name)
    await shore.run()
    write(shore.source / "b", b"changed")
    write(shore.source / "c")
    shore.store.script(Op.LIST, "", *[StoreBusy] * 3)
    found = await shore.run()
    assert [type(found[name]) for name in "abc"] == [Skipped, Uploaded, Failed]
    outcome = found["c"]
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error, StoreBusy)
    assert outcome.attempts == 3


class FullDisk(NoJournal):
    """A memory whose disk is full from the first entry on."""

    trouble: JournalError | None = None  # type: ignore[assignment, misc]

    def record(self, entry: Entry) -> None:
        error = JournalFull(f"no room for {entry.key}")
        self.trouble = error  # type: ignore[misc]


async def test_a_full_journal_disk_ends_the_run(shore: Shore) -> None:
    for name in "abc":
        write(shore.source / name)
    with pytest.raises(JournalFull):
        await shore.run_with(FullDisk(), concurrency=1)
    found = shore.tell.outcomes()
    assert [type(found[name]) for name in "abc"] == [Uploaded, Held, Held]


class Broken(NoJournal):
    """A memory with a bug."""

    def record(self, entry: Entry) -> None:
        raise ZeroDivisionError(entry.key)


async def test_a_bug_is_raised_as_it_is_and_leaves_no_task(
    shore: Shore,
) -> None:
    for name in "abc":
        write(shore.source / name)
    before = asyncio.all_tasks()
    with pytest.raises(ZeroDivisionError):
        await shore.run_with(Broken())
    assert asyncio.all_tasks() == before


async def test_an_empty_source_is_a_run_without_requests(
    shore: Shore,
) -> None:
    assert await shore.run() == {}
    assert shore.store.requests == []
