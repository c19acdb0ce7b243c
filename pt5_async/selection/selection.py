"""`Selection`: which files of a tree are asked for, as one frozen value."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ..errors import UsageError
from .globs import Glob


class Order(StrEnum):
    """Which folders by name, and which bins by time, come first."""

    OLDEST = "oldest"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files of the tree take part; by default, all.

    All that is given has to fit, and `exclude` beats `include`. A pattern
    that matches a folder stands for all that is in it. A bin is matched by
    its path without an extension, so that no filter splits it.

    Attributes:
        include: patterns (see ``globs.py``); none takes all.
        exclude: patterns of what is left; such a folder is not entered.
        exclude_dirs: names of folders that are not entered, anywhere.
        instruments: the instruments whose bins are taken; none takes all.
        since: the earliest start of a bin that is taken.
        until: the first start of a bin that is taken no more.
        listed: paths below SOURCE, or absolute, of bins (a member stands
            for its bin), files and folders; None takes all.
        order: what comes first.
        follow_links: whether links to folders are entered, and links to
            files taken as files.
        include_hidden: whether hidden and system folders are entered, and
            hidden files are files like others.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_dirs: tuple[str, ...] = ()
    instruments: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    listed: tuple[str, ...] | None = None
    order: Order = Order.OLDEST
    follow_links: bool = False
    include_hidden: bool = False

    def __post_init__(self) -> None:
        for several in ("include", "exclude", "exclude_dirs", "listed"):
            if isinstance(getattr(self, several), str):
                raise UsageError(
                    f"Selection.{several} takes a tuple of texts, not one"
                )
        for name in self.exclude_dirs:
            check_name(name)
        _refuse_times(self.since, self.until)
        _refuse_nothing(self)

    @property
    def narrow(self) -> bool:
        """Whether it may leave out what a run without it would take."""
        return self != Selection(
            order=self.order,
            follow_links=self.follow_links,
            include_hidden=self.include_hidden,
        )


def check_name(name: str) -> None:
    """Raise a `UsageError` for what is not the bare name of a folder."""
    if not name or "/" in name or name in {".", ".."}:
        raise UsageError(
            f"{name!r} is no name of a folder; --exclude takes paths"
        )
    if set(name) & set("*?"):
        raise UsageError(
            f"{name!r} is a pattern, not a name; give --exclude '{name}/'"
        )


def check_glob(text: str) -> None:
    """Raise a `UsageError` for what is no pattern, or would split a bin."""
    Glob.parse(text)


def _refuse_times(since: datetime | None, until: datetime | None) -> None:
    for moment in (since, until):
        if moment is not None and moment.tzinfo is None:
            raise UsageError(
                f"the time {moment} has no time zone; bins are named in UTC"
            )
    if since is not None and until is not None and since >= until:
        raise UsageError(
            f"no bin can be of {since:%Y-%m-%dT%H:%M:%SZ} or later and"
            f" before {until:%Y-%m-%dT%H:%M:%SZ}; --since has to be earlier"
            " than --until"
        )


def _refuse_nothing(asked: Selection) -> None:
    """Raise a `UsageError` where one pattern undoes another."""
    include = [Glob.parse(text) for text in asked.include]
    exclude = [Glob.parse(text) for text in asked.exclude]
    for glob in exclude:
        if glob.text in {"*", "**", "**/*"}:
            raise UsageError(
                f"--exclude {glob.text} leaves nothing to send; name less"
            )
    for glob in include:
        names = glob.text.removesuffix("/").split("/")
        names = names[1:] if names[0] == "**" else names
        for name in names:
            if name in asked.exclude_dirs:
                raise _undone(glob.text, f"--exclude-dir {name}")
        for other in exclude:
            if glob.anywhere and not other.anywhere:
                continue  # it undoes it in one place alone
            if glob.text == other.text or _covers(other, names):
                raise _undone(glob.text, f"--exclude {other.text}")


def _undone(include: str, by: str) -> UsageError:
    return UsageError(
        f"--include {include} can match nothing, because {by} beats it;"
        " give one of them"
    )


def _covers(glob: Glob, names: Iterable[str]) -> bool:
    """Whether `glob` matches a folder that all of a path's files are in.

    `names` are a pattern's; it is followed as long as they are plain.
    """
    places = glob.start
    for name in names:
        if set(name) & set("*?"):
            return False
        places = glob.step(places, name)
        if glob.covers(places):
            return True
    return False


EVERYTHING: Final = Selection()
"""What is asked for when nobody says anything."""
