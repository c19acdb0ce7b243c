"""Options that several commands have, word for word."""

from enum import StrEnum
from typing import Annotated

from .option import (
    content_option,
    shown_option,
    source_option,
    state_option,
)


class ColorChoice(StrEnum):
    """Whether words may be coloured; AUTO asks whether a terminal reads."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Recursive = Annotated[
    bool | None,
    source_option(
        "--recursive/--no-recursive",
        "Enter the folders below SOURCE, or only SOURCE itself"
        " (default: enter).",
    ),
]

EnvFile = Annotated[
    str | None,
    source_option(
        "--env-file FILE",
        "Read variables from this file; else PT5_ENV_FILE, else .env"
        " here or in the configuration folder.",
    ),
]

BrokenAfter = Annotated[
    str | None,
    content_option(
        "--broken-after TIME",
        "A bin that is not whole counts as being written for this"
        " long, then as broken (default 1h).",
    ),
]

State = Annotated[
    str | None,
    state_option(
        "--state FOLDER",
        "Folder of the journal of what was sent; else PT5_STATE.",
    ),
]

Receipt = Annotated[
    str | None,
    state_option(
        "--receipt FILE",
        "Add a row for each object to this file: .csv, .parquet, else"
        " lines of JSON.",
    ),
]

Quiet = Annotated[
    bool, shown_option("--quiet -q", "Say nothing when all is well.")
]

Json = Annotated[
    bool,
    shown_option(
        "--json",
        "One JSON object per event on stdout; words go to stderr.",
    ),
]

Color = Annotated[
    ColorChoice | None,
    shown_option("--color", "Colours in words (default auto)."),
]
