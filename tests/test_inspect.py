"""The verdicts of a tree, offline: what is found, counted and kept."""

import gc
import os
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from crowd import Crowd
from runs import Shore, bin_bytes, names, pid_text, touch, write, write_bin

from pt5_async import inspect_tree
from pt5_async.errors import (
    NameRefused,
    SourceMissing,
    SourceVanished,
    UsageError,
)
from pt5_async.events import FolderSeen, JobDone, Notice
from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes
from pt5_async.ifcb.verdict import Judgement
from pt5_async.inspect import Finding, Inspected, InspectionFold
from pt5_async.inspect.tree import READERS
from pt5_async.model import (
    Failed,
    Held,
    Hold,
    Outcome,
    Skip,
    Skipped,
    Uploaded,
)
from pt5_async.settings import Settings

MINUTES = 60.0
DAY = date(2022, 5, 22)


def bins(findings: list[Finding]) -> dict[str, Inspected]:
    return {
        found.pid.text: found
        for found in findings
        if isinstance(found, Inspected)
    }


def cut() -> BinBytes:
    """A bin whose .roi ends in the middle of its last image."""
    made = bin_bytes()
    return BinBytes(made.hdr, made.adc, made.roi[:-7])


def odd() -> BinBytes:
    """A bin that is whole, with bytes behind its last image."""
    made = bin_bytes()
    return BinBytes(made.hdr, made.adc, made.roi + b"more than two bytes")


def zoo(root: Path) -> None:
    """A bin of every fate that a bin can have without a journal."""
    write_bin(root / "a", 1)
    write_bin(root / "a", 2, age=10)
    write_bin(root / "a", 3, made=cut())
    write_bin(root / "a", 4, made=cut(), age=10 * MINUTES)
    write_bin(root / "a", 5, made=odd())
    write_bin(root / "a", 6, made=bin_bytes(rois=0))
    write_bin(root / "b", 7, without=(Kind.ROI,))
    write_bin(root / "b", 8, without=(Kind.ADC, Kind.HDR), age=MINUTES)
    write_bin(root / "c", 9, made=bin_bytes(rois=0), age=5 * MINUTES)
    write_bin(root / "b", 10, age=-2 * MINUTES)
    write(root / "b" / "notes.txt")
    os.symlink("notes.txt", root / "b" / f"{pid_text(11)}.roi")
    for name in names(11)[1:]:
        write(root / "b" / name, b"")
    strange = root / os.fsdecode(b"\xff")
    write_bin(strange, 12)


async def test_it_says_what_an_upload_would_have_said(tmp_path: Path) -> None:
    shore = Shore(tmp_path)
    zoo(shore.source)
    await shore.run(dry=True, all_files=False)
    told = shore.tell.of(JobDone)
    by_upload = {d.job.pid.text: d for d in told if d.job.pid is not None}

    seen = bins(list(inspect_tree(shore.source, now_ns=shore.clock)))

    assert len(seen) == 12
    assert seen.keys() == by_upload.keys()
    for pid, found in seen.items():
        done = by_upload[pid]
        assert found.verdict == done.verdict, pid
        assert fate(found) == {of(outcome) for outcome in done.outcomes}, pid


async def test_it_agrees_on_metadata_whose_images_come_later(
    tmp_path: Path,
) -> None:
    shore = Shore(tmp_path)
    rules = {"members": frozenset({Kind.HDR, Kind.ADC}), "all_files": False}
    write_bin(shore.source, 1, without=(Kind.ROI,))
    write_bin(shore.source, 2, without=(Kind.HDR,))
    write_bin(shore.source, 3)
    await shore.run(dry=True, **rules)
    by_upload = shore.tell.outcomes()

    settings = Settings(members=frozenset({Kind.HDR, Kind.ADC}))
    found = list(inspect_tree(shore.source, settings=settings))

    seen = bins(found)
    assert not [one for one in found if isinstance(one, Failed | Skipped)]
    for number, held in ((1, False), (2, True), (3, False)):
        adc = by_upload[names(number)[2]]
        assert fate(seen[pid_text(number)]) == {of(adc)}
        assert seen[pid_text(number)].broken is held
    assert len(seen[pid_text(3)].files) == 3


