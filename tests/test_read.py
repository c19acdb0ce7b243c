import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from runs import look, open_files, rewrite, touch, write

from pt5_async.checksum import Algorithm, digests
from pt5_async.disk.read import Bytes, check_unchanged, read_together
from pt5_async.errors import SourceChanged, SourceUnreadable, SourceVanished
from pt5_async.model import LocalFile

BOTH = (Algorithm.CRC64NVME, Algorithm.MD5)


def read(*files: LocalFile) -> list[Bytes]:
    return read_together(files, whole=files, algorithms=BOTH)


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    before = open_files()
    yield
    assert open_files() <= before


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "a", b"the bytes")


@pytest.mark.parametrize("body", [b"", b"x", bytes(range(256)) * 8192])
def test_a_file_is_read_whole_with_all_its_digests(
    tmp_path: Path, body: bytes
) -> None:
    file = look(write(tmp_path / "a", body))
    assert read(file) == [Bytes(file, body, digests(BOTH, body))]


def test_files_that_are_not_wanted_are_only_looked_at(tmp_path: Path) -> None:
    files = [look(write(tmp_path / name)) for name in "abc"]
    found = read_together(files, whole=[files[1]], algorithms=BOTH)
    assert [one.file for one in found] == files
    assert [one.data for one in found] == [None, b"loose", None]
    assert [bool(one.digests) for one in found] == [False, True, False]


def test_a_short_answer_of_the_system_is_not_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.read
    monkeypatch.setattr(os, "read", lambda fd, size: whole(fd, min(size, 2)))
    [found] = read(look(path))
    assert found.data == b"the bytes"


# ---- what changed since the look


def becomes_longer(path: Path) -> None:
    rewrite(path, b"the bytes and more")


def becomes_shorter(path: Path) -> None:
    rewrite(path, b"the")


def becomes_empty(path: Path) -> None:
    path.write_bytes(b"")


def is_touched(path: Path) -> None:
    touch(path, age=5)


def becomes_a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def becomes_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def becomes_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES = [
    becomes_longer,
    becomes_shorter,
    becomes_empty,
    is_touched,
    becomes_a_link,
    becomes_a_pipe,
    becomes_a_folder,
]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("wanted", [True, False])
def test_a_file_that_is_not_what_was_seen_is_not_read(
    path: Path, change: Callable[[Path], None], wanted: bool
) -> None:
    file = look(path)
    change(path)
    whole = [file] if wanted else []
    with pytest.raises(SourceChanged, match=r"^a "):
        read_together([file], whole=whole, algorithms=BOTH)


class Later(list[LocalFile]):
    """Files of which something happens when they are gone through again."""

    def __init__(
        self, files: list[LocalFile], turn: int, do: Callable[[], object]
    ) -> None:
        super().__init__(files)
        self._turns = turn
        self._do = do

    def __iter__(self) -> Iterator[LocalFile]:
        self._turns -= 1
        if not self._turns:
            self._do()
        return super().__iter__()


@pytest.mark.parametrize(
    "change", [becomes_longer, becomes_shorter, becomes_empty, is_touched]
)
@pytest.mark.parametrize("turn", [2, 3])
@pytest.mark.parametrize("wanted", [True, False])
def test_a_file_that_changes_while_its_bin_is_read_is_found_out(
    path: Path, change: Callable[[Path], None], turn: int, wanted: bool
) -> None:
    # First all are opened, then read, then looked at again.
    other = look(write(path.with_name("b")))
    files = Later([look(path), other], turn, lambda: change(path))
    whole = [files[0], other] if wanted else [other]
    with pytest.raises(SourceChanged, match=r"^a changed while it was read$"):
        read_together(files, whole=whole, algorithms=BOTH)


def test_a_file_that_is_swapped_while_open_is_read_as_it_was(
    path: Path,
) -> None:
    files = Later([look(path)], 2, path.unlink)
    [found] = read_together(files, whole=[files[0]], algorithms=BOTH)
    assert found.data == b"the bytes"


# ---- what cannot be read


def test_a_file_that_is_gone_is_said_to_be(path: Path) -> None:
    file = look(path)
    path.unlink()
    with pytest.raises(SourceVanished, match=r"^a is gone$"):
        read(file)


def test_so_is_one_whose_folder_is_a_file_now(tmp_path: Path) -> None:
    file = look(write(tmp_path / "folder" / "a"))
    (tmp_path / "folder" / "a").unlink()
    (tmp_path / "folder").rmdir()
    write(tmp_path / "folder")
    with pytest.raises(SourceVanished, match=r"^a is gone$"):
        read(file)


def test_what_the_system_refuses_is_told_with_its_reason(path: Path) -> None:
    file = look(path)
    path.unlink()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        with pytest.raises(SourceUnreadable, match=r"^cannot read a: No such"):
            read(file)


def test_an_open_file_can_be_held_against_the_look(path: Path) -> None:
    file = look(path)
    with path.open("rb") as opened:
        check_unchanged(opened.fileno(), file)
        is_touched(path)
        with pytest.raises(SourceChanged):
            check_unchanged(opened.fileno(), file)
