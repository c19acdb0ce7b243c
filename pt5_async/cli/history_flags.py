"""Every option of `history`, once, and what they add up to. Pure."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from ..errors import JournalError, UsageError
from ..settings import Line, default_state
from .beside import decided
from .named import state_of
from .option import shown_option
from .places import Places, flag
from .resolve import color_in
from .shared_options import Color, ColorChoice, EnvFile, State

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
    env_file: EnvFile = None
    state: State = None
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
    color: Color = None


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
    return decided(
        flags,
        environ,
        dotenv,
        lambda filled, where: _asked(filled, where, state),
    )


def _asked(
    flags: HistoryFlags, where: Places, state: Callable[[], Path]
) -> ToRecall:
    source = flag(flags.path, "SOURCE")
    last = LAST if flags.last is None else flags.last
    if last < 1:
        raise UsageError(f"--last: {last} is less than 1")
    named = state_of(flags.state, where)
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
