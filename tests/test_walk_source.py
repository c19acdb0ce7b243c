"""SOURCE: a folder, a link to one, or a single file."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest
from trees import (
    A,
    B,
    C,
    found,
    groups,
    posix,
    put,
    put_bins,
    relatives,
)

from pt5_async.disk.look import Oddity
from pt5_async.disk.walk import open_source, walk
from pt5_async.errors import SourceMissing, SourceVanished
from pt5_async.events import FolderSeen


def test_a_folder_is_walked_where_it_really_is(tmp_path: Path) -> None:
    put_bins(tmp_path / "data", A)
    (tmp_path / "link").symlink_to("data")
    source = open_source(tmp_path / "link")
    assert source.path == str(tmp_path / "link")
    assert source.root == str((tmp_path / "data").resolve())
    assert groups(found(tmp_path / "link")) == [A]


def test_a_relative_source_is_made_absolute(tmp_path: Path) -> None:
    put_bins(tmp_path / "data", A)
    with contextlib.chdir(tmp_path):
        assert open_source("data").path == str(tmp_path / "data")


@posix
def test_two_dots_after_a_link_lead_where_the_system_says(
    tmp_path: Path,
) -> None:
    put_bins(tmp_path / "far" / "away", A)
    put_bins(tmp_path / "far" / "data", B)
    put_bins(tmp_path / "data", C)
    (tmp_path / "link").symlink_to("far/away")
    assert groups(found(f"{tmp_path}/link/../data")) == [B]


def test_one_member_stands_for_its_whole_bin(tmp_path: Path) -> None:
    put_bins(tmp_path, A, B)
    put(tmp_path, "notes.txt")
    put_bins(tmp_path / "below", C)
    assert relatives(found(tmp_path / f"{A}.adc")) == {
        f"{A}.hdr",
        f"{A}.adc",
        f"{A}.roi",
    }


def test_one_member_s_bin_is_last_only_without_a_later_one(
    tmp_path: Path,
) -> None:
    put_bins(tmp_path, A, B)
    (earlier, _), (later, _) = (
        found(tmp_path / f"{pid}.roi") for pid in (A, B)
    )
    assert not earlier.last
    assert later.last


@posix
def test_a_link_to_a_member_stands_for_the_bin_beside_it(
    tmp_path: Path,
) -> None:
    put_bins(tmp_path / "data", A)
    (tmp_path / "newest").symlink_to(f"data/{A}.roi")
    assert groups(found(tmp_path / "newest")) == [A]


def test_one_loose_file_is_found_without_asking_for_all(
    tmp_path: Path,
) -> None:
    put(tmp_path, "metadata.csv", "other.csv")
    assert relatives(found(tmp_path / "metadata.csv")) == {"metadata.csv"}


def test_one_member_of_an_impossible_date_is_a_loose_file(
    tmp_path: Path,
) -> None:
    name = "D20231301T000000_IFCB013.roi"
    put(tmp_path, name, name.replace("roi", "adc"))
    assert groups(found(tmp_path / name)) == [name]


def test_one_unfinished_copy_is_counted_and_not_found(tmp_path: Path) -> None:
    put(tmp_path, f"{A}.roi.filepart")
    assert found(tmp_path / f"{A}.roi.filepart") == [FolderSeen("", 0, 1, 0)]


def test_one_member_that_vanishes_before_the_walk_is_reported(
    tmp_path: Path,
) -> None:
    put(tmp_path, f"{A}.roi")
    source = open_source(tmp_path / f"{A}.roi")
    (tmp_path / f"{A}.roi").unlink()
    odd, _ = walk(source, recursive=True, all_files=False)
    assert isinstance(odd.why, SourceVanished)


def test_a_folder_that_vanishes_before_the_walk_is_reported(
    tmp_path: Path,
) -> None:
    put(tmp_path / "data", f"{A}.roi")
    whole = open_source(tmp_path / "data")
    single = open_source(tmp_path / "data" / f"{A}.roi")
    shutil.rmtree(tmp_path / "data")
    for source in (whole, single):
        odd = next(walk(source, recursive=True, all_files=False))
        assert isinstance(odd, Oddity)
        assert isinstance(odd.why, SourceVanished)


@posix
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("nothing", "is not there"),
        ("file/below", "is not there"),
        ("dangling", "is a link that leads nowhere"),
        ("loop", "is a link that leads nowhere"),
        ("pipe", "is neither a folder nor a file"),
        ("nul\0", "can be no path"),
    ],
)
def test_a_source_that_is_no_file_or_folder_is_named(
    tmp_path: Path, name: str, what: str
) -> None:
    put(tmp_path, "file")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceMissing, match=what) as caught:
        open_source(f"{tmp_path}/{name}")
    assert f"{tmp_path}/{name}".strip("\0") in str(caught.value)


def test_an_empty_source_is_not_the_current_folder() -> None:
    with pytest.raises(SourceMissing, match="empty"):
        open_source("")
