"""What a walk reports: links, special files, trees that change or refuse."""

import contextlib
import errno
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from entries import AS_NOBODY
from trees import (
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
)

from pt5_async.disk.walk import open_source, walk
from pt5_async.errors import (
    SourceChanged,
    SourceUnreadable,
    SourceVanished,
)
from pt5_async.events import FolderSeen
from pt5_async.model import Skip


@posix
def test_links_are_reported_with_their_target_and_not_followed(
    tmp_path: Path,
) -> None:
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
def test_a_bin_with_a_link_for_a_member_is_found_without_it(
    tmp_path: Path,
) -> None:
    put(tmp_path, f"{A}.hdr", f"{A}.adc")
    (tmp_path / f"{A}.roi").symlink_to("/nowhere")
    every = found(tmp_path)
    assert relatives(every) == {f"{A}.hdr", f"{A}.adc"}
    assert list(oddities(every)) == [f"{A}.roi"]


@posix
def test_pipes_and_sockets_are_reported_and_not_opened(tmp_path: Path) -> None:
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


def test_a_folder_with_a_member_s_name_is_reported(tmp_path: Path) -> None:
    put_bins(tmp_path / f"{A}.roi", B)
    every = found(tmp_path)
    assert groups(every) == []
    assert oddities(every)[f"{A}.roi"].why is Skip.SPECIAL


@posix
def test_hidden_links_are_hidden(tmp_path: Path) -> None:
    (tmp_path / ".#lock").symlink_to("someone@host")
    assert found(tmp_path) == [FolderSeen("", 0, 0, 1)]


def test_files_that_vanish_before_the_look_are_reported(
    tmp_path: Path,
) -> None:
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
def test_what_turns_into_a_link_before_the_look_is_not_a_file(
    tmp_path: Path,
) -> None:
    put(tmp_path, f"{A}.adc", "loose.txt")

    def look(path: str) -> os.stat_result:
        os.unlink(path)
        os.symlink("/etc/passwd", path)
        return os.lstat(path)

    every = found(tmp_path, all_files=True, look=look)
    assert groups(every) == []
    assert {each.why for each in oddities(every).values()} == {Skip.LINK}


@posix
def test_a_link_that_turns_into_a_file_waits_for_the_next_run(
    tmp_path: Path,
) -> None:
    (tmp_path / "notes.txt").symlink_to("/nowhere")

    def look(path: str) -> os.stat_result:
        os.unlink(path)
        put(tmp_path, "notes.txt")
        return os.lstat(path)

    odd = oddities(found(tmp_path, all_files=True, look=look))
    assert isinstance(odd["notes.txt"].why, SourceChanged)


@posix
def test_a_link_that_vanishes_before_it_is_read_is_still_reported(
    tmp_path: Path,
) -> None:
    (tmp_path / "notes.txt").symlink_to("/nowhere")

    def look(path: str) -> os.stat_result:
        result = os.lstat(path)
        os.unlink(path)
        return result

    odd = oddities(found(tmp_path, all_files=True, look=look))
    assert odd["notes.txt"].why is Skip.SPECIAL


def test_folders_that_vanish_while_walking_are_reported(
    tmp_path: Path,
) -> None:
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


def test_a_file_that_the_disk_cannot_show_does_not_end_the_walk(
    tmp_path: Path,
) -> None:
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


WALK = """
import json, os, sys
from pt5_async.disk.look import Oddity
from pt5_async.disk.walk import open_source, walk
from pt5_async.errors import Pt5Error
from pt5_async.model import Group
"""

TELL = """
answer = {"groups": [], "odd": {}}
try:
    source = open_source(sys.argv[1])
    for found in walk(source, recursive=True, all_files=True):
        if isinstance(found, Oddity):
            kind = type(found.why).__name__
            answer["odd"][found.file.relative] = [kind, str(found.why)]
        elif isinstance(found, Group):
            answer["groups"] += [file.relative for file in found.files]
except Pt5Error as error:
    answer["error"] = [type(error).__name__, str(error)]
print(json.dumps(answer), flush=True)
os._exit(0)  # coverage could not write its file as nobody
"""


def as_nobody(path: Path) -> dict[str, Any]:
    """The walk of `path` by a user who is not root."""
    done = subprocess.run(
        [sys.executable, "-c", WALK + AS_NOBODY + TELL, str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return json.loads(done.stdout)


@posix
def test_unreadable_folders_are_reported_and_the_walk_goes_on(
    public: Path,
) -> None:
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
def test_a_source_that_may_not_be_listed_is_named(
    public: Path, name: str
) -> None:
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
def test_a_tree_deeper_than_python_s_stack_is_walked_to_its_end(
    deep: Path,
) -> None:
    depth = sys.getrecursionlimit() + 200
    dig(deep, depth, "d")
    assert relatives(found(deep)) == {f"{'d/' * depth}{A}.roi"}


@posix
def test_a_path_too_long_for_the_system_is_reported(deep: Path) -> None:
    dig(deep, 50, "d" * 100)
    put_bins(deep / "e", B)
    every = found(deep)
    (odd,) = oddities(every).values()
    assert isinstance(odd.why, SourceUnreadable)
    assert os.strerror(errno.ENAMETOOLONG) in str(odd.why)
    assert groups(every) == [B]
