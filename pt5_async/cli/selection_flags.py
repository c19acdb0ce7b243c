"""Options on which files of the tree take part, of every command."""

from dataclasses import dataclass
from typing import Annotated

from ..selection import Order
from .option import choice_option


@dataclass(frozen=True, kw_only=True)
class SelectionFlags:
    """What stood on the command line of which files are asked for."""

    include: Annotated[
        list[str] | None,
        choice_option(
            "--include GLOB",
            "Only what matches, below SOURCE: * and ? within a name, **"
            " across folders; without / in any folder. May be repeated.",
        ),
    ] = None
    exclude: Annotated[
        list[str] | None,
        choice_option(
            "--exclude GLOB",
            "Not what matches; beats --include. May be repeated.",
        ),
    ] = None
    exclude_dir: Annotated[
        list[str] | None,
        choice_option(
            "--exclude-dir NAME",
            "Do not enter folders of this name. May be repeated.",
        ),
    ] = None
    instrument: Annotated[
        list[str] | None,
        choice_option(
            "--instrument N",
            "Only bins of this instrument, as 104 or IFCB104. May be"
            " repeated.",
        ),
    ] = None
    since: Annotated[
        str | None,
        choice_option(
            "--since TIME",
            "Only bins from this time on (UTC): 2013-05-26, or with T09:52:07"
            " behind it.",
        ),
    ] = None
    until: Annotated[
        str | None,
        choice_option(
            "--until TIME",
            "Only bins before this time (UTC); a date counts in full.",
        ),
    ] = None
    files_from: Annotated[
        str | None,
        choice_option(
            "--files-from FILE",
            "Only bins, files and folders that stand in FILE, a path below"
            " SOURCE on each line; - reads standard input.",
        ),
    ] = None
    order: Annotated[
        Order | None,
        choice_option(
            "--order",
            "Which folders by name, and bins by time, go first (default"
            " oldest).",
        ),
    ] = None
    follow_links: Annotated[
        bool,
        choice_option(
            "--follow-links",
            "Enter linked folders, and take linked files for files.",
        ),
    ] = False
    include_hidden: Annotated[
        bool,
        choice_option(
            "--include-hidden",
            "Enter hidden and system folders; hidden files go with"
            " --all-files.",
        ),
    ] = False
