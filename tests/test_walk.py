"""The walk over real trees: what it finds, in which order, and what is odd."""

import contextlib
import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from pt5_async.disk.census import SYSTEM
from pt5_async.disk.look import Found, Oddity
from pt5_async.disk.walk import count, open_source, walk
from pt5_async.errors import (
    NameRefused,
    SourceChanged,
    SourceMissing,
    SourceUnreadable,
    SourceVanished,
)
from pt5_async.events import FolderSeen
from pt5_async.ifcb.names import Kind
from pt5_async.model import Group, LocalFile, Skip

posix = pytest.mark.skipif(sys.platform == "win32", reason="other system")

A = "D20130526T095207_IFCB013"
B = "D20130526T101519_IFCB013"
C = "D20130527T000000_IFCB013"
OTHER = "D20130526T100000_IFCB101"
OLD = "IFCB5_2012_028_081515"


def put(folder: Path, *names: str, size: int = 3) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x" * size)


def put_bins(folder: Path, *pids: str) -> None:
    for pid in pids:
        put(folder, f"{pid}.hdr", f"{pid}.adc", f"{pid}.roi")


def found(path, *, recursive=True, all_files=False, look=os.lstat):
    return list(
        walk(
            open_source(path),
            recursive=recursive,
            all_files=all_files,
            look=look,
        )
    )


def groups(found: list[Found]) -> list[str]:
    """Each group by its pid, or its only file."""
    return [
        str(each.pid) if each.pid else each.files[0].relative
        for each in found
        if isinstance(each, Group)
    ]


def relatives(found: list[Found]) -> set[str]:
    """Every file in a group, by its path below SOURCE."""
    return {
        file.relative
        for each in found
        if isinstance(each, Group)
        for file in each.files
    }


def oddities(found: list[Found]) -> dict[str, Oddity]:
    return {
        each.file.relative: each for each in found if isinstance(each, Oddity)
    }


def seen(found: list[Found]) -> dict[str, FolderSeen]:
    return {
        each.folder: each for each in found if isinstance(each, FolderSeen)
    }


# SOURCE


def test_a_folder_is_walked_where_it_really_is(tmp_path):
    put_bins(tmp_path / "data", A)
    (tmp_path / "link").symlink_to("data")
    source = open_source(tmp_path / "link")
    assert source.path == str(tmp_path / "link")
    assert source.root == str((tmp_path / "data").resolve())
    assert groups(found(tmp_path / "link")) == [A]


def test_a_relative_source_is_made_absolute(tmp_path):
    put_bins(tmp_path / "data", A)
    with contextlib.chdir(tmp_path):
        assert open_source("data").path == str(tmp_path / "data")


@posix
def test_two_dots_after_a_link_lead_where_the_system_says(tmp_path):
    put_bins(tmp_path / "far" / "away", A)
    put_bins(tmp_path / "far" / "data", B)
    put_bins(tmp_path / "data", C)
    (tmp_path / "link").symlink_to("far/away")
    assert groups(found(f"{tmp_path}/link/../data")) == [B]


def test_one_member_stands_for_its_whole_bin(tmp_path):
    put_bins(tmp_path, A, B)
    put(tmp_path, "notes.txt")
    put_bins(tmp_path / "below", C)
    assert relatives(found(tmp_path / f"{A}.adc")) == {
        f"{A}.hdr",
        f"{A}.adc",
        f"{A}.roi",
    }


def test_one_member_s_bin_is_last_only_without_a_later_one(tmp_path):
    put_bins(tmp_path, A, B)
    (earlier, _), (later, _) = (
        found(tmp_path / f"{pid}.roi") for pid in (A, B)
    )
    assert not earlier.last
    assert later.last


@posix
def test_a_link_to_a_member_stands_for_the_bin_beside_it(tmp_path):
    put_bins(tmp_path / "data", A)
    (tmp_path / "newest").symlink_to(f"data/{A}.roi")
    assert groups(found(tmp_path / "newest")) == [A]


def test_one_loose_file_is_found_without_asking_for_all(tmp_path):
    put(tmp_path, "metadata.csv", "other.csv")
    assert relatives(found(tmp_path / "metadata.csv")) == {"metadata.csv"}


def test_one_member_of_an_impossible_date_is_a_loose_file(tmp_path):
    name = "D20231301T000000_IFCB013.roi"
    put(tmp_path, name, name.replace("roi", "adc"))
    assert groups(found(tmp_path / name)) == [name]


def test_one_unfinished_copy_is_counted_and_not_found(tmp_path):
    put(tmp_path, f"{A}.roi.filepart")
    assert found(tmp_path / f"{A}.roi.filepart") == [FolderSeen("", 0, 1, 0)]


