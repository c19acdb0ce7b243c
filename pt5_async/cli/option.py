"""An option of a command in one line, and the panels of its help."""

from functools import partial
from typing import Any, Final

import typer


def _option(panel: str, declared: str, words: str) -> Any:
    """An option from its names and, behind them, what its value is."""
    names = [word for word in declared.split() if word.startswith("-")]
    value = declared.removeprefix(" ".join(names)).strip() or None
    return typer.Option(
        *names, help=words, metavar=value, rich_help_panel=panel
    )


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
