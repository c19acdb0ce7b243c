"""The calendar as a Vega picture: a cell a day, a row an instrument.

Days stand in blocks of `span` months, the newest first, so that ten years
stay readable on a wide screen (a year in a line) and on a phone (three
months). The widths are worked out by Vega, so that the page may change
`width` and `span` at any time.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from .cadence import DAY
from .days import Instrument, Look
from .palette import LOOKS, ink

CELL, PITCH, HEAD, LEFT = 16, 25, 26, 64
"""Heights of a cell, a row, a block's head; width of the names."""

COLUMNS: Final = {12: 366, 6: 184, 3: 92, 1: 31}
"""Days in a block of so many months, at most."""

FONT: Final = "system-ui, 'Segoe UI', 'Liberation Sans', Arial, sans-serif"

_BLOCK: Final = "floor((utcyear(datum.t)*12+utcmonth(datum.t))/span)"
_BEGIN: Final = "utc(floor(datum.block*span/12), (datum.block*span)%12, 1)"
_MONTHS: Final = (
    "['Jan','Feb','Mar','Apr','May','Jun','Jul','Aug','Sep','Oct','Nov',"
    "'Dec']"
)


def days_of(instruments: Sequence[Instrument]) -> Iterator[dict[str, Any]]:
    """The rows of the picture's data `days`; a pause has none."""
    number = 0
    for place, one in enumerate(instruments):
        for cell in one.cells:
            if cell.look is not Look.PAUSE:
                yield {
                    "i": place,
                    "name": one.name,
                    "t": cell.day * DAY * 1000,
                    "look": cell.look.value,
                    "n": number,
                }
            number += 1


def calendar(
    width: int = 1100,
    span: int = 12,
    days: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The picture, `width` pixels wide, with `days` as `days_of` has them."""
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
            {"name": "step", "update": f"(width-{LEFT}-2)/({columns} : 366)"},
            {
                "name": "height",
                "update": f"length(data('blocks'))*{HEAD}"
                f"+length(data('rows'))*{PITCH}",
            },
        ],
        "data": _data(days),
        "scales": [
            {
                "name": "colour",
                "type": "ordinal",
                "domain": [look.value for look in LOOKS],
                "range": [ink(colour) for colour, _ in LOOKS.values()],
            }
        ],
        "marks": [*_words(), *_cells()],
    }


def _data(days: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": "days",
            "values": list(days),
            "transform": [
                _formula("block", _BLOCK),
                _formula("col", f"round((datum.t-{_BEGIN})/864e5)"),
                _formula("row", "datum.block*1000+datum.i"),
            ],
        },
        {
            "name": "blocks",
            "source": "days",
            "transform": [
                {"type": "aggregate", "groupby": ["block"]},
                _ranked(["block"], ["descending"], "rank"),
            ],
        },
        {
            "name": "rows",
            "source": "days",
            "transform": [
                {"type": "aggregate", "groupby": ["row", "block", "i", "name"]},
                _ranked(["block", "i"], ["descending", "ascending"], "place"),
                _found("blocks", "block", "block", "rank"),
                _formula(
                    "y", f"datum.rank*{HEAD}+(datum.place-1)*{PITCH}"
                ),
            ],
        },
        {
            "name": "heads",
            "source": "rows",
            "transform": [
                {
                    "type": "aggregate",
                    "groupby": ["block"],
                    "fields": ["y"],
                    "ops": ["min"],
                    "as": ["y"],
                },
                _formula("year", f"utcyear({_BEGIN})"),
            ],
        },
        {
            "name": "ticks",
            "source": "days",
            "transform": [
                {
                    "type": "filter",
                    "expr": "utcdate(datum.t) == 1 || (span <= 3"
                    " && indexof([8,15,22,29], utcdate(datum.t)) >= 0)",
                },
                {"type": "aggregate", "groupby": ["block", "t", "col"]},
                _found("heads", "block", "block", "y"),
                _formula(
                    "text",
                    f"utcdate(datum.t) == 1 ? {_MONTHS}[utcmonth(datum.t)]"
                    " : utcdate(datum.t)",
                ),
            ],
        },
        {
            "name": "placed",
            "source": "days",
            "transform": [_found("rows", "row", "row", "y")],
        },
    ]


def _formula(name: str, expression: str) -> dict[str, Any]:
    return {"type": "formula", "as": name, "expr": expression}


def _ranked(
    fields: list[str], order: list[str], name: str
) -> dict[str, Any]:
    return {
        "type": "window",
        "sort": {"field": fields, "order": order},
        "ops": ["row_number"],
        "as": [name],
    }


def _found(source: str, key: str, field: str, value: str) -> dict[str, Any]:
    return {
        "type": "lookup",
        "from": source,
        "key": key,
        "fields": [field],
        "values": [value],
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
        {
            "type": "text",
            "from": {"data": "ticks"},
            "encode": {
                "update": {
                    **font,
                    "text": {"field": "text"},
                    "x": {"signal": f"{LEFT}+datum.col*step+1"},
                    "y": {"signal": "datum.y-7"},
                    "fill": {"value": ink("soft")},
                }
            },
        },
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
    """The days, and a mark below those that nobody must miss."""
    across = {
        "x": {"signal": f"{LEFT}+datum.col*step"},
        "width": {"signal": "max(step-(step > 7 ? 1.5 : 0.5), 0.4)"},
        "tooltip": {"field": "n"},
    }
    marked = f"datum.look == '{Look.GAP}' || datum.look == '{Look.ILL}'"
    gap = f"datum.look == '{Look.GAP}'"
    return [
        {
            "type": "rect",
            "name": "cells",
            "from": {"data": "placed"},
            "encode": {
                "update": {
                    **across,
                    "y": {"field": "y"},
                    "height": {"value": CELL},
                    "fill": {"scale": "colour", "field": "look"},
                },
            },
        },
        {
            "type": "rect",
            "name": "marks",
            "from": {"data": "placed"},
            "encode": {
                "update": {
                    **across,
                    "y": {"signal": f"datum.y+{CELL + 1}"},
                    "height": {"signal": f"{marked} ? 4 : 0"},
                    "fill": {
                        "signal": f"{gap} ? '{ink('ink')}' : '{ink('ill')}'"
                    },
                },
            },
        },
    ]
