"""The journal's file: private, on any disk, and what goes wrong with it."""

import os
import re
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from entries import (
    AS_NOBODY,
    answer,
    await_trouble,
    child,
    entry,
    known,
    opened,
    trouble_of,
)

from pt5_async.errors import JournalError, JournalFull
from pt5_async.journal import OpenUpload, Run, Traits
from pt5_async.journal.tables import STEPS, VERSION

KEYS = [f"{number:06}" for number in range(5_000)]
"""Enough for a file of some hundred pages."""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users reach; those of pytest are its own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    shutil.rmtree(folder)


@contextmanager
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def filled(folder: Path) -> Path:
    """A journal with KEYS in it; its file."""
    with opened(folder) as journal:
        for key in KEYS:
            journal.record(entry(key))
    return folder / "journal.sqlite3"


def state_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All that can be seen of a folder's files."""
    return {
        file.name: (file.read_bytes(), file.stat().st_mtime_ns)
        for file in folder.iterdir()
    } | {"": (b"", folder.stat().st_mtime_ns)}


def test_the_folder_and_the_files_are_their_owners_alone(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "new" / "state"
    with no_umask(), opened(folder) as journal:
        journal.record(entry("a"))
        journal.flush()
    assert rights(folder) == 0o700
    files = {file.name: rights(file) for file in folder.iterdir()}
    assert files == {
        "journal.sqlite3": 0o600,
        "journal.sqlite3-journal": 0o600,
    }


def test_the_rights_of_a_folder_that_is_there_are_left_alone(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o750)
    with opened(tmp_path):
        assert rights(tmp_path) == 0o750


def test_the_file_needs_no_shared_memory_and_waits_for_the_disk(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as journal:
        journal.record(entry("a"))
        journal.flush()
        ask = journal._database.rows
        assert ask("PRAGMA journal_mode") == [("truncate",)]
        assert ask("PRAGMA synchronous") == [(2,)], "FULL"
        assert not list(tmp_path.glob("*-shm"))
        assert not list(tmp_path.glob("*-wal"))


def test_opening_a_journal_that_is_there_writes_nothing(
    tmp_path: Path,
) -> None:
    filled(tmp_path)
    before = state_of(tmp_path)
    opened(tmp_path).close()
    after = state_of(tmp_path)
    assert after["journal.sqlite3"] == before["journal.sqlite3"]


# A dry run


def test_a_dry_run_without_a_journal_makes_none(tmp_path: Path) -> None:
    with opened(tmp_path / "state", read_only=True) as journal:
        assert journal.look_up(["a"]) == {}
        assert journal.open_upload("a") is None
        assert journal.traits() == Traits()
    assert not list(tmp_path.iterdir())


def test_a_dry_run_sees_everything_and_changes_nothing(
    tmp_path: Path,
) -> None:
    now_ns = time.time_ns()
    begun = OpenUpload("a", "id", 1, 2, 3, "", 4)
    with opened(tmp_path) as journal:
        journal.record(entry("a"))
        journal.begin_upload(begun)
        journal.set_traits(Traits("md5", etag_is_md5=True))
        journal.first_look("a", size=1, mtime_ns=2, now_ns=now_ns)
    before = state_of(tmp_path)
    with opened(tmp_path, read_only=True) as journal:
        assert journal.look_up(["a"]) == {"a": entry("a")}
        assert journal.open_upload("a") == begun
        assert journal.traits() == Traits("md5", etag_is_md5=True)
        look = {"size": 1, "now_ns": now_ns + 9}
        assert journal.first_look("a", mtime_ns=2, **look) == now_ns
        assert journal.first_look("a", mtime_ns=3, **look) == now_ns + 9
        journal.record(entry("b"))
        journal.touch("a", 99)
        journal.begin_run(Run("r", "/", "", "mirror", 1))
        journal.flush()
        assert journal.trouble is None
        assert journal.look_up(["a", "b"]) == {"a": entry("a")}
    assert state_of(tmp_path) == before


def make_older(file: Path, version: int = 1) -> None:
    """The file as that version left it."""
    with closing(sqlite3.connect(file)) as connection:
        for step in STEPS[version:]:
            for table in re.findall(r"CREATE TABLE (\w+)", step):
                connection.execute(f"DROP TABLE {table}")
        connection.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_dry_run_reads_an_older_journal_and_leaves_it_so(
    tmp_path: Path, version: int
) -> None:
    filled(tmp_path)
    make_older(tmp_path / "journal.sqlite3", version)
    before = state_of(tmp_path)
    with opened(tmp_path, read_only=True) as journal:
        assert journal.traits() == Traits()
        assert journal.look_up(KEYS)
    assert state_of(tmp_path) == before


@pytest.mark.parametrize("version", range(1, VERSION))
def test_an_older_journal_is_brought_up_to_date(
    tmp_path: Path, version: int
) -> None:
    filled(tmp_path)
    make_older(tmp_path / "journal.sqlite3", version)
    for _ in range(2):
        with opened(tmp_path) as journal:
            assert journal.look_up(KEYS)
            journal.set_traits(Traits("md5", keeps_new=False))
    with opened(tmp_path, read_only=True) as journal:
        assert journal.traits() == Traits("md5", keeps_new=False)


def test_a_dry_run_for_a_target_never_sent_to_finds_nothing(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as journal:
        journal.record(entry("a"))
    before = state_of(tmp_path)
    with opened(tmp_path, bucket="other", read_only=True) as journal:
        assert journal.look_up(["a"]) == {}
    assert state_of(tmp_path) == before


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_left_empty_by_a_cut_off_first_run_is_an_empty_journal(
    tmp_path: Path, read_only: bool
) -> None:
    (tmp_path / "journal.sqlite3").touch()
    with opened(tmp_path, read_only=read_only) as journal:
        assert journal.look_up(["a"]) == {}
    size = (tmp_path / "journal.sqlite3").stat().st_size
    assert (size == 0) == read_only


# What is no journal of this version


def not_a_database(file: Path) -> None:
    file.write_bytes(b"not a database, but a text. " * 500)


def newer_version(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")


def another_programs(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE photo (name)")


def another_programs_by_mark(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA application_id = 1")


def folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


def broken_schema(file: Path) -> None:
    with file.open("r+b") as pages:
        pages.seek(100)
        pages.write(b"\xff" * 900)


def without_a_table(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE trait")


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (not_a_database, "damaged .* move it away"),
        (broken_schema, "damaged .* move it away"),
        (newer_version, "newer pt5-async .* 99, .* update pt5-async"),
        (another_programs, "another program"),
        (another_programs_by_mark, "another program"),
        (folder_instead, "cannot use the journal"),
        (without_a_table, "no such table: trait.* check its folder"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_way_out(
    tmp_path: Path,
    harm: Callable[[Path], None],
    sentence: str,
    read_only: bool,
) -> None:
    file = filled(tmp_path)
    harm(file)
    with pytest.raises(JournalError, match=sentence) as caught:
        opened(tmp_path, read_only=read_only)
    assert str(file) in str(caught.value)
    assert caught.value.fatal


def overwritten(file: Path) -> None:
    """The first pages are well, the rest is not."""
    size = file.stat().st_size
    with file.open("r+b") as pages:
        pages.seek(size // 8)
        pages.write(b"\xa5" * (size - size // 8))


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_was_cut_is_an_error_of_ours(
    tmp_path: Path, read_only: bool
) -> None:
    file = filled(tmp_path)
    os.truncate(file, file.stat().st_size // 2)
    with (
        pytest.raises(JournalError, match="damaged") as caught,
        opened(tmp_path, read_only=read_only) as journal,
    ):
        journal.look_up(KEYS)
    assert str(file) in str(caught.value)


def test_damage_that_shows_later_is_an_error_of_ours(tmp_path: Path) -> None:
    file = filled(tmp_path)
    overwritten(file)
    with pytest.raises(JournalError, match="damaged") as caught:
        known(tmp_path, KEYS)
    assert str(file) in str(caught.value)
    journal = opened(tmp_path)
    for key in KEYS:
        journal.record(entry(key, size=99))
    with pytest.raises(JournalError, match="damaged"):
        journal.flush()
    assert isinstance(journal.trouble, JournalError)
    with pytest.raises(JournalError, match="damaged"):
        journal.close()
    journal.close()


def test_a_proof_that_nobody_knows_counts_as_damage(tmp_path: Path) -> None:
    file = filled(tmp_path)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE sent SET proof = 'belief'")
    with pytest.raises(JournalError, match=r"damaged .*belief"):
        known(tmp_path, KEYS[:1])


def test_a_damaged_file_moved_away_makes_room_for_a_new_one(
    tmp_path: Path,
) -> None:
    file = filled(tmp_path)
    not_a_database(file)
    file.rename(tmp_path / "old")
    with opened(tmp_path) as journal:
        journal.record(entry("a"))
    assert known(tmp_path, ["a"]) == {"a": entry("a")}


# Rights


OPEN = (
    "import sys\nfrom pathlib import Path\n"
    "from pt5_async.errors import JournalError\n"
    "from pt5_async.journal import Journal\n"
    + AS_NOBODY
    + """
try:
    journal = Journal.open(
        Path(sys.argv[1]),
        endpoint="https://s3.example",
        bucket="plankton",
        read_only=sys.argv[2] == "dry",
    )
    print(len(journal.look_up(["000001"])), flush=True)
except JournalError as error:
    print(error, flush=True)
os._exit(0)  # coverage could not write its file as nobody
"""
)


@pytest.mark.parametrize("there", ["nothing", "folder", "file", "journal"])
def test_a_folder_that_may_not_be_written_is_named(
    open_folder: Path, there: str
) -> None:
    folder = open_folder / "state"
    if there == "folder":
        folder.mkdir()
    if there in {"file", "journal"}:
        # One right is missing: to make files beside it, or to write it.
        filled(folder).chmod(0o666 if there == "file" else 0o444)
    if there == "journal":
        folder.chmod(0o777)
    elif there != "nothing":
        folder.chmod(0o555)
    open_folder.chmod(0o555)
    said = answer(OPEN, folder, "wet")
    assert str(folder) in said
    assert "--state" in said
    assert "Permission denied" in said


def test_a_dry_run_needs_no_right_to_write(open_folder: Path) -> None:
    folder = open_folder / "state"
    file = filled(folder)
    before = state_of(folder)
    file.chmod(0o444)
    folder.chmod(0o555)
    assert answer(OPEN, folder, "dry") == "1"
    assert state_of(folder) == before


def test_a_journal_that_may_not_be_read_is_named(open_folder: Path) -> None:
    folder = open_folder / "state"
    filled(folder)
    if os.geteuid():
        folder.chmod(0)
    said = answer(OPEN, folder, "dry")
    folder.chmod(0o700)
    assert str(folder / "journal.sqlite3") in said
    assert "Permission denied" in said


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    for read_only in (True, False):
        with pytest.raises(JournalError, match="--state") as caught:
            opened(tmp_path / "state", read_only=read_only)
        assert str(tmp_path / "state") in str(caught.value)


# Kill -9


NOTES_UNTIL_KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from entries import entry, opened
journal = opened(Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    journal.record(entry(f"{number:08}", mtime_ns=time.time_ns()))
    print(number, time.time_ns(), flush=True)
    number += 1
    time.sleep(0.0005)
"""


@pytest.mark.parametrize("seconds", [0.9, 1.3, 1.52])
def test_a_killed_process_loses_at_most_the_last_second(
    tmp_path: Path, seconds: float
) -> None:
    with child(NOTES_UNTIL_KILLED, tmp_path, Path(__file__).parent) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        timer = time.monotonic() + seconds
        noted = []
        while time.monotonic() < timer:
            noted.append(process.stdout.readline().split())
        killed_ns = time.time_ns()
        process.kill()
    early = [
        f"{int(number):08}"
        for number, noted_ns in noted
        if int(noted_ns) < killed_ns - 10**9
    ]
    kept = {f"{int(number):08}" for number, _ in noted}
    with opened(tmp_path) as journal:
        assert journal._database.rows("PRAGMA integrity_check") == [("ok",)]
        found = journal.look_up(sorted(kept))
        assert set(early) <= set(found)
        assert sorted(found) == sorted(kept)[: len(found)], "no holes"
        assert len(found) >= 100


KILLS_ITSELF_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from entries import entry, opened
from pt5_async.journal import statements
def changes():
    for number in range(100_000):
        yield statements.RECORD, statements.entry_row(
            1, entry(f"{number:06}", size=666)
        )
    os.kill(os.getpid(), signal.SIGKILL)
opened(Path(sys.argv[1]))._database.write(changes())
"""


def test_a_write_that_is_cut_off_is_undone_by_the_next_run(
    tmp_path: Path,
) -> None:
    filled(tmp_path)
    here = Path(__file__).parent
    with child(KILLS_ITSELF_WHILE_WRITING, tmp_path, here) as process:
        assert process.wait(60) == -9
    assert (tmp_path / "journal.sqlite3-journal").stat().st_size
    before = state_of(tmp_path)
    with pytest.raises(JournalError, match="without --dry-run"):
        opened(tmp_path, read_only=True)
    assert state_of(tmp_path) == before
    with opened(tmp_path) as journal:
        assert journal._database.rows("PRAGMA integrity_check") == [("ok",)]
        assert journal.look_up(KEYS) == {key: entry(key) for key in KEYS}
    assert known(tmp_path, KEYS[:1]) == {KEYS[0]: entry(KEYS[0])}


# A full disk


@dataclass
class SmallDisk:
    """A folder on a disk that `fill` leaves no room on."""

    folder: Path
    fill: Callable[[], None]
    relieve: Callable[[], None]


@contextmanager
def tmpfs(folder: Path) -> Iterator[SmallDisk]:
    """A file system of 1 MiB, full by a ballast file."""
    ballast = folder / "ballast"

    def fill() -> None:
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        assert shutil.disk_usage(folder).free == 0

    try:
        yield SmallDisk(folder, fill, ballast.unlink)
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def size_limit(folder: Path) -> Iterator[SmallDisk]:
    """No file may grow beyond what the journal has already."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    file = folder / "journal.sqlite3"

    def limit(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))

    def fill() -> None:
        limit(file.stat().st_size if file.exists() else 4096)

    try:
        yield SmallDisk(folder, fill, lambda: limit(before))
    finally:
        limit(before)


@pytest.fixture(params=["tmpfs", "size limit"])
def small_disk(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[SmallDisk]:
    """A tmpfs where this user may mount one, else a size limit instead."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = request.param == "tmpfs" and sys.platform == "linux"
    if mounted:
        options = ["-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
        mount = subprocess.run(
            ["mount", *options], check=False, capture_output=True
        )
        mounted = mount.returncode == 0
    with (tmpfs if mounted else size_limit)(folder) as disk:
        yield disk


def test_on_a_full_disk_the_notes_are_kept_until_there_is_room(
    small_disk: SmallDisk,
) -> None:
    folder = small_disk.folder
    keys = KEYS[:2000]
    with opened(folder) as journal:
        journal.record(entry("before"))
        journal.flush()
        small_disk.fill()
        for key in keys:
            journal.record(entry(key))
        trouble = await_trouble(journal)
        assert isinstance(trouble, JournalFull)
        assert str(folder / "journal.sqlite3") in str(trouble)
        assert "make room" in str(trouble)
        assert len(journal.look_up(keys)) == len(keys)
        assert list(known(folder, ["before", keys[0]])) == ["before"]
        with pytest.raises(JournalFull):
            journal.flush()
        small_disk.relieve()
        journal.record(entry("after"))
        journal.flush()
        assert trouble_of(journal) is None
    kept = known(folder, ["before", *keys, "after"])
    assert len(kept) == len(keys) + 2


def test_closing_on_a_full_disk_says_so_and_leaves_a_good_file(
    small_disk: SmallDisk,
) -> None:
    journal = opened(small_disk.folder)
    journal.record(entry("before"))
    journal.flush()
    small_disk.fill()
    for key in KEYS[:2000]:
        journal.record(entry(key))
    with pytest.raises(JournalFull):
        journal.close()
    assert isinstance(journal.trouble, JournalFull)
    journal.close()
    small_disk.relieve()
    with opened(small_disk.folder) as journal:
        assert journal._database.rows("PRAGMA integrity_check") == [("ok",)]
        assert journal.look_up(["before"])


def test_a_new_journal_on_a_full_disk_is_refused_as_such(
    small_disk: SmallDisk,
) -> None:
    small_disk.fill()
    with pytest.raises(JournalFull, match="make room"):
        opened(small_disk.folder)
    small_disk.relieve()
    with opened(small_disk.folder) as journal:
        journal.record(entry("a"))
    assert known(small_disk.folder, ["a"])
