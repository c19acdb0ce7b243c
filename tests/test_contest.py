"""Two bins that come to one place in the store."""

import os
from collections import deque
from pathlib import Path

import pytest
from runs import (
    Shore,
    bin_bytes,
    held,
    names,
    pid_text,
    skipped,
    touch,
    write,
    write_bin,
)
from trees import posix

from pt5_async.errors import JournalError, MemberMissing, NameRefused
from pt5_async.ifcb.layout import Layout
from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes
from pt5_async.journal import Claims
from pt5_async.model import Failed, Hold, Outcome, Skip, Skipped, Uploaded
from pt5_async.selection import Selection

PLACE = "p/2022/D20220522"


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    made = Shore(tmp_path)
    for folder in ("a", "b"):
        (made.source / folder).mkdir()
    return made


async def by_day(shore: Shore, **more: object) -> dict[str, Outcome]:
    return await shore.run(layout=Layout.DAY, **more)


def of(found: dict[str, Outcome], folder: str) -> dict[str, Outcome]:
    return {n: o for n, o in found.items() if n.startswith(f"{folder}/")}


async def test_bins_go_to_the_folder_of_their_day(shore: Shore) -> None:
    write_bin(shore.source / "a")
    write_bin(shore.source / "b", 1)
    await by_day(shore)
    assert set(shore.store.objects) == {
        f"{PLACE}/{name}" for number in (0, 1) for name in names(number)
    }


@posix
@pytest.mark.parametrize("linked", ["a", "b"])
@pytest.mark.parametrize("same", [True, False])
async def test_a_linked_file_contests_a_place_like_any_other(
    shore: Shore, tmp_path: Path, linked: str, same: bool
) -> None:
    elsewhere = tmp_path / "elsewhere" / "deep"
    elsewhere.mkdir(parents=True)
    made = bin_bytes() if same else bin_bytes(rois=4)
    for path in write_bin(elsewhere, made=made).values():
        (shore.source / linked / path.name).symlink_to(path)
    write_bin(shore.source / ("a" if linked == "b" else "b"))
    found = await by_day(shore, selection=Selection(follow_links=True))
    assert all(isinstance(o, Uploaded) for o in of(found, "a").values())
    if same:
        assert skipped(of(found, "b")) is Skip.DUPLICATE
    else:
        kinds = {type(outcome) for outcome in of(found, "b").values()}
        assert Failed in kinds
        assert Uploaded not in kinds
    assert len(shore.store.visible) == 3, "nothing is replaced"


@pytest.mark.parametrize("runs", [1, 2])
async def test_a_copy_with_the_same_bytes_is_skipped_and_named(
    shore: Shore, runs: int
) -> None:
    write_bin(shore.source / "a")
    write_bin(shore.source / "b", age=9000)
    for _ in range(runs):
        found = await by_day(shore)
    assert skipped(of(found, "b")) is Skip.DUPLICATE
    copy = found[f"b/{names()[0]}"]
    assert isinstance(copy, Skipped)
    assert copy.detail == f"as a/{names()[0]}"
    assert len(shore.store.objects) == 3
    entries = shore.known(*shore.store.objects)
    assert {entry.path[:2] for entry in entries.values()} == {"a/"}
    assert all(entry.whole for entry in entries.values())


@pytest.mark.parametrize("runs", [1, 2])
async def test_a_bin_with_other_bytes_fails_and_both_are_named(
    shore: Shore, runs: int
) -> None:
    whole = bin_bytes()
    write_bin(shore.source / "a", made=whole)
    other = BinBytes(whole.hdr, whole.adc, whole.roi[::-1])
    paths = write_bin(shore.source / "b", made=other)
    for path in paths.values():
        # As a copy that keeps times: size and time tell no difference.
        first = shore.source / "a" / path.name
        then = first.stat().st_mtime_ns
        os.utime(path, ns=(then, then))
    for _ in range(runs):
        found = await by_day(shore)
    roi, hdr, adc = (found[f"b/{name}"] for name in names())
    assert isinstance(roi, Failed)
    assert isinstance(roi.error, NameRefused)
    assert f"b/{names()[0]} and a/{names()[0]} come to" in str(roi.error)
    assert isinstance(hdr, Skipped)
    assert isinstance(adc, Skipped)
    assert shore.store.objects[f"{PLACE}/{names()[0]}"].body == whole.roi


