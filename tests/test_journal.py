"""What the journal remembers: by target, in order, at once and for good."""

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from entries import (
    ENDPOINT,
    await_trouble,
    child,
    entry,
    known,
    opened,
    part,
    trouble_of,
    upload,
)

from pt5_async.errors import JournalError
from pt5_async.journal import (
    Journal,
    Memory,
    NoJournal,
    OpenUpload,
    Run,
    Traits,
    database,
    writer,
)
from pt5_async.model import Proof

DAY_NS = 24 * 3600 * 10**9


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with opened(tmp_path) as journal:
        yield journal


@contextmanager
def locked(folder: Path) -> Iterator[sqlite3.Connection]:
    """Another program has the file to itself."""
    file = folder / "journal.sqlite3"
    with closing(
        sqlite3.connect(
            file, timeout=10, isolation_level=None, check_same_thread=False
        )
    ) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield other


@pytest.mark.parametrize("flushed", [True, False])
def test_entries_come_back_as_they_were_noted(
    journal: Journal, flushed: bool
) -> None:
    noted = {
        one.key: one
        for proof in Proof
        for one in (
            entry(f"ä/{proof}.roi", proof=proof, version="v1"),
            entry(f"ä/{proof}.hdr", proof=proof, version=None),
            entry(f"ä/{proof}.adc", proof=proof, whole=False),
        )
    }
    for one in noted.values():
        journal.record(one)
    if flushed:
        journal.flush()
    assert journal.look_up(list(noted)) == noted