def test_one_member_that_vanishes_before_the_walk_is_reported(tmp_path):
    put(tmp_path, f"{A}.roi")
    source = open_source(tmp_path / f"{A}.roi")
    (tmp_path / f"{A}.roi").unlink()
    odd, _ = walk(source, recursive=True, all_files=False)
    assert isinstance(odd.why, SourceVanished)


def test_a_folder_that_vanishes_before_the_walk_is_reported(tmp_path):
    put(tmp_path / "data", f"{A}.roi")
    whole = open_source(tmp_path / "data")
    single = open_source(tmp_path / "data" / f"{A}.roi")
    shutil.rmtree(tmp_path / "data")
    for source in (whole, single):
        odd = next(walk(source, recursive=True, all_files=False))
        assert isinstance(odd, Oddity)
        assert isinstance(odd.why, SourceVanished)


@pytest.mark.parametrize(
    "name", ["nothing", "file/below", "dangling", "loop", "pipe", "nul\0"]
)
@posix
def test_a_source_that_is_no_file_or_folder_is_named(tmp_path, name):
    put(tmp_path, "file")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceMissing, match=name.strip("\0")):
        open_source(f"{tmp_path}/{name}")


def test_an_empty_source_is_not_the_current_folder():
    with pytest.raises(SourceMissing, match="empty"):
        open_source("")


# Order


def test_bins_come_by_their_time_whatever_their_style(tmp_path):
    put_bins(tmp_path, C, OLD, OTHER, "IFCB1_2013_146_100001", B, A)
    assert groups(found(tmp_path)) == [
        OLD,
        A,
        OTHER,
        "IFCB1_2013_146_100001",
        B,
        C,
    ]


def test_bins_of_one_second_come_by_name(tmp_path):
    pids = [f"D20130526T095207_IFCB{n}" for n in ("101", "013", "5")]
    put_bins(tmp_path, *pids, "IFCB5_2013_146_095207")
    assert groups(found(tmp_path)) == [
        *sorted(pids),
        "IFCB5_2013_146_095207",
    ]


def test_last_is_the_newest_bin_of_each_instrument_in_a_folder(tmp_path):
    put_bins(tmp_path, A, B, OTHER, OLD)
    put_bins(tmp_path / "later", C)
    lasts = {
        str(each.pid): each.last
        for each in found(tmp_path)
        if isinstance(each, Group)
    }
    assert lasts == {A: False, B: True, C: True, OTHER: True, OLD: True}


def test_one_instrument_is_the_same_in_both_styles(tmp_path):
    put_bins(tmp_path, "IFCB5_2012_028_081515", "D20120129T000000_IFCB005")
    lasts = [each.last for each in found(tmp_path) if isinstance(each, Group)]
    assert lasts == [False, True]


def test_a_folder_s_own_files_come_before_its_subfolders(tmp_path):
    put_bins(tmp_path, C)
    put_bins(tmp_path / "b", B)
    put_bins(tmp_path / "a" / "z", OTHER)
    put_bins(tmp_path / "a", A)
    assert [
        each.folder if isinstance(each, FolderSeen) else str(each.pid)
        for each in found(tmp_path)
    ] == [C, "", A, "a", OTHER, "a/z", B, "b"]


def test_loose_files_come_after_the_bins_by_name(tmp_path):
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


def test_many_loose_files_come_by_name_too(tmp_path):
    # More than are packed into one run, of one to four bytes a letter.
    names = [f"{n * 7919 % 9000:04}{'aä漢🦠'[n % 4]}.png" for n in range(9000)]
    put(tmp_path, *names, size=0)
    assert groups(found(tmp_path, all_files=True)) == sorted(names)


def test_subfolders_are_left_alone_without_recursion(tmp_path):
    put_bins(tmp_path, A)
    put_bins(tmp_path / "below", B)
    assert found(tmp_path, recursive=False)[1:] == [FolderSeen("", 0, 0, 0)]


# Files


def test_a_file_is_described_as_the_system_sees_it(tmp_path):
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


def test_members_are_one_group_in_any_spelling_of_the_extension(tmp_path):
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
def test_the_second_spelling_of_a_member_is_refused(tmp_path, first, second):
    put(tmp_path, f"{A}.{second}", f"{A}.{first}", f"{A}.adc")
    every = found(tmp_path)
    odd = oddities(every)
    assert relatives(every) == {f"{A}.{first}", f"{A}.adc"}
    assert list(odd) == [f"{A}.{second}"]
    assert isinstance(odd[f"{A}.{second}"].why, NameRefused)
    for name in (first, second):
        assert f"{A}.{name}" in str(odd[f"{A}.{second}"].why)


