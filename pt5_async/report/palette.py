"""Colours by what they mean, for light and for dark ground.

Blue and amber stay apart for every kind of colour-blindness, dark red is
darker than both, and what nobody must miss has a mark of its own besides.
Pictures name colours as ``var(--ill)``: the page decides, or `painted`.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from .days import Look

LIGHT: Final = {
    "paper": "#f5f7f9",
    "panel": "#ffffff",
    "ink": "#17222d",
    "soft": "#52616f",
    "line": "#d5dce2",
    "hollow": "#edf0f3",
    "full": "#2b6cb0",
    "thin": "#a3c9e8",
    "later": "#eda100",
    "ill": "#930d26",
    "one": "#2b6cb0",
    "two": "#114237",
    "three": "#7a1f7d",
    "four": "#ae7a32",
    "five": "#15acb8",
}
"""On white."""

DARK: Final = {
    "paper": "#0f161d",
    "panel": "#17212b",
    "ink": "#e8eef4",
    "soft": "#a0b0be",
    "line": "#2f3d4a",
    "hollow": "#22303c",
    "full": "#4795e0",
    "thin": "#24507c",
    "later": "#f5b82e",
    "ill": "#ff6b7d",
    "one": "#5aa5ee",
    "two": "#51f3a5",
    "three": "#d22aa2",
    "four": "#ecbb42",
    "five": "#bcecf2",
}
"""On near black."""

SERIES: Final = ("one", "two", "three", "four", "five")
"""Instruments, in their order; a sixth begins again, dashed."""

LOOKS: Final = {
    Look.FULL.value: ("full", "as many bins as expected"),
    Look.THIN.value: ("thin", "fewer"),
    Look.GAP.value: ("hollow", "none: a gap"),
    "later": ("later", "so many not in the store yet"),
    "ill": ("ill", "so many broken, changed or failed"),
}
"""The colours of a day, and what they say."""

_VARIABLE: Final = re.compile(r"var\(--(\w+)\)")


def ink(name: str) -> str:
    """A colour by its name, for the page to decide."""
    return f"var(--{name})"


def painted(spec: Any, colours: Mapping[str, str] = LIGHT) -> Any:
    """`spec` with colours in the place of names."""
    if isinstance(spec, dict):
        return {key: painted(one, colours) for key, one in spec.items()}
    if isinstance(spec, list):
        return [painted(one, colours) for one in spec]
    if isinstance(spec, str):
        return _VARIABLE.sub(lambda match: colours[match[1]], spec)
    return spec
