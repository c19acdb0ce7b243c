"""Options on how much at once, how fast, how long, and which way."""

from dataclasses import dataclass
from typing import Annotated

from ..settings import Lane
from .option import pace_option


@dataclass(frozen=True, kw_only=True)
class AskingFlags:
    """What stood on the command line of how a store is asked."""

    concurrency: Annotated[
        str | None,
        pace_option(
            "--concurrency N",
            "Bins at once (32; fewer if limited), or auto: as many as help.",
        ),
    ] = None
    connections: Annotated[
        int | None,
        pace_option("--connections N", "Connections at most (default 100)."),
    ] = None
    attempts: Annotated[
        int | None,
        pace_option(
            "--attempts N", "How often a request is tried in all (default 3)."
        ),
    ] = None
    max_memory: Annotated[
        str | None,
        pace_option(
            "--max-memory SIZE",
            "Bytes of files held in memory at most (default 128MiB).",
        ),
    ] = None
    max_outage: Annotated[
        str | None,
        pace_option(
            "--max-outage TIME",
            "How long to wait for a store that went away (default 15m), or"
            " forever.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class PaceFlags(AskingFlags):
    """What stood on the command line of an upload's pace."""

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
    lane: Annotated[
        Lane | None,
        pace_option(
            "--lane",
            "Which way objects go: through AWS's library (plain), or faster"
            " by what its first request shows (express, or fail); default"
            " auto: express where it can be had.",
        ),
    ] = None
