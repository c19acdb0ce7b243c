"""What the walk takes of real trees when something is asked for."""

import os
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_globs import model
from test_walk_property import grow, trees
from trees import (
    OLD,
    OTHER,
    A,
    B,
    C,
    groups,
    oddities,
    posix,
    put,
    put_bins,
    seen,
)

from pt5_async.disk.look import Found, Oddity
from pt5_async.disk.walk import count, open_source, walk
from pt5_async.errors import SourceVanished, UsageError
from pt5_async.model import Group, Skip
from pt5_async.selection import Order, Selection


def chosen(
    path: Path,
    *,
    all_files: bool = False,
    recursive: bool = True,
    **asked: Any,
) -> list[Found]:
    source = open_source(path, Selection(**asked))
    return list(walk(source, recursive=recursive, all_files=all_files))


def ways(found: list[Found]) -> list[str]:
    """Each group by its folder and its bin, or its only file."""
    return [
        os.path.join(os.path.dirname(each.files[0].relative), str(each.pid))
        if each.pid
        else each.files[0].relative
        for each in found
        if isinstance(each, Group)
    ]


def lasts(found: list[Found]) -> dict[str, bool]:
    return {
        each.files[0].relative: each.last
        for each in found
        if isinstance(each, Group)
    }


def unasked(found: list[Found]) -> int:
    return sum(each.unasked for each in seen(found).values())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    put_bins(tmp_path / "2013" / "D20130526", A, B, OTHER)
    put(tmp_path / "2013" / "D20130526", f"{A}_blobs.zip", "notes.txt")
    put_bins(tmp_path / "2013" / "D20130527", C)
    put_bins(tmp_path / "2013" / "beads", A)
    put_bins(tmp_path / "beads", OLD)
    return tmp_path


def test_an_included_folder_stands_for_all_in_it(tree: Path) -> None:
    taken = chosen(tree, include=("D20130527",))
    assert groups(taken) == [C]
    assert set(seen(taken)) >= {"", "2013", "2013/D20130527"}
    assert groups(chosen(tree, include=("2013/*7",))) == [C]
    assert groups(chosen(tree, include=("2013/*7/**",))) == [C]


def test_an_included_path_keeps_the_walk_out_of_others(tree: Path) -> None:
    taken = chosen(tree, include=("2013/D20130527/*",))
    assert set(seen(taken)) == {"", "2013", "2013/D20130527"}


def test_a_bin_is_matched_with_all_its_members(tree: Path) -> None:
    for glob in (f"{A}*", A, "*T0952*", f"{A}.*", f"2013/**/{A[:-1]}?"):
        taken = chosen(tree, include=(glob,), exclude=("beads",))
        assert groups(taken) == [A], glob
        assert unasked(taken) == 9


def test_what_is_excluded_is_neither_entered_nor_sent(tree: Path) -> None:
    for glob in ("beads", "**/beads/", "beads/**", "bead?"):
        taken = chosen(tree, exclude=(glob,))
        assert "beads" not in seen(taken), glob
        assert OLD not in groups(taken)
    assert ways(chosen(tree, exclude=("2013/beads",)))[-1] == f"beads/{OLD}"


def test_exclude_beats_include(tree: Path) -> None:
    taken = chosen(tree, include=("2013",), exclude=("*_IFCB101", "beads"))
    assert groups(taken) == [A, B, C]
    assert unasked(taken) == 3


def test_a_folder_of_that_name_is_not_entered_anywhere(tree: Path) -> None:
    taken = chosen(tree, exclude_dirs=("beads",))
    assert groups(taken) == [A, OTHER, B, C]
    assert not any("beads" in folder for folder in seen(taken))


def test_instruments_and_times_are_those_of_the_bins(tree: Path) -> None:
    def at(hour: int, minute: int) -> datetime:
        return datetime(2013, 5, 26, hour, minute, 19, tzinfo=UTC)

    assert groups(chosen(tree, instruments=(101, 5))) == [OTHER, OLD]
    assert groups(chosen(tree, since=at(10, 15))) == [B, C]
    assert groups(chosen(tree, since=at(10, 0), until=at(10, 15))) == []
    assert groups(chosen(tree, since=at(9, 59), until=at(10, 16))) == [
        OTHER,
        B,
    ]


def test_other_files_go_with_the_bin_that_they_are_of(tree: Path) -> None:
    taken = chosen(tree, all_files=True, instruments=(13,))
    assert f"2013/D20130526/{A}_blobs.zip" in groups(taken)
    assert "2013/D20130526/notes.txt" not in groups(taken)
    assert unasked(taken) == 3 + 3 + 1


def test_the_last_bin_is_the_last_one_that_is_there(tree: Path) -> None:
    before = datetime(2013, 5, 26, 10, tzinfo=UTC)
    taken = chosen(tree, until=before, exclude_dirs=("beads",))
    assert set(lasts(taken).values()) == {False}, "a later one is there"


