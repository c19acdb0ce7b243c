"""Trees of bins on disk, and what a walk of them found, in short."""

import os
import sys
from pathlib import Path

import pytest

from pt5_async.disk.look import Found, Oddity, Stat
from pt5_async.disk.walk import open_source, walk
from pt5_async.events import FolderSeen
from pt5_async.model import Group

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


def found(
    path: Path | str,
    *,
    recursive: bool = True,
    all_files: bool = False,
    look: Stat = os.lstat,
) -> list[Found]:
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
