"""The installed command is killed in the middle, and started again."""

import sys
import time
from pathlib import Path

import pytest
from commands import (
    Pier,
    asked,
    bodies,
    files_below,
    forget,
    part_numbers,
    settle,
    until,
)
from runs import big_bin, names, pid_text, touch, write_bin
from servers.faults import Delay, Rule
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind

ROI = f"{pid_text(0)}.{Kind.ROI}"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="other system: no SIGKILL"
)


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def kill_after_parts(pier: Pier, scripted: ScriptedServer) -> None:
    """Kill a run that sent parts 1 to 4 of 7 a good second ago."""
    write_bin(pier.source, made=big_bin(56))
    gates = [scripted.gate(Op.PART, part=number) for number in (5, 6, 7)]
    with pier.uploading() as running:
        until(lambda: part_numbers(scripted) == [1, 2, 3, 4])
        until(lambda: all(gate.held for gate in gates))
        time.sleep(1.2)
        running.process.kill()
        assert running.end().code == -9
    forget(scripted)


def test_parts_that_were_in_a_second_ago_are_not_sent_again(
    pier: Pier, scripted: ScriptedServer
) -> None:
    kill_after_parts(pier, scripted)
    begun = set(scripted.uploads)
    assert len(begun) == 1
    pier.upload()
    assert part_numbers(scripted) == [5, 6, 7]
    assert not asked(scripted, Op.CREATE, Op.ABORT)
    assert {
        one.query["uploadId"] for one in scripted.log if one.op == Op.COMPLETE
    } == begun
    assert not scripted.uploads
    assert bodies(scripted) == files_below(pier.source)
    [thing] = [t for key, t in scripted.objects.items() if "roi" in key]
    assert thing.checksum
    assert thing.checksum.kind == "FULL_OBJECT"


def test_parts_of_a_file_that_changed_meanwhile_are_thrown_away(
    pier: Pier, scripted: ScriptedServer
) -> None:
    kill_after_parts(pier, scripted)
    [begun] = scripted.uploads
    roi = pier.source / ROI
    roi.write_bytes(roi.read_bytes()[::-1])
    touch(roi, age=7000)
    pier.upload()
    [aborted] = [one for one in scripted.log if one.op == Op.ABORT]
    assert aborted.query["uploadId"] == begun
    assert part_numbers(scripted) == [1, 2, 3, 4, 5, 6, 7]
    assert not scripted.uploads
    assert bodies(scripted) == files_below(pier.source)


def test_many_small_files_are_taken_up_where_they_were(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(150):
        write_bin(pier.source / f"day{number // 50}", number)
    files = files_below(pier.source)
    scripted.script(Rule(Delay(0.05), Op.PUT))
    with pier.uploading("--concurrency", "4") as running:
        until(lambda: scripted.visible)
        time.sleep(1.8)
        running.process.kill()
        assert running.end().code == -9
        killed = time.monotonic()
    settle(scripted)  # what was on its way at that moment may arrive
    there = {one.key for one in scripted.visible}
    old = {one.key for one in scripted.visible if one.time < killed - 1.0}
    assert old, "it was killed too early to show anything"
    assert len(there) < len(files)
    whole_so_far(scripted)
    scripted.log.clear()
    done = pier.upload()
    again = set(asked(scripted, Op.PUT))
    assert bodies(scripted) == files
    assert again | there == {f"p/{name}" for name in files}
    assert again.isdisjoint(there), "a listing finds what the journal lost"
    [skipped] = [
        line for line in done.out.splitlines() if "skipped by" in line
    ]
    assert int(skipped.split()[0]) >= len(old)
    whole_so_far(scripted)


def whole_so_far(scripted: ScriptedServer) -> None:
    """No .adc ever showed before the rest of its bin."""
    place = {one.key: n for n, one in enumerate(scripted.visible)}
    for key, at in place.items():
        if key.endswith(".adc"):
            stem = key.removesuffix(".adc")
            assert max(place[f"{stem}.roi"], place[f"{stem}.hdr"]) < at


def test_a_killed_run_holds_no_lock_and_its_receipt_is_true(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(4):
        write_bin(pier.source, number)
    receipt = pier.root / "receipt.jsonl"
    gate = scripted.gate(Op.PUT, f"p/{names(2)[0]}")
    with pier.uploading("--concurrency", "1", "--receipt", receipt) as running:
        until(lambda: gate.held)
        until(lambda: len(receipt.read_text().splitlines()) == 6)
        running.process.kill()
        running.end()
    forget(scripted)
    pier.upload("--receipt", receipt)
    rows = receipt.read_text()
    cut_off = names(2)[:2]
    for name in files_below(pier.source):
        count = rows.count(f'"p/{name}"')
        assert count == 1 or (count == 0 and name in cut_off)
    assert bodies(scripted) == files_below(pier.source)
