"""An option of a command in one line, and the panels of its help."""

import inspect
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any, Final, TypeVar, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from ..printable import LONE

Given = TypeVar("Given")


def _option(panel: str, declared: str, words: str) -> Any:
    """An option from its names and, behind them, what its value is.

    Without a value it is a switch, or help shows what it can be.
    """
    names = [word for word in declared.split() if word.startswith("-")]
    value = declared.removeprefix(" ".join(names)).strip() or None
    return typer.Option(
        *names, help=words, metavar=value, rich_help_panel=panel
    )


SWITCH: Final = ""
"""What help shows for the value of an option that has none."""

inspected_option: Final = partial(_option, "What is inspected")
"""One that is particular to ``inspect``; its help shows it first."""

verified_option: Final = partial(_option, "What is verified")
"""One that is particular to ``verify``; its help shows it first."""

reported_option: Final = partial(_option, "What is written")
"""One that is particular to ``report``; its help shows it first."""

PANELS: Final = (
    "Source and target",
    "What takes part",
    "What is sent",
    "The store",
    "What every object gets",
    "Pace",
    "Journal, receipt and log",
    "What is shown",
)
"""The panels in the order in which help shows them."""

(
    source_option,
    choice_option,
    content_option,
    store_option,
    object_option,
    pace_option,
    state_option,
    shown_option,
) = (partial(_option, panel) for panel in PANELS)


class Command(TyperCommand):
    """A command that has Typer read what needs reading, and nothing else.

    Typer makes a reader for every option, given or not, with pydantic, and
    to load that takes 65 ms. Most values are text, and stay what they are.
    """

    def get_params(self, ctx: Any) -> Any:
        """Its options, as they are parsed."""
        return list(map(_spared, super().get_params(ctx)))


class Commands(TyperGroup):
    """The same for what stands before a command."""

    def get_params(self, ctx: Any) -> Any:
        """Its options, as they are parsed."""
        return list(map(_spared, super().get_params(ctx)))


def _spared(param: Any) -> Any:
    """`param`, which reads no text, and not what nobody gave."""
    read = param.process_value
    kind = param.type_descriptor.annotation
    known = _text if kind is str else _choices(kind)

    def process_value(context: Any, value: Any) -> Any:
        if value is None and not param.required:
            value = () if param.multiple else None
        elif isinstance(value, str) and (found := known(value)) is not None:
            value = found
        else:
            return read(context, value)
        if param.callback is None:
            return value
        return param.callback(context, param, value)

    if "process_value" not in vars(param):
        param.process_value = process_value
    return param


def _text(value: str) -> str | None:
    """What a text stands for; None for what Typer refuses."""
    return None if LONE.search(value) else value


def _choices(kind: Any) -> Callable[[str], Any]:
    """What a text stands for among choices; None for what is none."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {one.value: one for one in kind}.get
    return lambda _: None


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
        signature = inspect.signature(kind)
        vars(called)["__signature__"] = _in_order(signature, kind)
        return called

    return taker


def _in_order(signature: inspect.Signature, kind: type) -> inspect.Signature:
    """The same, panel after panel: help shows them as they come."""

    def place(parameter: inspect.Parameter) -> tuple[int, bool]:
        union, said = get_args(parameter.annotation)
        if bool in (union, *get_args(union)):
            said.metavar = SWITCH
        panel = said.rich_help_panel
        inherited = parameter.name not in kind.__annotations__
        return PANELS.index(panel) if panel in PANELS else -1, inherited

    ordered = sorted(signature.parameters.values(), key=place)
    return signature.replace(parameters=ordered)
