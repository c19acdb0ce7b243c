"""The calendar as a Vega picture: a cell a day, a row an instrument.

Days stand in blocks of `span` months, the newest first, so that ten years
stay readable on a wide screen (a year in a line) and on a phone (three
months); a `span` of 0 puts the days of a few weeks into one block. All else
is worked out by Vega, so that the page may change `width` and `span`.
"""

from collections.abc import Sequence
from typing import Final

from .blocks import CELL, COLUMNS, HEAD, LEFT, PITCH, blocks
from .palette import LOOKS, ink
from .vega import FONT, SCHEMA, Part, field, mark, signal, value

_COLUMNS: Final = " : ".join(
    [
        *(f"span == {span} ? {days}" for span, days in COLUMNS.items()),
        "max((last-first)/864e5+1, 14)",
    ]
)


def calendar(
    width: int = 1100, span: int = 12, days: Sequence[Part] = ()
) -> Part:
    """The picture, `width` pixels wide, with `days` as `days_of` has them."""
    return {
        "$schema": SCHEMA,
        "description": "A calendar of bins: a cell a day, a row an instrument",
        "background": "transparent",
        "autosize": "none",
        "width": width,
        "signals": _signals(span, [one["t"] for one in days]),
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


def _signals(span: int, times: Sequence[float]) -> list[Part]:
    """The first three are the page's to set."""
    high = f"length(data('blocks'))*{HEAD}+length(data('rows'))*{PITCH}"
    return [
        {"name": "span", "value": span},
        {"name": "first", "value": min(times, default=0)},
        {"name": "last", "value": max(times, default=0)},
        {"name": "step", "update": f"(width-{LEFT}-2)/({_COLUMNS})"},
        {"name": "wide", "update": "max(step-(step > 7 ? 1.5 : 0.5), 0.4)"},
        {"name": "height", "update": high},
    ]


def _words() -> list[Part]:
    """Years, months and names of instruments."""
    usual = {"font": value(FONT), "fontSize": value(12)}
    soft = usual | {"fill": value(ink("soft"))}
    strong = usual | {
        "fill": value(ink("ink")),
        "fontSize": value(13),
        "fontWeight": value(600),
    }
    above, beside = signal("datum.y-7"), signal(f"datum.y+{CELL - 4}")
    across = field("col", "across", offset=1)
    text, short = field("text"), value(LEFT - 6)
    return [
        mark("text", "heads", **strong, text=field("year"), y=above),
        mark("text", "months", **soft, text=text, x=across, y=above),
        mark("text", "dates", **soft, text=text, x=across, y=above),
        mark(
            "text", "rows", **soft, text=field("name"), y=beside, limit=short
        ),
    ]


def _cells() -> list[Part]:
    """The days, parts of them, and marks below what nobody must miss."""
    below, high = field("y", offset=CELL + 1), value(4)
    bottom = f"datum.y+{CELL}-datum.red"
    ill = value(ink("ill"))
    cell = field("look", "colour")
    late = signal(f"{bottom}-datum.amber")
    return [
        _rects("placed", field("y"), value(CELL), cell),
        _rects("late", late, field("amber"), value(ink("later"))),
        _rects("ill", signal(bottom), field("red"), ill),
        _rects("gaps", below, high, value(ink("ink"))),
        _rects("ill", below, high, ill),
    ]


def _rects(source: str, top: Part, high: Part, fill: Part) -> Part:
    return mark(
        "rect",
        source,
        x=field("col", "across"),
        width=signal("wide"),
        y=top,
        height=high,
        fill=fill,
        tooltip=field("n"),
    )
