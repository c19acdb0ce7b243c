"""What all charts have in common, as parts of a Vega specification."""

from typing import Final

from .palette import SERIES, ink
from .vega import FONT, SCHEMA, Part

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


def labels(expression: str) -> Part:
    """An axis' labels, as `expression` writes each value."""
    return {"labels": {"update": {"text": {"signal": expression}}}}


def colours() -> Part:
    """The scale of instruments, by their place."""
    return {
        "name": "colour",
        "type": "ordinal",
        "domain": list(range(len(SERIES))),
        "range": [ink(name) for name in SERIES],
    }


def frame(**parts: object) -> Part:
    """What all pictures have in common."""
    return {
        "$schema": SCHEMA,
        "background": "transparent",
        "autosize": {"type": "fit", "contains": "padding", "resize": True},
        "width": 500,
        "height": HEIGHT,
        "padding": {"left": 2, "right": 10, "top": 6, "bottom": 2},
        "config": {"axis": _AXES},
        **parts,
    }


def across(kind: str, domain: object, **more: object) -> Part:
    """The scale from left to right."""
    return {
        "name": "x",
        "type": kind,
        "range": "width",
        "domain": domain,
        **more,
    }


def bottom(**more: object) -> Part:
    """Its axis."""
    return {"orient": "bottom", "scale": "x", "labelOverlap": True, **more}


def left(**more: object) -> Part:
    """The axis from the ground up, with lines across the picture."""
    return {"orient": "left", "scale": "y", "grid": True, **more}


def up(domain: object, **more: object) -> Part:
    """The scale from the ground up."""
    return {"name": "y", "range": "height", "domain": domain, **more}
