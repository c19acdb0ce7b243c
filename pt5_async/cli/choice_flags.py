"""Options on what is sent of the files that take part, and where to."""

from dataclasses import dataclass
from typing import Annotated

from ..ifcb.layout import Layout
from ..settings import Compare, Existing
from .option import content_option, source_option
from .selection_flags import SelectionFlags


@dataclass(frozen=True, kw_only=True)
class ChoiceFlags(SelectionFlags):
    """What stood on the command line of what is sent, and where to."""

    layout: Annotated[
        Layout | None,
        source_option(
            "--layout",
            "Folders in the store: as below SOURCE (mirror, the default), or"
            " by the bin's day (2013/D20130526) or year.",
        ),
    ] = None
    relayout: Annotated[
        bool,
        source_option(
            "--relayout",
            "Fill a prefix again that was filled with another layout.",
        ),
    ] = False
    members: Annotated[
        str | None,
        content_option(
            "--members KINDS",
            "Send only these files of each bin, as in hdr,adc; a later run"
            " adds the others (default roi,hdr,adc).",
        ),
    ] = None
    existing: Annotated[
        Existing | None,
        content_option(
            "--existing",
            "Objects that the journal does not know: send what differs"
            " (update, the default), leave whatever is there (skip), or send"
            " everything (overwrite, with --replace-changed).",
        ),
    ] = None
    compare: Annotated[
        Compare | None,
        content_option(
            "--compare",
            "Such an object is right by its size and date (the default), by"
            " its size alone, or by its checksum.",
        ),
    ] = None
    recheck: Annotated[
        bool | None,
        content_option(
            "--recheck/--no-recheck",
            "Ask the store about everything, whatever the journal knows, or"
            " believe the journal. By default a run that has something to"
            " send looks whether the newest object that it knows is there.",
        ),
    ] = None
