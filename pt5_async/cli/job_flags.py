"""Options for jobs that nobody watches."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from .option import shown_option, state_option
from .shared_options import EnvFile


class IfRunning(StrEnum):
    """What to do when another run holds the journal and target."""

    FAIL = "fail"
    SKIP = "skip"
    WAIT = "wait"


class Broken(StrEnum):
    """What bins that are held as broken or changed mean for a caller."""

    FAIL = "fail"
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class KnownFlags:
    """What stood on the command line of what need not be said again."""

    known_broken: Annotated[
        str | None,
        shown_option(
            "--known-broken FILE",
            "Bins, one name a line, that are known to be broken: counted,"
            " and neither named nor a reason for exit code 4.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class LogFlags:
    """What stood on the command line of the log of uploads."""

    log_file: Annotated[
        str | None,
        state_option(
            "--log-file FILE",
            "Append the log of uploads to this file; else to pt5-async.log"
            " beside the journal.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class JobFlags(KnownFlags, LogFlags):
    """What stood on the command line of a job's surroundings."""

    env_file: EnvFile = None
    if_running: Annotated[
        IfRunning | None,
        state_option(
            "--if-running",
            "When another run is at this target: fail with exit code 7 (the"
            " default), skip this one, or wait.",
        ),
    ] = None
    broken: Annotated[
        Broken | None,
        shown_option(
            "--broken",
            "Whether held bins that are broken or changed make the exit code"
            " 4 (fail, the default), or are only reported.",
        ),
    ] = None
