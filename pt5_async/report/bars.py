"""Bars, as Vega specifications: how large bins are, how fast runs were."""

from collections.abc import Iterator, Sequence
from typing import Final

from .days import Instrument
from .frame import (
    BYTES,
    across,
    binary_ticks,
    bottom,
    colours,
    frame,
    labels,
    left,
    up,
)
from .palette import SERIES, ink
from .series import Bar
from .vega import Part, data, field, mark, signal
from .words import size

_STACKED: Final = {
    "type": "stack",
    "groupby": ["low"],
    "field": "count",
    "sort": {"field": "c"},
}


def sizes(all_: Sequence[tuple[Instrument, list[Bar]]]) -> Part:
    """How many bins have which size."""
    rows = list(_sizes(all_))
    low = min((row["low"] for row in rows), default=1024)
    high = max((row["high"] for row in rows), default=2048)
    ticks = [4**n for n in range(5, 26) if low <= 4**n <= high]
    stack = {"data": "rows", "field": "y1"}
    bar = mark(
        "rect",
        "rows",
        x=field("low", "x", offset=1),
        x2=field("high", "x"),
        y=field("y0", "y"),
        y2=field("y1", "y"),
        fill=field("c", "colour"),
        tooltip=field("says"),
    )
    return frame(
        data=[data("rows", rows, _STACKED)],
        scales=[
            across("log", [low, high], base=2),
            up(stack, zero=True, nice=True),
            colours(),
        ],
        axes=[
            bottom(values=ticks, encode=labels(BYTES)),
            left(tickCount=4, format=",~f"),
        ],
        marks=[bar],
    )


def _sizes(all_: Sequence[tuple[Instrument, list[Bar]]]) -> Iterator[Part]:
    for place, (instrument, bars_) in enumerate(all_):
        for bar in bars_:
            span = f"{size(bar.low)} to {size(bar.high)}"
            yield {
                "c": place % len(SERIES),
                "low": bar.low,
                "high": bar.high,
                "count": bar.count,
                "says": f"{instrument.name}  {span}\n{bar.count:,} bins",
            }


def bars(
    rows: Sequence[Part], unit: str = "", *, binary: bool = False
) -> Part:
    """A bar for each of `rows` (`x`, `label`, `y`, `ill`, `says`).

    `y` has bytes with `binary`; `unit` stands behind them.
    """
    top = max((row["y"] for row in rows), default=1.0) or 1.0
    places = [row["x"] for row in rows]
    scale, axis = up([0, top], nice=True), left(tickCount=4, format=",~f")
    if binary:
        ticks = binary_ticks(top)
        scale = up([0, max(top, ticks[-1])])
        axis = left(values=ticks, encode=labels(f"({BYTES})+'{unit}'"))
    named = {
        "name": "label",
        "type": "ordinal",
        "domain": places,
        "range": [row["label"] for row in rows],
    }
    some = places[:: max(1, len(rows) // 6)]
    words = labels("scale('label', datum.value)")
    return frame(
        data=[data("rows", rows)],
        scales=[across("band", places, padding=0.15), scale, named],
        axes=[bottom(values=some, encode=words), axis],
        marks=[_bar()],
    )


def _bar() -> Part:
    return mark(
        "rect",
        "rows",
        xc=field("x", "x", band=0.5),
        width=signal("min(bandwidth('x'), 40)"),
        y=field("y", "y"),
        y2={"scale": "y", "value": 0},
        fill=signal(f"datum.ill ? '{ink('ill')}' : '{ink('full')}'"),
        tooltip=field("says"),
    )