def test_the_newest_comes_first_when_it_is_asked_for(tree: Path) -> None:
    forth, back = chosen(tree), chosen(tree, order=Order.NEWEST)
    day = "2013/D20130526"
    assert ways(back) == [
        f"beads/{OLD}",
        f"2013/beads/{A}",
        f"2013/D20130527/{C}",
        f"{day}/{B}",
        f"{day}/{OTHER}",
        f"{day}/{A}",
    ]
    assert lasts(forth) == lasts(back)


def test_many_folders_come_in_reversed_order_too(tmp_path: Path) -> None:
    names = [f"{n:05}" for n in range(5000)]
    for name in names:
        (tmp_path / name).mkdir()
    told = list(seen(chosen(tmp_path, order=Order.NEWEST)))
    assert told == ["", *reversed(names)]


def test_a_list_names_bins_files_and_folders(tree: Path) -> None:
    taken = chosen(
        tree,
        listed=(
            "beads/",
            f"2013/D20130526/{B}.roi",
            f"{tree}/2013/D20130526/{A}",
            "./2013/D20130526/../D20130526/notes.txt",
        ),
    )
    day = "2013/D20130526"
    assert ways(taken) == [
        f"{day}/{A}",
        f"{day}/{B}",
        f"{day}/notes.txt",
        f"beads/{OLD}",
    ]
    assert "2013/D20130527" not in seen(taken), "nothing is listed there"
    assert not oddities(taken)


def test_a_list_may_name_all_of_source_or_nothing(tree: Path) -> None:
    assert groups(chosen(tree, listed=(".",))) == groups(chosen(tree))
    assert groups(chosen(tree, listed=())) == []


def test_what_is_listed_and_not_there_fails_by_name(tree: Path) -> None:
    (tree / "notes").mkdir()
    lines = ("2013/gone/x.txt", f"2013/D20130527/{B}.adc", "notes/no", "nope")
    odd = oddities(chosen(tree, listed=(*lines, "2013/D20130527")))
    assert len(odd) == 4
    for line in lines:
        [error] = [e.why for e in odd.values() if line in str(e.why)]
        assert isinstance(error, SourceVanished)
        assert "not there" in str(error)


def test_what_is_listed_and_not_walked_fails_with_the_reason(
    tree: Path,
) -> None:
    put_bins(tree / ".old", A)
    put(tree, "x.roi.part")
    lines = (f".old/{A}", "x.roi.part")
    odd = oddities(chosen(tree, listed=lines))
    assert set(odd) == set(lines)
    assert all("--include-hidden" in str(e.why) for e in odd.values())
    [below] = oddities(
        chosen(tree, listed=("beads",), recursive=False)
    ).values()
    assert "not entered" in str(below.why)
    shown = chosen(tree, listed=lines[:1], include_hidden=True)
    assert groups(shown) == [A]


def test_what_is_listed_and_excluded_is_not_asked_for(tree: Path) -> None:
    taken = chosen(
        tree,
        listed=(f"2013/beads/{A}", f"2013/D20130526/{A}"),
        exclude_dirs=("beads",),
    )
    assert groups(taken) == [A]
    assert not oddities(taken)


@pytest.mark.parametrize("line", ["/etc/passwd", "../x", "a/../../x", "a\0b"])
def test_a_list_may_name_nothing_outside_of_source(
    tree: Path, line: str
) -> None:
    with pytest.raises(UsageError, match="not below SOURCE"):
        chosen(tree, listed=(line,))


