"""What README.md says, held against the installed command.

Its demo and test commands are run, to the letter, by .ci/run; the test
command cannot run itself.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from commands import Pier, bodies, files_below
from readme import README, ROOT, blocks, named, rows
from runs import write_bin
from servers.scripted import ScriptedServer

from pt5_async.cli.app import TOP_OPTIONS
from pt5_async.cli.exits import Exit
from pt5_async.model import Hold, Proof
from pt5_async.receipt import COLUMNS

HELP_SECONDS: Final = 60

COMMANDS = ("upload", "inspect", "verify", "report", "history")
"""Those that have options of their own."""


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, scripted)
    write_bin(made.source / "D20220522")
    return made


@pytest.mark.parametrize(
    ("marker", "end"),
    [
        ("demo", ".venv/bin/pt5-async demo"),
        ("test", ".venv/bin/python -m pytest"),
    ],
)
def test_two_single_lines_do_everything_for_a_newcomer(
    marker: str, end: str
) -> None:
    _, mark, rest = README.partition(f"<!-- {marker} -->\n```sh\n")
    assert mark
    command, fence = rest.splitlines()[:2]
    assert fence == "```"
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install")
    assert command.endswith(f" && {end}")


def test_the_first_real_upload_goes_as_it_is_told(
    pier: Pier, scripted: ScriptedServer
) -> None:
    dotenv = next(one for one in blocks("sh") if "IFCB_DATA_DIR=" in one)
    told = {
        "s3://my-bucket/my-site": "s3://bucket/site",
        "/data/ifcb": str(pier.source),
    }
    for example, real in told.items():
        assert example in dotenv
        dotenv = dotenv.replace(example, real)
    (pier.cwd / ".env").write_text(dotenv)
    [commands] = [one for one in blocks("sh") if "--validate" in one]
    for number, command in enumerate(commands.splitlines()):
        program, *words = command.partition("#")[0].split()
        assert program == "pt5-async"
        assert not bodies(scripted, "site/"), number
        done = pier.run(*words)
        assert done.code == 0, done
    assert bodies(scripted, "site/") == files_below(pier.source)


def test_the_example_runs_as_it_stands(
    pier: Pier, scripted: ScriptedServer
) -> None:
    [example] = blocks("python")
    call = 'main("/data/ifcb", "s3://my-bucket/my-site")'
    assert call in example
    real = f'main({str(pier.source)!r}, "s3://bucket/site", {scripted.url!r})'
    done = pier.run(
        "-c", example.replace(call, real), program=(sys.executable,)
    )
    assert done.code == 0, done
    assert done.err == ""
    told, sums = done.out.splitlines()
    assert told == "D20220522T000000_IFCB134 Uploaded Uploaded Uploaded"
    assert sums.startswith("3 files ")
    assert bodies(scripted, "site/") == files_below(pier.source)


def test_every_option_that_it_names_is_one(pier: Pier) -> None:
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README))
    # Of mypy, the older script, systemctl and pytest.
    others = {"--strict", "--destination", "--now", "--no-cov"}
    said = "".join(
        pier.run(command, "--help", COLUMNS="200").out for command in COMMANDS
    )
    there = {*re.findall(r"--[a-z][a-z-]+", said), *TOP_OPTIONS}
    assert told - there == others


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_told_of_or_one_of_a_kind(
    pier: Pier, command: str
) -> None:
    said = pier.run(command, "--help", COLUMNS="200").out
    there = set(re.findall(r"^\W*(--[a-z][a-z-]+)", said, re.MULTILINE))
    assert there
    assert there - {"--help"} <= set(re.findall(r"--[a-z][a-z-]+", README))


def test_the_exit_codes_are_those_of_the_command() -> None:
    told = [
        int(code)
        for cells in rows("Exit codes")
        for code in cells[0].split(", ")
    ]
    assert told == list(Exit)


def test_the_reasons_to_hold_are_those_of_the_run() -> None:
    assert [cells[0] for cells in rows("What is held, and why")] == list(Hold)


def test_the_proofs_are_those_of_the_journal() -> None:
    told = [
        one
        for cells in rows("What proves an object")
        for one in named(cells[0])
    ]
    assert sorted(told) == sorted(Proof)


def test_the_columns_of_a_receipt_are_those_that_it_has() -> None:
    told = [one for cells in rows("Receipts") for one in named(cells[0])]
    assert told == list(COLUMNS)


def test_the_map_of_rooms_names_every_room() -> None:
    listed = subprocess.run(
        [sys.executable, "-c", "import pt5_async; print(pt5_async.__doc__)"],
        capture_output=True,
        check=True,
        timeout=HELP_SECONDS,
        text=True,
    ).stdout
    rooms = {
        path.stem
        for path in (ROOT / "pt5_async").iterdir()
        if not path.name.startswith("_") and path.suffix in {"", ".py"}
    }
    assert rooms <= set(re.findall(r"[a-z0-9]+", listed))
