"""What is held for over a day, though a later run should have sent it."""

import time
from pathlib import Path

import pytest
from commands import Pier
from runs import Shore, bin_bytes, names, pid_text, touch, write_bin
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind
from pt5_async.journal import NoJournal
from pt5_async.journal.database import Database
from pt5_async.model import Held, Outcome
from pt5_async.waiting import overdue

HOUR = 3600.0
SECOND = 1_000_000_000


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def late(found: dict[str, Outcome]) -> set[bool]:
    """Whether what is held is so for too long."""
    return {one.overdue for one in found.values() if isinstance(one, Held)}


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (-5.0, None),
        (23.99, None),
        (24.0, "held for 24 hours"),
        (47.99, "held for 47 hours"),
        (48.0, "held for 2 days"),
        (800.0, "held for 33 days"),
    ],
)
def test_a_day_is_too_long(hours: float, words: str | None) -> None:
    assert overdue(0, int(hours * HOUR) * SECOND) == words


@pytest.mark.parametrize("rois", [0, 3])
async def test_what_is_touched_for_ever_is_overdue_after_a_day(
    shore: Shore, rois: int
) -> None:
    """Whole or not, and whatever of it changes from run to run."""
    without = (Kind.ADC,) if rois else ()
    for hours in (0, 12, 11):
        shore.clock.now_ns += int(hours * HOUR) * SECOND
        written = time.time() - shore.clock.now_ns / SECOND + 5
        made = bin_bytes(rois=rois)
        write_bin(shore.source, made=made, age=written, without=without)
        assert late(await shore.run()) == {False}
    shore.clock.now_ns += int(2 * HOUR) * SECOND
    for path in shore.source.iterdir():
        touch(path, age=time.time() - shore.clock.now_ns / SECOND + 5)
    assert late(await shore.run(dry=True)) == {True}
    found = await shore.run()
    assert {
        one.detail.rpartition("; ")[2]
        for one in found.values()
        if isinstance(one, Held)
    } == {"held for 25 hours"}
    assert late(await shore.run_with(NoJournal())) == {False}


async def test_what_was_sent_meanwhile_begins_to_wait_anew(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source, age=5)
    assert late(await shore.run()) == {False}
    assert late(await shore.run(min_age=0.0)) == set()
    shore.clock.now_ns += int(30 * HOUR) * SECOND
    for path in paths.values():
        path.write_bytes(path.read_bytes() + b"\n")
        touch(path, age=5 - 30 * HOUR)
    assert late(await shore.run(replace_changed=True)) == {False}


# ---- through the command


def age_looks(state: Path, hours: float) -> None:
    """Let what the journal saw have been seen so many hours before."""
    database = Database.open(state)
    earlier = int(hours * HOUR) * SECOND
    database.write([("UPDATE look SET first_ns = first_ns - ?", (earlier,))])
    database.close()


def test_a_job_names_what_is_held_for_over_a_day_and_goes_on_well(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> None:
    pier = Pier(tmp_path, clean_environment, scripted)
    write_bin(pier.source, 1, age=600, without=(Kind.ADC,))
    assert pier.upload("--quiet").err == ""
    age_looks(pier.state, 26)
    write_bin(pier.source, 2, age=10)
    line = (
        f"  {pid_text(1)}{{.roi,.hdr}}  being written: adc missing;"
        " held for 26 hours"
    )
    quiet = pier.upload("--quiet")
    assert quiet.out == ""
    head, name, log = quiet.err.splitlines()
    assert (head, name) == ("Held For Over 24 Hours:", line)
    assert log.startswith("Log: ")
    said = pier.upload().out.splitlines()
    assert said[0:2] == [head, line]
    assert said[2] == "Held Files:"
    assert pid_text(2) in said[3]
    assert "  2 for over 24 hours" in said
    known = pier.root / "known"
    known.write_text(names(1)[0])
    assert pier.upload("--quiet", "--known-broken", known).err == ""
