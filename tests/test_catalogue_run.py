"""What befalls a run itself: its journal, its outputs, signals, neighbours."""

import asyncio
import errno
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from catalogue import MARK, Voyage, row
from commands import Pier, asked, bodies, files_below, settle, until
from disks import fill, read_only, small_disk
from runs import names, rewrite, touch, write_bin
from servers.faults import Cut, Rule, Stage
from servers.personality import Denied, Etags, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async import Stop, errors
from pt5_async.events import BegunAgain
from pt5_async.model import Hold, Skip


@pytest.fixture
def voyage(tmp_path: Path, scripted: ScriptedServer, lane: str) -> Voyage:
    return Voyage(tmp_path, scripted, lane)


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


# ---- a full disk, and one that may not be written


@row("full disk")
async def test_a_full_disk_under_the_journal_ends_the_run_and_loses_nothing(
    voyage: Voyage,
) -> None:
    with small_disk(voyage.state):
        await voyage.run()
        for number in range(3, 30):
            write_bin(voyage.tree, number)
        fill(voyage.state)
        with pytest.raises(errors.JournalFull, match="make room"):
            await voyage.run()
        assert voyage.has_no_half_bin()
        (voyage.state / "ballast").unlink()
        assert await voyage.ends_well()


@row("full disk")
async def test_a_journal_that_may_not_be_written_ends_the_run_at_once(
    voyage: Voyage,
) -> None:
    with small_disk(voyage.state):
        with (
            read_only(voyage.state),
            pytest.raises(errors.JournalError, match="--state"),
        ):
            await voyage.run()
        assert not voyage.server.objects
        assert await voyage.ends_well()


@row("full disk")
def test_full_disks_under_log_and_receipt_are_said_and_no_bin_is_halved(
    pier: Pier, scripted: ScriptedServer, lane: str
) -> None:
    for number in range(20):
        write_bin(pier.source, number)
    gate = scripted.gate(Op.PUT, f"p/{names(1)[0]}")
    with small_disk(pier.root / "disk", "64k") as disk:
        log, receipt = disk / "log", disk / "receipt"
        options = ("--lane", lane, "--concurrency", "1")
        files = ("--log-file", log, "--receipt", receipt)
        with pier.uploading(*options, *files) as running:
            until(lambda: gate.held)
            fill(disk)
            gate.release()
            done = running.end()
        assert done.code == 2, done
        assert "the receipt" in done.err
        assert "No space left on device" in done.err
        assert "Traceback" not in done.err
        sent = bodies(scripted)
        assert 6 <= len(sent) < 60
        for adc in (name for name in sent if name.endswith(".adc")):
            assert {f"{adc[:-3]}roi", f"{adc[:-3]}hdr"} <= sent.keys()


# ---- stopped and killed


@row("stop")
async def test_a_stop_lets_the_files_on_their_way_arrive_and_no_more(
    voyage: Voyage,
) -> None:
    stop = Stop()
    gate = voyage.server.gate(Op.PUT, f"{MARK}.roi")
    running = asyncio.ensure_future(voyage.run(stop=stop))
    await gate.wait()
    stop.finish()
    await asyncio.sleep(0)
    gate.release()
    summary = await running
    assert summary.stopped
    assert summary.held_by[Hold.NOT_REACHED].files == 4
    assert voyage.has_no_half_bin()
    assert await voyage.ends_well()


@row("stop")
async def test_a_second_stop_waits_for_nothing(voyage: Voyage) -> None:
    stop = Stop()
    gate = voyage.server.gate(Op.PUT, f"{MARK}.roi")
    running = asyncio.ensure_future(voyage.run(stop=stop))
    await gate.wait()
    stop.finish()
    stop.at_once()
    async with asyncio.timeout(3):
        summary = await running
    assert summary.uploaded.files in {3, 4}, "a .hdr may be in"
    gate.release()
    settle(voyage.server)
    await voyage.run()
    assert voyage.arrived()


@row("killed")
def test_after_a_kill_the_next_run_sends_what_is_missing_alone(
    pier: Pier, scripted: ScriptedServer, lane: str
) -> None:
    for number in range(4):
        write_bin(pier.source, number)
    gate = scripted.gate(Op.PUT, f"{MARK}.roi")
    options = ("--lane", lane, "--concurrency", "1")
    with pier.uploading(*options) as running:
        until(lambda: gate.held)
        running.signal(signal.SIGKILL)
        assert running.end().code == -9
    settle(scripted)
    there = set(scripted.objects)
    scripted.log.clear()
    pier.upload(*options)
    assert bodies(scripted) == files_below(pier.source)
    assert there.isdisjoint(asked(scripted, Op.PUT))