def test_files_not_asked_for_are_only_counted(tmp_path):
    put_bins(tmp_path, A)
    put(tmp_path, f"{A}_blobs_v4.zip", "notes.txt", f"{A} (1).roi")
    every = found(tmp_path)
    assert groups(every) == [A]
    assert seen(every) == {"": FolderSeen("", 3, 0, 0)}


@pytest.mark.parametrize("all_files", [False, True])
def test_unfinished_copies_are_never_found(tmp_path, all_files):
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
def test_hidden_folders_and_files_are_counted_not_entered(tmp_path, all_files):
    folders = [".git", ".snapshot", "@eaDir", "$RECYCLE.BIN", "lost+found"]
    for name in (*folders, "System Volume Information"):
        put_bins(tmp_path / name, A)
    put(tmp_path, ".hidden")
    assert found(tmp_path, all_files=all_files) == [FolderSeen("", 0, 0, 7)]


def test_a_hidden_folder_is_walked_when_it_is_source(tmp_path):
    put_bins(tmp_path / ".ifcb", A)
    assert groups(found(tmp_path / ".ifcb")) == [A]


def test_system_names_are_listed_in_lower_case():
    # They are compared with a name in lower case; "@eaDir" never matches.
    assert {name.lower() for name in SYSTEM} == SYSTEM


@pytest.mark.parametrize("all_files", [False, True])
def test_a_member_of_an_impossible_date_is_a_loose_file(tmp_path, all_files):
    name = "IFCB5_2013_366_000000.roi"
    put(tmp_path, name)
    every = found(tmp_path, all_files=all_files)
    assert groups(every) == ([name] if all_files else [])
    assert seen(every)[""].left == (0 if all_files else 1)


@posix
def test_names_that_make_no_key_pass_through(tmp_path):
    names = ["back\\slash", "new\nline", os.fsdecode(b"caf\xe9")]
    for name in names:
        put_bins(tmp_path / name, A)
        put(tmp_path, f"{name}.txt")
    every = relatives(found(tmp_path, all_files=True))
    for name in names:
        assert {f"{name}/{A}.roi", f"{name}.txt"} <= every


# Links and special files


@posix
def test_links_are_reported_with_their_target_and_not_followed(tmp_path):
    put_bins(tmp_path / "elsewhere", A)
    data = tmp_path / "data"
    put_bins(data, B)
    (data / "notes.txt").symlink_to("../elsewhere/notes")
    (data / "folder").symlink_to("../elsewhere")
    (data / "loop").symlink_to(".")
    (data / f"{C}.roi").symlink_to(f"../elsewhere/{A}.roi")
    every = found(data)
    assert groups(every) == [B]
    assert {
        name: (each.why, each.detail.rpartition(" ")[2], each.file.size)
        for name, each in oddities(every).items()
    } == {
        "notes.txt": (Skip.LINK, "../elsewhere/notes", 0),
        "folder": (Skip.LINK, "../elsewhere", 0),
        "loop": (Skip.LINK, ".", 0),
        f"{C}.roi": (Skip.LINK, f"../elsewhere/{A}.roi", 0),
    }


@posix
def test_a_bin_with_a_link_for_a_member_is_found_without_it(tmp_path):
    put(tmp_path, f"{A}.hdr", f"{A}.adc")
    (tmp_path / f"{A}.roi").symlink_to("/nowhere")
    every = found(tmp_path)
    assert relatives(every) == {f"{A}.hdr", f"{A}.adc"}
    assert list(oddities(every)) == [f"{A}.roi"]


@posix
def test_pipes_and_sockets_are_reported_and_not_opened(tmp_path):
    os.mkfifo(tmp_path / f"{A}.roi")
    os.mkfifo(tmp_path / "pipe")
    with contextlib.chdir(tmp_path), socket.socket(socket.AF_UNIX) as plug:
        plug.bind("plug")
        every = found(tmp_path, all_files=True)
    assert {
        name: (each.why, each.detail) for name, each in oddities(every).items()
    } == {
        f"{A}.roi": (Skip.SPECIAL, "it is a named pipe"),
        "pipe": (Skip.SPECIAL, "it is a named pipe"),
        "plug": (Skip.SPECIAL, "it is a socket"),
    }
    assert groups(every) == []


def test_a_folder_with_a_member_s_name_is_reported(tmp_path):
    put_bins(tmp_path / f"{A}.roi", B)
    every = found(tmp_path)
    assert groups(every) == []
    assert oddities(every)[f"{A}.roi"].why is Skip.SPECIAL


