"""Where the calendar's days stand, worked out by Vega itself.

The page may change `width` and `span` at any time, and all moves.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from .cadence import DAY
from .days import Instrument, Look

CELL, LEAST, PITCH, HEAD, LEFT = 16, 5, 25, 26, 64
"""Heights of a cell, the least part of one that is seen, a row, a block's
head; and the width of the names."""

COLUMNS: Final = {12: 366, 6: 184, 3: 92}
"""Days in a block of so many months, at most."""

FEW: Final = 45
"""So many days at most stand in one block."""

_BLOCK: Final = (
    "span ? floor((utcyear(datum.t)*12+utcmonth(datum.t))/span) : 0"
)
_BEGIN: Final = (
    "(span ? utc(floor(datum.block*span/12), (datum.block*span)%12, 1)"
    " : first)"
)
_MONTHS: Final = (
    "['Jan','Feb','Mar','Apr','May','Jun','Jul','Aug','Sep','Oct','Nov','Dec']"
)


def _share(part: str, most: object) -> str:
    """How high a part of a cell is; one in a hundred has to be seen."""
    return f"{part} ? min({most}, max({LEAST}, round({CELL}*{part}))) : 0"


_RED: Final = ("red", _share("datum.ill", CELL))
_AMBER: Final = ("amber", _share("datum.late", f"{CELL}-datum.red"))


def days_of(instruments: Sequence[Instrument]) -> Iterator[dict[str, Any]]:
    """The rows of the picture's data `days`; a pause has none."""
    number = 1
    for place, one in enumerate(instruments):
        for cell in one.cells:
            if cell.look is not Look.PAUSE:
                yield {
                    "i": place,
                    "name": one.name,
                    "t": cell.day * DAY * 1000,
                    "look": cell.look.value,
                    "n": number,
                    "late": cell.tally.later / max(cell.tally.bins, 1),
                    "ill": cell.tally.ill / max(cell.tally.bins, 1),
                }
            number += 1


def blocks(days: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The data of the picture, made of `days` as `days_of` has them."""
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
                {
                    "type": "aggregate",
                    "groupby": ["row", "block", "i", "name"],
                },
                _ranked(["block", "i"], ["descending", "ascending"], "place"),
                _found("blocks", "block", "block", "rank"),
                _formula("y", f"datum.rank*{HEAD}+(datum.place-1)*{PITCH}"),
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
        *_ticks(),
        {
            "name": "placed",
            "source": "days",
            "transform": [_found("rows", "row", "row", "y")],
        },
        _some("gaps", f"datum.look == '{Look.GAP}'"),
        _some("late", "datum.late", _RED, _AMBER),
        _some("ill", "datum.ill", _RED),
    ]


def _some(
    name: str, expression: str, *parts: tuple[str, str]
) -> dict[str, Any]:
    """The days for which `expression` holds, with the sizes of `parts`.

    There are few of them. What is worked out for every day costs time: a
    page whose policy forbids eval has its expressions interpreted.
    """
    return {
        "name": name,
        "source": "placed",
        "transform": [
            {"type": "filter", "expr": expression},
            *(_formula(*part) for part in parts),
        ],
    }


def _ticks() -> list[dict[str, Any]]:
    """Months, where any of their days are; and days of a short block."""
    head = _found("heads", "block", "block", "y")
    return [
        {
            "name": "months",
            "source": "days",
            "transform": [
                _formula("month", "utc(utcyear(datum.t), utcmonth(datum.t))"),
                {"type": "aggregate", "groupby": ["block", "month"]},
                _formula(
                    "col", f"max(0, round((datum.month-{_BEGIN})/864e5))"
                ),
                _formula(
                    "text",
                    f"{_MONTHS}[utcmonth(datum.month)]"
                    " + (!span && datum.month < first"
                    " ? ' ' + utcdate(first) : '')",
                ),
                head,
            ],
        },
        {
            "name": "dates",
            "source": "days",
            "transform": [
                {
                    "type": "filter",
                    "expr": "span == 3 ? utcdate(datum.t) == 15 : span == 0"
                    " && datum.t > first && utcdate(datum.t) > 1"
                    " && (step > 22 || datum.col % 7 == 0)",
                },
                {"type": "aggregate", "groupby": ["block", "t", "col"]},
                _formula("text", "utcdate(datum.t)"),
                head,
            ],
        },
    ]


def _formula(name: str, expression: str) -> dict[str, Any]:
    return {"type": "formula", "as": name, "expr": expression}


def _ranked(fields: list[str], order: list[str], name: str) -> dict[str, Any]:
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
