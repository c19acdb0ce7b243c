"""Every option of `upload`, once: its name, its type and its help.

No default is set here: None means "not given", and ``resolve.py`` decides.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Final, TypeVar

import typer

from ..ifcb.layout import Layout
from ..settings import Addressing, ChecksumChoice


class ColorChoice(StrEnum):
    """Whether words may be coloured; AUTO asks whether a terminal reads."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class IfRunning(StrEnum):
    """What to do when another run holds the journal and target."""

    FAIL = "fail"
    SKIP = "skip"
    WAIT = "wait"


class Broken(StrEnum):
    """What bins that are held as broken or changed mean for a caller."""

    FAIL = "fail"
    REPORT = "report"


def _option(panel: str, declared: str, words: str) -> Any:
    """An option from its names and, behind them, what its value is."""
    names = [word for word in declared.split() if word.startswith("-")]
    value = declared.removeprefix(" ".join(names)).strip() or None
    return typer.Option(
        *names, help=words, metavar=value, rich_help_panel=panel
    )


_what: Final = partial(_option, "Source and target")
_which: Final = partial(_option, "What is sent")
_store: Final = partial(_option, "The store")
_pace: Final = partial(_option, "Pace")
_state: Final = partial(_option, "Journal and receipt")
_shown: Final = partial(_option, "What is shown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What stood on the command line, in the order in which help shows it."""

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
        _what("--source PATH", "SOURCE as the older script spelled it."),
    ] = None
    to: Annotated[
        str | None,
        _what(
            "--to s3://BUCKET/PREFIX", "Where bins go; else AWS_UPLOAD_URL."
        ),
    ] = None
    bucket: Annotated[
        str | None,
        _what("--bucket", "Replaces the bucket of AWS_UPLOAD_URL."),
    ] = None
    prefix: Annotated[
        str | None,
        _what("--prefix", "Replaces the prefix of AWS_UPLOAD_URL."),
    ] = None
    recursive: Annotated[
        bool | None,
        _what(
            "--recursive/--no-recursive",
            "Enter the folders below SOURCE, or only SOURCE itself"
            " (default: enter).",
        ),
    ] = None
    dry_run: Annotated[
        bool,
        _what(
            "--dry-run -n",
            "Say for every file what would happen and why; send nothing.",
        ),
    ] = False
    validate: Annotated[
        bool,
        _what(
            "--validate",
            "Check credentials, region, clock, bucket and prefix, then exit.",
        ),
    ] = False
    layout: Annotated[
        Layout | None,
        _what(
            "--layout",
            "Folders in the store: as below SOURCE (mirror, the default), or"
            " by the bin's day (2013/D20130526) or year.",
        ),
    ] = None
    relayout: Annotated[
        bool,
        _what(
            "--relayout",
            "Fill a prefix again that was filled with another layout.",
        ),
    ] = False
    members: Annotated[
        str | None,
        _which(
            "--members KINDS",
            "Send only these files of each bin, as in hdr,adc; a later run"
            " adds the others (default roi,hdr,adc).",
        ),
    ] = None
    all_files: Annotated[
        bool,
        _which(
            "--all-files",
            "Also send derived products and files that belong to no bin.",
        ),
    ] = False
    allow_incomplete: Annotated[
        bool,
        _which(
            "--allow-incomplete",
            "Also send broken bins; never ones being written.",
        ),
    ] = False
    replace_changed: Annotated[
        bool,
        _which(
            "--replace-changed",
            "Send bins that changed after they were sent whole.",
        ),
    ] = False
    min_age: Annotated[
        str | None,
        _which(
            "--min-age TIME",
            "Hold files changed within this time (default 60s).",
        ),
    ] = None
    broken_after: Annotated[
        str | None,
        _which(
            "--broken-after TIME",
            "A bin that is not whole counts as being written for this"
            " long, then as broken (default 1h).",
        ),
    ] = None
    endpoint_url: Annotated[
        str | None,
        _store(
            "--endpoint-url URL",
            "Address of an S3 server that is not Amazon's.",
        ),
    ] = None
    region: Annotated[
        str | None, _store("--region", "The bucket's region.")
    ] = None
    profile: Annotated[
        str | None,
        _store(
            "--profile",
            "Profile of AWS's configuration; beats keys in variables.",
        ),
    ] = None
    addressing: Annotated[
        Addressing | None,
        _store(
            "--addressing-style",
            "Where the bucket's name stands in URLs (default auto).",
        ),
    ] = None
    checksum: Annotated[
        ChecksumChoice | None,
        _store(
            "--checksum-algorithm",
            "What proves an object (default auto: what the store can).",
        ),
    ] = None
    concurrency: Annotated[
        int | None,
        _pace("--concurrency", "Bins sent at once (default 32)."),
    ] = None
    connections: Annotated[
        int | None,
        _pace("--connections", "Connections at most (default 100)."),
    ] = None
    attempts: Annotated[
        int | None,
        _pace(
            "--attempts", "How often a request is tried in all (default 3)."
        ),
    ] = None
    max_memory: Annotated[
        str | None,
        _pace(
            "--max-memory SIZE",
            "Bytes of files held in memory at most (default 128MiB).",
        ),
    ] = None
    grace: Annotated[
        str | None,
        _pace(
            "--grace TIME",
            "What running files get after a first Ctrl-C (default 8s).",
        ),
    ] = None
    env_file: Annotated[
        str | None,
        _what(
            "--env-file FILE",
            "Read variables from this file; else PT5_ENV_FILE, else .env"
            " here or in the configuration folder.",
        ),
    ] = None
    state: Annotated[
        str | None,
        _state(
            "--state FOLDER",
            "Folder of the journal of what was sent; else PT5_STATE.",
        ),
    ] = None
    no_journal: Annotated[
        bool,
        _state(
            "--no-journal",
            "Keep no journal: compare with a listing every time.",
        ),
    ] = False
    if_running: Annotated[
        IfRunning | None,
        _state(
            "--if-running",
            "When another run is at this target: fail with exit code 7 (the"
            " default), skip this one, or wait.",
        ),
    ] = None
    broken: Annotated[
        Broken | None,
        _shown(
            "--broken",
            "Whether held bins that are broken or changed make the exit code"
            " 4 (fail, the default), or are only reported.",
        ),
    ] = None
    known_broken: Annotated[
        str | None,
        _shown(
            "--known-broken FILE",
            "Bins, one name a line, that are known to be broken: counted,"
            " and neither named nor a reason for exit code 4.",
        ),
    ] = None
    receipt: Annotated[
        str | None,
        _state(
            "--receipt FILE",
            "Append a JSON line for each object to this file.",
        ),
    ] = None
    receipt_all: Annotated[
        bool,
        _state("--receipt-all", "Also write receipt lines for skipped files."),
    ] = False
    verbose: Annotated[
        bool,
        _shown("--verbose -v", "A line for every file, with why."),
    ] = False
    quiet: Annotated[
        bool,
        _shown("--quiet -q", "Say nothing when all is well."),
    ] = False
    json: Annotated[
        bool,
        _shown(
            "--json",
            "One JSON object per event on stdout; words go to stderr.",
        ),
    ] = False
    color: Annotated[
        ColorChoice | None,
        _shown("--color", "Colours in words (default auto)."),
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
        vars(called)["__signature__"] = inspect.signature(kind)
        return called

    return taker


taking_flags: Final = taking(Flags)