# ---- neighbours


@row("two runs")
async def test_of_two_runs_at_once_the_second_ends(voyage: Voyage) -> None:
    gate = voyage.server.gate(Op.PUT)
    first = asyncio.ensure_future(voyage.run())
    await gate.wait()
    with pytest.raises(errors.RunBusy, match=f"process {os.getpid()} "):
        await voyage.run()
    gate.release()
    assert (await first).uploaded.files == 9


@row("NFS")
async def test_a_journal_needs_no_shared_memory_and_a_cut_write_is_undone(
    voyage: Voyage,
) -> None:
    gate = voyage.server.gate(Op.PUT, f"{MARK}.roi")
    running = asyncio.ensure_future(voyage.run())
    await gate.wait()
    there = {path.name for path in voyage.state.iterdir()}
    gate.release()
    await running
    assert "journal.sqlite3" in there
    assert not {name for name in there if name.endswith(("-wal", "-shm"))}
    # A file system that knows neither: what SQLite maps is not shared.
    with small_disk(voyage.state.with_name("elsewhere")) as disk:
        await voyage.run(state=disk, recheck=True)
        await voyage.run(state=disk)
    assert voyage.arrived()


@row("NFS")
async def test_where_files_cannot_be_locked_another_folder_is_asked_for(
    voyage: Voyage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> bool:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("pt5_async.lock.try_lock", no_locks)
    with pytest.raises(
        errors.JournalError, match=r"cannot lock files.*--state"
    ):
        await voyage.run()
    monkeypatch.undo()
    assert not voyage.server.objects
    assert await voyage.ends_well()


@row("bucket emptied")
async def test_a_bucket_that_was_emptied_is_filled_again(
    voyage: Voyage,
) -> None:
    await voyage.run()
    voyage.server.buckets["bucket"].objects.clear()
    write_bin(voyage.tree, 5)
    summary = await voyage.run()
    assert len(voyage.tell.of(BegunAgain)) == 1
    assert summary.uploaded.files == 12
    assert voyage.arrived()


# ---- the whole connection


@row("broken connection")
@pytest.mark.parametrize("clean", [False, True], ids=["reset", "end"])
async def test_a_link_that_breaks_at_each_stage_of_a_request_loses_nothing(
    tmp_path: Path, scripted: ScriptedServer, lane: str, *, clean: bool
) -> None:
    voyage = Voyage(tmp_path, scripted, lane, bins=len(Stage) + 1)
    rules = [
        scripted.script(
            Rule(
                Cut(stage, clean),
                Op.PUT,
                key=f"p/{names(number)[number % 3]}",
                times=1,
            )
        )
        for number, stage in enumerate(Stage, 1)
    ]
    summary = await voyage.run()
    assert [rule.hits for rule in rules] == [1] * len(rules)
    assert summary.uploaded.files == 3 * (len(Stage) + 1)
    assert summary.skipped_by.get(Skip.JOURNAL) is None
    assert voyage.arrived()


# ---- what is in the store already


@row("in use there")
@pytest.mark.parametrize("denied", [False, True])
async def test_a_bin_that_nobody_knows_is_held_if_it_is_another_there(
    voyage: Voyage, *, denied: bool
) -> None:
    late = Personality(clock_ahead=-60, etags=Etags.OPAQUE)
    voyage.server.personality = late
    await voyage.run()
    shutil.rmtree(voyage.state)
    if denied:
        hides = replace(late, denied=(Denied(Op.HEAD),))
        voyage.server.personality = hides
    roi = voyage.tree / names(1)[0]
    rewrite(roi, roi.read_bytes()[::-1])
    touch(roi, age=1)  # after it was sent
    before = bodies(voyage.server)
    summary = await voyage.run(min_age=0)
    held = summary.held_by[Hold.CHANGED]
    assert held.files == (3 if denied else 1)
    assert bodies(voyage.server) == before
    assert summary.skipped.files == 9 - held.files
    await voyage.run(min_age=0, replace_changed=True)
    assert voyage.arrived()


@row("in use there")
async def test_a_bin_of_somebody_else_s_is_replaced_if_it_is_another_there(
    voyage: Voyage,
) -> None:
    await voyage.run()
    shutil.rmtree(voyage.state)
    for key, one in voyage.server.objects.items():
        # As a script sends it that says nothing of a file's time.
        cut = one.body[:-5]
        half = replace(one, body=cut, size=len(cut), headers={})
        voyage.server.buckets["bucket"].objects[key] = half
    assert not voyage.arrived()
    await voyage.run(min_age=0)
    assert voyage.arrived()
