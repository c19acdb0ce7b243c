"""Lines over time, one for each instrument, as Vega specifications.

Each point carries the words that are shown where somebody points at it.
"""

from collections.abc import Callable, Sequence
from typing import Final

from .cadence import DAY
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
from .palette import SERIES
from .series import Point, Spread
from .vega import Part, data, field, mark, signal, value
from .words import day, lasting, number, size

_TIMES: Final = (60, 600, 1800, 3600, 6 * 3600, DAY, 7 * DAY, 30 * DAY)
_SECONDS: Final = (
    "datum.value >= 86400 ? datum.value/86400+' d' : datum.value >= 3600 ?"
    " datum.value/3600+' h' : datum.value >= 60 ? datum.value/60+' min'"
    " : datum.value+' s'"
)


Drawn = tuple[Instrument, list[Point]]


def volumes(all_: Sequence[Drawn], step: int) -> Part:
    """Bytes a day."""
    over = "" if step == 1 else f", over {step} days"
    rows = _rows(
        all_,
        step,
        lambda one: Spread(one.size, one.size, one.size),
        lambda seen: f"{size(seen.middle)} a day{over}",
    )
    top = max((row["high"] for row in rows), default=0) or 1024
    ticks = binary_ticks(top)
    axis = left(values=ticks, encode=labels(BYTES))
    return _chart(rows, up([0, max(top, ticks[-1])]), axis)


def images(all_: Sequence[Drawn], step: int) -> Part:
    """Images in a bin."""
    rows = _rows(
        all_,
        step,
        lambda one: one.rois,
        lambda seen: (
            f"{number(seen.middle)} images in a bin"
            f" ({number(seen.low)} to {number(seen.high)})"
        ),
    )
    both = {"data": "rows", "fields": ["low", "high"]}
    scale = up(both, zero=True, nice=True)
    return _chart(rows, scale, left(tickCount=4, format=",~f"))


def lags(all_: Sequence[Drawn], step: int) -> Part:
    """How long after its start a bin was in the store; in logarithms."""
    rows = _rows(
        all_,
        step,
        lambda one: one.lag,
        lambda seen: (
            f"in the store {lasting(seen.middle)} after their start"
            f" (a tenth later than {lasting(seen.high)})"
        ),
    )
    low = min((row["low"] for row in rows), default=60)
    top = max((row["high"] for row in rows), default=DAY)
    ticks = [one for one in _TIMES if low / 3 <= one <= top * 3] or [60]
    ends = [min(low, *ticks), max(top, *ticks)]
    axis = left(values=ticks, encode=labels(_SECONDS))
    return _chart(rows, up(ends, type="log", clamp=True), axis)


def _rows(
    all_: Sequence[Drawn],
    step: int,
    what: Callable[[Point], Spread | None],
    says: Callable[[Spread], str],
) -> list[Part]:
    """The points of all lines, each with its words.

    A pause ends a part of a line: none leads over it.
    """
    rows: list[Part] = []
    for place, (instrument, some) in enumerate(all_):
        before, part = None, 0
        for one in some:
            if (seen := what(one)) is None or not one.bins:
                continue
            if before is not None and one.day - before > 2 * step + 1:
                part += 1
            before = one.day
            when = f"{instrument.name}  {_when(one.day, step)}"
            row = _row(place, f"{place}.{part}", one.day, seen)
            rows.append({**row, "says": f"{when}\n{says(seen)}"})
    return rows


def _row(place: int, part: str, day_: int, seen: Spread) -> Part:
    # None is 0: there is no logarithm of it.
    return {
        "c": place % len(SERIES),
        "d": place >= len(SERIES),
        "p": part,
        "t": day_ * DAY * 1000,
        "low": max(seen.low, 1e-9),
        "mid": max(seen.middle, 1e-9),
        "high": max(seen.high, 1e-9),
    }


def _when(day_: int, step: int) -> str:
    if step == 1:
        return day(day_)
    return f"{day(day_)} to {day(day_ + step - 1)}"


def _chart(rows: list[Part], scale: Part, axis: Part) -> Part:
    """A line for each instrument, and a band for all but a tenth."""
    facet = {"name": "part", "data": "rows", "groupby": "p"}
    return frame(
        data=[data("rows", rows)],
        scales=[
            across("utc", {"data": "rows", "field": "t"}),
            scale,
            colours(),
        ],
        axes=[bottom(tickCount=signal("max(2, floor(width/90))")), axis],
        marks=[
            {"type": "group", "from": {"facet": facet}, "marks": _part()},
            _spots(),
        ],
    )


def _part() -> list[Part]:
    band = mark(
        "area",
        "part",
        x=field("t", "x"),
        y=field("low", "y"),
        y2=field("high", "y"),
        fill=field("c", "colour"),
        fillOpacity=value(0.18),
    )
    line = mark(
        "line",
        "part",
        x=field("t", "x"),
        y=field("mid", "y"),
        stroke=field("c", "colour"),
        strokeWidth=value(1.6),
        strokeDash=signal("datum.d ? [4,3] : [1,0]"),
    )
    return [{**one, "interactive": False} for one in (band, line)]


def _spots() -> Part:
    """What answers to a pointer; a few are shown, too."""
    few = "length(data('rows')) < 60"
    spots = mark(
        "symbol",
        "rows",
        x=field("t", "x"),
        y=field("mid", "y"),
        size=signal(f"{few} ? 24 : 70"),
        fill=field("c", "colour"),
        fillOpacity=signal(f"{few} ? 1 : 0"),
        tooltip=field("says"),
    )
    spots["encode"]["hover"] = {"fillOpacity": value(1)}
    return spots
