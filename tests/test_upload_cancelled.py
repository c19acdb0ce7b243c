"""A cancelled upload leaves nothing behind, whenever that comes."""

import asyncio
import random
import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from commands import bodies, files_below
from runs import big_bin, write_bin
from servers.faults import Delay, Rule, Stage
from servers.routing import Op
from servers.scripted import ScriptedServer
from uploads import TARGET, a_session, reaching

from pt5_async import Settings, Summary, upload_tree

MOMENTS = 28


def make_tree(source: Path) -> None:
    """Small bins, and two whose .roi goes up in three parts."""
    for number in range(6):
        write_bin(source, number)
    for number in (7, 8):
        write_bin(source / "large", number, made=big_bin(20))


def begin(source: Path, settings: Settings) -> asyncio.Task[Summary]:
    return asyncio.create_task(
        upload_tree(source, TARGET, settings=settings, session=a_session())
    )


async def cancelled(task: asyncio.Task[Summary]) -> bool:
    """Cancel, and wait; whether it was in time."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, left
    return task.cancelled()


def ours() -> list[str]:
    """The threads of runs."""
    names = (thread.name for thread in threading.enumerate())
    return [name for name in names if name.startswith("pt5")]


async def nothing_is_left(server: ScriptedServer) -> None:
    """No connection, no request, no upload in parts, no thread of ours."""
    exchanges = server._exchanges
    async with asyncio.timeout(10):
        while exchanges.connections.now or exchanges.requests.now or ours():
            await asyncio.sleep(0.005)
    assert not server.uploads


async def test_nothing_is_left_after_a_cancellation_at_any_moment(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    make_tree(tmp_path)
    settings = reaching(scripted)
    scripted.script(Rule(Delay(0.02)))
    begun = time.monotonic()
    await begin(tmp_path, settings)
    whole = time.monotonic() - begun
    await nothing_is_left(scripted)
    dice, in_time = random.Random(20260722), 0
    for moment in range(MOMENTS):
        scripted.buckets["bucket"].objects.clear()
        task = begin(tmp_path, settings)
        # Spread over the whole run, and never twice at the same place.
        await asyncio.sleep(whole * (moment + dice.random()) / MOMENTS)
        in_time += await cancelled(task)
        await nothing_is_left(scripted)
        for key, body in bodies(scripted).items():
            assert files_below(tmp_path)[key] == body
    assert in_time >= MOMENTS / 2, "most came when all was over"


@pytest.mark.parametrize("at", [Stage.HEAD, Stage.DONE])
@pytest.mark.parametrize(
    "op", [Op.LIST, Op.PUT, Op.CREATE, Op.PART, Op.COMPLETE]
)
async def test_nothing_is_left_when_the_store_has_yet_to_answer(
    tmp_path: Path, scripted: ScriptedServer, op: Op, at: Stage
) -> None:
    make_tree(tmp_path)
    gate = scripted.gate(op, at=at)
    task = begin(tmp_path, reaching(scripted))
    await gate.wait()
    # What was held goes on while the run is being given up.
    asyncio.get_running_loop().call_later(0.1, gate.release)
    assert await cancelled(task)
    await nothing_is_left(scripted)


async def test_an_abort_that_hangs_holds_up_nobody_for_long(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    make_tree(tmp_path)
    gate = scripted.gate(Op.PART)
    held = scripted.gate(Op.ABORT)
    task = begin(tmp_path, reaching(scripted))
    await gate.wait()
    begun = time.monotonic()
    assert await cancelled(task)
    assert 4 < time.monotonic() - begun < 8, "the abort gets five seconds"
    assert held.held
    scripted.clear()


async def test_a_journal_that_is_being_opened_is_closed_again(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    make_tree(tmp_path / "tree")
    settings = reaching(scripted, state=tmp_path / "state")
    await begin(tmp_path / "tree", settings)
    [file] = (tmp_path / "state").glob("*.sqlite3")
    with closing(sqlite3.connect(file, isolation_level=None)) as busy:
        busy.execute("PRAGMA locking_mode = EXCLUSIVE")
        busy.execute("BEGIN EXCLUSIVE")
        task = begin(tmp_path / "tree", settings)
        await asyncio.sleep(0.5)
        asyncio.get_running_loop().call_later(0.3, busy.close)
        assert await cancelled(task)
        assert not ours()
    await nothing_is_left(scripted)
    summary = await begin(tmp_path / "tree", settings)
    assert summary.skipped.files == 24


async def test_with_a_journal_what_was_sent_is_known_after_a_cancellation(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    make_tree(tmp_path / "tree")
    settings = reaching(scripted, state=tmp_path / "state")
    gate = scripted.gate(Op.PART)
    task = begin(tmp_path / "tree", settings)
    await gate.wait()
    async with asyncio.timeout(10):
        # The .hdr of the other large bin waits: one of them travels alone.
        while len(scripted.objects) < 19:
            await asyncio.sleep(0.005)
    assert await cancelled(task)
    gate.release()
    await nothing_is_left(scripted)
    scripted.log.clear()
    summary = await begin(tmp_path / "tree", settings)
    assert summary.uploaded.files == 5
    assert bodies(scripted) == files_below(tmp_path / "tree")
