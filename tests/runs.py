"""Bins and loose files on the disk, and a whole run over them."""

import os
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from fakes import MIB, SECOND

from pt5_async.batch import Batches
from pt5_async.disk.walk import open_source, walk
from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.ifcb.synthetic import BinBytes, empty_bin, make_bin
from pt5_async.kit import Kit
from pt5_async.pipeline import Pipeline

OLD = 7200.0
"""Seconds: longer ago than --broken-after."""


def pid_text(number: int) -> str:
    """The name of the bin that begins so many seconds into a day."""
    minutes, seconds = divmod(number, 60)
    hours, minutes = divmod(minutes, 60)
    return f"D20220522T{hours:02}{minutes:02}{seconds:02}_IFCB134"


@lru_cache
def bin_bytes(*, rois: int = 3, counts: bool = True) -> BinBytes:
    """A small whole bin; its bytes fit any new-style name."""
    pid = parse_pid(pid_text(0))
    assert pid is not None
    if not rois:
        return empty_bin(pid, counts=counts)
    return make_bin(pid, seed=1, rois=rois, size=(8, 6), counts=counts)


@lru_cache
def big_bin(mib: int) -> BinBytes:
    """A whole bin with one image of so many MiB, each of them different."""
    row = f"1{',0' * 14},4096,{256 * mib},0{',0' * 6}\n"
    hdr = "triggerCount: 1\nroiCount: 1\nADCFileFormat: trigger#\n"
    pixels = b"".join(bytes([n + 1]) * MIB for n in range(mib))
    return BinBytes(hdr.encode(), row.encode(), pixels)


def write_bin(
    folder: Path,
    number: int = 0,
    *,
    made: BinBytes | None = None,
    age: float = OLD,
    without: tuple[Kind, ...] = (),
) -> Mapping[Kind, Path]:
    """A bin's files, last touched `age` seconds ago."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for kind, body in (made or bin_bytes()).by_kind().items():
        if kind not in without:
            path = folder / f"{pid_text(number)}.{kind}"
            path.write_bytes(body)
            touch(path, age=age)
            paths[kind] = path
    return paths


def write(path: Path, body: bytes = b"loose", *, age: float = OLD) -> Path:
    """A loose file, last touched `age` seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    touch(path, age=age)
    return path


def touch(path: Path, *, age: float) -> None:
    """Let `path` look as if it was last written `age` seconds ago."""
    then = time.time_ns() - int(age * SECOND)
    os.utime(path, ns=(then, then))


def rewrite(path: Path, body: bytes) -> None:
    """Other bytes under the very same time, as a bad disk does it."""
    then = path.stat().st_mtime_ns
    path.write_bytes(body)
    os.utime(path, ns=(then, then))


def pipeline(source: Path, kit: Kit, *, prefix: str = "p") -> Pipeline:
    """A run over `source`, as `upload_tree` makes it."""
    batches = Batches(
        walk(
            open_source(source),
            recursive=kit.settings.recursive,
            all_files=kit.settings.all_files,
        ),
        prefix=prefix,
        settings=kit.settings,
        memory=kit.memory,
        now_ns=kit.now_ns,
    )
    return Pipeline(batches, kit=kit)


async def run(source: Path, kit: Kit, *, prefix: str = "p") -> None:
    """A whole run over `source`."""
    await pipeline(source, kit, prefix=prefix).run()