def test_a_list_may_write_source_as_the_link_or_as_the_folder(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    link = tmp_path_factory.mktemp("links") / "data"
    link.symlink_to(tree)
    lines = (f"{link}/beads", f"{tree}/2013/beads")
    assert groups(chosen(link, listed=lines)) == [A, OLD]


def test_a_list_can_choose_nothing_of_one_file(tree: Path) -> None:
    with pytest.raises(UsageError, match="one file"):
        chosen(tree / "beads" / f"{OLD}.roi", listed=("x",))


def test_one_file_is_held_against_the_filters_too(tree: Path) -> None:
    member = tree / "beads" / f"{OLD}.roi"
    assert groups(chosen(member, instruments=(5,))) == [OLD]
    assert groups(chosen(member, instruments=(6,))) == []
    assert unasked(chosen(member, instruments=(6,))) == 1


def test_hidden_ones_are_taken_when_they_are_asked_for(tmp_path: Path) -> None:
    put_bins(tmp_path / ".snapshot", A)
    put_bins(tmp_path / "@eaDir", B)
    put(tmp_path, ".hidden", ".DS_Store", "._x", ".x.roi.a1B2c3")
    taken = chosen(tmp_path, include_hidden=True, all_files=True)
    assert groups(taken) == [".hidden", A, B]
    assert seen(taken)[""].transient == 3
    assert all(each.hidden == 0 for each in seen(taken).values())
    assert groups(chosen(tmp_path, include_hidden=True)) == [A, B]


@posix
def test_links_are_followed_when_that_is_asked_for(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    put_bins(other, B)
    put(other, "real.txt", size=9)
    (tree / "2014").symlink_to(other)
    (tree / "note.txt").symlink_to(other / "real.txt")
    (tree / f"{C}.adc").symlink_to(other / f"{B}.adc")
    (tree / "gone").symlink_to(other / "gone")
    (tree / "self").symlink_to(tree / "self")
    taken = chosen(tree, follow_links=True, all_files=True)
    assert f"2014/{B}" in ways(taken)
    [note] = [
        each.files[0]
        for each in taken
        if isinstance(each, Group) and each.files[0].relative == "note.txt"
    ]
    assert (note.size, note.path) == (9, str(other / "real.txt"))
    assert groups(taken)[0] == C
    odd = oddities(taken)
    assert set(odd) == {"gone", "self"}
    assert {each.why for each in odd.values()} == {Skip.LINK}
    assert set(oddities(chosen(tree))) == {
        "2014",
        "note.txt",
        f"{C}.adc",
        "gone",
        "self",
    }


@posix
def test_a_folder_is_walked_once_however_it_is_reached(tree: Path) -> None:
    (tree / "2013" / "loop").symlink_to(tree)
    (tree / "all").symlink_to(tree / "2013")
    taken = chosen(tree, follow_links=True)
    assert sorted(groups(taken)) == sorted(groups(chosen(tree)))
    told = {name: (e.why, e.detail) for name, e in oddities(taken).items()}
    assert told == {
        "2013/loop": (Skip.SEEN, "it is SOURCE itself"),
        "all": (Skip.SEEN, "it is 2013"),
    }


globs = st.sampled_from(
    ["2013", "beads/**", "*", "D2013*", "**/a", "*.txt", "2013/D*/*_IFCB013"]
)
asked = st.builds(
    dict,
    include=st.lists(globs, max_size=2).map(tuple),
    exclude=st.lists(globs, max_size=1).map(tuple),
    exclude_dirs=st.sampled_from([(), ("beads",)]),
    instruments=st.sampled_from([(), (13,)]),
    order=st.sampled_from(Order),
    follow_links=st.booleans(),
    include_hidden=st.booleans(),
)


def by_the_model(way: str, asked: dict[str, Any]) -> bool:
    """Whether the bin at this path is asked for, as patterns are read."""
    folder, slash, pid = way.rpartition("/")
    if asked["exclude_dirs"] and "beads" in folder.split("/"):
        return False

    def any_of(patterns: tuple[str, ...]) -> bool:
        forms = (f"{folder}{slash}{pid}", f"{folder}{slash}{pid}.roi")
        return any(
            model(pattern, form.split("/"))
            for pattern in patterns
            for form in forms
        )

    wanted = not asked["include"] or any_of(asked["include"])
    of_one = not asked["instruments"] or int(re.split("IFCB|_", pid)[-1]) == 13
    if pid.startswith("IFCB"):
        of_one = not asked["instruments"] or pid.startswith("IFCB13_")
    return wanted and of_one and not any_of(asked["exclude"])


@posix
@settings(max_examples=80, deadline=None)
@given(tree=trees, asked=asked)
def test_the_bins_taken_are_those_that_the_model_takes(
    tree: dict[tuple[str, str], int], asked: dict[str, Any]
) -> None:
    try:
        Selection(**asked)
    except UsageError:
        return
    with tempfile.TemporaryDirectory() as name:
        grow(Path(name), tree)
        hidden = asked["include_hidden"]
        every = chosen(Path(name), include_hidden=hidden)
        plain = asked | {"follow_links": False, "order": Order.OLDEST}
        assert ways(chosen(Path(name), **plain)) == [
            way for way in ways(every) if by_the_model(way, asked)
        ]


@posix
@settings(max_examples=80, deadline=None)
@given(tree=trees, asked=asked, all_files=st.booleans())
def test_the_count_agrees_and_no_bin_is_split_whatever_is_asked_for(
    tree: dict[tuple[str, str], int], asked: dict[str, Any], all_files: bool
) -> None:
    try:
        selection = Selection(**asked)
    except UsageError:
        return
    with tempfile.TemporaryDirectory() as name:
        grow(Path(name), tree)
        source = open_source(name, selection)
        taken = list(walk(source, recursive=True, all_files=all_files))
        members = [
            file
            for each in taken
            if isinstance(each, Group | Oddity)
            for file in (
                each.files if isinstance(each, Group) else (each.file,)
            )
        ]
        *_, total = count(source, recursive=True, all_files=all_files)
        assert total == (len(members), sum(file.size for file in members))
        for each in taken:
            if isinstance(each, Group) and each.pid:
                folder = os.path.dirname(each.files[0].path)
                kinds = {
                    entry[-3:].lower()
                    for entry in os.listdir(folder)
                    if entry.startswith(f"{each.pid}.")
                    and entry[-4:].lower() in {".roi", ".hdr", ".adc"}
                    and not os.path.islink(os.path.join(folder, entry))
                }
                assert {file.kind for file in each.files} == kinds
