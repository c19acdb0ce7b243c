"""What a listing is sorted into, and how little of it is kept."""

import os
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pt5_async.disk.census import RUN, Census, Names, members
from pt5_async.ifcb.names import Kind

FILES = 30_000


@dataclass
class Entry:
    """A folder's entry; its type is asked for only if it has one to tell."""

    name: str
    kind: str | None = "file"

    def is_file(self, *, follow_symlinks: bool) -> bool:
        return self._is("file", follow_symlinks)

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        return self._is("folder", follow_symlinks)

    def _is(self, kind: str, follow_symlinks: bool) -> bool:
        assert not follow_symlinks
        if self.kind is None:
            raise PermissionError(self.name)
        return self.kind == kind


def census(entries: Iterable[Entry], *, all_files: bool = True) -> Census:
    taken = Census(all_files=all_files)
    for entry in entries:
        taken.take(cast("os.DirEntry[str]", entry))
    return taken


def cost(names: Iterable[str]) -> float:
    """Bytes of memory per file while its bin is asked for."""
    tracemalloc.start()
    taken = census(map(Entry, names))
    found = sum(1 for _ in taken.bins()) + sum(1 for _ in taken.loose)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found
    return peak / FILES


def stems(count: int) -> Iterable[str]:
    for n in range(count):
        minute, second = divmod(n, 60)
        hour, minute = divmod(minute, 60)
        day, hour = divmod(hour, 24)
        yield f"D201305{day + 1:02}T{hour:02}{minute:02}{second:02}_IFCB013"


@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
def test_a_member_takes_less_than_sixty_bytes(
    spelled: Callable[[str], str],
) -> None:
    names = (
        f"{stem}.{spelled(kind)}"
        for stem in stems(FILES // 3)
        for kind in ("hdr", "adc", "roi")
    )
    assert cost(names) < 60


def test_a_loose_name_takes_less_than_sixty_bytes() -> None:
    assert cost(f"{stem}_00001.png" for stem in stems(FILES)) < 60


def test_a_member_s_type_is_not_asked_for() -> None:
    taken = census([Entry("D20130526T095207_IFCB013.roi", kind=None)])
    assert [pid.text for pid, _, _ in taken.bins()] == [
        "D20130526T095207_IFCB013"
    ]


def test_an_entry_that_does_not_tell_its_type_is_odd() -> None:
    taken = census([Entry("notes.txt", kind=None), Entry("b", kind="folder")])
    assert (list(taken.odd), list(taken.folders)) == (["notes.txt"], ["b"])


def test_members_tell_spelling_and_kind_the_plainest_first() -> None:
    names = ["RoI", "adc", "ROI", "Hdr", "roi"]
    taken = census(Entry(f"IFCB5_2012_028_081515.{name}") for name in names)
    ((_, mask, _),) = taken.bins()
    assert members(mask) == (
        (".adc", Kind.ADC),
        (".roi", Kind.ROI),
        (".ROI", Kind.ROI),
        (".Hdr", Kind.HDR),
        (".RoI", Kind.ROI),
    )


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.text(
            st.characters(exclude_characters="/\0", exclude_categories=["Cs"]),
            min_size=1,
        ),
        unique=True,
    ),
    st.integers(1, 3),
)
def test_names_come_back_in_order_over_any_number_of_runs(
    some: list[str], runs: int
) -> None:
    names = Names()
    many = [f"{n:05}" for n in range(runs * RUN)] if some else []
    for name in (*some, *many):
        names.add(name)
    assert list(names) == sorted([*some, *many])


def test_undecodable_names_come_back_as_they_were() -> None:
    names = Names()
    some = [os.fsdecode(f"caf{n}".encode() + b"\xe9") for n in range(RUN + 1)]
    for name in some:
        names.add(name)
    assert list(names) == sorted(some)
