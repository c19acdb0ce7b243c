"""Every option of `history`, once, and what they add up to. Pure."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import typer

from ..errors import JournalError, UsageError
from ..settings import Line, default_state
from .flags import ColorChoice
from .named import state_in
from .option import shown_option, source_option, state_option
from .places import VARIABLES, Places, flag, places
from .resolve import color_in, renamed
from .variables import filled, unread, variables

LAST: Final = 20
"""So many runs are shown where nobody says how many."""


@dataclass(frozen=True, kw_only=True)
class HistoryFlags:
    """What stood on the command line, in the order in which help shows it."""

    path: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="Only what was done with this folder; else all.",
            show_default=False,
        ),
    ] = None
    env_file: Annotated[
        str | None,
        source_option(
            "--env-file FILE",
            "Read variables from this file; else PT5_ENV_FILE, else .env"
            " here or in the configuration folder.",
        ),
    ] = None
    state: Annotated[
        str | None,
        state_option(
            "--state FOLDER",
            "Folder of the journal of what was sent; else PT5_STATE.",
        ),
    ] = None
    last: Annotated[
        int | None,
        shown_option(
            "--last N", f"So many runs, the last ones (default {LAST})."
        ),
    ] = None
    idle: Annotated[
        bool,
        shown_option("--idle", "Also runs that had nothing to do."),
    ] = False
    json: Annotated[
        bool,
        shown_option(
            "--json",
            "One JSON object per run and verification on stdout; words go to"
            " stderr.",
        ),
    ] = False
    color: Annotated[
        ColorChoice | None,
        shown_option("--color", "Colours in words (default auto)."),
    ] = None


@dataclass(frozen=True, slots=True)
class ToRecall:
    """What is to be shown, with nothing left to decide.

    `source` is absolute, None for all; `warnings` are for the user.
    """

    folder: Path
    source: str | None
    last: int
    idle: bool
    json: bool
    color: ColorChoice
    warnings: tuple[str, ...]


def to_recall(
    flags: HistoryFlags,
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
    *,
    state: Callable[[], Path] = default_state,
) -> ToRecall:
    """What `flags`, the environment and a .env file ask for together.

    Raises:
        UsageError: for a value that cannot be used, naming its place.
        JournalError: where no folder is named, and this user has none.
    """
    names = (*VARIABLES, *(one.name for one in variables(HistoryFlags)))
    where = places(environ, dotenv, names)
    flags, origins = filled(flags, where)
    try:
        asked = _asked(flags, where, state)
    except UsageError as error:
        raise renamed(origins, error) from error
    return replace(asked, warnings=tuple(unread(names, environ, dotenv)))


def _asked(
    flags: HistoryFlags, where: Places, state: Callable[[], Path]
) -> ToRecall:
    source = flag(flags.path, "SOURCE")
    last = LAST if flags.last is None else flags.last
    if last < 1:
        raise UsageError(f"--last: {last} is less than 1")
    named = state_in(flags.state, where)
    folder = Path(named.text) if named else state()
    if named is None and not folder.is_absolute():
        raise JournalError(
            f"this user has no home folder ({folder}); name the journal's"
            " with --state"
        )
    return ToRecall(
        folder=folder,
        source=os.path.abspath(source.text) if source else None,
        last=last,
        idle=flags.idle,
        json=flags.json,
        color=color_in(flags.color, where),
        warnings=(),
    )
