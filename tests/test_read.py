import os
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from runs import look, open_files, rewrite, touch, write

from pt5_async.checksum import Algorithm, digests
from pt5_async.disk.read import Bytes, Read, check_unchanged, read_together
from pt5_async.errors import SourceChanged, SourceUnreadable, SourceVanished
from pt5_async.model import LocalFile

BOTH = (Algorithm.CRC64NVME, Algorithm.MD5)


def read(
    files: Sequence[LocalFile], wanted: Sequence[LocalFile] | None = None
) -> list[Bytes]:
    """All `files` as they were read; only those `wanted` have bytes."""
    found = read_together(
        files,
        first=files if wanted is None else wanted,
        rest=lambda _: (),
        algorithms=BOTH,
    )
    return list(found.values())


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
    assert read([file]) == [Bytes(file, body, digests(BOTH, body))]


def test_files_that_are_not_wanted_are_only_looked_at(tmp_path: Path) -> None:
    files = [look(write(tmp_path / name)) for name in "abc"]
    found = read(files, [files[1]])
    assert [one.file for one in found] == files
    assert [one.data for one in found] == [None, b"loose", None]
    assert [bool(one.digests) for one in found] == [False, True, False]


def test_a_short_answer_of_the_system_is_not_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.read
    monkeypatch.setattr(os, "read", lambda fd, size: whole(fd, min(size, 2)))
    [found] = read([look(path)])
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
    with pytest.raises(SourceChanged, match=r"^a "):
        read([file], [file] if wanted else [])


def test_what_is_read_last_depends_on_what_was_read_first(
    tmp_path: Path,
) -> None:
    a, b, c = (look(write(tmp_path / name, name.encode())) for name in "abc")

    def rest(found: Read) -> list[LocalFile]:
        assert [one.data for one in found.values()] == [b"a", None, None]
        return [c]

    found = read_together([a, b, c], first=[a], rest=rest, algorithms=BOTH)
    assert [found[one.path].data for one in (a, b, c)] == [b"a", None, b"c"]


@pytest.mark.parametrize(
    "change", [becomes_longer, becomes_shorter, becomes_empty, is_touched]
)
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("wanted", [True, False])
def test_a_file_that_changes_while_its_bin_is_read_is_found_out(
    path: Path, change: Callable[[Path], None], before: bool, wanted: bool
) -> None:
    file, other = look(path), look(write(path.with_name("b")))
    first = [other] if before or not wanted else [file, other]

    def rest(_: Read) -> list[LocalFile]:
        change(path)
        return [file] if before and wanted else []

    with pytest.raises(SourceChanged, match=r"^a changed while it was read$"):
        read_together([file, other], first=first, rest=rest, algorithms=BOTH)


def test_a_file_that_is_swapped_while_open_is_read_as_it_was(
    path: Path,
) -> None:
    file = look(path)

    def rest(_: Read) -> list[LocalFile]:
        path.unlink()
        return [file]

    found = read_together([file], first=(), rest=rest, algorithms=BOTH)
    assert found[file.path].data == b"the bytes"


# ---- what cannot be read


def test_a_file_that_is_gone_is_said_to_be(path: Path) -> None:
    file = look(path)
    path.unlink()
    with pytest.raises(SourceVanished, match=r"^a is gone$"):
        read([file])


def test_so_is_one_whose_folder_is_a_file_now(tmp_path: Path) -> None:
    file = look(write(tmp_path / "folder" / "a"))
    (tmp_path / "folder" / "a").unlink()
    (tmp_path / "folder").rmdir()
    write(tmp_path / "folder")
    with pytest.raises(SourceVanished, match=r"^a is gone$"):
        read([file])


def test_what_the_system_refuses_is_told_with_its_reason(path: Path) -> None:
    file = look(path)
    path.unlink()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        with pytest.raises(SourceUnreadable, match=r"^cannot read a: No such"):
            read([file])


def test_an_open_file_can_be_held_against_the_look(path: Path) -> None:
    file = look(path)
    with path.open("rb") as opened:
        check_unchanged(opened.fileno(), file)
        is_touched(path)
        with pytest.raises(SourceChanged):
            check_unchanged(opened.fileno(), file)
