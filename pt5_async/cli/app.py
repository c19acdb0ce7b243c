"""The command pt5-async: parse, do, and turn what happens into an exit code.

Everything heavy is imported by the command that needs it, so that help
comes at once.
"""

import os
import re
import shlex
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, TextIO

import typer
from typer.exceptions import TyperException

from ..errors import Pt5Error, UsageError
from ..hidden import hidden
from ..printable import printable
from ..settings import environment
from .beside import Asked
from .envfile import env_file
from .flags import Flags, taking_flags
from .history_flags import HistoryFlags, to_recall
from .inspect_flags import InspectFlags, to_inspect
from .option import PANELS, SWITCH, Command, Commands, taking
from .places import flag
from .report_flags import ReportFlags
from .shared_options import Color
from .verify_flags import VerifyFlags

PROGRAM: Final = "pt5-async"

TOP_OPTIONS: Final = (
    "--help",
    "-h",
    "--version",
    "--install-completion",
    "--show-completion",
)
"""The only options that may stand without a command before them."""

_OLDER: Final = {"--destination": "--to", "--filter": "--include"}
"""Options of the older script that are called otherwise here."""

_NO_INTEGER: Final = re.compile(
    r"(Input should be a valid|Unable to parse input string as an) integer,"
    r".*",
    re.DOTALL,
)
"""What pydantic, Typer's reader of numbers, says of one that is none."""

_VERBOSE: Final = re.compile(r"--verbose|-[nq]*v[nqv]*")

_PANELS_FIT: Final = 80

_EPILOG: Final = (
    "Every option is a variable, too, in the environment or in .env:"
    " PT5_MIN_AGE=2m stands for --min-age 2m."
)

