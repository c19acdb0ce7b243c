"""What all charts have in common, as parts of a Vega specification."""

from typing import Any, Final

from .calendar import FONT
from .palette import SERIES, ink

Spec = dict[str, Any]
Row = dict[str, Any]

HEIGHT: Final = 150

_AXES: Final = {
    "domainColor": ink("line"),
    "tickColor": ink("line"),
    "gridColor": ink("line"),
    "labelColor": ink("soft"),
    "titleColor": ink("soft"),
    "labelFont": FONT,
    "titleFont": FONT,
    "labelFontSize": 11,
    "titleFontSize": 11,
    "titleFontWeight": "normal",
    "labelPadding": 5,
}

BYTES: Final = (
    "datum.value >= 1099511627776 ? format(datum.value/1099511627776,'~g')"
    "+' TB' : datum.value >= 1073741824 ? format(datum.value/1073741824,'~g')"
    "+' GB' : datum.value >= 1048576 ? format(datum.value/1048576,'~g')+' MB'"
    " : datum.value >= 1024 ? format(datum.value/1024,'~g')+' KB'"
    " : format(datum.value,'~g')+' B'"
)
"""An axis' label in bytes."""


def binary_ticks(top: float) -> list[float]:
    """Three or four round numbers of bytes up to `top`."""
    unit = 1.0
    while unit * 1024 <= top:
        unit *= 1024
    step = unit
    for tenth in (0.25, 0.5, 1, 2, 2.5, 5, 10, 25, 50, 100, 200, 250, 256):
        step = unit * tenth
        if top / step <= 4:  # noqa: PLR2004 - lines across the picture
            break
    return [step * n for n in range(int(top / step) + 2)]


def labels(expression: str) -> Row:
    """An axis' labels, as `expression` writes each value."""
    return {"labels": {"update": {"text": {"signal": expression}}}}


def colours() -> Row:
    """The scale of instruments, by their place."""
    return {
        "name": "colour",
        "type": "ordinal",
        "domain": list(range(len(SERIES))),
        "range": [ink(name) for name in SERIES],
    }


def frame(**parts: Any) -> Spec:
    """What all pictures have in common."""
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "background": "transparent",
        "autosize": {"type": "fit", "contains": "padding", "resize": True},
        "width": 500,
        "height": HEIGHT,
        "padding": {"left": 2, "right": 10, "top": 6, "bottom": 2},
        "config": {"axis": _AXES},
        **parts,
    }
