"""Every option of `verify`, once."""

from dataclasses import dataclass
from typing import Annotated

import typer

from ..ifcb.layout import Layout
from ..settings import Depth
from .flags import ProofFlags
from .job_flags import KnownFlags, LogFlags
from .object_flags import ObjectFlags
from .option import (
    content_option,
    shown_option,
)
from .option import verified_option as _option
from .pace_flags import PaceFlags
from .selection_flags import SelectionFlags
from .shared_options import (
    BrokenAfter,
    Color,
    EnvFile,
    Json,
    Quiet,
    Receipt,
    Recursive,
)
from .store_flags import StateFlags, StoreFlags, TargetFlags


@dataclass(frozen=True, kw_only=True)
class VerifyFlags(
    SelectionFlags,
    ObjectFlags,
    PaceFlags,
    KnownFlags,
    LogFlags,
    ProofFlags,
    StoreFlags,
    TargetFlags,
    StateFlags,
):
    """What stood on the command line, in the order in which help shows it."""

    path: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="Folder with bins, or one file; else IFCB_DATA_DIR.",
            show_default=False,
        ),
    ] = None
    level: Annotated[
        Depth | None,
        _option(
            "--level LEVEL",
            "What has to be shown of a file: listing (its size), checksum"
            " (the default), or download (all bytes, read back).",
        ),
    ] = None
    download: Annotated[
        bool,
        _option(
            "--download",
            "Read back what has no checksum that could be compared.",
        ),
    ] = False
    extra: Annotated[
        bool,
        _option("--extra", "Also name objects for which there is no file."),
    ] = False
    fix: Annotated[
        bool,
        _option(
            "--fix",
            "Then send what is missing or differs, as upload does: not what"
            " is broken or changed here, or not due yet.",
        ),
    ] = False
    abort_stale: Annotated[
        str | None,
        _option(
            "--abort-stale DAYS",
            "Then clear uploads in parts that were left open and not gone on"
            " with for so many days (1 at least): those of the journal.",
        ),
    ] = None
    everyone: Annotated[
        bool,
        _option("--all", "With --abort-stale: those of everybody."),
    ] = False
    safe_to_delete: Annotated[
        str | None,
        _option(
            "--safe-to-delete FILE",
            "Write the paths of files that need not be kept here: of whole"
            " bins, old enough, of which every byte was shown to be in the"
            " store. A NUL stands behind each.",
        ),
    ] = None
    keep_days: Annotated[
        str | None,
        _option(
            "--keep-days DAYS",
            "Bins of so many days are not in that list (default 30).",
        ),
    ] = None
    keep_newest: Annotated[
        int | None,
        _option(
            "--keep-newest N",
            "Nor are the newest bins of each instrument (default 72).",
        ),
    ] = None
    lines: Annotated[
        bool,
        _option(
            "--lines",
            "A line for each path in that list; refused where one has white"
            " space, quotes, backslashes or control characters.",
        ),
    ] = False
    recursive: Recursive = None
    env_file: EnvFile = None
    layout: Annotated[
        Layout | None,
        content_option("--layout", "Folders in the store, as upload has it."),
    ] = None
    members: Annotated[
        str | None,
        content_option(
            "--members KINDS",
            "These files of a bin should be there, as in hdr,adc (default"
            " roi,hdr,adc).",
        ),
    ] = None
    all_files: Annotated[
        bool,
        content_option(
            "--all-files",
            "Derived products and files that belong to no bin, too.",
        ),
    ] = False
    min_age: Annotated[
        str | None,
        content_option(
            "--min-age TIME",
            "Files changed within this time need not be there (default 60s).",
        ),
    ] = None
    broken_after: BrokenAfter = None
    receipt: Receipt = None
    verbose: Annotated[
        bool,
        shown_option("--verbose -v", "Also name bins that are safe."),
    ] = False
    quiet: Quiet = False
    json: Json = False
    color: Color = None
