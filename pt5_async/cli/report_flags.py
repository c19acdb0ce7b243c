"""Every option of `report`, once."""

from dataclasses import dataclass
from typing import Annotated

import typer

from .job_flags import KnownFlags
from .option import (
    content_option,
    shown_option,
    source_option,
)
from .option import reported_option as _option
from .selection_flags import SelectionFlags
from .shared_options import (
    BrokenAfter,
    Color,
    EnvFile,
    Quiet,
    Recursive,
    State,
)


@dataclass(frozen=True, kw_only=True)
class ReportFlags(SelectionFlags, KnownFlags):
    """What stood on the command line, in the order in which help shows it."""

    path: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="Folder with bins; else IFCB_DATA_DIR, else all that the"
            " journal has runs of.",
            show_default=False,
        ),
    ] = None
    html: Annotated[
        str | None,
        _option(
            "--html FILE",
            "Write the report: one page that needs no network, for any"
            " browser.",
        ),
    ] = None
    png: Annotated[
        str | None,
        _option("--png FILE", "Write the calendar as a picture for a slide."),
    ] = None
    to: Annotated[
        str | None,
        source_option(
            "--to URL",
            "Only what the journal has of s3://BUCKET/PREFIX (default: where"
            " the last run from SOURCE sent to).",
        ),
    ] = None
    recursive: Recursive = None
    env_file: EnvFile = None
    members: Annotated[
        str | None,
        content_option(
            "--members KINDS",
            "A bin is whole with these files, as in hdr,adc"
            " (default roi,hdr,adc).",
        ),
    ] = None
    min_age: Annotated[
        str | None,
        content_option(
            "--min-age TIME",
            "Bins changed within this time are settling (default 60s).",
        ),
    ] = None
    broken_after: BrokenAfter = None
    state: State = None
    quiet: Quiet = False
    json: Annotated[
        bool,
        shown_option(
            "--json",
            "One JSON object at the end on stdout; words go to stderr.",
        ),
    ] = False
    color: Color = None
