"""The journey of one job, told by what the store and the observer saw."""

import asyncio
import os
from pathlib import Path

import pytest
from fakes import MIB, SECOND, Op
from runs import (
    Meddling,
    Shore,
    big_bin,
    bin_bytes,
    held,
    names,
    pid_text,
    rewrite,
    touch,
    write,
    write_bin,
)

from pt5_async.checksum import Algorithm, digest
from pt5_async.errors import (
    AccessDenied,
    MemberMissing,
    ObjectRefused,
    SourceVanished,
    StoreBusy,
)
from pt5_async.events import JobDone
from pt5_async.examine import named_checksum
from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes
from pt5_async.ifcb.verdict import Judgement
from pt5_async.meta import object_meta
from pt5_async.model import (
    Failed,
    Hold,
    Item,
    LocalFile,
    Outcome,
    Proof,
    Skipped,
    Uploaded,
)

ROI, HDR, ADC = NAMES = names()
KEYS = [f"p/{name}" for name in NAMES]


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def kinds(found: dict[str, Outcome]) -> list[type[Outcome]]:
    """What became of .roi, .hdr and .adc."""
    return [type(found[name]) for name in NAMES if name in found]


async def test_a_bin_arrives_whole_with_its_adc_last(shore: Shore) -> None:
    write_bin(shore.source)
    found = await shore.run()
    assert kinds(found) == [Uploaded] * 3
    assert shore.store.visible[-1] == f"p/{ADC}"
    there = {key: kept.body for key, kept in shore.store.objects.items()}
    assert there == {
        f"p/{pid_text(0)}.{kind}": body
        for kind, body in bin_bytes().by_kind().items()
    }


