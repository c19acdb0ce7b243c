"""Large files that are cut off by a stop or a cancellation."""

import asyncio
from pathlib import Path

import pytest
from fakes import Op
from runs import Shore, begun, ends, ends_cancelled, held, large, touch, write

from pt5_async.errors import ObjectRefused
from pt5_async.events import Sending
from pt5_async.model import Hold, Uploaded
from pt5_async.pipeline import QUEUE_FILES

KEY = "p/large"


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


async def test_parts_cut_off_by_a_stop_are_taken_up_by_the_next_run(
    shore: Shore,
) -> None:
    body = large(shore.source)
    gate = shore.store.gate(Op.PART, "#2")
    with begun(shore) as task:
        await gate.reached.wait()
        await shore.tell.until(Sending, 2)
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
    with begun(shore, journal=False) as task:
        await gate.reached.wait()
        await shore.tell.until(Sending, 2)
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
    with begun(shore, journal=journal) as task:
        await gate.reached.wait()
        if op is Op.BEGIN:
            task.cancel()
            await asyncio.sleep(0.01)
            gate.let_go.set()
        task.cancel()
        await ends_cancelled(task)
    assert shore.store.uploads == {}
    assert held(shore.tell.outcomes()) is Hold.NOT_REACHED
    with shore.journal() as memory:
        assert memory.open_upload(KEY) is None


async def test_a_second_cancellation_waits_for_the_abort_too(
    shore: Shore,
) -> None:
    large(shore.source)
    part, abort = (shore.store.gate(op, "") for op in (Op.PART, Op.ABORT))
    with begun(shore) as task:
        await part.reached.wait()
        task.cancel()
        await abort.reached.wait()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.01)
        assert not task.done()
        abort.let_go.set()
        task.cancel()
        await ends_cancelled(task)
    assert shore.store.uploads == {}


async def test_an_abort_that_hangs_is_given_up_and_named(
    shore: Shore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pt5_async.abandon.ABORT_SECONDS", 0.05)
    large(shore.source)
    part = shore.store.gate(Op.PART, "")
    shore.store.gate(Op.ABORT, "")
    with begun(shore) as task:
        await part.reached.wait()
        task.cancel()
        await ends_cancelled(task)
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
    with begun(shore, concurrency=1) as task:
        await abort.reached.wait()
        task.cancel()
        await asyncio.sleep(0.01)
        abort.let_go.set()
        await ends_cancelled(task)
    assert (Op.PUT, "p/then") not in shore.store.requests


async def test_a_cancellation_beside_an_error_is_not_lost(
    shore: Shore,
) -> None:
    large(shore.source)
    write(shore.source / "then")
    gate = shore.store.gate(Op.PART, "#1")
    shore.store.script(Op.PART, "#1", ObjectRefused, late=True)
    with begun(shore, concurrency=1) as task:
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
    with begun(shore, journal=False, concurrency=1) as task:
        await part.reached.wait()
        await asyncio.sleep(0.1)
        shore.stop.at_once()
        await abort.reached.wait()
        task.cancel()
        await asyncio.sleep(0.01)
        abort.let_go.set()
        await ends_cancelled(task)
    assert shore.store.uploads == {}
