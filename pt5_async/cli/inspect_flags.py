"""Every option of `inspect`, once, and what they add up to.

The decision is pure, as that of ``resolve.py``: a flag beats the
environment, the environment beats .env. Credentials are not looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from ..settings import Line, Settings
from .beside import decided, judging
from .job_flags import KnownFlags
from .option import inspected_option as _option
from .option import shown_option
from .places import (
    Places,
    flag,
    named_source,
)
from .resolve import color_in
from .selecting import list_warning, read_list, selection
from .selection_flags import SelectionFlags
from .shared_options import Color, ColorChoice, Json, Quiet


@dataclass(frozen=True, kw_only=True)
class InspectFlags(SelectionFlags, KnownFlags):
    """What stood on the command line, in the order in which help shows it."""

    path: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="Folder with bins, or a bin's file; else IFCB_DATA_DIR.",
            show_default=False,
        ),
    ] = None
    recursive: Annotated[
        bool | None,
        _option(
            "--recursive/--no-recursive",
            "Enter the folders below SOURCE, or only SOURCE itself"
            " (default: enter).",
        ),
    ] = None
    members: Annotated[
        str | None,
        _option(
            "--members KINDS",
            "A bin is whole with these files, as in hdr,adc"
            " (default roi,hdr,adc).",
        ),
    ] = None
    min_age: Annotated[
        str | None,
        _option(
            "--min-age TIME",
            "Bins changed within this time are settling (default 60s).",
        ),
    ] = None
    broken_after: Annotated[
        str | None,
        _option(
            "--broken-after TIME",
            "A bin that is not whole counts as being written for this"
            " long, then as broken (default 1h).",
        ),
    ] = None
    env_file: Annotated[
        str | None,
        _option(
            "--env-file FILE",
            "Read variables from this file; else PT5_ENV_FILE, else .env"
            " here or in the configuration folder.",
        ),
    ] = None
    verbose: Annotated[
        bool,
        shown_option(
            "--verbose -v",
            "Also name bins that are well, and days.",
        ),
    ] = False
    quiet: Quiet = False
    json: Json = False
    color: Color = None


@dataclass(frozen=True, slots=True)
class ToInspect:
    """What is to be done, with nothing left to decide.

    `origin` names the variable that SOURCE came from, if it did;
    `warnings` are sentences for the user.
    """

    source: Path
    origin: str | None
    settings: Settings
    verbose: bool
    quiet: bool
    json: bool
    color: ColorChoice
    known_broken: Path | None
    warnings: tuple[str, ...]


def to_inspect(
    flags: InspectFlags,
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
    *,
    read: Callable[[str], str] = read_list,
) -> ToInspect:
    """What `flags`, the environment and a .env file ask for together.

    `read` tells the text of the list that --files-from names.

    Raises:
        UsageError: for a value that cannot be used, naming its place.
    """
    return decided(
        flags,
        environ,
        dotenv,
        lambda filled, where: _asked(filled, where, read),
    )


def _asked(
    flags: InspectFlags, where: Places, read: Callable[[str], str]
) -> ToInspect:
    if flags.quiet and flags.verbose:
        raise UsageError("--quiet and --verbose contradict each other")
    source, origin = named_source(flags.path, where)
    chosen = selection(flags, read)
    known = flag(flags.known_broken, "--known-broken")
    return ToInspect(
        source=source,
        origin=origin,
        settings=judging(flags, chosen),
        verbose=flags.verbose,
        quiet=flags.quiet,
        json=flags.json,
        color=color_in(flags.color, where),
        known_broken=Path(known.text) if known else None,
        warnings=tuple(list_warning(flags, chosen)),
    )
