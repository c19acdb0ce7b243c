"""The crontab line and the systemd units of README.md, really run."""

import configparser
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from commands import PROGRAM, Done, Pier, asked, bodies, files_below, until
from readme import blocks, rows
from runs import write_bin
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.cli.exits import Exit

INSTALLED: Final = "/opt/pt5-async/bin/pt5-async"
KEYS: Final = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
SECONDS: Final = 60

[CRON_LINE] = "".join(blocks("crontab")).splitlines()
SCHEDULE, COMMAND = CRON_LINE.split(" ", 5)[:5], CRON_LINE.split(" ", 5)[5]


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, scripted)
    write_bin(made.source / "D20220522")
    return made


def put_settings(pier: Pier) -> Path:
    """A file as both jobs have it; nothing of it in the environment."""
    moved = ("AWS_ENDPOINT_URL", "AWS_REGION", *KEYS)
    lines = [f"{name}={pier.environ.pop(name)}" for name in moved]
    lines += [f"IFCB_DATA_DIR={pier.source}", "AWS_UPLOAD_URL=s3://bucket/p"]
    file = pier.root / "settings.env"
    file.write_text("\n".join(lines) + "\n")
    return file


def unit(name: str) -> configparser.ConfigParser:
    """The unit of README.md that goes into a file of that name."""
    marked = [one for one in blocks("ini") if f"/{name}\n" in one]
    parser = configparser.ConfigParser(
        delimiters=("=",), comment_prefixes=("#",), interpolation=None
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string("".join(marked))
    return parser


def as_cron_does(pier: Pier, settings: Path) -> Done:
    """Run the crontab's command: by sh, in the home, bare environment."""
    command = COMMAND.replace(INSTALLED, str(PROGRAM))
    command = command.replace("/home/ifcb/pt5.env", str(settings))
    assert str(PROGRAM) in command
    pier.cwd = pier.home
    return pier.run("-c", command, program=("/bin/sh",))


def as_systemd_does(pier: Pier, settings: Path) -> Done:
    """Run the service's command, as a user without a home."""
    service = unit("pt5-async.service")["Service"]
    assert service["EnvironmentFile"] == "/etc/pt5-async.env"
    told = dict(
        line.split("=", 1) for line in settings.read_text().splitlines()
    )
    there = pier.root / "lib" / service["StateDirectory"]
    pier.environ |= told | {
        "STATE_DIRECTORY": str(there),
        "HOME": "/nonexistent",
    }
    program, *words = service["ExecStart"].split()
    assert program == INSTALLED
    return pier.run(*words)


@pytest.mark.parametrize("job", [as_cron_does, as_systemd_does])
def test_a_job_sends_everything_and_says_nothing(
    pier: Pier, scripted: ScriptedServer, job: Callable[[Pier, Path], Done]
) -> None:
    settings = put_settings(pier)
    for puts in (3, 3):
        assert job(pier, settings) == Done(0, "", "")
        assert len(asked(scripted, Op.PUT)) == puts
    assert bodies(scripted) == files_below(pier.source)


def test_a_job_that_comes_too_early_leaves_without_a_word(
    pier: Pier, scripted: ScriptedServer
) -> None:
    settings = put_settings(pier)
    gate = scripted.gate(Op.PUT)
    pier.environ["PT5_ENV_FILE"] = str(settings)
    with pier.running("upload") as first:
        until(lambda: gate.held)
        assert as_cron_does(pier, settings) == Done(0, "", "")
        gate.release()
        assert first.end().code == 0


def test_the_journals_are_where_it_is_said(pier: Pier) -> None:
    settings = put_settings(pier)
    as_cron_does(pier, settings)
    assert list(pier.state.glob("*.sqlite3"))
    as_systemd_does(pier, settings)
    assert list((pier.root / "lib" / "pt5-async").glob("*.sqlite3"))


def test_a_job_names_what_is_not_well(pier: Pier) -> None:
    settings = put_settings(pier)
    paths = write_bin(pier.source, 7)
    next(iter(paths.values())).unlink()
    done = as_cron_does(pier, settings)
    assert (done.code, done.out) == (4, "")
    assert "D20220522T000007_IFCB134" in done.err


def test_cron_reads_the_line_as_it_stands() -> None:
    assert all(re.fullmatch(r"[\d*/,-]+", field) for field in SCHEDULE)
    assert "%" not in COMMAND, "cron takes it for the end of the line"


def test_the_timer_starts_the_service() -> None:
    assert unit("pt5-async.timer")["Install"]["WantedBy"] == "timers.target"
    assert unit("pt5-async.service")["Service"]["Type"] == "oneshot"


def test_every_exit_code_but_two_is_explained_for_systemd() -> None:
    told = {
        int(code)
        for cells in rows("Every ten minutes, by itself")
        for code in cells[0].split(", ")
    }
    # A bug is one anywhere, --if-running skip knows no 7, and nobody
    # presses Ctrl-C there.
    assert set(Exit) - told == {Exit.BUG, Exit.BUSY, Exit.INTERRUPTED}


def test_a_service_that_is_stopped_has_not_failed(
    pier: Pier, scripted: ScriptedServer
) -> None:
    well = unit("pt5-async.service")["Service"]["SuccessExitStatus"]
    gate = scripted.gate(Op.PUT)
    for number in range(1, 50):
        write_bin(pier.source, number)
    with pier.uploading() as running:
        until(lambda: gate.held)
        running.signal(signal.SIGTERM)
        running.await_words("stopping: ")
        gate.release()
        assert str(running.end().code) == well


def test_systemd_knows_every_word_of_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("other system: no systemd here")
    for block in blocks("ini"):
        [name] = re.findall(
            r"^# /etc/systemd/system/(.*)$", block, re.MULTILINE
        )
        told = block.replace(INSTALLED, str(PROGRAM))
        (tmp_path / name).write_text(told)
    done = subprocess.run(
        [program, "verify", *sorted(tmp_path.iterdir())],
        capture_output=True,
        check=False,
        timeout=SECONDS,
        text=True,
    )
    ours = [one for one in done.stderr.splitlines() if str(tmp_path) in one]
    assert ours == []
