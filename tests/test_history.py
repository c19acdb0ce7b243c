"""What the journal tells of runs and verifications that are over."""

import json
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest
from coast import Coast
from entries import BUCKET, ENDPOINT, child, entry, opened
from fakes import Recorder
from runs import names, write_bin
from servers.faults import Answer, Rule
from servers.routing import Op
from servers.scripted import ScriptedServer
from uploads import TARGET, a_session, reaching

from pt5_async import errors, upload_tree
from pt5_async.events import Level, Notice, RunBegun
from pt5_async.journal import Run, Unsent
from pt5_async.journal.database import NAME
from pt5_async.journal.history import (
    History,
    note_exit,
    note_verification,
)
from pt5_async.journal.past import Ending, PastRun, PastVerification, Place
from pt5_async.journal.tables import STEPS, VERSION
from pt5_async.lock import hold
from pt5_async.logbook import counts
from pt5_async.model import Proof

HERE = Place(ENDPOINT, BUCKET, "p")
SECOND = 10**9


def runs(folder: Path) -> list[PastRun]:
    with History.open(folder) as history:
        return list(history.runs())


def begin(folder: Path, *ids: str, prefix: str = "p") -> None:
    """Runs that began, a second apart, and noted no end."""
    with opened(folder) as journal:
        for number, one in enumerate(ids):
            begun_ns = (number + 1) * SECOND
            journal.begin_run(Run(one, "/data", prefix, "mirror", begun_ns))


def end(folder: Path, run: str, *, error: str | None = None) -> None:
    with opened(folder) as journal:
        told = {"bytes": 4000, "bins": 2, "milliseconds": 2000}
        journal.end_run(run, ended_ns=9 * SECOND, counts=told, error=error)


def verification(id_: str, **totals: object) -> PastVerification:
    return PastVerification(id_, HERE, "/data", "checksum", 1, 2, totals)


def test_runs_are_told_with_their_counts_the_last_one_first(
    tmp_path: Path,
) -> None:
    begin(tmp_path, "a", "b")
    end(tmp_path, "b")
    note_exit(tmp_path, "b", 4)
    last, first = runs(tmp_path)
    assert (last.id, last.source, last.target) == (
        "b",
        "/data",
        f"s3://{BUCKET}/p",
    )
    assert last.place == HERE
    assert (last.exit_code, last.ending) == (4, Ending.ENDED)
    assert (last.seconds, last.rate) == (2.0, 2000.0)
    assert last.counts["bins"] == 2
    assert (first.id, first.ending) == ("a", Ending.CUT_OFF)
    assert first.exit_code is first.seconds is first.rate is None
    assert first.upto_ns == last.begun_ns


def test_more_runs_than_one_answer_has_come_in_order(tmp_path: Path) -> None:
    ids = [f"{number:04}" for number in range(2500)]
    begin(tmp_path, *ids)
    assert [run.id for run in runs(tmp_path)] == ids[::-1]
    with History.open(tmp_path) as history:
        some = [run.id for run in islice(history.runs(), 3)]
    assert some == ids[:-4:-1]


def test_a_run_of_an_older_version_has_the_counts_that_it_noted(
    tmp_path: Path,
) -> None:
    begin(tmp_path, "a")
    with opened(tmp_path) as journal:
        journal.end_run("a", ended_ns=4 * SECOND, counts={"bytes": 30})
    [run] = runs(tmp_path)
    assert (run.seconds, run.rate) == (3.0, 10.0)
    assert "retries" not in run.counts


def test_what_ended_a_run_early_is_told_with_its_sentence(
    tmp_path: Path,
) -> None:
    begin(tmp_path, "a")
    end(tmp_path, "a", error="StoreUnreachable: no answer: timed out")
    [run] = runs(tmp_path)
    assert run.error == "StoreUnreachable"
    assert run.reason == "no answer: timed out"


def test_a_run_that_holds_its_lock_is_under_way(tmp_path: Path) -> None:
    begin(tmp_path, "a", "b")
    with hold(tmp_path, endpoint=ENDPOINT, bucket=BUCKET):
        endings = [run.ending for run in runs(tmp_path)]
        # Whoever looks is in nobody's way.
        assert endings == [Ending.RUNNING, Ending.CUT_OFF]
    endings = [run.ending for run in runs(tmp_path)]
    assert endings == [Ending.CUT_OFF] * 2


KILLED_WITH_ITS_LOCK = """
import os, sys
from pathlib import Path
from pt5_async.journal.tables import STEPS, VERSION
from pt5_async.lock import hold
with hold(Path(sys.argv[1]), endpoint=sys.argv[2], bucket=sys.argv[3]):
    os.kill(os.getpid(), 9)
"""