@posix
def test_hidden_links_are_hidden(tmp_path):
    (tmp_path / ".#lock").symlink_to("someone@host")
    assert found(tmp_path) == [FolderSeen("", 0, 0, 1)]


# A tree that changes or refuses


def test_files_that_vanish_before_the_look_are_reported(tmp_path):
    put_bins(tmp_path, A, B)
    put(tmp_path, "loose.txt")

    def look(path: str) -> os.stat_result:
        if path.endswith((f"{A}.adc", "loose.txt")) or B in path:
            os.unlink(path)
        return os.lstat(path)

    every = found(tmp_path, all_files=True, look=look)
    odd = oddities(every)
    assert relatives(every) == {f"{A}.hdr", f"{A}.roi"}
    assert len(odd) == 5
    for name, each in odd.items():
        assert isinstance(each.why, SourceVanished)
        assert name in str(each.why)


@posix
def test_what_turns_into_a_link_before_the_look_is_not_a_file(tmp_path):
    put(tmp_path, f"{A}.adc", "loose.txt")

    def look(path: str) -> os.stat_result:
        os.unlink(path)
        os.symlink("/etc/passwd", path)
        return os.lstat(path)

    every = found(tmp_path, all_files=True, look=look)
    assert groups(every) == []
    assert {each.why for each in oddities(every).values()} == {Skip.LINK}


@posix
def test_a_link_that_turns_into_a_file_waits_for_the_next_run(tmp_path):
    (tmp_path / "notes.txt").symlink_to("/nowhere")

    def look(path: str) -> os.stat_result:
        os.unlink(path)
        put(tmp_path, "notes.txt")
        return os.lstat(path)

    odd = oddities(found(tmp_path, all_files=True, look=look))
    assert isinstance(odd["notes.txt"].why, SourceChanged)


@posix
def test_a_link_that_vanishes_before_it_is_read_is_still_reported(tmp_path):
    (tmp_path / "notes.txt").symlink_to("/nowhere")

    def look(path: str) -> os.stat_result:
        result = os.lstat(path)
        os.unlink(path)
        return result

    odd = oddities(found(tmp_path, all_files=True, look=look))
    assert odd["notes.txt"].why is Skip.SPECIAL


def test_folders_that_vanish_while_walking_are_reported(tmp_path):
    put_bins(
        tmp_path / "a", *(f"D20130526T0952{n}_IFCB1" for n in range(10, 50))
    )
    put_bins(tmp_path / "b" / "c", A)
    put_bins(tmp_path / "d", B)
    walking = walk(open_source(tmp_path), recursive=True, all_files=False)
    every = [next(walking)]
    shutil.rmtree(tmp_path / "b")
    every += walking
    odd = oddities(every)
    assert list(odd) == ["b"]
    assert isinstance(odd["b"].why, SourceVanished)
    assert groups(every)[-1] == B


