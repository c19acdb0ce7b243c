"""What is read without a thread: cached bytes of local disks, no others."""

import itertools
import os
from pathlib import Path

import pytest

from pt5_async.disk import cached
from pt5_async.disk.cached import SMALL, Cached, NotCached, is_local
from pt5_async.disk.read import read_together
from pt5_async.model import LocalFile

MOUNTS = """\
21 27 0:21 / /proc rw - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 27 0:30 / /mnt/far rw - nfs4 host:/data rw
31 27 8:1 / /mnt/a\\040disk rw shared:1 master:2 - xfs /dev/sda1 rw
32 31 0:40 / /mnt/a\\040disk/inside/share rw - cifs //host/share rw
33 27 0:41 / /mnt/a rw - fuse.sshfs host: rw
34 27 8:2 / /data rw - nfs host:/old rw
35 27 8:2 / /data rw - btrfs /dev/sdb rw
"""


@pytest.mark.parametrize(
    ("root", "local"),
    [
        ("/home/ifcb", True),
        ("/mnt/far", False),
        ("/mnt/far/2024", False),
        ("/mnt/farther", True),
        ("/mnt/a disk/outside", True),
        ("/mnt/a disk/inside", False),
        ("/mnt/a disk", False),
        ("/mnt/a/b", False),
        ("/data/x", True),
        ("/", False),
    ],
)
def test_a_folder_is_local_if_all_below_it_is(
    root: str, *, local: bool
) -> None:
    assert is_local(root, MOUNTS) is local


@pytest.mark.parametrize("mounts", ["", "nonsense", "1 2 3 4 /", " - "])
def test_what_cannot_be_told_is_not_local(mounts: str) -> None:
    assert not is_local("/home/ifcb", mounts)


def test_without_a_list_of_mounts_nothing_is_local(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cached, "_MOUNTS", str(tmp_path / "none"))

    assert not Cached.below(str(tmp_path)).has(1)


def looked_at(path: Path, data: bytes) -> LocalFile:
    path.write_bytes(data)
    seen = path.stat()
    return LocalFile(
        str(path), path.name, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns
    )


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="Linux alone")
@pytest.mark.parametrize("data", [b"", b"a", b"bytes" * 9999])
def test_what_was_just_written_is_there(tmp_path: Path, data: bytes) -> None:
    file = looked_at(tmp_path / "file", data)
    take = Cached(local=True).take

    try:
        read = read_together(
            [file], first=[file], rest=lambda _: (), algorithms=(), take=take
        )
    except NotCached:
        pytest.skip("this system keeps nothing in its cache")

    assert read[file.path].data == data


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="Linux alone")
@pytest.mark.parametrize("size", [4, 6])
def test_a_file_of_another_size_is_left_to_the_thread(
    tmp_path: Path, size: int
) -> None:
    file = looked_at(tmp_path / "file", b"12345")
    (tmp_path / "file").write_bytes(b"x" * size)
    handle = os.open(file.path, os.O_RDONLY)
    try:
        with pytest.raises(NotCached):
            Cached(local=True).take(handle, file)
    finally:
        os.close(handle)


def test_much_and_far_away_is_not_tried() -> None:
    assert Cached(local=True).has(SMALL)
    assert not Cached(local=True).has(SMALL + 1)
    assert not Cached(local=False).has(1)


def test_after_each_miss_the_next_try_comes_later() -> None:
    it, tries = Cached(local=True), []
    for number in range(600):
        if it.has(1):
            tries.append(number)
            it.missed()
    gaps = [b - a for a, b in itertools.pairwise(tries)]

    assert gaps[:4] == [1, 2, 4, 8]
    assert max(gaps) == gaps[-1] == 64


def test_a_slow_answer_is_a_miss_and_a_quick_one_ends_the_rest() -> None:
    it = Cached(local=True)
    it.took(0.5)
    it.took(0.5)
    assert not it.has(1)
    assert it.has(1)
    it.took(0.001)
    it.took(0.5)
    assert it.has(1)
