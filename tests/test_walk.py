"""What a walk finds, and in which order."""

import errno
import os
import threading
import time
import tracemalloc
from pathlib import Path

import pytest
from crowd import Crowd
from trees import (
    OLD,
    OTHER,
    A,
    B,
    C,
    found,
    groups,
    oddities,
    posix,
    put,
    put_bins,
    relatives,
    seen,
)

from pt5_async.disk.census import SYSTEM
from pt5_async.disk.walk import READ_AHEAD, count, open_source, walk
from pt5_async.errors import NameRefused
from pt5_async.events import FolderSeen
from pt5_async.ifcb.names import Kind
from pt5_async.model import Group, LocalFile


def test_bins_come_by_their_time_whatever_their_style(tmp_path: Path) -> None:
    put_bins(tmp_path, C, OLD, OTHER, "IFCB1_2013_146_100001", B, A)
    assert groups(found(tmp_path)) == [
        OLD,
        A,
        OTHER,
        "IFCB1_2013_146_100001",
        B,
        C,
    ]


def test_bins_of_one_second_come_by_name(tmp_path: Path) -> None:
    new = [f"D20130526T095207_IFCB{n}" for n in ("101", "013", "5")]
    old = [f"IFCB{n}_2013_146_095207" for n in (5, 13, 2, 9, 1, 7)]
    put_bins(tmp_path, *new, *old)
    assert groups(found(tmp_path)) == sorted([*new, *old])


def test_last_is_the_newest_bin_of_each_instrument_in_a_folder(
    tmp_path: Path,
) -> None:
    put_bins(tmp_path, A, B, OTHER, OLD)
    put_bins(tmp_path / "later", C)
    lasts = {
        str(each.pid): each.last
        for each in found(tmp_path)
        if isinstance(each, Group)
    }
    assert lasts == {A: False, B: True, C: True, OTHER: True, OLD: True}


def test_one_instrument_is_the_same_in_both_styles(tmp_path: Path) -> None:
    put_bins(tmp_path, "IFCB5_2012_028_081515", "D20120129T000000_IFCB005")
    lasts = [each.last for each in found(tmp_path) if isinstance(each, Group)]
    assert lasts == [False, True]


def test_a_folder_s_own_files_come_before_its_subfolders(
    tmp_path: Path,
) -> None:
    put_bins(tmp_path, C)
    put_bins(tmp_path / "b", B)
    put_bins(tmp_path / "a" / "z", OTHER)
    put_bins(tmp_path / "a", A)
    assert [
        each.folder if isinstance(each, FolderSeen) else str(each.pid)
        for each in found(tmp_path)
    ] == [C, "", A, "a", OTHER, "a/z", B, "b"]


def test_loose_files_come_after_the_bins_by_name(tmp_path: Path) -> None:
    put(tmp_path, "z.txt", "Z.txt", f"{A}_features_v4.csv", "a.txt")
    put_bins(tmp_path, B, A)
    assert groups(found(tmp_path, all_files=True)) == [
        A,
        B,
        f"{A}_features_v4.csv",
        "Z.txt",
        "a.txt",
        "z.txt",
    ]


def test_many_loose_files_come_by_name_too(tmp_path: Path) -> None:
    # More than are packed into one run, of one to four bytes a letter.
    names = [f"{n * 7919 % 4500:04}{'aä漢🦠'[n % 4]}.png" for n in range(4500)]
    put(tmp_path, *names, size=0)
    assert groups(found(tmp_path, all_files=True)) == sorted(names)


def test_subfolders_are_left_alone_without_recursion(tmp_path: Path) -> None:
    put_bins(tmp_path, A)
    put_bins(tmp_path / "below", B)
    assert found(tmp_path, recursive=False)[1:] == [FolderSeen("", 0, 0, 0)]


def test_a_file_is_described_as_the_system_sees_it(tmp_path: Path) -> None:
    put(tmp_path / "2013", f"{A}.roi", size=77)
    os.utime(tmp_path / "2013" / f"{A}.roi", ns=(1, 1369561927_123456789))
    path = tmp_path.resolve() / "2013" / f"{A}.roi"
    group = next(each for each in found(tmp_path) if isinstance(each, Group))
    assert group.files == (
        LocalFile(
            path=str(path),
            relative=f"2013/{A}.roi",
            size=77,
            mtime_ns=1369561927_123456789,
            ctime_ns=path.stat().st_ctime_ns,
            kind=Kind.ROI,
        ),
    )


def test_members_are_one_group_in_any_spelling_of_the_extension(
    tmp_path: Path,
) -> None:
    put(tmp_path, f"{A}.HDR", f"{A}.Adc", f"{A}.roi")
    group, _ = found(tmp_path)
    assert {file.relative[-3:]: file.kind for file in group.files} == {
        "HDR": Kind.HDR,
        "Adc": Kind.ADC,
        "roi": Kind.ROI,
    }


@posix
@pytest.mark.parametrize(
    ("first", "second"), [("roi", "ROI"), ("roi", "Roi"), ("ROI", "RoI")]
)
def test_the_second_spelling_of_a_member_is_refused(
    tmp_path: Path, first: str, second: str
) -> None:
    put(tmp_path, f"{A}.{second}", f"{A}.{first}", f"{A}.adc")
    every = found(tmp_path)
    odd = oddities(every)
    assert relatives(every) == {f"{A}.{first}", f"{A}.adc"}
    assert list(odd) == [f"{A}.{second}"]
    assert isinstance(odd[f"{A}.{second}"].why, NameRefused)
    for name in (first, second):
        assert f"{A}.{name}" in str(odd[f"{A}.{second}"].why)