def fate(found: Inspected) -> set[object]:
    """What an upload should make of all members of that bin."""
    if found.error is not None:
        return {Failed}
    return {found.held or Uploaded}


def of(outcome: Outcome) -> object:
    if isinstance(outcome, Held):
        return outcome.reason, outcome.detail
    return type(outcome)


def test_every_verdict_and_every_reason_to_hold_is_found(
    tmp_path: Path,
) -> None:
    zoo(tmp_path)
    fold = InspectionFold()
    for found in inspect_tree(tmp_path):
        fold(found)

    seen = fold.inspection()

    assert seen.total.judged == {
        Judgement.COMPLETE: 3,
        Judgement.EMPTY: 2,
        Judgement.INCOMPLETE: 3,
        Judgement.TRUNCATED: 2,
        Judgement.SUSPICIOUS: 1,
    }
    assert seen.total.held == {
        Hold.SETTLING: 3,
        Hold.BEING_WRITTEN: 2,
        Hold.BROKEN: 3,
    }
    assert (seen.total.failed, seen.failures, seen.broken) == (1, 1, 3)
    assert seen.links == 1
    assert seen.left == 1
    assert (seen.total.bins, seen.total.files) == (12, 32)
    assert list(seen.by_day) == [DAY]
    assert seen.by_day[DAY] == seen.by_instrument[134] == seen.total


def test_bins_come_in_the_order_of_the_walk(tmp_path: Path) -> None:
    for folder, number in (("b", 1), ("a", 7), ("a", 3), ("c", 0)):
        write_bin(tmp_path / folder, number)

    found = bins(list(inspect_tree(tmp_path)))

    assert list(found) == [pid_text(n) for n in (3, 7, 1, 0)]


def test_days_and_instruments_are_counted_in_their_order(
    tmp_path: Path,
) -> None:
    made = bin_bytes()
    for stem in (
        "D20220522T000000_IFCB134",
        "D20130526T235959_IFCB013",
        "D20130527T000000_IFCB013",
    ):
        for kind, body in made.by_kind().items():
            write(tmp_path / f"{stem}.{kind}", body)
    write(tmp_path / "D20130527T000000_IFCB005.roi")
    fold = InspectionFold()
    for found in inspect_tree(tmp_path):
        fold(found)

    seen = fold.inspection()

    by_day = {day: count.bins for day, count in seen.by_day.items()}
    assert list(by_day.items()) == [
        (date(2013, 5, 26), 1),
        (date(2013, 5, 27), 2),
        (date(2022, 5, 22), 1),
    ]
    assert {n: c.bins for n, c in seen.by_instrument.items()} == {
        5: 1,
        13: 2,
        134: 1,
    }
    assert list(seen.by_instrument) == [5, 13, 134]
    assert seen.by_instrument[5].held == {Hold.BROKEN: 1}


def test_a_member_stands_for_its_bin_and_any_other_file_is_refused(
    tmp_path: Path,
) -> None:
    write_bin(tmp_path, 1)
    path = write_bin(tmp_path, 2)[Kind.ADC]
    loose = write(tmp_path / "notes.txt")

    assert list(bins(list(inspect_tree(path)))) == [pid_text(2)]
    with pytest.raises(UsageError, match=r"notes\.txt belongs to no bin"):
        inspect_tree(loose)
    with pytest.raises(SourceMissing):
        inspect_tree(tmp_path / "none")


def test_only_what_the_settings_say_of_place_and_age_counts(
    tmp_path: Path,
) -> None:
    write_bin(tmp_path, 1, age=10)
    write_bin(tmp_path, 2, made=cut(), age=10)
    write_bin(tmp_path / "below", 3)
    write(tmp_path / "notes.txt")
    rules = Settings(
        recursive=False,
        min_age=5,
        broken_after=5,
        allow_incomplete=True,
        all_files=True,
    )

    found = bins(list(inspect_tree(tmp_path, settings=rules)))

    assert list(found) == [pid_text(1), pid_text(2)]
    assert found[pid_text(1)].held is None
    assert found[pid_text(2)].broken


