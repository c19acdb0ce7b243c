"""Every option as a variable too: PT5_ and its name in capitals.

``--min-age`` is PT5_MIN_AGE, in the environment or in .env. What stands on
the command line beats both.
"""

import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, replace
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, Final, NamedTuple, TypeVar, get_args, get_type_hints

from ..settings import Line
from .flags import Flags
from .places import OWN, Given, Places, strangers

Taken = TypeVar("Taken", bound=Any)
"""A command's flags: `Flags`, or others of that kind."""

_OWN: Final = frozenset({"--source", "--to", "--state", "--env-file"})
"""Options whose variables others know: `resolve`, ``envfile.py``."""

_GIVES_WAY: Final[Mapping[str, tuple[str, ...]]] = {
    "bucket": ("to",),
    "prefix": ("to",),
    "ca_bundle": ("no_verify_ssl",),
    "no_verify_ssl": ("ca_bundle",),
    "no_journal": ("state",),
    "quiet": ("verbose",),
    "verbose": ("quiet",),
    "receipt": ("dry_run", "validate"),
    "receipt_all": ("dry_run", "validate"),
    "dry_run": ("validate",),
    "validate": ("dry_run",),
}
"""Fields that contradict others. What a variable says gives way to what a
better place says of these; of one place's, the contradiction is told. That
``--receipt`` ends a dry run is not here: it would send."""

_ALSO_AWS: Final[Mapping[str, frozenset[str]]] = {
    "region": frozenset({"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_S3_REGION"}),
    "endpoint_url": frozenset({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}),
    "profile": frozenset({"AWS_PROFILE", "AWS_ACCESS_KEY_ID"}),
    "ca_bundle": frozenset({"AWS_CA_BUNDLE"}),
}
"""Fields that AWS's variables name, too: those of a better place count."""

_TRUTH: Final = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


class Variable(NamedTuple):
    """An option: its field in its flags, how it is written, its type."""

    field: str
    option: str
    kind: Any

    @property
    def name(self) -> str:
        """What it is called in an environment."""
        return "PT5_" + self.option.lstrip("-").replace("-", "_").upper()

    def read(self, given: Given) -> object:
        """The value that `given` stands for.

        Raises:
            UsageError: when it stands for none.
        """
        kind, text = self.kind, given.text
        try:
            if kind is bool:
                return _TRUTH[text.lower()]
            if kind is str:
                return text
            return shlex.split(text) if kind is list else kind(text)
        except (KeyError, ValueError):
            raise given.refused(f"{text!r} is not {_wanted(kind)}") from None


@cache
def variables(flags: type = Flags) -> tuple[Variable, ...]:
    """One for each option of a command's `flags` that has a variable."""
    return tuple(one for one in _options(flags) if one.option not in _OWN)


def filled(flags: Taken, where: Places) -> tuple[Taken, Mapping[str, str]]:
    """`flags` with what variables add, and where those options came from.

    An option that was given, be it a no, is left as it is, and no variable
    contradicts it.

    Raises:
        UsageError: for a value that can be none of its option.
    """
    origins: dict[str, str] = {}
    command: type = type(flags)
    nothing = command()
    better: set[str] = set()
    # The best place first: what it says is like a flag to the others.
    for place in where:
        found: dict[str, Any] = {}
        for one in variables(command):
            given = place.get(one.name)
            unset = getattr(flags, one.field) == getattr(nothing, one.field)
            if given is None or not unset or one.option in origins:
                continue
            value = one.read(given)
            aws = _ALSO_AWS.get(one.field, frozenset())
            if not _gives_way(one.field, flags) and not better & aws:
                found[one.field] = value
                origins[one.option] = given.origin
        flags = replace(flags, **found)
        better.update(place)
    return flags, origins


def _gives_way(field: str, flags: Any) -> bool:
    return any(getattr(flags, n, None) for n in _GIVES_WAY.get(field, ()))


def _options(flags: type) -> Iterator[Variable]:
    hints = get_type_hints(flags, include_extras=True)
    for field in fields(flags):
        union, option = get_args(hints[field.name])
        # Typer takes a first name for a default, until it builds a command.
        names = map(str, (option.default, *(option.param_decls or ())))
        long = [name for name in names if name.startswith("--")]
        if long:
            yield Variable(field.name, long[0].partition("/")[0], _kind(union))


def _kind(union: Any) -> Any:
    """The type of an option that may also be None; a list is just that."""
    kinds = [one for one in get_args(union) if one is not NoneType] or [union]
    return list if getattr(kinds[0], "__origin__", None) is list else kinds[0]


def _wanted(kind: Any) -> str:
    if kind is bool:
        return "1, true, yes or on, nor 0, false, no or off"
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "one of " + ", ".join(kind)
    return "a whole number" if kind is int else "a list of quoted words"


def unread(
    names: Collection[str],
    environ: Mapping[str, str],
    dotenv: Mapping[str, Line],
) -> Iterator[str]:
    """Warnings for a command beside upload, which reads `names`.

    An upload's variables are no mistake; what else is in .env is its own.
    """
    known = {*names, *(one.name for one in variables())}
    ours = {k: v for k, v in dotenv.items() if k.startswith(OWN)}
    return strangers(environ, ours, known)