def test_an_entry_is_there_after_the_journal_was_closed(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as journal:
        journal.record(entry("a"))
    assert known(tmp_path, ["a"]) == {"a": entry("a")}


def test_another_bucket_or_endpoint_starts_empty(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.record(entry("a"))
        journal.begin_upload(upload("a", "id"))
        journal.first_look("a", size=1, mtime_ns=2, now_ns=3)
    for other in (
        opened(tmp_path, bucket="other"),
        opened(tmp_path, endpoint="https://other"),
    ):
        with other as journal:
            assert journal.look_up(["a"]) == {}
            assert journal.open_upload("a") is None
            assert journal.stale_uploads(10**19) == []
            assert journal.first_look("a", size=1, mtime_ns=2, now_ns=9) == 9


def test_a_moved_state_folder_keeps_what_it_knows(tmp_path: Path) -> None:
    with opened(tmp_path / "here") as journal:
        journal.record(entry("a"))
    (tmp_path / "here").rename(tmp_path / "a b#c?d%e")
    assert known(tmp_path / "a b#c?d%e", ["a"]) == {"a": entry("a")}


def test_thousands_of_keys_are_found_in_one_question(
    journal: Journal,
) -> None:
    keys = [f"k{number:05}" for number in range(4001)]
    for key in keys[::2]:
        journal.record(entry(key))
    journal.flush()
    found = journal.look_up(keys)
    assert found == {key: entry(key) for key in keys[::2]}


def test_no_keys_have_no_entries(journal: Journal) -> None:
    assert journal.look_up([]) == {}


@pytest.mark.parametrize("flushed", [True, False])
def test_a_touched_file_keeps_everything_but_its_mtime(
    journal: Journal, flushed: bool
) -> None:
    journal.record(entry("a", mtime_ns=1))
    if flushed:
        journal.flush()
    journal.touch("a", 2)
    assert journal.look_up(["a"]) == {"a": entry("a", mtime_ns=2)}
    journal.flush()
    assert journal.look_up(["a"]) == {"a": entry("a", mtime_ns=2)}


def test_touching_what_is_not_known_makes_nothing_known(
    journal: Journal,
) -> None:
    journal.touch("a", 2)
    assert journal.look_up(["a"]) == {}
    journal.flush()
    assert journal.look_up(["a"]) == {}


@pytest.mark.parametrize("mtime_ns", [2**63, 16 * 10**18, -(2**63) - 1])
def test_a_time_beyond_64_bits_is_kept_as_some_other_time(
    tmp_path: Path, mtime_ns: int
) -> None:
    look = {"size": 1, "mtime_ns": mtime_ns}
    now_ns = time.time_ns()
    with opened(tmp_path) as journal:
        journal.record(entry("a", mtime_ns=mtime_ns))
        journal.record(entry("b"))
        journal.touch("b", mtime_ns)
        journal.begin_upload(replace(upload("c", "id"), mtime_ns=mtime_ns))
        journal.first_look("a", **look, now_ns=now_ns)
    with opened(tmp_path) as journal:
        found = journal.look_up(["a", "b"])
        assert found["a"].mtime_ns == found["b"].mtime_ns != mtime_ns
        assert journal.open_upload("c") is not None
        assert journal.first_look("a", **look, now_ns=now_ns + 1) == now_ns


def test_a_note_reaches_the_disk_within_a_second_by_itself(
    tmp_path: Path, journal: Journal
) -> None:
    for key in ("a", "b"):  # the thread must come back for a second one
        journal.record(entry(key))
        begun = time.monotonic()
        while not known(tmp_path, [key]):
            assert time.monotonic() - begun < 1
            time.sleep(0.02)


def test_many_notes_do_not_wait_for_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "DELAY", 60)
    with opened(tmp_path) as journal:
        time.sleep(0.05)  # the thread waits for the first note now
        for number in range(writer.MANY):
            journal.record(entry(f"k{number}"))
        begun = time.monotonic()
        while not known(tmp_path, ["k0"]):
            assert time.monotonic() - begun < 10
            time.sleep(0.02)


def test_noting_never_waits_for_the_disk(
    tmp_path: Path, journal: Journal
) -> None:
    journal.flush()
    with locked(tmp_path):
        journal.record(entry("first"))
        time.sleep(writer.DELAY + 0.2)  # the thread hangs in its write now
        begun = time.monotonic()
        for number in range(100):
            journal.record(entry(f"k{number}"))
            journal.touch(f"k{number}", 3)
        journal.begin_upload(upload("a", "id"))
        journal.add_part("a", "id", part(1))
        assert journal.open_upload("a") == upload("a", "id", parts=1)
        journal.end_upload("a", "id")
        assert journal.stale_uploads(10**19) == []
        journal.set_traits(Traits("crc32", etag_is_md5=False))
        assert journal.traits().algorithm == "crc32"
        journal.begin_run(Run("r", "/", "", "mirror", 1))
        journal.end_run("r", ended_ns=2, counts={})
        assert journal.trouble is None
        assert time.monotonic() - begun < 0.25
    journal.flush()
    assert known(tmp_path, ["k99"]) == {"k99": entry("k99", mtime_ns=3)}


def test_a_transaction_of_another_process_is_waited_for(
    tmp_path: Path, journal: Journal
) -> None:
    with locked(tmp_path) as other:
        timer = threading.Timer(0.3, other.execute, ["COMMIT"])
        timer.start()
        journal.record(entry("a"))
        journal.flush()
        timer.join()
        assert known(tmp_path, ["a"])


def test_a_file_locked_for_too_long_is_trouble_until_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY", 0.1)
    with opened(tmp_path) as journal:
        with locked(tmp_path):
            journal.record(entry("a"))
            with pytest.raises(JournalError, match="locked") as caught:
                journal.flush()
            assert str(tmp_path / "journal.sqlite3") in str(caught.value)
            assert trouble_of(journal) is caught.value
        journal.flush()
        assert trouble_of(journal) is None
    assert known(tmp_path, ["a"])


def test_the_threads_trouble_stays_until_somebody_asks_for_a_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY", 0.05)
    with opened(tmp_path) as journal:
        with locked(tmp_path):
            journal.record(entry("a"))
            trouble = await_trouble(journal)
        time.sleep(writer.DELAY + 0.2)
        assert journal.trouble is trouble
        assert journal.look_up(["a"]) == {"a": entry("a")}
        assert known(tmp_path, ["a"]) == {}
        journal.flush()
        assert known(tmp_path, ["a"]) == {"a": entry("a")}


def test_what_is_noted_while_trouble_ends_is_written_in_time_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY", 0.5)
    with opened(tmp_path) as journal:
        with locked(tmp_path):
            journal.record(entry("a"))
            await_trouble(journal)
            flush = threading.Thread(target=journal.flush)
            flush.start()
            time.sleep(0.1)  # it waits for the file, with "a" in hand
            journal.record(entry("b"))
        flush.join()
        begun = time.monotonic()
        while not known(tmp_path, ["b"]):
            assert time.monotonic() - begun < 1
            time.sleep(0.02)


def test_many_threads_may_note_and_ask_at_once(journal: Journal) -> None:
    lost: list[str] = []

    def work(name: int) -> None:
        for number in range(300):
            key = f"{name}-{number}"
            journal.record(entry(key, mtime_ns=1))
            journal.touch(key, 2)
            if journal.look_up([key]) != {key: entry(key, mtime_ns=2)}:
                lost.append(key)
            if not number % 50:
                journal.flush()

    threads = [threading.Thread(target=work, args=[n]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
    keys = [f"{name}-{number}" for name in range(6) for number in range(300)]
    assert len(journal.look_up(keys)) == len(keys)


WRITES_ITS_OWN_BUCKET = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from entries import entry, opened
sys.stdin.readline()
with opened(Path(sys.argv[1]), bucket=sys.argv[2]) as journal:
    for number in range(600):
        journal.record(entry(f"{sys.argv[2]}{number}"))
        if number % 20 == 0:
            journal.flush()
"""


def test_processes_share_a_new_file_for_different_targets(
    tmp_path: Path,
) -> None:
    buckets = ["a", "b", "c"]
    tests = Path(__file__).parent
    writers = [
        child(WRITES_ITS_OWN_BUCKET, tmp_path / "state", bucket, tests)
        for bucket in buckets
    ]
    for process in writers:  # all begin, and make the file, together
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in writers:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    for bucket in buckets:
        with opened(tmp_path / "state", bucket=bucket) as journal:
            keys = [f"{bucket}{number}" for number in range(600)]
            assert len(journal.look_up(keys)) == 600


def test_an_upload_is_resumed_with_the_parts_that_are_there(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as journal:
        journal.begin_upload(upload("a", "id"))
        journal.add_part("a", "id", part(2, digest=None))
        journal.flush()
        journal.add_part("a", "id", part(1, etag="old"))
        journal.add_part("a", "id", part(1, etag="new"))
        now = journal.open_upload("a")
    expected = replace(
        upload("a", "id"), parts=(part(1, etag="new"), part(2, digest=None))
    )
    assert now == expected
    with opened(tmp_path) as journal:
        assert journal.open_upload("a") == expected


def test_an_upload_begun_again_has_only_the_parts_it_came_with(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as journal:
        journal.begin_upload(upload("a", "id", parts=3))
        journal.begin_upload(upload("a", "id", begun_ns=200, parts=1))
    with opened(tmp_path) as journal:
        assert journal.open_upload("a") == upload(
            "a", "id", begun_ns=200, parts=1
        )


def test_an_ended_upload_and_its_late_parts_are_gone(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.begin_upload(upload("a", "id", parts=2))
        journal.flush()
        journal.end_upload("a", "id")
        journal.add_part("a", "id", part(3))
        assert journal.open_upload("a") is None
    with opened(tmp_path) as journal:
        assert journal.open_upload("a") is None
    file = tmp_path / "journal.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT * FROM part").fetchall() == []


def test_the_upload_begun_last_is_the_one_to_resume(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.begin_upload(upload("a", "late", begun_ns=300))
        journal.begin_upload(upload("a", "early", begun_ns=200))
        assert journal.open_upload("a") == upload("a", "late", begun_ns=300)
        journal.begin_upload(upload("a", "equal", begun_ns=300))
    with opened(tmp_path) as journal:
        assert journal.open_upload("a") == upload("a", "equal", begun_ns=300)
        journal.end_upload("a", "equal")
        journal.end_upload("a", "late")
        assert journal.open_upload("a") == upload("a", "early", begun_ns=200)


def test_stale_uploads_are_those_begun_before_a_moment(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as journal:
        for key, begun_ns in (("a", 30), ("b", 10), ("b", 20), ("c", 40)):
            journal.begin_upload(
                upload(key, f"id{begun_ns}", begun_ns=begun_ns, parts=1)
            )
    with opened(tmp_path) as journal:

        def begun(uploads: list[OpenUpload]) -> list[int]:
            assert all(len(one.parts) == 1 for one in uploads)
            return [one.begun_ns for one in uploads]

        assert begun(journal.stale_uploads(40)) == [10, 20, 30]
        assert begun(journal.stale_uploads(10)) == []


@pytest.mark.parametrize("again", ["flush", "reopen", "at once"])
def test_a_look_is_remembered_while_the_file_stays_the_same(
    tmp_path: Path, again: str
) -> None:
    journal = opened(tmp_path)
    begun = time.time_ns()

    def look(size: int, mtime_ns: int, seconds: int) -> int:
        nonlocal journal
        now_ns = begun + seconds
        first = journal.first_look(
            "a", size=size, mtime_ns=mtime_ns, now_ns=now_ns
        )
        if again == "flush":
            journal.flush()
        if again == "reopen":
            journal.close()
            journal = opened(tmp_path)
        return first - begun

    assert look(1, 1, 0) == 0
    assert look(1, 1, 10) == 0
    assert look(2, 1, 20) == 20
    assert look(2, 2, 30) == 30
    assert look(2, 2, 40) == 30
    assert look(2, 2, 25) == 25, "a look from the future counts as none"
    journal.close()


def test_looks_of_more_than_400_days_ago_are_cleaned_up(
    tmp_path: Path,
) -> None:
    now_ns = time.time_ns()
    old, young = now_ns - 401 * DAY_NS, now_ns - 399 * DAY_NS
    with opened(tmp_path) as journal:
        journal.first_look("old", size=1, mtime_ns=1, now_ns=old)
        journal.first_look("young", size=1, mtime_ns=1, now_ns=young)
    with opened(tmp_path) as journal:
        look = {"size": 1, "mtime_ns": 1, "now_ns": now_ns}
        assert journal.first_look("old", **look) == now_ns
        assert journal.first_look("young", **look) == young


@pytest.mark.parametrize(
    "traits",
    [
        Traits("crc64nvme", etag_is_md5=True),
        Traits("", etag_is_md5=False, keeps_new=True),
        Traits("md5", etag_is_md5=None, keeps_new=False),
        Traits(None, etag_is_md5=None),
    ],
)
def test_traits_belong_to_the_endpoint_whatever_the_bucket(
    tmp_path: Path, traits: Traits
) -> None:
    with opened(tmp_path) as journal:
        assert journal.traits() == Traits()
        journal.set_traits(Traits("sha256", etag_is_md5=None))
        journal.set_traits(traits)
        assert journal.traits() == traits
    with opened(tmp_path, bucket="other") as journal:
        assert journal.traits() == traits
    with opened(tmp_path, endpoint="https://other") as journal:
        assert journal.traits() == Traits()


def test_runs_are_kept_with_their_counts_as_json(tmp_path: Path) -> None:
    with opened(tmp_path) as journal:
        journal.begin_run(Run("r1", "/d\udcff", "p", "mirror", 1))
        journal.begin_run(Run("r2", "/data", "p", "mirror", 3))
        journal.end_run("r1", ended_ns=2, counts={"uploaded": 5, "held": 0})
    file = tmp_path / "journal.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        first, second = connection.execute(
            "SELECT run, source, prefix, begun_ns, ended_ns, counts,"
            " endpoint FROM run JOIN target ON target = id ORDER BY run"
        ).fetchall()
    assert first[:5] == ("r1", "/d\\udcff", "p", 1, 2)
    assert json.loads(first[5]) == {"uploaded": 5, "held": 0}
    assert second == ("r2", "/data", "p", 3, None, None, ENDPOINT)


def test_closing_writes_what_waits_and_may_come_twice(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    journal.record(entry("a"))
    journal.close()
    journal.close()
    assert known(tmp_path, ["a"])
    assert not [
        thread for thread in threading.enumerate() if "pt5-j" in thread.name
    ]


def test_a_closed_journal_says_so_instead_of_losing_notes(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.record(entry("a"))
    with pytest.raises(JournalError, match="closed"):
        journal.look_up(["a"])


def test_who_wants_no_journal_gets_a_memory_that_knows_nothing() -> None:
    memory: Memory = NoJournal()
    with memory:
        memory.record(entry("a"))
        memory.touch("a", 3)
        memory.begin_upload(upload("a", "id"))
        memory.add_part("a", "id", part(1))
        memory.set_traits(Traits("crc32", etag_is_md5=True))
        memory.begin_run(Run("r", "/", "", "mirror", 1))
        memory.end_run("r", ended_ns=2, counts={})
        assert memory.look_up(["a"]) == {}
        assert memory.open_upload("a") is None
        assert memory.stale_uploads(10**19) == []
        assert memory.first_look("a", size=1, mtime_ns=1, now_ns=4) == 4
        assert memory.first_look("a", size=1, mtime_ns=1, now_ns=5) == 5
        assert memory.traits() == Traits()
        memory.end_upload("a", "id")
        memory.flush()
        assert memory.trouble is None
