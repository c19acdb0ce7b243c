"""Ways in which a promise was once broken; each was shown by a real run."""

import os
from pathlib import Path

import pytest
from commands import bodies, files_below
from runs import big_bin, bin_bytes, write_bin
from servers.faults import Answer, Rule, Spoil, Spoiled
from servers.routing import Op
from servers.scripted import ScriptedServer
from uploads import TARGET, a_session, reaching

from pt5_async import Summary, upload_tree
from pt5_async.ifcb.names import Kind
from pt5_async.model import Hold
from pt5_async.settings import ChecksumChoice, Lane
from pt5_async.store import MIB


class Runs:
    """Runs over one tree, with one journal, against one server."""

    def __init__(self, folder: Path, server: ScriptedServer) -> None:
        self.tree, self._state = folder / "tree", folder / "state"
        self._server = server

    async def run(self, **more: object) -> Summary:
        options = {"attempts": 1, "state": self._state} | more
        return await upload_tree(
            self.tree,
            TARGET,
            settings=reaching(self._server, **options),
            session=a_session(),
        )

    def arrived(self) -> bool:
        return bodies(self._server) == files_below(self.tree)


def flip(path: Path, *, at: int = 0, same_time: bool = False) -> None:
    """Change one byte in place, as bit rot does, or a repair."""
    seen = path.stat()
    data = bytearray(path.read_bytes())
    data[at] ^= 0xFF
    path.write_bytes(data)
    later = 0 if same_time else 10**9
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns + later))


async def test_an_object_seen_to_be_spoiled_is_never_adopted(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    runs = Runs(tmp_path, scripted)
    write_bin(runs.tree)
    rule = Rule(Spoil(Spoiled.BODY), Op.PUT, key="*.roi")
    scripted.script(rule)
    first = await runs.run()
    assert first.failed.files == 2
    scripted.clear()
    second = await runs.run()
    assert second.failed.files == 0
    assert runs.arrived()


async def test_a_resumed_file_that_was_repaired_in_place_is_one_state(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    runs = Runs(tmp_path, scripted)
    paths = write_bin(runs.tree, made=big_bin(20))
    scripted.script(Rule(Answer(500, "InternalError"), Op.PART, part=3))
    assert (await runs.run()).failed.files == 2
    scripted.clear()
    flip(paths[Kind.ROI], at=3 * MIB, same_time=True)
    assert (await runs.run()).failed.files == 0
    assert runs.arrived()


async def test_parts_that_another_choice_of_checksum_sent_prove_nothing(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    runs = Runs(tmp_path, scripted)
    write_bin(runs.tree, made=big_bin(20))
    scripted.script(Rule(Answer(500, "InternalError"), Op.PART, part=3))
    await runs.run(checksum=ChecksumChoice.NONE)
    scripted.clear()
    summary = await runs.run(checksum=ChecksumChoice.SHA256)
    assert summary.proofs.keys() == {"sha256"}
    assert not scripted.uploads
    assert runs.arrived()


async def test_a_replacement_that_was_cut_off_is_finished_unasked(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    runs = Runs(tmp_path, scripted)
    write_bin(runs.tree)
    await runs.run()
    write_bin(runs.tree, made=bin_bytes(rois=9), age=5000)
    scripted.script(Rule(Answer(403, "AccessDenied"), Op.PUT, key="*.adc"))
    assert (await runs.run(replace_changed=True)).failed.files == 1
    scripted.clear()
    summary = await runs.run()
    assert (summary.held.files, summary.uploaded.files) == (0, 1)
    assert runs.arrived()


async def test_a_bin_that_was_mended_is_guarded_like_any_other(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    runs = Runs(tmp_path, scripted)
    paths = write_bin(runs.tree)
    whole = paths[Kind.ROI].read_bytes()
    paths[Kind.ROI].write_bytes(whole[:-1])
    os.utime(paths[Kind.ROI], (1_600_000_000, 1_600_000_000))
    assert (await runs.run(allow_incomplete=True)).uploaded.files == 3
    paths[Kind.ROI].write_bytes(whole)
    os.utime(paths[Kind.ROI], (1_600_000_009, 1_600_000_009))
    assert (await runs.run()).uploaded.files == 1
    flip(paths[Kind.ROI])
    assert (await runs.run()).held_by.keys() == {Hold.CHANGED}
    assert bodies(scripted)[paths[Kind.ROI].name] == whole


async def test_half_a_bin_never_replaces_a_whole_one_that_was_sent(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    runs = Runs(tmp_path, scripted)
    paths = write_bin(runs.tree)
    before = files_below(runs.tree)
    await runs.run()
    paths[Kind.HDR].unlink()
    adc = paths[Kind.ADC]
    adc.write_bytes(adc.read_bytes()[:-5])
    os.utime(adc, (1_600_000_000, 1_600_000_000))
    summary = await runs.run(allow_incomplete=True)
    assert summary.held_by.keys() == {Hold.CHANGED}
    assert bodies(scripted) == before


async def test_a_huge_adc_alone_is_half_a_bin_all_the_same(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    runs = Runs(tmp_path, scripted)
    paths = write_bin(runs.tree, without=(Kind.ROI, Kind.HDR))
    adc = paths[Kind.ADC]
    seen = adc.stat()
    row = adc.read_bytes()
    adc.write_bytes(row * (17 * MIB // len(row) + 1))
    os.utime(adc, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert (await runs.run()).held_by.keys() == {Hold.BROKEN}
    assert not scripted.objects


@pytest.mark.parametrize("lane", [Lane.PLAIN, Lane.AUTO])
async def test_a_precondition_that_nobody_set_fails_and_no_adc_goes_on_top(
    tmp_path: Path, scripted: ScriptedServer, lane: Lane
) -> None:
    runs = Runs(tmp_path, scripted)
    paths = write_bin(runs.tree)
    write_bin(runs.tree, 1)
    answer = Answer(412, "PreconditionFailed")
    scripted.script(Rule(answer, Op.PUT, key=f"p/{paths[Kind.ROI].name}"))
    summary = await runs.run(lane=lane)
    assert (summary.failed.files, summary.uploaded.files) == (2, 4)
    assert f"p/{paths[Kind.ADC].name}" not in scripted.objects
    scripted.clear()
    await runs.run(lane=lane)
    assert runs.arrived()
