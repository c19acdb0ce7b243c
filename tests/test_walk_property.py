"""The walk of random trees, held against a plain model of what it promises."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from trees import found, posix

from pt5_async.disk.look import Found, Oddity
from pt5_async.disk.walk import count, open_source
from pt5_async.events import FolderSeen
from pt5_async.ifcb.names import Pid, is_transient, parse_pid, split_member
from pt5_async.model import Group

PIDS = (
    "D20130526T095207_IFCB013",
    "D20130526T095207_IFCB101",
    "D20130526T101519_IFCB013",
    "D20130230T000000_IFCB013",  # no such day
    "IFCB13_2013_146_095300",
    "IFCB5_2012_028_081515",
    "IFCB5_2013_366_000000",  # no such day
)
ENDS = (".roi", ".hdr", ".adc", ".ROI", ".Hdr", ".roi.copy", "_fea_v4.csv")
OTHERS = (".DS_Store", ".hidden", "notes.txt", "Z", "lost+found")
FOLDERS = ("2013", "2013/D20130526", "2013/.git", "beads", "beads/a", "@eaDir")

names = st.one_of(
    st.builds(str.__add__, st.sampled_from(PIDS), st.sampled_from(ENDS)),
    st.sampled_from(OTHERS),
)
trees = st.dictionaries(
    st.tuples(st.sampled_from(("", *FOLDERS)), names),
    st.integers(-1, 5),  # a size in bytes, or -1 for a link
    max_size=40,
)


def grow(top: Path, tree: dict[tuple[str, str], int]) -> None:
    for (folder, name), size in tree.items():
        path = top / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if size < 0:
            path.symlink_to("/nowhere")
        else:
            path.write_bytes(b"x" * size)


@dataclass
class Expected:
    """One folder as the walk ought to tell it."""

    bins: dict[str, list[str]] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    left: int = 0
    transient: int = 0
    hidden: int = 0


def hidden(name: str) -> bool:
    return name.startswith(".") or name in {"lost+found", "@eaDir"}


def expected(folder: Path) -> Expected:
    """Told name by name, with no thought for memory or time."""
    told = Expected()
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        pid = pid_of(path.name)
        if pid:
            told.bins.setdefault(pid.text, []).append(path.name)
        elif path.is_dir() or path.is_symlink():
            told.hidden += hidden(path.name)
            if path.is_symlink() and not hidden(path.name):
                told.odd.append(path.name)
        elif is_transient(path.name):
            told.transient += 1
        elif hidden(path.name):
            told.hidden += 1
        else:
            told.loose.append(path.name)
    return told


def pid_of(name: str) -> Pid | None:
    member = split_member(name)
    return parse_pid(member[0]) if member else None


def folders(folder: Path) -> Iterator[Path]:
    yield folder
    for below in sorted(folder.iterdir(), key=lambda path: path.name):
        if below.is_dir() and not hidden(below.name):
            yield from folders(below)


def lines(folder: Path, relative: str, *, all_files: bool) -> Iterator[str]:
    """What the walk ought to say of one folder, a line for each find."""
    told = expected(folder)
    pids = [pid for text in told.bins if (pid := parse_pid(text))]
    for pid in sorted(pids, key=lambda pid: (pid.time, pid.text)):
        later = [
            other
            for other in pids
            if other.instrument == pid.instrument and other.time > pid.time
        ]
        yield from bin_lines(folder, pid, told.bins[pid.text], last=not later)
    if all_files:
        yield from told.loose
    yield from (f"odd {name}" for name in told.odd)
    left = 0 if all_files else len(told.loose)
    yield f"{relative}: {left} {told.transient} {told.hidden}"


def bin_lines(
    folder: Path, pid: Pid, names: list[str], *, last: bool
) -> Iterator[str]:
    def rank(name: str) -> tuple[bool, bool, str]:
        end = name[-3:]
        return not end.islower(), not end.isupper(), end

    chosen: dict[str, str] = {}
    odd = []
    for name in sorted(names, key=rank):
        kind = name[-3:].lower()
        if (folder / name).is_symlink() or kind in chosen:
            odd.append(name)
        else:
            chosen[kind] = name
    yield from (f"odd {name}" for name in sorted(odd))
    if chosen:
        yield f"{pid} {sorted(chosen.values())} {last}"


def line(each: Found) -> str:
    if isinstance(each, Oddity):
        return f"odd {os.path.basename(each.file.path)}"
    if isinstance(each, FolderSeen):
        return f"{each.folder}: {each.left} {each.transient} {each.hidden}"
    names = sorted(os.path.basename(file.path) for file in each.files)
    return f"{each.pid} {names} {each.last}" if each.pid else names[0]


def odd_sorted(all_lines: list[str]) -> list[str]:
    """With neighbours that are odd in order of name: theirs is no promise."""
    done: list[str] = []
    odd: list[str] = []
    for each in [*all_lines, ""]:
        if each.startswith("odd "):
            odd.append(each)
        else:
            done += [*sorted(odd), each]
            odd = []
    return done


@posix
@settings(max_examples=60, deadline=None)
@given(tree=trees, all_files=st.booleans())
def test_a_random_tree_is_told_as_promised(
    tree: dict[tuple[str, str], int], all_files: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        grow(top, tree)
        wanted = [
            each
            for folder in folders(top)
            for each in lines(
                folder,
                "" if folder == top else folder.relative_to(top).as_posix(),
                all_files=all_files,
            )
        ]
        told = [line(each) for each in found(top, all_files=all_files)]
        assert odd_sorted(told) == odd_sorted(wanted)


@posix
@settings(max_examples=60, deadline=None)
@given(tree=trees, all_files=st.booleans(), recursive=st.booleans())
def test_the_count_of_a_random_tree_agrees_with_its_walk(
    tree: dict[tuple[str, str], int], all_files: bool, recursive: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        grow(Path(name), tree)
        files = [
            file
            for each in found(name, all_files=all_files, recursive=recursive)
            if not isinstance(each, FolderSeen)
            for file in (
                each.files if isinstance(each, Group) else (each.file,)
            )
        ]
        *_, total = count(
            open_source(name), all_files=all_files, recursive=recursive
        )
        assert total == (len(files), sum(file.size for file in files))
