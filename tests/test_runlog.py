"""What stands in a log, what does not, and what its troubles lead to."""

import logging
import os
import sys
from pathlib import Path

import pytest
from saying import (
    NASTY,
    begun,
    done,
    examples,
    failed,
    noon,
    skipped,
    summed,
    uploaded,
)

from pt5_async.cli.rotating import Rotating
from pt5_async.cli.runlog import RunLog, logged
from pt5_async.errors import CredentialsRefused, StoreBusy, UsageError
from pt5_async.events import Event, FolderSeen, Stopping

STAMP = "2026-11-22T12:00:00.000Z"

on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="other system: no /dev/full"
)


def opened(path: Path, **choices: object) -> RunLog:
    given = {"about": "/data to s3://bucket/site", "now": noon} | choices
    return RunLog(Rotating(path), **given)  # type: ignore[arg-type]


def written(path: Path, *events: Event, **choices: object) -> list[str]:
    """What a log has of these events, without times and the first line."""
    log = opened(path, **choices)
    for event in events:
        log(event)
    log.end(0)
    return bare(path)[1:-1]


def bare(path: Path) -> list[str]:
    """The lines of a log without times and run ids; these are checked."""
    found = []
    for line in path.read_text("utf-8").splitlines():
        when, who, words = line.split(" ", 2)
        assert when == STAMP
        assert who in {"f00d", f"process-{os.getpid()}"}
        found.append(words)
    return found


def test_every_event_has_a_line_but_what_every_run_would_say_again(
    tmp_path: Path,
) -> None:
    assert written(tmp_path / "log", *examples()) == [
        "Uploading /data to s3://bucket/site",
        f"run f00d at s3.example.org, process {os.getpid()}",
        "counted 4 files, 4.0 KB",
        (
            "sent    day/one.roi  1.0 KB  in 0.25 s, proof crc64nvme,"
            " not sent before"
        ),
        "held    day/three.roi  1.0 KB  broken: one row is cut",
        "failed  day/four.roi: not a key",
        "again   site/one  attempt 2 in 0.5 s: 503 Slow Down",
        "unreachable for 00:00, next try in 12 s: no route",
        "the store answers again after 01:15; the run goes on",
        "warning: the clock is odd",
        "stopping: running files get 8s; asking once more stops at once",
    ]


def test_a_run_that_sends_nothing_writes_nothing(tmp_path: Path) -> None:
    quiet = [done(skipped()) for _ in range(100)]
    folders = [FolderSeen(f"day{n}", 1, 0, 0) for n in range(100)]

    assert written(tmp_path / "log", *quiet, *folders) == []


def test_the_last_words_are_the_summary_an_error_and_the_exit_code(
    tmp_path: Path,
) -> None:
    log = opened(tmp_path / "log")
    log(begun())
    log(done(uploaded()))
    log.end(5, summary=summed(*examples()), error=StoreBusy("no answer"))
    log.end(0)
    log.say("too late")

    found = bare(tmp_path / "log")
    assert "Total Files: 1" in found
    assert found[-2:] == ["no answer", "exit code 5"]


def test_a_failure_says_what_it_took(tmp_path: Path) -> None:
    lost = failed(error=StoreBusy("503"))
    lost = type(lost)(lost.item, lost.error, attempts=3, seconds=7.5)

    assert written(tmp_path / "log", done(lost)) == [
        "failed  day/four.roi: 503  (3 attempts, 7.50 s)"
    ]


def test_stopping_is_said_once_for_each_way(tmp_path: Path) -> None:
    asked = [Stopping(at_once=False)] * 2 + [Stopping(at_once=True)] * 2

    assert len(written(tmp_path / "log", *asked)) == 2


def test_a_name_is_one_line_whatever_is_in_it(tmp_path: Path) -> None:
    [line] = written(tmp_path / "log", done(uploaded(NASTY)))

    assert line.isprintable()


def test_no_secret_gets_in_whoever_says_it(tmp_path: Path) -> None:
    log = opened(tmp_path / "log", secrets=("hunter2",))
    with logged(log):
        logging.getLogger("some.library").warning("key %s", "hunter2")
        log(done(failed(error=StoreBusy("signed with hunter2"))))
        log.end(0)

    text = (tmp_path / "log").read_text()
    assert "hunter2" not in text
    assert text.count("***") == 2


def test_libraries_are_heard_and_their_details_not(tmp_path: Path) -> None:
    library = logging.getLogger("some.library")
    before = logging.getLogger().level
    with logged(opened(tmp_path / "log")) as log:
        library.debug("detail")
        library.info("info")
        library.warning("warning\nin two lines")
        log.end(0)

    assert bare(tmp_path / "log")[1:-1] == [
        "INFO some.library: info",
        "WARNING some.library: warning",
        "in two lines",
    ]
    assert logging.getLogger().level == before


@pytest.mark.parametrize(
    ("error", "last"),
    [
        (CredentialsRefused("the key is not known"), "exit code 6"),
        (KeyboardInterrupt(), "exit code 130"),
        (ZeroDivisionError("oh"), "exit code 1"),
    ],
)
def test_what_ends_a_run_is_its_last_line(
    tmp_path: Path, error: BaseException, last: str
) -> None:
    with pytest.raises(type(error)), logged(opened(tmp_path / "log")):
        raise error

    found = bare(tmp_path / "log")
    assert found[-1] == last
    assert any(str(error) in line for line in found)


# ---- troubles


@on_linux
def test_a_log_that_somebody_named_and_that_cannot_be_is_refused(
    tmp_path: Path,
) -> None:
    for path in (Path("/dev/full"), tmp_path / "none" / "log", tmp_path):
        with pytest.raises(UsageError, match=f"cannot write the log {path}"):
            opened(path).raise_if_refused()


@on_linux
def test_another_is_complained_of_once_and_not_named() -> None:
    told: list[str] = []
    log = opened(Path("/dev/full"))
    log.when_lost = told.append
    log(done(uploaded()))
    assert told == [], "a run that has not begun has other sorrows"
    for event in (begun(), *[done(uploaded())] * 3):
        log(event)
    log.end(0)

    [sentence] = told
    assert "/dev/full cannot be written: No space left" in sentence
    assert log.path is None


def test_what_goes_wrong_later_is_said_at_the_end_at_the_latest(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    folder = tmp_path / "folder"
    folder.mkdir()
    log = opened(folder / "log")
    log.when_lost = told.append
    log(begun())
    (folder / "log").unlink()
    folder.rmdir()
    log.end(0)

    [sentence] = told
    assert "No such file" in sentence
    assert log.path == folder / "log"


def test_a_full_log_that_cannot_be_renamed_is_complained_of(
    tmp_path: Path,
) -> None:
    (tmp_path / "log.1").mkdir()
    (tmp_path / "log.1" / "in the way").touch()
    told: list[str] = []
    log = RunLog(Rotating(tmp_path / "log", limit=10, kept=1))
    log.when_lost = told.append
    log(begun())
    log.end(0)

    [sentence] = told
    assert "cannot be renamed" in sentence
    assert "exit code 0" in (tmp_path / "log").read_text()
