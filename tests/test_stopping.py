"""Runs that end early: a stop, a hurried stop, a cancellation."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes import Gate, Op
from runs import (
    Shore,
    held,
    large,
    names,
    run,
    touch,
    write,
    write_bin,
)

from pt5_async.errors import ObjectRefused
from pt5_async.events import Stopping
from pt5_async.journal import NoJournal
from pt5_async.kit import Kit
from pt5_async.model import Failed, Hold, Outcome, Uploaded
from pt5_async.pipeline import QUEUE_FILES

ROI, HDR, ADC = names()
KEY = "p/large"


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


@contextmanager
def begun(
    shore: Shore, *, journal: bool = True, **rules: float
) -> Iterator[tuple[asyncio.Task[None], Kit]]:
    """A run that is under way, and its kit; nothing is left of it."""
    before = asyncio.all_tasks()
    with (
        shore.journal() if journal else NoJournal() as memory,
        shore.kit(memory, **rules) as kit,
    ):
        task = asyncio.create_task(run(shore.source, kit))
        yield task, kit
        assert task.done()
    assert asyncio.all_tasks() == before


async def ends(task: asyncio.Task[None]) -> None:
    """Wait for the end of a run that must not hang."""
    async with asyncio.timeout(5):
        await task


async def cut(task: asyncio.Task[None]) -> None:
    """Cancel a run and wait for its end, which must be by that."""
    task.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait({task})
    assert task.cancelled()


def reason(outcome: Outcome) -> Hold:
    return held({"": outcome})


# ---- stop


async def test_a_stop_lets_files_finish_and_starts_nothing_new(
    shore: Shore,
) -> None:
    for number in range(3):
        write_bin(shore.source, number)
    gates = [shore.store.gate(Op.PUT, name) for name in (ROI, HDR)]
    with begun(shore, concurrency=1) as (task, _):
        for gate in gates:
            await gate.reached.wait()
        shore.stop.finish()
        await asyncio.sleep(0.02)
        assert not task.done()
        for gate in gates:
            gate.let_go.set()
        await ends(task)
    found = shore.tell.outcomes()
    assert isinstance(found.pop(ROI), Uploaded)
    assert isinstance(found.pop(HDR), Uploaded)
    assert len(found) == 7
    assert held(found) is Hold.NOT_REACHED
    assert shore.tell.of(Stopping) == [Stopping(at_once=False)]
    assert set(shore.known(*(f"p/{name}" for name in names()))) == {
        f"p/{ROI}",
        f"p/{HDR}",
    }


async def test_files_that_outlast_the_grace_are_cut_off(shore: Shore) -> None:
    write(shore.source / "a")
    gate = shore.store.gate(Op.PUT, "a")
    with begun(shore, grace=0.05) as (task, _):
        await gate.reached.wait()
        shore.stop.finish()
        await ends(task)
    assert reason(shore.tell.outcomes()["a"]) is Hold.NOT_REACHED
    stops = [event.at_once for event in shore.tell.of(Stopping)]
    assert stops == [False, True]


async def test_at_once_waits_for_nothing_not_even_the_grace(
    shore: Shore,
) -> None:
    write(shore.source / "a")
    gate = shore.store.gate(Op.PUT, "a")
    with begun(shore, grace=3600) as (task, _):
        await gate.reached.wait()
        shore.stop.finish()
        await asyncio.sleep(0)
        shore.stop.at_once()
        await ends(task)
    assert held(shore.tell.outcomes()) is Hold.NOT_REACHED


async def test_a_stop_before_the_start_asks_the_store_nothing(
    shore: Shore,
) -> None:
    write(shore.source / "a")
    with shore.journal() as memory, shore.kit(memory) as kit:
        shore.stop.finish()
        await run(shore.source, kit)
    assert shore.store.requests == []
    assert all(
        reason(outcome) is Hold.NOT_REACHED
        for outcome in shore.tell.outcomes().values()
    )


class Stops(NoJournal):
    """A memory that, when it is asked, asks for a stop."""

    def __init__(self, shore: Shore) -> None:
        self._shore = shore
        self._loop = asyncio.get_running_loop()

    def look_up(self, keys: object) -> dict[str, object]:  # type: ignore[override]
        done = asyncio.run_coroutine_threadsafe(self._stop(), self._loop)
        done.result()
        return {}

    async def _stop(self) -> None:
        self._shore.stop.finish()


async def test_a_stop_before_the_listing_leaves_it_out(shore: Shore) -> None:
    write(shore.source / "a")
    found = await shore.run_with(Stops(shore))
    assert held(found) is Hold.NOT_REACHED
    assert shore.store.requests == []


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_hurried_end_comes_while_the_queue_is_full(
    shore: Shore, cancelled: bool
) -> None:
    # One file at the consumer, a full queue, and the walk at its end.
    count = QUEUE_FILES // 3 + 1
    for number in range(count):
        write(shore.source / f"{number:04}")
    gate = shore.store.gate(Op.PUT, "")
    with begun(shore, concurrency=1) as (task, _):
        await gate.reached.wait()
        await asyncio.sleep(0.1)
        if cancelled:
            await cut(task)
        else:
            shore.stop.at_once()
            await ends(task)
    found = shore.tell.outcomes()
    assert held(found) is Hold.NOT_REACHED
    assert cancelled or len(found) == count


async def test_a_hurried_end_comes_after_a_large_file_failed(
    shore: Shore,
) -> None:
    large(shore.source)
    for number in range(5):
        write(shore.source / f"then-{number}")
    shore.store.script(Op.PART, "#2", ObjectRefused)
    gate = shore.store.gate(Op.PUT, "then-0")
    with begun(shore, concurrency=1) as (task, _):
        await gate.reached.wait()
        shore.stop.at_once()
        await ends(task)
    found = shore.tell.outcomes()
    assert isinstance(found.pop("large"), Failed)
    assert len(found) == 5
    assert held(found) is Hold.NOT_REACHED


# ---- parts


async def until_parts(shore: Shore, gate: Gate, count: int) -> None:
    """Wait until so many parts are in, and one is at the gate."""
    await gate.reached.wait()
    async with asyncio.timeout(5):
        while sum(len(u.parts) for u in shore.store.uploads.values()) < count:
            await asyncio.sleep(0.001)


async def test_parts_cut_off_by_a_stop_are_taken_up_by_the_next_run(
    shore: Shore,
) -> None:
    body = large(shore.source)
    gate = shore.store.gate(Op.PART, "#2")
    with begun(shore) as (task, _):
        await until_parts(shore, gate, 2)
        shore.stop.at_once()
        await ends(task)
    assert held(shore.tell.outcomes()) is Hold.NOT_REACHED
    assert shore.store.count(Op.ABORT) == 0
    assert isinstance((await shore.run())["large"], Uploaded)
    sent = [key for op, key in shore.store.requests if op is Op.PART]
    assert sent == [f"{KEY}#2"]
    assert shore.store.objects[KEY].body == body
    assert shore.store.uploads == {}


async def test_without_a_journal_a_stop_aborts_the_parts(
    shore: Shore,
) -> None:
    large(shore.source)
    gate = shore.store.gate(Op.PART, "#2")
    with begun(shore, journal=False) as (task, _):
        await until_parts(shore, gate, 2)
        shore.stop.at_once()
        await ends(task)
    assert shore.store.uploads == {}
    assert shore.store.count(Op.ABORT) == 1


@pytest.mark.parametrize("journal", [True, False])
@pytest.mark.parametrize(
    ("op", "late"),
    [
        (Op.BEGIN, False),
        (Op.BEGIN, True),
        (Op.PART, False),
        (Op.PART, True),
        (Op.COMPLETE, False),
    ],
)
async def test_cancelled_anywhere_a_run_leaves_no_parts_and_no_task(
    shore: Shore, op: Op, late: bool, journal: bool
) -> None:
    large(shore.source)
    gate = shore.store.gate(op, "", late=late)
    with begun(shore, journal=journal) as (task, _):
        await gate.reached.wait()
        if op is Op.BEGIN:
            task.cancel()
            await asyncio.sleep(0.01)
            gate.let_go.set()
        await cut(task)
    assert shore.store.uploads == {}
    assert held(shore.tell.outcomes()) is Hold.NOT_REACHED
    with shore.journal() as memory:
        assert memory.open_upload(KEY) is None


async def test_a_second_cancellation_waits_for_the_abort_too(
    shore: Shore,
) -> None:
    large(shore.source)
    part, abort = (shore.store.gate(op, "") for op in (Op.PART, Op.ABORT))
    with begun(shore) as (task, _):
        await part.reached.wait()
        task.cancel()
        await abort.reached.wait()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.01)
        assert not task.done()
        abort.let_go.set()
        await cut(task)
    assert shore.store.uploads == {}


async def test_an_abort_that_hangs_is_given_up_and_named(
    shore: Shore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pt5_async.stream.ABORT_SECONDS", 0.05)
    large(shore.source)
    part = shore.store.gate(Op.PART, "")
    shore.store.gate(Op.ABORT, "")
    with begun(shore) as (task, _):
        await part.reached.wait()
        await cut(task)
    [notice] = shore.tell.notices()
    assert "upload-1 stay in the store (no answer)" in notice


async def test_a_cancellation_while_a_changed_file_is_aborted_is_not_lost(
    shore: Shore,
) -> None:
    large(shore.source)
    write(shore.source / "then")
    part, abort = (shore.store.gate(op, "") for op in (Op.PART, Op.ABORT))
    part.when_reached = lambda: touch(shore.source / "large", age=7100)
    part.let_go.set()
    with begun(shore, concurrency=1) as (task, _):
        await abort.reached.wait()
        task.cancel()
        await asyncio.sleep(0.01)
        abort.let_go.set()
        await ends_cancelled(task)
    assert (Op.PUT, "p/then") not in shore.store.requests


async def ends_cancelled(task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(5):
        await asyncio.wait({task})
    assert task.cancelled()


async def test_a_cancellation_beside_an_error_is_not_lost(
    shore: Shore,
) -> None:
    large(shore.source)
    write(shore.source / "then")
    gate = shore.store.gate(Op.PART, "#1")
    shore.store.script(Op.PART, "#1", ObjectRefused, late=True)
    with begun(shore, concurrency=1) as (task, _):
        await gate.reached.wait()
        await asyncio.sleep(0.05)
        gate.let_go.set()
        task.cancel()
        await ends_cancelled(task)
    assert (Op.PUT, "p/then") not in shore.store.requests


async def test_a_cancellation_after_a_hurried_stop_is_not_lost(
    shore: Shore,
) -> None:
    # The consumer is in its abort, and the queue is full meanwhile.
    large(shore.source)
    for number in range(QUEUE_FILES // 3 + 500):
        write(shore.source / f"then-{number:04}")
    part, abort = (shore.store.gate(op, "") for op in (Op.PART, Op.ABORT))
    with begun(shore, journal=False, concurrency=1) as (task, _):
        await part.reached.wait()
        await asyncio.sleep(0.1)
        shore.stop.at_once()
        await abort.reached.wait()
        task.cancel()
        await asyncio.sleep(0.01)
        abort.let_go.set()
        await ends_cancelled(task)
    assert shore.store.uploads == {}