app: Final = typer.Typer(
    cls=Commands,
    name=PROGRAM,
    help="Brings every bin of an Imaging FlowCytobot (IFCB) into S3: whole,"
    " checked, once, soon.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # In panels, names of options are cut where a line is narrower.
    rich_markup_mode=(
        "rich" if shutil.get_terminal_size().columns >= _PANELS_FIT else None
    ),
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - for --help

        typer.echo(f"{PROGRAM} {version(PROGRAM)}")
        raise typer.Exit


@app.callback()
def _top(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar=SWITCH,
            help="Show the version and exit.",
            callback=_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Take the options that need no command."""


@app.command(name="upload", cls=Command, epilog=_EPILOG)
@taking_flags
def _upload(flags: Flags) -> None:
    """Send every whole bin below SOURCE that is not in the store yet."""
    from .journey import upload  # noqa: PLC0415 - for --help
    from .log import SECRETS, secrets_of  # noqa: PLC0415 - for --help
    from .resolve import resolve  # noqa: PLC0415 - for --help

    environ = environment()
    dotenv = env_file(flags.env_file, environ)
    resolved = resolve(flags, environ, dotenv.lines, env_file=dotenv.place)
    SECRETS.set(secrets_of(resolved.credentials))
    warnings = (*dotenv.warnings, *resolved.warnings)
    raise typer.Exit(upload(replace(resolved, warnings=warnings)))


@app.command(name="inspect", cls=Command, epilog=_EPILOG)
@taking(InspectFlags)
def _inspect(flags: InspectFlags) -> None:
    """Say of every bin below SOURCE whether it is whole, offline."""
    from .inspect_run import inspect  # noqa: PLC0415 - for --help

    environ = environment()
    dotenv = env_file(flags.env_file, environ)
    asked = to_inspect(flags, environ, dotenv.lines)
    raise typer.Exit(inspect(asked))


@app.command(name="verify", cls=Command, epilog=_EPILOG)
@taking(VerifyFlags)
def _verify(flags: VerifyFlags) -> None:
    """Hold every bin below SOURCE against the store; say what lacks."""
    from .log import SECRETS, secrets_of  # noqa: PLC0415 - for --help
    from .verify_asked import to_verify  # noqa: PLC0415 - for --help
    from .verify_run import verify  # noqa: PLC0415 - for --help

    asked, place = _decided(flags, to_verify)
    SECRETS.set(secrets_of(asked.credentials))
    raise typer.Exit(verify(replace(asked, env_file=place)))


@app.command(name="report", cls=Command, epilog=_EPILOG)
@taking(ReportFlags)
def _report(flags: ReportFlags) -> None:
    """Draw a calendar of all bins, and more, as one page or a picture."""
    from .report_asked import to_report  # noqa: PLC0415 - for --help
    from .report_run import report  # noqa: PLC0415 - for --help

    asked, _ = _decided(flags, to_report)
    raise typer.Exit(report(asked))


@app.command(name="history", cls=Command, epilog=_EPILOG)
@taking(HistoryFlags)
def _history(flags: HistoryFlags) -> None:
    """Show the runs and verifications that the journal knows of."""
    from .history_run import recall  # noqa: PLC0415 - for --help

    asked, _ = _decided(flags, to_recall)
    recall(asked)


def _decided(
    flags: Any, decide: Callable[..., Asked]
) -> tuple[Asked, Path | None]:
    """What `decide` makes of `flags`, and the .env file that was read."""
    environ = environment()
    dotenv = env_file(flags.env_file, environ)
    asked = decide(flags, environ, dotenv.lines)
    warnings = (*dotenv.warnings, *asked.warnings)
    found: Asked = replace(asked, warnings=warnings)
    return found, dotenv.place and Path(dotenv.place.text)


@app.command(name="demo", cls=Command)
def _demo(
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="FOLDER",
            help="Where everything goes; else pt5-demo.",
            show_default=False,
        ),
    ] = None,
    *,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            metavar=SWITCH,
            help="Say nothing when all is well.",
            rich_help_panel=PANELS[-1],
        ),
    ] = False,
    color: Color = None,
) -> None:
    """Show all of it with invented bins and a server on this machine."""
    from .demo import run_demo  # noqa: PLC0415 - for --help
    from .resolve import color_of  # noqa: PLC0415 - for --help

    environ = environment()
    chosen = color_of(color, environ, env_file(None, environ).lines)
    named = flag(folder, "FOLDER")
    place = None if named is None else Path(named.text)
    raise typer.Exit(run_demo(place, color=chosen, quiet=quiet))


def main() -> None:
    """Run the command that stands on the command line, and exit."""
    try:
        code = run(sys.argv[1:], sys.stderr)
    except SystemExit as end:  # Typer's own way to end a command
        code = end.code if isinstance(end.code, int) else 0
    if _hanging():
        # All is written and said. Python would wait for a read that hangs
        # on a dead network share, and so for ever.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _hanging(seconds: float = 1.0) -> bool:
    """Whether a thread of a run is still at work after `seconds`."""
    end = time.monotonic() + seconds
    ours = [t for t in threading.enumerate() if t.name.startswith("pt5-")]
    for thread in ours:
        thread.join(max(end - time.monotonic(), 0.0))
    return any(thread.is_alive() for thread in ours)


def run(argv: Sequence[str], err: TextIO) -> int:
    """Run the command `argv`; its exit code. Errors are said on `err`.

    The only place where an error becomes an exit code.
    """
    try:
        _refuse_missing_command(argv)
        code = app(args=list(argv), prog_name=PROGRAM, standalone_mode=False)
    except TyperException as error:
        return _say_refusal(error, err)
    except Pt5Error as error:
        from .exits import of_error  # noqa: PLC0415 - for --help

        print(f"{PROGRAM}: {printable(str(error))}", file=err)
        return of_error(error)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Exception as error:  # noqa: BLE001 - whatever it is, it is ours
        _confess(error, err, verbose=any(map(_VERBOSE.fullmatch, argv)))
        return 1
    return code if isinstance(code, int) else 0


def _say_refusal(error: TyperException, err: TextIO) -> int:
    """Say in one sentence what Typer could not make sense of."""
    said = getattr(error, "format_message", lambda: "")()
    context = getattr(error, "ctx", None)
    path = context.command_path if context else PROGRAM
    if said:
        what = said.removeprefix("Invalid value for ").rstrip(".")
        what = what.replace("Value error, ", "")
        older = getattr(error, "option_name", None)
        if older in _OLDER:
            what = f"No such option: {older}; it is {_OLDER[older]} here"
        what = _NO_INTEGER.sub("write a valid integer, such as 3", what)
        print(
            f"{PROGRAM}: {printable(what)}; `{path} --help` shows what can"
            " be given",
            file=err,
        )
    return getattr(error, "exit_code", 2)


def _refuse_missing_command(argv: Sequence[str]) -> None:
    """Raise a `UsageError` for the older script's way: options at once.

    Or a path, where other tools take one.
    """
    if not argv:
        return
    option, path = argv[0].startswith("-"), "/" in argv[0]
    named = argv[0].partition("=")[0] in TOP_OPTIONS
    if path or (option and not named):
        words = shlex.join(map(_renamed, argv))
        raise UsageError(
            f"a command comes before its {'options' if option else 'SOURCE'}:"
            f" {PROGRAM} upload {words}"
        )


def _renamed(word: str) -> str:
    """An option of the older script as it is called here."""
    option, sign, value = word.partition("=")
    return _OLDER.get(option, option) + sign + value


def _confess(error: Exception, err: TextIO, *, verbose: bool) -> None:
    """Say that this was a bug, and where the traceback is."""
    from .log import SECRETS  # noqa: PLC0415 - for --help

    secrets = SECRETS.get()
    lines = hidden("".join(traceback.format_exception(error)), *secrets)
    if verbose:
        err.write(lines)
        where = "the traceback is above"
    else:
        where = _written(lines)
    said = hidden(f"{type(error).__name__}: {error}", *secrets)
    what = printable(said)
    print(f"{PROGRAM}: this is a bug ({what}); {where}", file=err)


def _written(lines: str) -> str:
    import tempfile  # noqa: PLC0415 - for --help

    try:
        with tempfile.NamedTemporaryFile(
            "w",
            prefix="pt5-async-bug-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            file.write(lines)
    except OSError:
        return "run it again with --verbose to see the traceback"
    return f"the traceback is in {file.name}"
