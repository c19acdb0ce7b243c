"""Every option of `inspect`, once, and what they add up to.

The decision is pure, as that of ``resolve.py``: a flag beats the
environment, the environment beats .env. Credentials are not looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from ..errors import UsageError
from ..settings import Line, Settings
from .flags import ColorChoice
from .job_flags import KnownFlags
from .limited import seconds
from .option import inspected_option as _option
from .option import shown_option
from .places import (
    VARIABLES,
    Places,
    flag,
    named_source,
    places,
)
from .resolve import color_in, members, renamed
from .selecting import list_warning, read_list, selection
from .selection_flags import SelectionFlags
from .variables import filled, unread, variables


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
    quiet: Annotated[
        bool,
        shown_option(
            "--quiet -q",
            "Say nothing when all is well.",
        ),
    ] = False
    json: Annotated[
        bool,
        shown_option(
            "--json",
            "One JSON object per event on stdout; words go to stderr.",
        ),
    ] = False
    color: Annotated[
        ColorChoice | None,
        shown_option(
            "--color",
            "Colours in words (default auto).",
        ),
    ] = None


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
    names = (*VARIABLES, *(one.name for one in variables(InspectFlags)))
    where = places(environ, dotenv, names)
    flags, origins = filled(flags, where)
    try:
        asked = _asked(flags, where, read)
    except UsageError as error:
        raise renamed(origins, error) from error
    unknown = unread(names, environ, dotenv)
    return replace(asked, warnings=(*unknown, *asked.warnings))


def _asked(
    flags: InspectFlags, where: Places, read: Callable[[str], str]
) -> ToInspect:
    if flags.quiet and flags.verbose:
        raise UsageError("--quiet and --verbose contradict each other")
    source, origin = named_source(flags.path, where)
    chosen = selection(flags, read)
    known = flag(flags.known_broken, "--known-broken")
    settings = Settings(
        recursive=flags.recursive is not False,
        members=members(flags.members),
        min_age=seconds(flags.min_age, "--min-age", "min_age"),
        broken_after=seconds(
            flags.broken_after, "--broken-after", "broken_after"
        ),
        selection=chosen,
    )
    return ToInspect(
        source=source,
        origin=origin,
        settings=settings,
        verbose=flags.verbose,
        quiet=flags.quiet,
        json=flags.json,
        color=color_in(flags.color, where),
        known_broken=Path(known.text) if known else None,
        warnings=tuple(list_warning(flags, chosen)),
    )