def test_a_killed_run_s_signature_does_not_make_it_run(
    tmp_path: Path,
) -> None:
    begin(tmp_path, "a")
    with child(KILLED_WITH_ITS_LOCK, tmp_path, ENDPOINT, BUCKET) as process:
        assert process.wait(60) == -9
    assert [run.ending for run in runs(tmp_path)] == [Ending.CUT_OFF]
    # Another process has that number now; this one will do.
    [file] = tmp_path.glob("*.lock")
    signed = json.loads(file.read_text())
    file.write_text(json.dumps(signed | {"pid": process.pid and 1}))
    assert [run.ending for run in runs(tmp_path)] == [Ending.CUT_OFF]
    file.write_text(json.dumps(signed | {"host": "elsewhere"}))
    assert [run.ending for run in runs(tmp_path)] == [Ending.RUNNING]


def test_what_a_cut_off_run_sent_is_counted_from_its_objects(
    tmp_path: Path,
) -> None:
    now = 1_700_000_000 * SECOND  # as in `entry`
    with opened(tmp_path) as journal:
        for id_, begun_ns in (("a", now - 1), ("b", now + 1)):
            journal.begin_run(Run(id_, "/data", "p", "mirror", begun_ns))
        for name in ("p/x.roi", "p/x.hdr", "p/x.adc", "q/y.adc"):
            journal.record(entry(name))
        journal.record(entry("p/z.adc", proof=Proof.SIZE_DATE))
        journal.record(entry("p/s.adc", size=-1, proof=Proof.NONE))
    with History.open(tmp_path) as history:
        found = history.amounts(list(history.runs()))
    assert (found["a"].files, found["a"].bins, found["a"].size) == (3, 1, 15)
    assert found["b"].files == 0


def test_objects_are_told_by_key_as_many_as_there_are(tmp_path: Path) -> None:
    keys = [f"p/{number:05}" for number in range(2500)]
    with opened(tmp_path) as journal:
        for key in (*keys, "p0", "o/z"):
            journal.record(entry(key))
    with History.open(tmp_path) as history:
        assert [one.key for one in history.objects(HERE)] == keys
        everywhere = HERE._replace(prefix="")
        assert len(list(history.objects(everywhere))) == 2502
        assert not list(history.objects(HERE._replace(bucket="other")))


def test_what_the_last_run_left_takes_the_place_of_what_was_left(
    tmp_path: Path,
) -> None:
    begin(tmp_path, "a", "b")
    with History.open(tmp_path) as history:
        assert history.left(HERE) is None
    left = [Unsent("d/\udcff.roi", 5, "failed", "no \udcff")]
    for run, files in (("a", left * 2), ("b", left)):
        with opened(tmp_path) as journal:
            journal.end_run(run, ended_ns=9, counts={}, unsent=files)
    with History.open(tmp_path) as history:
        found = history.left(HERE)
    assert found is not None
    assert (found.run, list(found.files)) == ("b", left)


def test_verifications_are_told_the_last_one_first(tmp_path: Path) -> None:
    begin(tmp_path, "a")
    note_verification(tmp_path, verification("x", safe=True, extra=None))
    note_verification(
        tmp_path, verification("y", safe=False, bins={"safe": 3}, extra={})
    )
    with History.open(tmp_path) as history:
        last, first = history.verifications()
    assert (last.id, last.safe, last.partial) == ("y", False, False)
    assert last.bins == {"safe": 3}
    assert (first.id, first.safe, first.partial) == ("x", True, True)
    assert first == verification("x", safe=True, extra=None)


def test_nothing_is_noted_where_there_is_no_journal(tmp_path: Path) -> None:
    note_verification(tmp_path / "none", verification("x"))
    note_exit(tmp_path / "none", "x", 0)
    assert not (tmp_path / "none").exists()
    assert runs(tmp_path / "none") == []
    (tmp_path / NAME).touch()
    note_exit(tmp_path, "x", 0)
    assert (tmp_path / NAME).stat().st_size == 0
    assert runs(tmp_path) == []


def test_to_look_at_a_journal_changes_nothing(tmp_path: Path) -> None:
    begin(tmp_path, "a")
    before = (tmp_path / NAME).read_bytes()
    with History.open(tmp_path) as history:
        list(history.runs())
        list(history.verifications())
    assert (tmp_path / NAME).read_bytes() == before
    (tmp_path / NAME).chmod(0o400)
    assert len(runs(tmp_path)) == 1


@pytest.mark.parametrize("version", range(1, VERSION))
def test_an_older_journal_is_looked_at_and_left_so(
    tmp_path: Path, version: int
) -> None:
    begin(tmp_path, "a")
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        for step in STEPS[version:]:
            for table in re.findall(r"CREATE TABLE (\w+)", step):
                connection.execute(f"DROP TABLE {table}")
        connection.execute(f"PRAGMA user_version = {version}")
    before = (tmp_path / NAME).read_bytes()
    with History.open(tmp_path) as history:
        assert [run.id for run in history.runs()] == ["a"]
        assert not list(history.verifications())
        assert history.left(HERE) is None
    assert (tmp_path / NAME).read_bytes() == before
    note_exit(tmp_path, "a", 3)
    assert [run.exit_code for run in runs(tmp_path)] == [3]


