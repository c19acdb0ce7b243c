"""Every option of `upload`, once: its name, its type and its help.

No default is set here: None means "not given", and ``resolve.py`` decides.
"""

import inspect
from collections.abc import Callable, Container
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar

import typer

from ..settings import Addressing, ChecksumChoice
from .choice_flags import ChoiceFlags
from .job_flags import JobFlags
from .object_flags import ObjectFlags
from .option import (
    PANELS,
    content_option,
    pace_option,
    shown_option,
    source_option,
    state_option,
    store_option,
)


class ColorChoice(StrEnum):
    """Whether words may be coloured; AUTO asks whether a terminal reads."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True)
class Flags(ChoiceFlags, ObjectFlags, JobFlags):
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
    to: Annotated[
        str | None,
        source_option(
            "--to s3://BUCKET/PREFIX", "Where bins go; else AWS_UPLOAD_URL."
        ),
    ] = None
    bucket: Annotated[
        str | None,
        source_option("--bucket", "Replaces the bucket of AWS_UPLOAD_URL."),
    ] = None
    prefix: Annotated[
        str | None,
        source_option("--prefix", "Replaces the prefix of AWS_UPLOAD_URL."),
    ] = None
    recursive: Annotated[
        bool | None,
        source_option(
            "--recursive/--no-recursive",
            "Enter the folders below SOURCE, or only SOURCE itself"
            " (default: enter).",
        ),
    ] = None
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
    broken_after: Annotated[
        str | None,
        content_option(
            "--broken-after TIME",
            "A bin that is not whole counts as being written for this"
            " long, then as broken (default 1h).",
        ),
    ] = None
    endpoint_url: Annotated[
        str | None,
        store_option(
            "--endpoint-url URL",
            "Address of an S3 server that is not Amazon's.",
        ),
    ] = None
    region: Annotated[
        str | None, store_option("--region", "The bucket's region.")
    ] = None
    profile: Annotated[
        str | None,
        store_option(
            "--profile",
            "Profile of AWS's configuration; beats keys in variables.",
        ),
    ] = None
    addressing: Annotated[
        Addressing | None,
        store_option(
            "--addressing-style",
            "Where the bucket's name stands in URLs (default auto).",
        ),
    ] = None
    checksum: Annotated[
        ChecksumChoice | None,
        store_option(
            "--checksum-algorithm",
            "What proves an object (default auto: what the store can).",
        ),
    ] = None
    ca_bundle: Annotated[
        str | None,
        store_option(
            "--ca-bundle FILE",
            "Certificates to trust (PEM); else AWS_CA_BUNDLE.",
        ),
    ] = None
    no_verify_ssl: Annotated[
        bool,
        store_option("--no-verify-ssl", "Trust any certificate: unsafe."),
    ] = False
    concurrency: Annotated[
        int | None,
        pace_option("--concurrency", "Bins sent at once (default 32)."),
    ] = None
    connections: Annotated[
        int | None,
        pace_option("--connections", "Connections at most (default 100)."),
    ] = None
    attempts: Annotated[
        int | None,
        pace_option(
            "--attempts", "How often a request is tried in all (default 3)."
        ),
    ] = None
    max_memory: Annotated[
        str | None,
        pace_option(
            "--max-memory SIZE",
            "Bytes of files held in memory at most (default 128MiB).",
        ),
    ] = None
    grace: Annotated[
        str | None,
        pace_option(
            "--grace TIME",
            "What running files get after a first Ctrl-C (default 8s).",
        ),
    ] = None
    limit_rate: Annotated[
        str | None,
        pace_option(
            "--limit-rate --bwlimit RATE",
            "Send no faster than this, such as 1Mbit/s or 125KB/s.",
        ),
    ] = None
    max_duration: Annotated[
        str | None,
        pace_option(
            "--max-duration TIME", "Begin nothing new after this time."
        ),
    ] = None
    max_transfer: Annotated[
        str | None,
        pace_option(
            "--max-transfer SIZE", "Begin nothing new after so many bytes."
        ),
    ] = None
    state: Annotated[
        str | None,
        state_option(
            "--state FOLDER",
            "Folder of the journal of what was sent; else PT5_STATE.",
        ),
    ] = None
    no_journal: Annotated[
        bool,
        state_option(
            "--no-journal",
            "Keep no journal: compare with a listing every time.",
        ),
    ] = False
    receipt: Annotated[
        str | None,
        state_option(
            "--receipt FILE",
            "Append a JSON line for each object to this file.",
        ),
    ] = None
    receipt_all: Annotated[
        bool,
        state_option(
            "--receipt-all", "Also write receipt lines for skipped files."
        ),
    ] = False
    verbose: Annotated[
        bool,
        shown_option("--verbose -v", "A line for every file, with why."),
    ] = False
    quiet: Annotated[
        bool,
        shown_option("--quiet -q", "Say nothing when all is well."),
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
        shown_option("--color", "Colours in words (default auto)."),
    ] = None


Given = TypeVar("Given")


def taking(
    kind: type[Given],
) -> Callable[[Callable[[Given], None]], Callable[..., None]]:
    """Make a command as Typer wants it: with a parameter for every flag.

    Typer reads a function's signature; this one has that of `kind`, so
    that no option has to be written down a second time.
    """

    def taker(command: Callable[[Given], None]) -> Callable[..., None]:
        def called(**given: Any) -> None:
            command(kind(**given))

        called.__doc__ = command.__doc__
        vars(called)["__signature__"] = _in_order(
            inspect.signature(kind), own=kind.__annotations__
        )
        return called

    return taker


def _in_order(
    signature: inspect.Signature, *, own: Container[str]
) -> inspect.Signature:
    """The same, panel after panel: help shows them as they come."""

    def place(parameter: inspect.Parameter) -> tuple[int, bool]:
        [said] = parameter.annotation.__metadata__
        panel = said.rich_help_panel
        inherited = parameter.name not in own
        return PANELS.index(panel) if panel in PANELS else -1, inherited

    ordered = sorted(signature.parameters.values(), key=place)
    return signature.replace(parameters=ordered)


taking_flags: Final = taking(Flags)