async def test_nothing_of_a_bin_goes_when_one_of_its_files_may_not(
    shore: Shore,
) -> None:
    write_bin(shore.source / "a", without=(Kind.ADC,))
    write_bin(shore.source / "b", made=bin_bytes(rois=4))
    found = await by_day(shore)
    adc = found[f"b/{names()[2]}"]
    assert isinstance(adc, Failed)
    assert isinstance(adc.error, MemberMissing)
    assert shore.store.objects == {}


async def test_a_whole_bin_goes_though_a_part_of_it_came_first(
    shore: Shore,
) -> None:
    write_bin(shore.source / "a", without=(Kind.ROI,), age=9000)
    write_bin(shore.source / "b")
    found = await by_day(shore)
    assert held(of(found, "a")) is Hold.BROKEN
    assert all(isinstance(o, Uploaded) for o in of(found, "b").values())
    assert shore.store.visible == [f"{PLACE}/{name}" for name in names()]
    for _ in range(3):  # the journal takes the one's times, then the other's
        found = await by_day(shore)
        assert not shore.store.requests
        assert all(isinstance(o, Skipped) for o in found.values())


async def test_the_second_whole_bin_is_compared_with_the_first_whole_one(
    shore: Shore,
) -> None:
    for folder, rois in (("a", 3), ("b", 3), ("c", 3), ("d", 4)):
        made = bin_bytes(rois=rois)
        lacks = (Kind.ROI,) if folder == "a" else ()
        write_bin(shore.source / folder, made=made, without=lacks)
    found = await by_day(shore)
    assert skipped(of(found, "c")) is Skip.DUPLICATE
    assert isinstance(found[f"d/{names()[0]}"], Failed)
    assert len(shore.store.visible) == 3
    await by_day(shore)
    assert not shore.store.requests


async def test_halves_of_a_bin_in_two_folders_do_not_meet_by_themselves(
    shore: Shore,
) -> None:
    write_bin(shore.source / "a", without=(Kind.ROI,))
    write_bin(shore.source / "b", without=(Kind.HDR, Kind.ADC))
    assert held(await by_day(shore)) is Hold.BROKEN
    await by_day(shore, allow_incomplete=True)
    assert len(shore.store.objects) == 3
    await by_day(shore, allow_incomplete=True)
    assert not shore.store.requests


async def test_products_go_beside_their_bin_and_may_collide_too(
    shore: Shore,
) -> None:
    name = f"{pid_text(0)}_fea_v2.csv"
    write(shore.source / "a" / name)
    write(shore.source / "b" / name)
    write(shore.source / "b" / "notes")
    found = await by_day(shore)
    assert set(shore.store.objects) == {f"{PLACE}/{name}", "p/b/notes"}
    assert skipped({"": found[f"b/{name}"]}) is Skip.DUPLICATE


async def test_a_copy_that_is_changed_while_it_is_compared_is_held(
    shore: Shore,
) -> None:
    write_bin(shore.source / "a")
    paths = write_bin(shore.source / "b")
    outcomes = await by_day(shore)
    assert isinstance(outcomes[f"b/{names()[0]}"], Skipped)
    paths[Kind.ROI].write_bytes(b"")
    touch(paths[Kind.ROI], age=9000)
    outcomes = await by_day(shore)
    assert isinstance(outcomes[f"b/{names()[0]}"], Failed)
    assert isinstance(outcomes[f"a/{names()[0]}"], Skipped)


async def test_folders_that_are_no_text_can_meet(shore: Shore) -> None:
    odd = os.fsdecode(b"\xe9")
    for folder in (odd, "z"):
        (shore.source / folder).mkdir()
        write_bin(shore.source / folder)
    found = await by_day(shore)
    kinds = {type(outcome) for outcome in of(found, "z").values()}
    assert kinds == {Uploaded}
    assert skipped(of(found, odd)) is Skip.DUPLICATE


def test_a_place_belongs_to_the_first_folder_for_good() -> None:
    claims = Claims()
    assert claims.first("p/x", "a/") is None
    assert claims.first("p/x", "a/") is None
    assert claims.first("p/y", "b/") is None
    assert claims.first("p/x", "b/") == "a/"
    claims.close()
    assert claims.first("p/x", "b/") is None
    claims.close()


def test_a_full_disk_for_temporary_files_is_said_in_a_sentence() -> None:
    claims = Claims()
    claims.first("a", "")
    assert claims._places is not None
    claims._places.execute("PRAGMA max_page_count = 4")
    places = (f"2013/D20130526/{number}" for number in range(1000))
    with pytest.raises(JournalError, match=r"is full.*TMPDIR"):
        deque(claims.first(place, "some/folder/") for place in places)
    claims.close()
