"""Lines over time, one for each instrument, as Vega specifications.

Each point carries the words that are shown where somebody points at it.
"""

from collections.abc import Callable, Sequence
from typing import Final

from .cadence import DAY
from .days import Instrument
from .frame import BYTES, Row, Spec, binary_ticks, colours, frame, labels
from .palette import SERIES
from .series import Point, Spread
from .words import day, lasting, number, size

_TIMES: Final = (60, 600, 1800, 3600, 6 * 3600, DAY, 7 * DAY, 30 * DAY)
_SECONDS: Final = (
    "datum.value >= 86400 ? datum.value/86400+' d' : datum.value >= 3600 ?"
    " datum.value/3600+' h' : datum.value >= 60 ? datum.value/60+' min'"
    " : datum.value+' s'"
)


def volumes(all_: Sequence[tuple[Instrument, list[Point]]], step: int) -> Spec:
    """Bytes a day."""
    over = "" if step == 1 else f" a day, over {step} days"
    return _lines(
        all_,
        step,
        lambda one: Spread(one.size, one.size, one.size),
        lambda seen: size(seen.middle) + (over or " a day"),
        label=BYTES,
        binary=True,
    )


def images(all_: Sequence[tuple[Instrument, list[Point]]], step: int) -> Spec:
    """Images in a bin."""
    return _lines(
        all_,
        step,
        lambda one: one.rois,
        lambda seen: (
            f"{number(seen.middle)} images in a bin"
            f" ({number(seen.low)} to {number(seen.high)})"
        ),
        label="format(datum.value, ',~f')",
    )


def lags(all_: Sequence[tuple[Instrument, list[Point]]], step: int) -> Spec:
    """How long after its start a bin was in the store."""
    return _lines(
        all_,
        step,
        lambda one: one.lag,
        lambda seen: (
            f"in the store {lasting(seen.middle)} after their start"
            f" (a tenth later than {lasting(seen.high)})"
        ),
        label=_SECONDS,
        ticks=_TIMES,
    )


def _lines(
    all_: Sequence[tuple[Instrument, list[Point]]],
    step: int,
    value: Callable[[Point], Spread | None],
    says: Callable[[Spread], str],
    *,
    label: str,
    binary: bool = False,
    ticks: Sequence[int] = (),
) -> Spec:
    """A line for each instrument, with a band for all but a tenth.

    With `ticks` the scale is that of their logarithms.
    """
    rows: list[Row] = []
    for place, (instrument, points) in enumerate(all_):
        before, part = None, 0
        for one in points:
            if (seen := value(one)) is None or not one.bins:
                continue
            # No line leads over a pause.
            if before is not None and one.day - before > 2 * step + 1:
                part += 1
            before = one.day
            rows.append(
                _row(place, f"{place}.{part}", one.day, seen)
                | {
                    "says": f"{instrument.name}  {_when(one.day, step)}\n"
                    f"{says(seen)}"
                }
            )
    scale: Row = {"type": "linear", "zero": True, "nice": True}
    if ticks:
        scale = {"type": "log", "clamp": True}
    axis: Row = {"orient": "left", "scale": "y", "grid": True}
    if ticks:
        top = max((row["high"] for row in rows), default=DAY)
        low = min((row["low"] for row in rows), default=60)
        some = [one for one in ticks if low / 3 <= one <= top * 3]
        axis["values"] = some or [60]
        scale["domain"] = [
            min(low, *axis["values"]),
            max(top, *axis["values"]),
        ]
    elif binary:
        top = max((row["high"] for row in rows), default=0) or 1024
        axis["values"] = binary_ticks(top)
        scale |= {"nice": False, "domain": [0, max(top, axis["values"][-1])]}
    else:
        axis["tickCount"] = 4
        scale["domain"] = {"data": "rows", "fields": ["low", "high"]}
    return _chart(rows, scale, axis, label)


def _row(place: int, part: str, day_: int, seen: Spread) -> Row:
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


def _chart(rows: list[Row], scale: Row, axis: Row, label: str) -> Spec:
    x = {"scale": "x", "field": "t"}
    colour = {"scale": "colour", "field": "c"}
    return frame(
        data=[{"name": "rows", "values": rows}],
        scales=[
            {
                "name": "x",
                "type": "utc",
                "range": "width",
                "domain": {"data": "rows", "field": "t"},
            },
            {"name": "y", "range": "height", **scale},
            colours(),
        ],
        axes=[
            {
                "orient": "bottom",
                "scale": "x",
                "labelOverlap": True,
                "tickCount": {"signal": "max(2, floor(width/90))"},
            },
            {**axis, "encode": labels(label)},
        ],
        marks=[
            {
                "type": "group",
                "from": {
                    "facet": {"name": "part", "data": "rows", "groupby": "p"}
                },
                "marks": [
                    {
                        "type": "area",
                        "from": {"data": "part"},
                        "interactive": False,
                        "encode": {
                            "update": {
                                "x": x,
                                "y": {"scale": "y", "field": "low"},
                                "y2": {"scale": "y", "field": "high"},
                                "fill": colour,
                                "fillOpacity": {"value": 0.18},
                            }
                        },
                    },
                    {
                        "type": "line",
                        "from": {"data": "part"},
                        "interactive": False,
                        "encode": {
                            "update": {
                                "x": x,
                                "y": {"scale": "y", "field": "mid"},
                                "stroke": colour,
                                "strokeWidth": {"value": 1.6},
                                "strokeDash": {
                                    "signal": "datum.d ? [4,3] : [1,0]"
                                },
                            }
                        },
                    },
                ],
            },
            _spots(x, {"scale": "y", "field": "mid"}, colour),
        ],
    )


def _spots(x: Row, y: Row, colour: Row) -> Row:
    """What answers to a pointer; a few are shown, too."""
    return {
        "type": "symbol",
        "name": "spots",
        "from": {"data": "rows"},
        "encode": {
            "update": {
                "x": x,
                "y": y,
                "size": {"signal": "length(data('rows')) < 60 ? 24 : 70"},
                "fill": colour,
                "fillOpacity": {"signal": "length(data('rows')) < 60 ? 1 : 0"},
                "tooltip": {"field": "says"},
            },
            "hover": {"fillOpacity": {"value": 1}},
        },
    }