async def test_what_is_told_of_a_file_is_what_the_store_proved(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    outcome = (await shore.run())[ROI]
    assert isinstance(outcome, Uploaded)
    raw = digest(Algorithm.CRC64NVME, bin_bytes().roi)
    assert outcome.checksum == named_checksum(raw)
    assert (outcome.etag, outcome.proof) == (raw.hex(), Proof.CRC64NVME)
    [done] = shore.tell.of(JobDone)
    assert done.verdict is not None
    assert done.verdict.judgement is Judgement.COMPLETE
    entry = shore.known(*KEYS)[f"p/{ROI}"]
    assert (entry.checksum, entry.etag) == (outcome.checksum, raw.hex())
    assert (entry.proof, entry.whole) == (Proof.CRC64NVME, True)


async def test_roi_and_hdr_travel_together_and_the_adc_waits_for_both(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    roi, hdr = (shore.store.gate(Op.PUT, end) for end in (".roi", ".hdr"))
    task = asyncio.create_task(shore.run())
    async with asyncio.timeout(5):
        await roi.reached.wait()
        await hdr.reached.wait()
    hdr.let_go.set()
    await asyncio.sleep(0.05)
    assert shore.store.visible == [f"p/{HDR}"]
    assert (Op.PUT, f"p/{ADC}") not in shore.store.requests
    roi.let_go.set()
    await task
    assert shore.store.visible == [f"p/{HDR}", f"p/{ROI}", f"p/{ADC}"]


async def test_a_large_roi_goes_in_parts_after_the_hdr(shore: Shore) -> None:
    write_bin(shore.source, made=big_bin(17))
    await shore.run()
    assert shore.store.visible == [f"p/{HDR}", f"p/{ROI}", f"p/{ADC}"]
    assert shore.store.count(Op.PART) == 3
    assert shore.store.objects[f"p/{ROI}"].body == big_bin(17).roi


@pytest.mark.parametrize("end", ["roi", "hdr"])
async def test_a_member_that_fails_keeps_the_adc_here(
    shore: Shore, end: str
) -> None:
    write_bin(shore.source)
    shore.store.script(Op.PUT, end, ObjectRefused)
    found = await shore.run()
    first, adc = found[f"{pid_text(0)}.{end}"], found[ADC]
    assert isinstance(first, Failed)
    assert isinstance(first.error, ObjectRefused)
    assert isinstance(adc, Failed)
    assert isinstance(adc.error, MemberMissing)
    assert first.item.file.relative in str(adc.error)
    assert f"p/{ADC}" not in shore.store.objects


async def test_a_bin_that_failed_in_part_is_completed_by_the_next_run(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    shore.store.script(Op.PUT, "adc", ObjectRefused)
    await shore.run()
    assert kinds(await shore.run()) == [Skipped, Skipped, Uploaded]
    assert shore.store.count(Op.PUT) == 1
    # Sent in two runs, it was all the same sent whole.
    rewrite(shore.source / ROI, bytes(len(bin_bytes().roi)))
    touch(shore.source / ROI, age=4000)
    found = await shore.run()
    assert held({ROI: found[ROI]}) is Hold.CHANGED


async def test_attempts_are_counted_for_what_arrives_and_what_fails(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    shore.store.script(Op.PUT, "roi", StoreBusy)
    shore.store.script(Op.PUT, "hdr", *[StoreBusy] * 3)
    found = await shore.run()
    roi, hdr, adc = (found[name] for name in NAMES)
    assert isinstance(roi, Uploaded)
    assert isinstance(hdr, Failed)
    assert isinstance(adc, Failed)
    assert (roi.attempts, hdr.attempts, adc.attempts) == (2, 3, 0)


async def test_access_denied_fails_a_file_once_others_were_accepted(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    shore.store.script(Op.PUT, "adc", AccessDenied)
    assert kinds(await shore.run()) == [Uploaded, Uploaded, Failed]


# ---- the source


@pytest.mark.parametrize("kind", Kind)
async def test_a_file_that_changed_since_the_look_holds_its_bin(
    shore: Shore, kind: Kind
) -> None:
    path = write_bin(shore.source)[kind]
    memory = Meddling(lambda: path.write_bytes(path.read_bytes() + b"more"))
    assert held(await shore.run_with(memory)) is Hold.SETTLING
    assert shore.store.objects == {}


async def test_a_file_that_was_touched_since_the_look_holds_its_bin(
    shore: Shore,
) -> None:
    path = write_bin(shore.source)[Kind.ROI]
    memory = Meddling(lambda: touch(path, age=7000))
    assert held(await shore.run_with(memory)) is Hold.SETTLING


async def test_a_file_that_became_a_link_is_not_followed(
    shore: Shore,
) -> None:
    path = write(shore.source / "a")
    elsewhere = write(shore.state / "elsewhere")

    def swap() -> None:
        path.unlink()
        path.symlink_to(elsewhere)

    assert held(await shore.run_with(Meddling(swap))) is Hold.SETTLING


async def test_a_file_that_is_gone_fails_and_says_so(shore: Shore) -> None:
    paths = write_bin(shore.source)
    found = await shore.run_with(Meddling(paths[Kind.ROI].unlink))
    for outcome in found.values():
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, SourceVanished)
        assert str(outcome.error) == f"{ROI} is gone"


async def test_an_error_of_the_source_keeps_no_bytes_alive(
    shore: Shore,
) -> None:
    path = write(shore.source / "a")
    found = (await shore.run_with(Meddling(path.unlink)))["a"]
    assert isinstance(found, Failed)
    assert found.error.__traceback__ is None
    assert found.error.__cause__ is None


# ---- verdicts


async def test_a_cut_bin_is_held_and_with_allow_incomplete_sent(
    shore: Shore,
) -> None:
    whole = bin_bytes()
    cut = BinBytes(whole.hdr, whole.adc, whole.roi[:-1])
    write_bin(shore.source, made=cut)
    assert held(await shore.run()) is Hold.BROKEN
    assert shore.store.objects == {}
    found = await shore.run(allow_incomplete=True)
    assert kinds(found) == [Uploaded] * 3
    assert not any(entry.whole for entry in shore.known(*KEYS).values())


async def test_the_images_of_a_bin_that_stays_are_not_read(
    shore: Shore, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bin_bytes()
    write_bin(
        shore.source, made=BinBytes(whole.hdr, whole.adc[:-1], whole.roi)
    )
    pieces: list[bytes] = []
    read = os.read

    def noting(handle: int, size: int) -> bytes:
        pieces.append(read(handle, size))
        return pieces[-1]

    monkeypatch.setattr(os, "read", noting)
    assert held(await shore.run()) is Hold.BROKEN
    assert pieces == [whole.hdr, whole.adc[:-1]]


async def test_a_bin_without_its_roi_is_held_and_its_adc_never_alone(
    shore: Shore,
) -> None:
    write_bin(shore.source, without=(Kind.ROI,), age=100)
    assert held(await shore.run(allow_incomplete=True)) is Hold.BEING_WRITTEN
    assert shore.store.objects == {}


async def test_a_suspicious_bin_goes_up_with_a_warning(shore: Shore) -> None:
    whole = bin_bytes()
    write_bin(
        shore.source, made=BinBytes(whole.hdr, whole.adc, whole.roi + b"xyz")
    )
    assert kinds(await shore.run()) == [Uploaded] * 3
    [notice] = shore.tell.notices()
    assert notice.startswith(f"{pid_text(0)}: roi has 3 bytes after")


@pytest.mark.parametrize("made", [bin_bytes(rois=0), bin_bytes(counts=False)])
async def test_a_bin_that_may_have_just_begun_waits_until_another_has(
    shore: Shore, made: BinBytes
) -> None:
    write_bin(shore.source, made=made, age=300)
    assert held(await shore.run()) is Hold.SETTLING
    write_bin(shore.source, 1200, age=100)
    assert kinds(await shore.run()) == [Uploaded] * 3


async def test_a_loose_file_is_held_while_it_is_young(shore: Shore) -> None:
    write(shore.source / "young", age=0)
    write(shore.source / "old", age=61)
    found = await shore.run()
    assert held({"young": found["young"]}) is Hold.SETTLING
    assert isinstance(found["old"], Uploaded)


# ---- what an object says of itself


def item(kind: Kind | None, mtime_ns: int = 0) -> Item:
    return Item(LocalFile("", "a", 1, mtime_ns, 0, kind), "p/a")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.ROI, "application/octet-stream"),
        (Kind.HDR, "text/plain"),
        (Kind.ADC, "text/csv"),
        (None, "application/octet-stream"),
    ],
)
def test_the_content_type_is_always_explicit(
    kind: Kind | None, expected: str
) -> None:
    assert object_meta(item(kind)).content_type == expected


@pytest.mark.parametrize(
    ("mtime_ns", "expected"),
    [
        (1_400_000_000 * SECOND + 1, "1400000000.000000001"),
        (0, "0.000000000"),
        (-SECOND // 2, "-0.500000000"),
        (-3 * SECOND, "-3.000000000"),
    ],
)
def test_the_mtime_is_metadata_as_rclone_has_it(
    mtime_ns: int, expected: str
) -> None:
    assert object_meta(item(None, mtime_ns)).metadata == {"mtime": expected}


async def test_every_object_has_both(shore: Shore) -> None:
    path = write(shore.source / "large", bytes(17 * MIB))
    write(shore.source / "small")
    await shore.run()
    metas = [kept.meta for kept in shore.store.objects.values()]
    assert {meta.content_type for meta in metas} == {
        "application/octet-stream"
    }
    seen = shore.store.objects["p/large"].meta.metadata["mtime"]
    assert seen.replace(".", "") == str(path.stat().st_mtime_ns)
