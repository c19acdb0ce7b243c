"""The calendar as a Vega picture: a cell a day, a row an instrument.

Days stand in blocks of `span` months, the newest first, so that ten years
stay readable on a wide screen (a year in a line) and on a phone (three
months); a `span` of 0 puts the days of a few weeks into one block. All else
is worked out by Vega, so that the page may change `width` and `span`.
"""

from collections.abc import Sequence
from typing import Any, Final

from .blocks import CELL, COLUMNS, HEAD, LEFT, PITCH, blocks
from .palette import LOOKS, ink

_Value = dict[str, Any]
"""What Vega takes for a value: one, a field, a signal."""

FONT: Final = "system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"


def calendar(
    width: int = 1100,
    span: int = 12,
    days: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The picture, `width` pixels wide, with `days` as `days_of` has them."""
    first = min((one["t"] for one in days), default=0)
    last = max((one["t"] for one in days), default=0)
    columns = " : ".join(
        f"span == {span} ? {days}" for span, days in COLUMNS.items()
    )
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "description": "A calendar of bins: a cell a day, a row an instrument",
        "background": "transparent",
        "autosize": "none",
        "width": width,
        "signals": [
            {"name": "span", "value": span},
            {"name": "first", "value": first},
            {"name": "last", "value": last},
            {
                "name": "step",
                "update": f"(width-{LEFT}-2)/({columns}"
                " : max((last-first)/864e5+1, 14))",
            },
            {
                "name": "wide",
                "update": "max(step-(step > 7 ? 1.5 : 0.5), 0.4)",
            },
            {
                "name": "height",
                "update": f"length(data('blocks'))*{HEAD}"
                f"+length(data('rows'))*{PITCH}",
            },
        ],
        "data": blocks(days),
        "scales": [
            {
                "name": "across",
                "type": "linear",
                "domain": [0, 1],
                "range": {"signal": f"[{LEFT}, {LEFT}+step]"},
            },
            {
                "name": "colour",
                "type": "ordinal",
                "domain": list(LOOKS),
                "range": [ink(colour) for colour, _ in LOOKS.values()],
            },
        ],
        "marks": [*_words(), *_cells()],
    }


def _words() -> list[dict[str, Any]]:
    """Years, months and names of instruments."""
    font = {"font": {"value": FONT}, "fontSize": {"value": 12}}
    return [
        {
            "type": "text",
            "from": {"data": "heads"},
            "encode": {
                "update": {
                    **font,
                    "text": {"field": "year"},
                    "y": {"signal": "datum.y-7"},
                    "fontWeight": {"value": 600},
                    "fontSize": {"value": 13},
                    "fill": {"value": ink("ink")},
                }
            },
        },
        *(
            {
                "type": "text",
                "from": {"data": ticks},
                "encode": {
                    "update": {
                        **font,
                        "text": {"field": "text"},
                        "x": {"signal": f"{LEFT}+datum.col*step+1"},
                        "y": {"signal": "datum.y-7"},
                        "fill": {"value": ink("soft")},
                    }
                },
            }
            for ticks in ("months", "dates")
        ),
        {
            "type": "text",
            "from": {"data": "rows"},
            "encode": {
                "update": {
                    **font,
                    "text": {"field": "name"},
                    "limit": {"value": LEFT - 6},
                    "y": {"signal": f"datum.y+{CELL - 4}"},
                    "fill": {"value": ink("soft")},
                }
            },
        },
    ]


def _cells() -> list[dict[str, Any]]:
    """The days, parts of them, and marks below what nobody must miss."""
    cell, mark = {"value": CELL}, {"value": 4}
    below = {"field": "y", "offset": CELL + 1}
    ill, bottom = {"value": ink("ill")}, f"datum.y+{CELL}-datum.red"
    return [
        _rects(
            "placed",
            {"field": "y"},
            cell,
            {"scale": "colour", "field": "look"},
        ),
        _rects(
            "late",
            {"signal": f"{bottom}-datum.amber"},
            {"field": "amber"},
            {"value": ink("later")},
        ),
        _rects("ill", {"signal": bottom}, {"field": "red"}, ill),
        _rects("gaps", below, mark, {"value": ink("ink")}),
        _rects("ill", below, mark, ill),
    ]


def _rects(
    data: str, top: _Value, high: _Value, fill: _Value
) -> dict[str, Any]:
    return {
        "type": "rect",
        "from": {"data": data},
        "encode": {
            "update": {
                "x": {"scale": "across", "field": "col"},
                "width": {"signal": "wide"},
                "y": top,
                "height": high,
                "fill": fill,
                "tooltip": {"field": "n"},
            },
        },
    }