def test_what_changes_or_goes_while_it_is_read_is_told_as_such(
    tmp_path: Path,
) -> None:
    changed = write_bin(tmp_path, 1)[Kind.ADC]
    gone = write_bin(tmp_path, 2)[Kind.HDR]
    findings = inspect_tree(tmp_path, now_ns=meddling(changed, gone))

    found = bins(list(findings))

    first, second = found[pid_text(1)], found[pid_text(2)]
    assert first.held is not None
    assert first.held[0] is Hold.SETTLING
    assert f"{changed.name} changed" in first.held[1]
    assert (first.verdict, first.error, first.well) == (None, None, False)
    assert isinstance(second.error, SourceVanished)
    assert (second.error.__traceback__, second.error.__cause__) == (None, None)


def meddling(changed: Path, gone: Path) -> Callable[[], int]:
    """A clock; it is first asked after the walk and before any read."""

    def now_ns() -> int:
        if gone.exists():
            gone.unlink()
            touch(changed, age=1)
        return time.time_ns()

    return now_ns


def test_links_and_bad_names_and_wrong_clocks_are_told_of(
    tmp_path: Path,
) -> None:
    zoo(tmp_path)

    found = list(inspect_tree(tmp_path))

    [link] = [one for one in found if isinstance(one, Skipped)]
    assert link.reason is Skip.LINK
    [warning] = [one for one in found if isinstance(one, Notice)]
    assert "dated in the future" in warning.text
    error = bins(found)[pid_text(12)].error
    assert isinstance(error, NameRefused)
    folders = {one.folder for one in found if isinstance(one, FolderSeen)}
    assert folders == {"", "a", "b", "c", "\udcff"}


def test_the_images_are_never_read(tmp_path: Path) -> None:
    roi = write_bin(tmp_path)[Kind.ROI]
    # So large that reading it would be noticed: a hole of 8 TiB.
    with roi.open("r+b") as file:
        file.truncate(2**43)
    touch(roi, age=7200)

    [found] = bins(list(inspect_tree(tmp_path))).values()

    assert found.verdict is not None
    assert found.verdict.judgement is Judgement.SUSPICIOUS
    assert found.files[0].size == 2**43


def linked_bins(root: Path, number: int) -> None:
    """So many bins that share the same three files."""
    paths = write_bin(root, 0)
    for other in range(1, number):
        for kind, path in paths.items():
            os.link(path, root / f"{pid_text(other)}.{kind}")


def alive(kind: type) -> int:
    return sum(type(one) is kind for one in gc.get_objects())


def test_no_list_of_bins_is_kept(tmp_path: Path) -> None:
    linked_bins(tmp_path, 3000)
    fold, most = InspectionFold(), 0
    for number, found in enumerate(inspect_tree(tmp_path)):
        fold(found)
        if number % 250 == 0:
            most = max(most, alive(Inspected))
    assert fold.bins == 3000
    # Chunks of 8 calls, two for each thread, and the one that is timed.
    assert 0 < most <= 8 * (2 * READERS + 2)


def test_where_reading_is_slow_a_few_threads_read_ahead(
    tmp_path: Path,
) -> None:
    linked_bins(tmp_path, 400)
    crowd = Crowd()

    def slow_clock() -> int:
        with crowd:
            time.sleep(0.001)
        return time.time_ns()

    assert len(bins(list(inspect_tree(tmp_path, now_ns=slow_clock)))) == 400
    # The one more is the thread that draws, which judges for the measure.
    assert 1 < crowd.largest <= READERS + 1


def test_it_can_be_left_in_the_middle(tmp_path: Path) -> None:
    linked_bins(tmp_path, 50)
    with closing(inspect_tree(tmp_path)) as findings:
        first = next(
            found for found in findings if isinstance(found, Inspected)
        )
    assert first.pid.time == datetime(2022, 5, 22, tzinfo=UTC)
    assert list(findings) == []
