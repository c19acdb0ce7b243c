"""Where the calendar's days stand, worked out by Vega itself.

The page may change `width` and `span` at any time, and all moves.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from .cadence import DAY
from .days import Instrument, Look
from .vega import Part, data, formula, found, grouped, kept, ranked

CELL, LEAST, PITCH, HEAD, LEFT = 16, 2, 25, 26, 64
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


_MONTH: Final = (
    f"{_MONTHS}[utcmonth(datum.month)]"
    " + (!span && datum.month < first ? ' ' + utcdate(first) : '')"
)
"""A month; in a short block that begins within it, with its first day."""

_DATED: Final = (
    "span == 3 ? utcdate(datum.t) == 15 : span == 0 && datum.t > first"
    " && utcdate(datum.t) > 1 && (step > 22 || datum.col % 7 == 0)"
)
"""Which days have their number above them."""


def days_of(instruments: Sequence[Instrument]) -> Iterator[Part]:
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


def blocks(days: Sequence[Part]) -> list[Part]:
    """The data of the picture, made of `days` as `days_of` has them."""
    return [
        data(
            "days",
            days,
            formula("block", _BLOCK),
            formula("col", f"round((datum.t-{_BEGIN})/864e5)"),
            formula("row", "datum.block*1000+datum.i"),
        ),
        data(
            "blocks",
            "days",
            grouped("block"),
            ranked("rank", block="descending"),
        ),
        data(
            "rows",
            "days",
            grouped("row", "block", "i", "name"),
            ranked("place", block="descending", i="ascending"),
            found("blocks", "block", "rank"),
            formula("y", f"datum.rank*{HEAD}+(datum.place-1)*{PITCH}"),
        ),
        data(
            "heads",
            "rows",
            grouped("block", least="y"),
            formula("year", f"utcyear({_BEGIN})"),
        ),
        *_ticks(),
        data("placed", "days", found("rows", "row", "y")),
        *_parts(),
    ]


def _parts() -> list[Part]:
    """Days of which a part, or all, is marked.

    There are few of them. What is worked out for every day costs time: a
    page whose policy forbids eval has its expressions interpreted.
    """
    red = formula("red", _share("datum.ill", CELL))
    amber = formula("amber", _share("datum.late", f"{CELL}-datum.red"))
    return [
        data("gaps", "placed", kept(f"datum.look == '{Look.GAP}'")),
        data("late", "placed", kept("datum.late"), red, amber),
        data("ill", "placed", kept("datum.ill"), red),
    ]


def _share(part: str, most: object) -> str:
    """How high a part of a cell is: to scale, and never too low to see."""
    return f"{part} ? min({most}, max({LEAST}, round({CELL}*{part}))) : 0"


def _ticks() -> list[Part]:
    """Months, where any of their days are; and days of a short block."""
    head = found("heads", "block", "y")
    return [
        data(
            "months",
            "days",
            formula("month", "utc(utcyear(datum.t), utcmonth(datum.t))"),
            grouped("block", "month"),
            formula("col", f"max(0, round((datum.month-{_BEGIN})/864e5))"),
            formula("text", _MONTH),
            head,
        ),
        data(
            "dates",
            "days",
            kept(_DATED),
            grouped("block", "t", "col"),
            formula("text", "utcdate(datum.t)"),
            head,
        ),
    ]
