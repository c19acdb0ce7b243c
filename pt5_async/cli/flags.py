"""Every option of `upload`, once: its name, its type and its help.

No default is set here: None means "not given", and ``resolve.py`` decides.
"""

from dataclasses import dataclass
from typing import Annotated, Final

import typer

from ..settings import ChecksumChoice
from .choice_flags import ChoiceFlags
from .job_flags import JobFlags
from .object_flags import ObjectFlags
from .option import (
    content_option,
    shown_option,
    source_option,
    state_option,
    store_option,
    taking,
)
from .pace_flags import PaceFlags
from .shared_options import BrokenAfter, Color, Json, Quiet, Receipt, Recursive
from .store_flags import StateFlags, StoreFlags, TargetFlags


@dataclass(frozen=True, kw_only=True)
class ProofFlags:
    """What stood on the command line of what proves an object."""

    checksum: Annotated[
        ChecksumChoice | None,
        store_option(
            "--checksum-algorithm NAME",
            "What proves an object: "
            + ", ".join(ChecksumChoice)
            + " (default auto: what the store can).",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Flags(
    ChoiceFlags,
    ObjectFlags,
    PaceFlags,
    JobFlags,
    ProofFlags,
    StoreFlags,
    TargetFlags,
    StateFlags,
):
    """What stood on the command line; help shows it panel by panel."""

    path: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="Folder with bins, or one file; else IFCB_DATA_DIR.",
            show_default=False,
        ),
    ] = None
    source: Annotated[
        str | None,
        source_option(
            "--source PATH", "SOURCE as the older script spelled it."
        ),
    ] = None
    recursive: Recursive = None
    dry_run: Annotated[
        bool,
        source_option(
            "--dry-run -n",
            "Say for every file what would happen and why; send nothing.",
        ),
    ] = False
    validate: Annotated[
        bool,
        source_option(
            "--validate",
            "Say where each value comes from, try the target, then exit.",
        ),
    ] = False
    all_files: Annotated[
        bool,
        content_option(
            "--all-files",
            "Also send derived products and files that belong to no bin.",
        ),
    ] = False
    allow_incomplete: Annotated[
        bool,
        content_option(
            "--allow-incomplete",
            "Also send broken bins; never ones being written.",
        ),
    ] = False
    replace_changed: Annotated[
        bool,
        content_option(
            "--replace-changed",
            "Send bins that changed after they were sent whole.",
        ),
    ] = False
    min_age: Annotated[
        str | None,
        content_option(
            "--min-age TIME",
            "Hold files changed within this time (default 60s).",
        ),
    ] = None
    broken_after: BrokenAfter = None
    receipt: Receipt = None
    receipt_all: Annotated[
        bool,
        state_option(
            "--receipt-all", "Also write receipt rows for skipped files."
        ),
    ] = False
    verbose: Annotated[
        bool,
        shown_option("--verbose -v", "A line for every file, with why."),
    ] = False
    quiet: Quiet = False
    json: Json = False
    color: Color = None


taking_flags: Final = taking(Flags)
