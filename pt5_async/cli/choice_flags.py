"""Options on which files of the tree take part, and where they go."""

from dataclasses import dataclass
from typing import Annotated

from ..ifcb.layout import Layout
from ..selection import Order
from ..settings import Compare, Existing
from .option import content_option, source_option


@dataclass(frozen=True, kw_only=True)
class ChoiceFlags:
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
    include: Annotated[
        list[str] | None,
        content_option(
            "--include GLOB",
            "Only what matches, below SOURCE: * and ? within a name, **"
            " across folders; without / in any folder. May be repeated.",
        ),
    ] = None
    exclude: Annotated[
        list[str] | None,
        content_option(
            "--exclude GLOB",
            "Not what matches; beats --include. May be repeated.",
        ),
    ] = None
    exclude_dir: Annotated[
        list[str] | None,
        content_option(
            "--exclude-dir NAME",
            "Do not enter folders of this name. May be repeated.",
        ),
    ] = None
    instrument: Annotated[
        list[str] | None,
        content_option(
            "--instrument N",
            "Only bins of this instrument, as 104 or IFCB104. May be"
            " repeated.",
        ),
    ] = None
    since: Annotated[
        str | None,
        content_option(
            "--since TIME",
            "Only bins from this time on (UTC): 2013-05-26, or with T09:52:07"
            " behind it.",
        ),
    ] = None
    until: Annotated[
        str | None,
        content_option(
            "--until TIME",
            "Only bins before this time (UTC); a date counts in full.",
        ),
    ] = None
    files_from: Annotated[
        str | None,
        content_option(
            "--files-from FILE",
            "Only bins, files and folders that stand in FILE, a path below"
            " SOURCE on each line; - reads standard input.",
        ),
    ] = None
    order: Annotated[
        Order | None,
        content_option(
            "--order",
            "Which folders by name, and bins by time, go first (default"
            " oldest).",
        ),
    ] = None
    follow_links: Annotated[
        bool,
        content_option(
            "--follow-links",
            "Enter linked folders, and take linked files for files.",
        ),
    ] = False
    include_hidden: Annotated[
        bool,
        content_option(
            "--include-hidden",
            "Enter hidden and system folders; hidden files go with"
            " --all-files.",
        ),
    ] = False
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
