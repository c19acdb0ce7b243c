"""Every option: told of, in a panel, a variable, and tried by a command.

What options there are is asked of the command itself, so that one that is
added is missed here.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from commands import PROGRAM, Pier
from options import GENERAL, Option, options
from readme import README

from pt5_async.cli.flags import Flags
from pt5_async.cli.history_flags import HistoryFlags
from pt5_async.cli.inspect_flags import InspectFlags
from pt5_async.cli.option import PANELS
from pt5_async.cli.places import ENV_FILE, VARIABLES, places
from pt5_async.cli.report_flags import ReportFlags
from pt5_async.cli.variables import filled, variables
from pt5_async.cli.verify_flags import VerifyFlags

HERE = Path(__file__).parent

REFUSING = {Path(__file__).name, "test_command_bad_input.py"}
"""Tests in which an option is seen to be refused, at most."""

_IMPORT = re.compile(r"^from commands import[^.]*\bPier\b", re.MULTILINE)

EVERY = pytest.mark.parametrize("option", options(), ids=str)


@pytest.fixture
def pier(tmp_path: Path, clean_environment: Path) -> Pier:
    return Pier(tmp_path, clean_environment)


@cache
def tried(command: str) -> frozenset[str]:
    """The options that tests give to a command of the installed program.

    Whole words of their own in the source, so that what is told of an
    option in a sentence does not count, nor what stands in a comment.
    """
    return frozenset(
        word
        for path in sorted(HERE.glob("test_*.py"))
        if path.name not in REFUSING
        for word in _given(command, path.read_text("utf-8"))
    )


def _given(command: str, source: str) -> Iterator[str]:
    if not re.search(
        r"^from commands import[^.]*\bPier\b", source, re.MULTILINE
    ):
        return
    beside = ("inspect", "verify", "report", "history", "demo")
    others = [x for x in beside if x != command]
    for node in ast.walk(ast.parse(source)):
        # A test of its own, or a table that stands above one.
        if not isinstance(node, ast.FunctionDef) or not _runs(node):
            continue
        words = set(_words(node))
        if "--broken" in words:  # of which this is a value
            words.discard("report")
        if command == "upload" and not words.isdisjoint(others):
            continue
        if command == "upload" or command in words:
            yield from words


def _runs(function: ast.FunctionDef) -> bool:
    """Whether it is a test that has a pier to run commands on."""
    names = {one.id for one in ast.walk(function) if isinstance(one, ast.Name)}
    return function.name.startswith("test_") and "pier" in names


def _words(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.partition("=")[0]


def test_what_is_asked_of_the_command_is_all_there() -> None:
    found = {str(one) for one in options()}
    assert {"upload --to", "inspect --json", "demo --quiet"} <= found
    assert len(found) == len(options()) > 70


def test_a_scan_finds_what_a_test_gives_and_nothing_else() -> None:
    source = (
        "from commands import Pier\n"
        "@mark(['--table', 'x'])\n"
        "def test_it(pier: Pier):\n"
        "    # '--comment'\n"
        "    pier.upload('--given', '--with=value', 'about --told')\n"
        "def test_parts():\n"
        "    Flags('--part')\n"
        "def test_other(pier: Pier):\n"
        "    pier.run('inspect', '--other')\n"
    )
    given = {one for one in _given("upload", source) if one[:1] == "-"}
    assert given == {"--table", "--given", "--with"}
    assert "--other" in set(_given("inspect", source))
    assert not set(_given("demo", source))
    assert not set(_given("upload", source.replace("import Pier", "")))
    assert "--bogus" not in tried("upload")


@EVERY
def test_it_is_in_the_readme(option: Option) -> None:
    for name in option.names:
        if name.startswith("--"):
            assert re.search(rf"(?<![\w-]){name}(?![\w-])", README), name


@EVERY
def test_it_is_in_a_panel_with_words(option: Option) -> None:
    assert option.panel in {
        *PANELS,
        "What is inspected",
        "What is verified",
        "What is written",
    }
    assert option.words.endswith(".")


@EVERY
def test_a_test_gives_it_to_the_installed_command(option: Option) -> None:
    assert not tried(option.command).isdisjoint(option.names)


@EVERY
def test_it_is_a_variable_if_that_is_promised(option: Option) -> None:
    if option.command == "demo":
        return
    kinds: dict[str, type] = {
        "upload": Flags,
        "inspect": InspectFlags,
        "verify": VerifyFlags,
        "report": ReportFlags,
        "history": HistoryFlags,
    }
    kind = kinds[option.command]
    name = "PT5_" + option.names[0][2:].replace("-", "_").upper()
    if name in {*VARIABLES, ENV_FILE}:
        return  # others read it; test_command_doors and _cron give it
    [one] = [one for one in variables(kind) if one.name == name]
    text = "no" if one.field == "recursive" else _sample(one.kind)
    where = places({name: text}, {}, (name,))
    found, origins = filled(kind(), where)
    assert getattr(found, one.field) != getattr(kind(), one.field)
    assert origins == {option.names[0]: f"environment variable {name}"}


def _sample(kind: type) -> str:
    if kind in {bool, int}:
        return "1"
    return "x" if kind in {str, list} else list(kind)[-1]  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("width", [60, 80, 160])
def test_help_has_every_name_whole_at_any_width(
    pier: Pier, width: int
) -> None:
    done = pier.run("upload", "--help", COLUMNS=str(width))
    assert (done.code, done.err) == (0, "")
    assert "\N{HORIZONTAL ELLIPSIS}" not in done.out
    assert all(len(line) <= width for line in done.out.splitlines())
    for one in options():
        if one.command == "upload":
            for name in one.names:
                assert re.search(rf"(?<![\w-]){name}(?![\w-])", done.out)
    in_panels = [panel for panel in PANELS if f"─ {panel} ─" in done.out]
    assert in_panels == ([] if width < 80 else list(PANELS))
    assert "<bool>" not in done.out.replace("-h      <bool>", "")
    assert "PT5_MIN_AGE=2m" in " ".join(done.out.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_there_for_the_shell_that_asks(
    pier: Pier, shell: str
) -> None:
    done = pier.run(
        _PT5_ASYNC_COMPLETE=f"complete_{shell}",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_ARGS="pt5-async upload --layout ",
        COMP_WORDS="pt5-async upload --layout ",
        COMP_CWORD="3",
    )
    assert done.code == 0
    assert {"mirror", "day", "year"} <= set(re.findall(r"\w+", done.out))


def test_completion_is_installed_where_bash_finds_it(pier: Pier) -> None:
    for option in GENERAL[2:]:
        # The shell that is above the command, as in a terminal.
        line = f'"$0" {option}; exit'
        done = pier.run("-c", line, PROGRAM, program=("bash",))
        assert done.code == 0, done
    assert "complete -o default" in done.out
    assert "pt5-async" in (pier.home / ".bashrc").read_text()
    assert "pt5-async --install-completion" in README