def test_a_file_that_the_disk_cannot_show_does_not_end_the_walk(tmp_path):
    put_bins(tmp_path, A, B)

    def look(path: str) -> os.stat_result:
        if path.endswith(f"{A}.roi"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return os.lstat(path)

    every = found(tmp_path, look=look)
    odd = oddities(every)
    assert groups(every) == [A, B]
    assert isinstance(odd[f"{A}.roi"].why, SourceUnreadable)
    assert os.strerror(errno.EIO) in str(odd[f"{A}.roi"].why)


AS_NOBODY = """
import json, os, sys
from pt5_async.disk.look import Oddity
from pt5_async.disk.walk import open_source, walk
from pt5_async.errors import Pt5Error
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
answer = {"groups": [], "odd": {}}
try:
    source = open_source(sys.argv[1])
    for found in walk(source, recursive=True, all_files=True):
        if isinstance(found, Oddity):
            kind = type(found.why).__name__
            answer["odd"][found.file.relative] = [kind, str(found.why)]
        elif hasattr(found, "files"):
            answer["groups"] += [file.relative for file in found.files]
except Pt5Error as error:
    answer["error"] = [type(error).__name__, str(error)]
print(json.dumps(answer))
"""


def as_nobody(path: Path) -> dict:
    """The walk of `path` by a user who is not root."""
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return json.loads(done.stdout)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that any user may enter; pytest's own are root's alone."""
    with tempfile.TemporaryDirectory(prefix="pt5-public-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        for folder in path.iterdir():
            folder.chmod(0o755)


@posix
def test_unreadable_folders_are_reported_and_the_walk_goes_on(public):
    for name in ("a", "shut", "unsearchable", "z"):
        put(public / name, "file.txt")
    (public / "shut").chmod(0)
    (public / "unsearchable").chmod(0o444)
    answer = as_nobody(public)
    assert answer["groups"] == ["a/file.txt", "z/file.txt"]
    assert set(answer["odd"]) == {"shut", "unsearchable/file.txt"}
    for name, (kind, text) in answer["odd"].items():
        assert kind == "SourceUnreadable"
        assert str(public / name) in text
        assert os.strerror(errno.EACCES) in text


@posix
@pytest.mark.parametrize("name", ["", "/file.txt"])
def test_a_source_that_may_not_be_listed_is_named(public, name):
    put(public / "shut", "file.txt")
    (public / "shut").chmod(0)
    kind, text = as_nobody(Path(f"{public}/shut{name}"))["error"]
    assert kind == "SourceUnreadable"
    assert f"{public}/shut{name}" in text


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder that is removed by a tool that fears no depth."""
    (tmp_path / "deep").mkdir()
    yield tmp_path / "deep"
    subprocess.run(["rm", "-rf", str(tmp_path / "deep")], check=True)


def dig(top: Path, depth: int, name: str) -> None:
    """Folders called `name` in one another, with a file in the deepest."""
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open(f"{A}.roi", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


@posix
def test_a_tree_deeper_than_python_s_stack_is_walked_to_its_end(deep):
    depth = sys.getrecursionlimit() + 200
    dig(deep, depth, "d")
    assert relatives(found(deep)) == {f"{'d/' * depth}{A}.roi"}


@posix
def test_a_path_too_long_for_the_system_is_reported(deep):
    dig(deep, 50, "d" * 100)
    put_bins(deep / "e", B)
    every = found(deep)
    (odd,) = oddities(every).values()
    assert isinstance(odd.why, SourceUnreadable)
    assert os.strerror(errno.ENAMETOOLONG) in str(odd.why)
    assert groups(every) == [B]


# Looking ahead, counting, stopping, memory


def slow(path: str) -> os.stat_result:
    time.sleep(0.002)
    return os.lstat(path)


def test_slow_looks_keep_the_order_and_are_made_side_by_side(tmp_path):
    for day in range(10, 22):
        pids = (f"D201305{day}T0952{n}_IFCB1" for n in range(10, 30))
        put_bins(tmp_path / f"D201305{day}", *pids)
    begun = time.perf_counter()
    slowly = found(tmp_path, look=slow)
    # 720 looks of 2 ms take 1.44 s one by one.
    assert time.perf_counter() - begun < 0.7
    assert slowly == found(tmp_path)


def test_closing_the_walk_lets_its_threads_end(tmp_path):
    put_bins(tmp_path, *(f"D20130526T0952{n}_IFCB1" for n in range(10, 60)))
    before = set(threading.enumerate())
    walking = walk(
        open_source(tmp_path), recursive=True, all_files=False, look=slow
    )
    next(walking)
    next(walking)
    walking.send(None)
    for _ in range(8):
        next(walking)
    started = set(threading.enumerate()) - before
    walking.close()
    for thread in started:
        thread.join(timeout=5)
    assert started
    assert not any(thread.is_alive() for thread in started)


def test_the_count_grows_and_ends_with_the_walk_s_sums(tmp_path):
    put_bins(tmp_path, A)
    put(tmp_path / "loose", *map(str, range(2500)), size=2)
    source = open_source(tmp_path)
    totals = list(count(source, recursive=True, all_files=True))
    assert len(totals) > 2
    assert totals == sorted(totals)
    assert totals[-1] == (2503, 9 + 5000)
    assert list(count(source, recursive=True, all_files=False)) == [(3, 9)]


def test_the_count_leaves_out_what_cannot_be_read(tmp_path):
    put_bins(tmp_path, A, B)

    def look(path: str) -> os.stat_result:
        if A in path:
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return os.lstat(path)

    counting = count(
        open_source(tmp_path), recursive=True, all_files=True, look=look
    )
    assert list(counting) == [(3, 9)]


def test_an_empty_folder_counts_as_nothing(tmp_path):
    counting = count(open_source(tmp_path), recursive=True, all_files=True)
    assert list(counting) == [(0, 0)]


def test_more_folders_need_no_more_memory(tmp_path):
    def peak(folders: int) -> int:
        tree = tmp_path / str(folders)
        for n in range(folders):
            put_bins(tree / f"{n:03}", A, B, OLD)
        tracemalloc.start()
        walking = walk(open_source(tree), recursive=True, all_files=False)
        for _ in walking:
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2)
    assert peak(300) < peak(30) + 50_000