def test_files_not_asked_for_are_only_counted(tmp_path: Path) -> None:
    put_bins(tmp_path, A)
    put(tmp_path, f"{A}_blobs_v4.zip", "notes.txt", f"{A} (1).roi")
    every = found(tmp_path)
    assert groups(every) == [A]
    assert seen(every) == {"": FolderSeen("", 3, 0, 0)}


@pytest.mark.parametrize("all_files", [False, True])
def test_unfinished_copies_are_never_found(
    tmp_path: Path, all_files: bool
) -> None:
    put(
        tmp_path / "D.copy",
        f"{A}.roi.filepart",
        f"{A}.adc.temp_download",
        f"{A}.hdr.copy",
        f".{A}.roi.Xa81bC",
        ".DS_Store",
    )
    assert found(tmp_path, all_files=all_files) == [
        FolderSeen("", 0, 0, 0),
        FolderSeen("D.copy", 0, 5, 0),
    ]


@pytest.mark.parametrize("all_files", [False, True])
def test_hidden_folders_and_files_are_counted_not_entered(
    tmp_path: Path, all_files: bool
) -> None:
    folders = [".git", ".snapshot", "@eaDir", "$RECYCLE.BIN", "lost+found"]
    for name in (*folders, "System Volume Information"):
        put_bins(tmp_path / name, A)
    put(tmp_path, ".hidden")
    assert found(tmp_path, all_files=all_files) == [FolderSeen("", 0, 0, 7)]


def test_a_hidden_folder_is_walked_when_it_is_source(tmp_path: Path) -> None:
    put_bins(tmp_path / ".ifcb", A)
    assert groups(found(tmp_path / ".ifcb")) == [A]


def test_system_names_are_listed_in_lower_case() -> None:
    # They are compared with a name in lower case; "@eaDir" never matches.
    assert {name.lower() for name in SYSTEM} == SYSTEM


@pytest.mark.parametrize("all_files", [False, True])
def test_a_member_of_an_impossible_date_is_a_loose_file(
    tmp_path: Path, all_files: bool
) -> None:
    name = "IFCB5_2013_366_000000.roi"
    put(tmp_path, name)
    every = found(tmp_path, all_files=all_files)
    assert groups(every) == ([name] if all_files else [])
    assert seen(every)[""].left == (0 if all_files else 1)


@posix
def test_names_that_make_no_key_pass_through(tmp_path: Path) -> None:
    names = ["back\\slash", "new\nline", os.fsdecode(b"caf\xe9")]
    for name in names:
        put_bins(tmp_path / name, A)
        put(tmp_path, f"{name}.txt")
    every = relatives(found(tmp_path, all_files=True))
    for name in names:
        assert {f"{name}/{A}.roi", f"{name}.txt"} <= every


def slow(path: str) -> os.stat_result:
    time.sleep(0.002)
    return os.lstat(path)


def test_slow_looks_keep_the_order_and_are_made_side_by_side(
    tmp_path: Path,
) -> None:
    crowd = Crowd()

    def look(path: str) -> os.stat_result:
        with crowd:
            return slow(path)

    for day in range(10, 22):
        pids = (f"D201305{day}T0952{n}_IFCB1" for n in range(10, 30))
        put_bins(tmp_path / f"D201305{day}", *pids)
    assert found(tmp_path, look=look) == found(tmp_path)
    assert 8 < crowd.largest <= READ_AHEAD + 1


def test_closing_the_walk_lets_its_threads_end(tmp_path: Path) -> None:
    put_bins(tmp_path, *(f"D20130526T0952{n}_IFCB1" for n in range(10, 60)))
    before = set(threading.enumerate())
    walking = walk(
        open_source(tmp_path), recursive=True, all_files=False, look=slow
    )
    for _ in range(10):
        next(walking)
    started = set(threading.enumerate()) - before
    walking.close()
    for thread in started:
        thread.join(timeout=5)
    assert started
    assert not any(thread.is_alive() for thread in started)


def test_the_count_grows_and_ends_with_the_walk_s_sums(tmp_path: Path) -> None:
    put_bins(tmp_path, A)
    put(tmp_path / "loose", *map(str, range(2500)), size=2)
    source = open_source(tmp_path)
    totals = list(count(source, recursive=True, all_files=True))
    assert len(totals) > 2
    assert totals == sorted(totals)
    assert totals[-1] == (2503, 9 + 5000)
    assert list(count(source, recursive=True, all_files=False)) == [(3, 9)]


@posix
def test_what_is_odd_counts_as_a_file(tmp_path: Path) -> None:
    put_bins(tmp_path, A)
    (tmp_path / "link").symlink_to("/nowhere")

    def look(path: str) -> os.stat_result:
        if path.endswith(".roi"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return os.lstat(path)

    counting = count(
        open_source(tmp_path), recursive=True, all_files=False, look=look
    )
    assert list(counting) == [(4, 6)]


def test_an_empty_folder_counts_as_nothing(tmp_path: Path) -> None:
    counting = count(open_source(tmp_path), recursive=True, all_files=True)
    assert list(counting) == [(0, 0)]


def test_more_folders_need_no_more_memory(tmp_path: Path) -> None:
    def peak(folders: int) -> int:
        tree = tmp_path / str(folders)
        for n in range(folders):
            put_bins(tree / f"{n:03}", A, B, OLD)
        tracemalloc.start()
        walking = walk(
            open_source(tree), recursive=True, all_files=False, read_ahead=0
        )
        for _ in walking:
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2)
    assert peak(300) < peak(30) + 50_000
