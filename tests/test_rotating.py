"""A file that several append to: whole lines, and never too large."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pt5_async.cli.rotating import Rotating

WRITER = """
import sys
from pathlib import Path
from pt5_async.cli.rotating import Rotating

file = Rotating(Path(sys.argv[1]), limit=2_000, kept=60)
for number in range(300):
    file.append(f"{sys.argv[2]} {number:03} {'x' * 90}\\n".encode())
"""


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_lines_go_behind_those_that_are_there(tmp_path: Path) -> None:
    for text in (b"one\n", b"two\nthree\n"):
        Rotating(tmp_path / "log").append(text)

    assert lines(tmp_path / "log") == ["one", "two", "three"]
    assert os.listdir(tmp_path) == ["log"]


def test_a_full_file_gives_way_and_the_oldest_goes(tmp_path: Path) -> None:
    file = Rotating(tmp_path / "log", limit=10, kept=2)

    for text in "abcdefg":
        file.append(f"{text * 4}\n".encode())

    assert lines(tmp_path / "log") == ["gggg"]
    assert lines(tmp_path / "log.1") == ["eeee", "ffff"]
    assert lines(tmp_path / "log.2") == ["cccc", "dddd"]
    assert len(os.listdir(tmp_path)) == 3
    assert file.stuck is None


def test_what_alone_is_too_large_is_written_all_the_same(
    tmp_path: Path,
) -> None:
    file = Rotating(tmp_path / "log", limit=3)
    file.append(b"much too long\n")
    file.append(b"again\n")

    assert lines(tmp_path / "log.1") == ["much too long"]
    assert lines(tmp_path / "log") == ["again"]


def test_two_processes_lose_and_tear_no_line_while_both_rename(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, name]) for name in "abc"]
    assert [one.wait(60) for one in writers] == [0, 0, 0]

    files = list(tmp_path.iterdir())
    found = [line for file in files for line in lines(file)]
    assert 5 < len(files) < 60, "else lines were rotated away"
    assert sorted(found) == [
        f"{name} {number:03} {'x' * 90}"
        for name in "abc"
        for number in range(300)
    ]


def test_where_nothing_can_be_renamed_the_file_grows(tmp_path: Path) -> None:
    (tmp_path / "log.1").mkdir()
    (tmp_path / "log.1" / "in the way").touch()
    file = Rotating(tmp_path / "log", limit=10, kept=1)

    for text in (b"aaaaaa\n", b"bbbbbb\n"):
        file.append(text)

    assert lines(tmp_path / "log") == ["aaaaaa", "bbbbbb"]
    assert file.stuck is not None


def test_a_line_that_was_torn_is_ended_first(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"half a li")
    Rotating(tmp_path / "log").append(b"whole\n")

    assert lines(tmp_path / "log") == ["half a li", "whole"]


def test_a_file_that_somebody_deletes_is_made_again(tmp_path: Path) -> None:
    file = Rotating(tmp_path / "log")
    file.append(b"one\n")
    (tmp_path / "log").unlink()
    file.append(b"two\n")

    assert lines(tmp_path / "log") == ["two"]


@pytest.mark.skipif(
    not hasattr(os, "mkfifo"), reason="other system: no named pipes"
)
@pytest.mark.timeout(10)
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for what in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError, match="no file"):
            Rotating(what).append(b"line\n")
