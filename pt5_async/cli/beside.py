"""What the commands beside ``upload`` decide in the same way. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from ..errors import UsageError
from ..selection import Selection
from ..settings import Line, Settings
from .limited import seconds
from .places import VARIABLES, Places, places
from .resolve import members, renamed
from .variables import filled, unread, variables

Flags = TypeVar("Flags", bound=Any)
"""A command's flags, a dataclass."""

Asked = TypeVar("Asked", bound=Any)
"""What they ask for: a dataclass that has `warnings` for the user."""


class Judging(Protocol):
    """Flags that say how bins are judged."""

    @property
    def recursive(self) -> bool | None:
        """Whether subfolders are entered."""
        ...

    @property
    def members(self) -> str | None:
        """The files with which a bin is whole."""
        ...

    @property
    def min_age(self) -> str | None:
        """Until when it is settling."""
        ...

    @property
    def broken_after(self) -> str | None:
        """Until when it is being written."""
        ...


def decided(
    flags: Flags,
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
    decide: Callable[[Flags, Places], Asked],
) -> Asked:
    """What `decide` makes of `flags` that variables have filled.

    Raises:
        UsageError: what it raises, naming the variable that is at fault.
    """
    command: type = type(flags)
    names = (*VARIABLES, *(one.name for one in variables(command)))
    where = places(environ, dotenv, names)
    flags, origins = filled(flags, where)
    try:
        asked = decide(flags, where)
    except UsageError as error:
        raise renamed(origins, error) from error
    unknown = unread(names, environ, dotenv)
    found: Asked = replace(asked, warnings=(*unknown, *asked.warnings))
    return found


def judging(flags: Judging, chosen: Selection) -> Settings:
    """The settings by which the `chosen` bins are judged, without a store.

    Raises:
        UsageError: for a value that cannot be used.
    """
    return Settings(
        recursive=flags.recursive is not False,
        members=members(flags.members),
        min_age=seconds(flags.min_age, "--min-age", "min_age"),
        broken_after=seconds(
            flags.broken_after, "--broken-after", "broken_after"
        ),
        selection=chosen,
    )