def odd_counts(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE run SET counts = '[1]'")


def cut_counts(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE run SET counts = '{'")


def no_database(file: Path) -> None:
    file.write_bytes(b"not a database, but a text. " * 500)


@pytest.mark.parametrize("harm", [odd_counts, cut_counts, no_database])
def test_damage_is_told_with_the_way_out(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    begin(tmp_path, "a")
    harm(tmp_path / NAME)
    with pytest.raises(errors.JournalUnfit, match=r"damaged .*move it away"):
        runs(tmp_path)


CUT_OFF_WHILE_WRITING = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from entries import entry, opened
journal = opened(Path(sys.argv[1]))
connection = journal._database._connection
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE run SET source = '/elsewhere'")
connection.execute("DELETE FROM sent")
os.kill(os.getpid(), 9)
"""


def test_a_journal_that_was_cut_off_while_written_is_looked_at(
    tmp_path: Path,
) -> None:
    begin(tmp_path, "a")
    with opened(tmp_path) as journal:
        for number in range(5000):
            journal.record(entry(f"{number:05}"))
    here = Path(__file__).parent
    with child(CUT_OFF_WHILE_WRITING, tmp_path, here) as process:
        assert process.wait(60) == -9
    assert (tmp_path / f"{NAME}-journal").stat().st_size
    [run] = runs(tmp_path)
    assert run.source == "/data"
    with History.open(tmp_path) as history:
        assert len(list(history.objects(HERE._replace(prefix="")))) == 5000


# ---- what real runs note


async def test_a_run_notes_how_it_ended_and_what_it_left(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    state, tree = tmp_path / "state", tmp_path / "tree"
    for number in (1, 2):
        write_bin(tree, number)
    write_bin(tree, 3, age=5)
    bad = names(2)[0]
    refused = Answer(400, "EntityTooLarge", "too large")
    scripted.script(Rule(refused, Op.PUT, key=f"p/{bad}"))
    told = Recorder()
    summary = await upload_tree(
        tree,
        TARGET,
        settings=reaching(scripted, state=state),
        session=a_session(),
        observer=told,
    )
    [begun] = [one for one in told.events if isinstance(one, RunBegun)]
    [run] = runs(state)
    assert run.counts.keys() == counts(summary).keys()
    assert run.counts == run.counts | {
        "uploaded": 4,  # an .hdr goes without its .roi
        "failed": 2,
        "held": 3,
        "bins": 1,
        "bins_failed": 1,
        "bins_held": 1,
    }
    assert run.place == Place(begun.endpoint, "bucket", "p")
    assert (run.ending, run.error, run.exit_code) == (
        Ending.ENDED,
        None,
        None,
    )
    assert run.begun_ns <= time.time_ns()
    assert run.seconds == pytest.approx(summary.seconds, abs=0.5)
    assert run.rate == pytest.approx(summary.uploaded.size / run.seconds)
    with History.open(state) as history:
        left = history.left(run.place)
        sent = list(history.objects(run.place))
    assert left is not None
    assert left.files[0].path == bad
    assert "too large" in left.files[0].reason
    assert {one.fate for one in left.files} == {"failed", "held"}
    assert len(sent) == 4
    assert all(one.sent_at_ns >= run.begun_ns for one in sent)


async def test_a_run_that_an_error_ends_notes_which(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    state = tmp_path / "state"
    write_bin(tmp_path / "tree")
    with pytest.raises(errors.BucketMissing) as caught:
        await upload_tree(
            tmp_path / "tree",
            "s3://nowhere/p",
            settings=reaching(scripted, state=state),
            session=a_session(),
        )
    [run] = runs(state)
    assert (run.error, run.reason) == ("BucketMissing", str(caught.value))
    assert run.counts["uploaded"] == 0


@pytest.fixture
def coast(tmp_path: Path, scripted: ScriptedServer) -> Coast:
    return Coast(tmp_path, scripted)


async def test_a_verification_is_noted_if_that_is_asked_for(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    await coast.verify()
    coast.drop(".hdr")
    seen = await coast.verify(note=True)
    with History.open(coast.state) as history:
        [one] = history.verifications()
        [run] = history.runs()
    assert one.place == run.place
    assert (one.source, one.level) == (run.source, "checksum")
    assert not one.safe
    assert not one.partial
    assert one.bins == dict(seen.bins)
    assert one.totals["missing"]["files"] == 1
    assert run.begun_ns < one.begun_ns < one.ended_ns


async def test_a_note_that_cannot_be_made_costs_a_line(coast: Coast) -> None:
    write_bin(coast.source)
    await coast.upload()
    before = (coast.state / NAME).read_bytes()
    with closing(sqlite3.connect(coast.state / NAME)) as other:
        # A reader is let in meanwhile, a writer is not.
        other.execute("BEGIN IMMEDIATE")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pt5_async.journal.database.BUSY", 0.1)
            seen = await coast.verify(note=True)
    assert seen.safe
    [notice] = coast.of(Notice)
    assert notice.level == Level.INFO
    assert "no note of this verification" in notice.text
    assert (coast.state / NAME).read_bytes() == before
