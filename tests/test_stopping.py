"""Runs that end early: a stop, a hurried stop, a cancellation."""

import asyncio
from pathlib import Path

import pytest
from fakes import Op
from runs import (
    Meddling,
    Shore,
    begun,
    ends,
    ends_cancelled,
    held,
    large,
    names,
    run,
    skipped,
    write,
    write_bin,
)

from pt5_async.errors import ObjectRefused
from pt5_async.events import Stopping
from pt5_async.model import Failed, Hold, Outcome, Skip, Uploaded
from pt5_async.pipeline import QUEUE_FILES

ROI, HDR, ADC = names()
KEY = "p/large"


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def reason(outcome: Outcome) -> Hold:
    return held({"": outcome})


# ---- stop


async def test_a_stop_lets_files_finish_and_starts_nothing_new(
    shore: Shore,
) -> None:
    for number in range(3):
        write_bin(shore.source, number)
    gates = [shore.store.gate(Op.PUT, name) for name in (ROI, HDR)]
    with begun(shore, concurrency=1) as task:
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
    with begun(shore, grace=0.05) as task:
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
    with begun(shore, grace=3600) as task:
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


async def test_a_stop_before_the_listing_leaves_it_out(shore: Shore) -> None:
    write(shore.source / "a")
    loop = asyncio.get_running_loop()
    memory = Meddling(lambda: loop.call_soon_threadsafe(shore.stop.finish))
    found = await shore.run_with(memory)
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
    with begun(shore, concurrency=1) as task:
        await gate.reached.wait()
        await asyncio.sleep(0.1)
        if cancelled:
            task.cancel()
            await ends_cancelled(task)
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
    with begun(shore, concurrency=1) as task:
        await gate.reached.wait()
        shore.stop.at_once()
        await ends(task)
    found = shore.tell.outcomes()
    assert isinstance(found.pop("large"), Failed)
    assert len(found) == 5
    assert held(found) is Hold.NOT_REACHED


async def test_what_needs_nothing_is_skipped_even_after_a_stop(
    shore: Shore,
) -> None:
    write_bin(shore.source / "later")
    shore.store.script(Op.PUT, "adc", ObjectRefused)
    await shore.run()
    write(shore.source / "first" / "a")
    gate = shore.store.gate(Op.PUT, "/a")
    with begun(shore, concurrency=1) as task:
        await gate.reached.wait()
        shore.stop.at_once()
        await ends(task)
    found = shore.tell.outcomes()
    adc = found.pop(f"later/{ADC}")
    assert held({"": adc, "a": found.pop("first/a")}) is Hold.NOT_REACHED
    assert skipped(found) is Skip.JOURNAL
