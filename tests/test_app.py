"""The command line itself: usage, help, bugs, and what stays unloaded."""

import io
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from pt5_async.cli import app
from pt5_async.cli.flags import Flags, taking_flags

HEAVY = (
    "aiobotocore",
    "botocore",
    "aiohttp",
    "awscrt",
    "sqlite3",
    "tqdm",
    "uvloop",
)


def ran(*argv: str) -> tuple[int, str]:
    """The exit code of a command line, and what it says on stderr."""
    err = io.StringIO()
    try:
        return app.run(argv, err), err.getvalue()
    except SystemExit as end:
        return int(end.code or 0), err.getvalue()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder without a .env."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """The app, with room for commands of a test."""
    program = typer.Typer(pretty_exceptions_enable=False)
    program.callback()(lambda: None)
    monkeypatch.setattr(app, "app", program)
    return program


def test_the_older_script_s_command_line_is_told_the_new_one() -> None:
    code, said = ran("--source", "/a b", "--bucket=c")

    assert code == 2
    assert said == (
        "pt5-async: a command comes before its options:"
        " pt5-async upload --source '/a b' --bucket=c\n"
    )


def test_an_option_that_the_older_script_calls_otherwise_is_renamed() -> None:
    code, said = ran("--destination=s3://b/p", "--recursive")

    assert code == 2
    assert said.endswith("pt5-async upload --to=s3://b/p --recursive\n")
    code, said = ran("upload", "--destination", "s3://b/p")
    assert code == 2
    assert said.startswith("pt5-async: No such option: --destination; it is")
    assert "it is --to here; `pt5-async upload --help`" in said


def test_every_option_without_a_command_is_let_through() -> None:
    for option in app.TOP_OPTIONS:
        assert "command comes before" not in ran(option)[1]


def test_a_usage_error_is_one_sentence_and_2() -> None:
    code, said = ran("upload", "/data")

    assert code == 2
    assert said.startswith("pt5-async: no target; ")
    assert said.count("\n") == 1


def test_a_malformed_dotenv_of_the_current_folder_is_a_usage_error(
    elsewhere: Path,
) -> None:
    (elsewhere / ".env").write_text("nonsense\n", "utf-8")

    code, said = ran("upload", "/data", "--to", "s3://b")

    assert code == 2
    assert ".env, line 1" in said


def test_a_source_that_is_not_there_is_2(elsewhere: Path) -> None:
    code, said = ran("upload", "none", "--to", "s3://b", "--no-journal")

    assert code == 2
    assert "none" in said


def test_an_unknown_option_is_2() -> None:
    assert ran("upload", "--bogus")[0] == 2
    assert ran("bogus")[0] == 2


def test_nothing_at_all_shows_help_and_is_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ran()[0] == 2
    shown = capsys.readouterr()
    assert "upload" in shown.out + shown.err


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("--version")[0] == 0
    assert re.fullmatch(r"pt5-async \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_help_names_every_option_of_upload(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("TERMINAL_WIDTH", "160")
    renamed = {
        "path": "SOURCE",
        "addressing": "--addressing-style",
        "checksum": "--checksum-algorithm",
    }

    assert ran("upload", "--help")[0] == 0

    text = capsys.readouterr().out
    for field in fields(Flags):
        usual = f"--{field.name.replace('_', '-')}"
        assert renamed.get(field.name, usual) in text


def test_a_bug_is_one_line_and_a_file_with_the_traceback(
    commands: typer.Typer,
) -> None:
    @commands.command()
    def broken() -> None:
        raise LookupError("deep\ninside")

    code, said = ran("broken")

    assert code == 1
    assert said.count("\n") == 1
    assert "this is a bug (LookupError: deep\\ninside)" in said
    path = Path(said.rpartition(" is in ")[2].strip())
    assert "Traceback" in path.read_text("utf-8")
    path.unlink()


def test_a_bug_shows_its_traceback_to_the_verbose(
    commands: typer.Typer,
) -> None:
    @commands.command()
    def broken(*, verbose: bool = False) -> None:
        raise LookupError("deep")

    code, said = ran("broken", "--verbose")

    assert code == 1
    assert said.startswith("Traceback")
    assert "the traceback is above" in said


def test_ctrl_c_before_anything_runs_is_130(commands: typer.Typer) -> None:
    @commands.command()
    def waits() -> None:
        raise KeyboardInterrupt

    assert ran("waits")[0] == 130


def test_flags_that_are_given_arrive_and_the_others_are_none(
    commands: typer.Typer,
) -> None:
    seen: list[Flags] = []
    commands.command(name="take")(taking_flags(seen.append))

    code, _ = ran(
        "take", "src", "--no-recursive", "-n", "-v", "--color", "never"
    )

    assert code == 0
    (flags,) = seen
    assert flags.path == "src"
    assert flags.recursive is False
    assert (flags.dry_run, flags.verbose, flags.quiet) == (True, True, False)
    assert flags.color == "never"
    assert flags.concurrency is None


def test_help_loads_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys, contextlib\n"
        "from pt5_async.cli.app import run\n"
        "with contextlib.suppress(SystemExit):\n"
        "    run(['--help'], sys.stderr)\n"
        f"print(*(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)\n"
    )

    # Measured, the child would load what coverage needs: sqlite3.
    unmeasured = {k: v for k, v in os.environ.items() if "COV" not in k}
    child = subprocess.run(
        [sys.executable, "-c", code],
        env=unmeasured,
        capture_output=True,
        check=True,
    )

    assert child.stderr.strip() == b""
    assert b"upload" in child.stdout


def test_python_m_is_the_same_command() -> None:
    child = subprocess.run(
        [sys.executable, "-m", "pt5_async", "--version"],
        capture_output=True,
        check=True,
    )

    assert child.stdout.startswith(b"pt5-async ")
