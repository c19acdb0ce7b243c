"""Bins that were sent before, and are as they were, are told in sum."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import Recorder
from runs import names, pid_text, rewrite, touch, write, write_bin
from servers.scripted import ScriptedServer
from trees import A, B, C, found, groups, posix, put, put_bins
from uploads import TARGET, a_session, reaching

from pt5_async import Settings, Summary, upload_tree
from pt5_async.disk import walk as walks
from pt5_async.disk.known import BINS, Known, Row
from pt5_async.disk.look import Found, Stat
from pt5_async.errors import JournalFull
from pt5_async.events import FolderSeen, SentBefore
from pt5_async.ifcb.layout import Layout
from pt5_async.ifcb.names import Kind
from pt5_async.model import Group, Held, Hold, Skip, Skipped, Uploaded
from pt5_async.selection import Selection


def sums(told: list[Found]) -> list[SentBefore]:
    return [each for each in told if isinstance(each, SentBefore)]


def walked(
    top: Path,
    ask: Callable[[str, list[Row]], bool],
    look: Stat = os.lstat,
) -> list[Found]:
    source = walks.open_source(top)
    known = Known(ask)
    return list(
        walks.walk(
            source, recursive=True, all_files=True, known=known, look=look
        )
    )


# ---- the walk


def test_what_is_known_is_told_by_its_folder_its_number_and_its_bytes(
    tmp_path: Path,
) -> None:
    put_bins(tmp_path / "a" / "b", A, B)
    put(tmp_path / "a" / "b", "notes.txt")
    [before, loose, seen] = walked(tmp_path, lambda *_: True)[2:]
    assert before == SentBefore("a/b", 2, 6, 18)
    assert isinstance(loose, Group)
    assert isinstance(seen, FolderSeen)


def test_who_is_asked_hears_of_each_file_as_it_is(tmp_path: Path) -> None:
    put_bins(tmp_path / "day", A)
    os.utime(tmp_path / "day" / f"{A}.adc", ns=(1, 7))
    heard: list[tuple[str, list[Row]]] = []
    walked(tmp_path, lambda *asked: heard.append(asked) or False)
    [(folder, rows)] = heard
    assert folder == "day/"
    assert sorted(row[0] for row in rows) == [
        f"{A}.{end}" for end in ("adc", "hdr", "roi")
    ]
    assert [row[1:] for row in rows if row[0].endswith("adc")] == [(3, 7)]


def test_what_is_not_known_is_told_bin_by_bin_as_ever(tmp_path: Path) -> None:
    put_bins(tmp_path / "a", A, B)
    put_bins(tmp_path / "b", C)
    told = walked(tmp_path, lambda folder, _: folder == "a/")
    assert len(sums(told)) == 1
    assert groups(told) == [C]
    alone = found(tmp_path, all_files=True)
    assert walked(tmp_path, lambda *_: False) == alone


def test_many_bins_are_asked_for_some_at_a_time(tmp_path: Path) -> None:
    pids = [pid_text(number) for number in range(2 * BINS + 1)]
    put_bins(tmp_path, *pids)
    told = walked(tmp_path, lambda _, rows: rows[0][0] < pids[BINS])
    assert [each.bins for each in sums(told)] == [BINS]
    assert groups(told) == pids[BINS:]


def test_a_walk_may_come_to_know_while_it_is_under_way(tmp_path: Path) -> None:
    put_bins(tmp_path, *map(pid_text, range(30)))
    known = Known()
    walking = walks.walk(
        walks.open_source(tmp_path),
        recursive=True,
        all_files=False,
        known=known,
        read_ahead=0,
    )
    told = [next(walking)]
    known.ask = lambda *_: True
    told += list(walking)
    assert 0 < len(groups(told)) < 30
    assert sum(one.bins for one in sums(told)) + len(groups(told)) == 30


@posix
@pytest.mark.parametrize("odd", ["link", "fifo", "folder", "second spelling"])
def test_where_a_file_is_odd_each_bin_is_told_by_itself(
    tmp_path: Path, odd: str
) -> None:
    put_bins(tmp_path, A, B)
    path = tmp_path / f"{B}.roi"
    if odd == "second spelling":
        path = path.with_suffix(".ROI")
    else:
        path.unlink()
    match odd:
        case "link":
            path.symlink_to(tmp_path / f"{A}.roi")
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case _:
            path.write_bytes(b"other")
    told = walked(tmp_path, lambda *_: True)
    assert repr(told) == repr(found(tmp_path, all_files=True))
    assert not sums(told)


def test_a_file_that_vanishes_is_told_by_name(tmp_path: Path) -> None:
    put_bins(tmp_path, A)
    gone = str(tmp_path / f"{A}.adc")

    def look(path: str) -> os.stat_result:
        if path == gone:
            raise FileNotFoundError(2, "gone", path)
        return os.lstat(path)

    told = walked(tmp_path, lambda *_: True, look)
    assert repr(told) == repr(found(tmp_path, look=look, all_files=True))


@pytest.mark.parametrize("knows", [True, False])
def test_every_file_is_looked_at_once(tmp_path: Path, knows: bool) -> None:
    put_bins(tmp_path, *map(pid_text, range(BINS + 5)))
    looks = Counter[str]()

    def look(path: str) -> os.stat_result:
        looks[path] += 1
        return os.lstat(path)

    walked(tmp_path, lambda *_: knows, look)
    assert set(looks.values()) == {1}
    assert len(looks) == 3 * (BINS + 5)


def test_a_name_that_pyifcb_will_not_take_is_told_by_itself(
    tmp_path: Path,
) -> None:
    odd = "D20130526T095207_IFCB7"
    put_bins(tmp_path, odd)
    assert groups(walked(tmp_path, lambda *_: True)) == [odd]


@pytest.mark.parametrize("knows", [True, False])
def test_slow_looks_are_taken_by_many_threads_in_small_folders_too(
    tmp_path: Path, knows: bool
) -> None:
    for day in range(60):
        put_bins(tmp_path / f"{day:02}", *map(pid_text, range(9)))
    threads = set[int]()

    def look(path: str) -> os.stat_result:
        threads.add(threading.get_ident())
        time.sleep(0.0005)
        return os.lstat(path)

    told = walked(tmp_path, lambda *_: knows, look)
    assert sum(one.bins for one in sums(told)) + len(groups(told)) == 540
    assert len(threads) > walks.READ_AHEAD / 2


# ---- a run

MANY = 3 * BINS


async def uploaded(
    source: Path, server: ScriptedServer, journal: Path, **more: Any
) -> tuple[Summary, Recorder]:
    tell = Recorder()
    settings = reaching(server, state=journal, known_in_sum=True)
    summary = await upload_tree(
        source,
        TARGET,
        settings=replace(settings, **more),
        session=a_session(),
        observer=tell,
    )
    return summary, tell


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # What was found before the journal is open is told one by one.
    monkeypatch.setattr("pt5_async.upload.AHEAD", 0)
    top = tmp_path / "tree"
    for number in range(MANY):
        write_bin(top / f"day{number % 3}", number)
    write(top / "day0" / "notes.txt")
    return top


async def test_a_second_run_tells_the_sum_and_the_summary_is_the_same(
    tree: Path, tmp_path: Path, scripted: ScriptedServer
) -> None:
    state = tmp_path / "state"
    first, tell = await uploaded(tree, scripted, state)
    assert first.uploaded.files == 3 * MANY
    assert not tell.of(SentBefore)

    seen = len(scripted.log)
    second, tell = await uploaded(tree, scripted, state)
    assert not tell.outcomes()
    assert sum(one.files for one in tell.of(SentBefore)) == 3 * MANY
    assert len(scripted.log) == seen

    alone, tell = await uploaded(tree, scripted, state, known_in_sum=False)
    assert len(tell.outcomes()) == 3 * MANY
    assert not tell.of(SentBefore)
    same = {"run": "", "seconds": 0.0}
    assert replace(second, **same) == replace(alone, **same)
    assert second.skipped_by[Skip.JOURNAL] == second.skipped
    assert second.left == 1


async def test_what_changed_and_what_is_new_is_found_among_it(
    tree: Path, tmp_path: Path, scripted: ScriptedServer
) -> None:
    state = tmp_path / "state"
    await uploaded(tree, scripted, state)
    changed, older, lost = names(4)[0], names(7)[0], names(8)[2]
    rewrite(tree / "day1" / changed, b"other")
    touch(tree / "day1" / older, age=9000)
    (tree / "day2" / lost).unlink()
    write_bin(tree / "day2", MANY + 2)

    summary, tell = await uploaded(tree, scripted, state)
    outcomes = {
        name.rpartition("/")[2]: one for name, one in tell.outcomes().items()
    }
    held = outcomes[changed]
    assert isinstance(held, Held)
    assert held.reason is Hold.CHANGED
    touched = outcomes[older]
    assert isinstance(touched, Skipped)
    assert touched.reason is Skip.CHECKSUM
    assert lost not in outcomes
    new = [outcomes[name] for name in names(MANY + 2)]
    assert {type(one) for one in new} == {Uploaded}
    assert summary.found.files == 3 * MANY + 2
    assert sum(one.bins for one in tell.of(SentBefore)) == 2 * BINS
    assert summary.bins.skipped + summary.bins.uploaded == MANY


@pytest.mark.parametrize(
    "rules",
    [
        {"layout": Layout.DAY, "relayout": True},
        {"members": frozenset({Kind.ROI, Kind.HDR})},
        {"recheck": True},
        {"selection": Selection(follow_links=True)},
        {"state": None},
    ],
    ids=lambda rules: next(iter(rules)),
)
async def test_where_more_is_to_be_asked_each_bin_is(
    tree: Path,
    tmp_path: Path,
    scripted: ScriptedServer,
    rules: dict[str, Any],
) -> None:
    state = tmp_path / "state"
    await uploaded(tree, scripted, state)
    _, tell = await uploaded(tree, scripted, state, **rules)
    assert not tell.of(SentBefore)
    assert len(tell.outcomes()) == 3 * MANY


async def test_an_emptied_bucket_is_filled_again(
    tree: Path, tmp_path: Path, scripted: ScriptedServer
) -> None:
    state = tmp_path / "state"
    await uploaded(tree, scripted, state)
    scripted.forget()
    write_bin(tree / "day0", MANY)
    summary, _ = await uploaded(tree, scripted, state)
    assert summary.uploaded.files == 3 * (MANY + 1)
    assert len(scripted.objects) == 3 * (MANY + 1)


async def test_a_journal_on_a_full_disk_can_be_asked(
    tree: Path,
    tmp_path: Path,
    scripted: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = tmp_path / "state"
    await uploaded(tree, scripted, state)
    write_bin(tree / "day0", MANY)

    def full(*_: object) -> None:
        raise JournalFull("no space left")

    monkeypatch.setattr("pt5_async.journal.database.Database.write", full)
    with pytest.raises(JournalFull) as caught:
        await uploaded(tree, scripted, state)
    summary = caught.value.summary
    assert isinstance(summary, Summary)
    assert summary.skipped.files == 3 * MANY
    assert summary.uploaded.files == 3


async def test_who_observes_nothing_gets_the_sum(
    tree: Path, tmp_path: Path, scripted: ScriptedServer
) -> None:
    asked: list[int] = []

    def knows_all(_: object, files: list[tuple[str, int, int]]) -> bool:
        asked.append(len(files))
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pt5_async.journal.Journal.knows_all", knows_all)
        settings: Settings = reaching(scripted, state=tmp_path / "state")
        for _ in range(2):
            summary = await upload_tree(
                tree, TARGET, settings=settings, session=a_session()
            )
    assert sum(asked) == 3 * MANY
    assert summary.skipped.files == 3 * MANY


async def test_names_of_any_alphabet_are_known(
    tmp_path: Path, scripted: ScriptedServer, tree: Path
) -> None:
    state, chance = tmp_path / "state", random.Random(3)
    folders = ["Ålesund", "太平洋", "\U0001f980", "a b"]
    for number, folder in enumerate(folders):
        write_bin(tree / folder, MANY + number + chance.randrange(9))
    await uploaded(tree, scripted, state)
    _, tell = await uploaded(tree, scripted, state)
    assert not tell.outcomes()
    assert {one.folder for one in tell.of(SentBefore)} >= set(folders)
