"""Bars, as Vega specifications: how large bins are, how fast runs were."""

from collections.abc import Sequence

from .days import Instrument
from .frame import BYTES, Row, Spec, binary_ticks, colours, frame, labels
from .palette import SERIES, ink
from .series import Bar
from .words import size


def sizes(all_: Sequence[tuple[Instrument, list[Bar]]]) -> Spec:
    """How many bins have which size."""
    rows: list[Row] = [
        {
            "c": place % len(SERIES),
            "low": bar.low,
            "high": bar.high,
            "count": bar.count,
            "says": f"{instrument.name}  {size(bar.low)} to {size(bar.high)}\n"
            f"{bar.count:,} bins",
        }
        for place, (instrument, bars) in enumerate(all_)
        for bar in bars
    ]
    low = min((row["low"] for row in rows), default=1024)
    high = max((row["high"] for row in rows), default=2048)
    ticks = [4**n for n in range(5, 26) if low <= 4**n <= high]
    return frame(
        data=[
            {
                "name": "rows",
                "values": rows,
                "transform": [
                    {
                        "type": "stack",
                        "groupby": ["low"],
                        "field": "count",
                        "sort": {"field": "c"},
                    }
                ],
            }
        ],
        scales=[
            {
                "name": "x",
                "type": "log",
                "base": 2,
                "range": "width",
                "domain": [low, high],
            },
            {
                "name": "y",
                "range": "height",
                "domain": {"data": "rows", "field": "y1"},
                "zero": True,
                "nice": True,
            },
            colours(),
        ],
        axes=[
            {
                "orient": "bottom",
                "scale": "x",
                "values": ticks,
                "labelOverlap": True,
                "encode": labels(BYTES),
            },
            {
                "orient": "left",
                "scale": "y",
                "grid": True,
                "tickCount": 4,
                "format": ",~f",
            },
        ],
        marks=[
            {
                "type": "rect",
                "name": "bars",
                "from": {"data": "rows"},
                "encode": {
                    "update": {
                        "x": {"scale": "x", "field": "low", "offset": 1},
                        "x2": {"scale": "x", "field": "high"},
                        "y": {"scale": "y", "field": "y0"},
                        "y2": {"scale": "y", "field": "y1"},
                        "fill": {"scale": "colour", "field": "c"},
                        "tooltip": {"field": "says"},
                    }
                },
            }
        ],
    )


def bars(rows: Sequence[Row], unit: str = "", *, binary: bool = False) -> Spec:
    """A bar for each of `rows` (`x`, `label`, `y`, `ill`, `says`)."""
    top = max((row["y"] for row in rows), default=1.0) or 1.0
    axis: Row = {"orient": "left", "scale": "y", "grid": True}
    scale: Row = {"type": "linear", "nice": True, "domain": [0, top]}
    if binary:
        ticks = binary_ticks(top)
        axis["values"] = ticks
        scale = {"type": "linear", "domain": [0, max(top, ticks[-1])]}
        axis["encode"] = labels(f"({BYTES})+'{unit}'")
    else:
        axis |= {"tickCount": 4, "format": ",~f"}
    few = max(1, len(rows) // 6)
    shown = [row["x"] for row in rows][::few]
    return frame(
        data=[{"name": "rows", "values": list(rows)}],
        scales=[
            {
                "name": "x",
                "type": "band",
                "range": "width",
                "padding": 0.15,
                "domain": [row["x"] for row in rows],
            },
            {"name": "y", "range": "height", **scale},
            {
                "name": "label",
                "type": "ordinal",
                "domain": [row["x"] for row in rows],
                "range": [row["label"] for row in rows],
            },
        ],
        axes=[
            {
                "orient": "bottom",
                "scale": "x",
                "values": shown,
                "labelOverlap": True,
                "encode": labels("scale('label', datum.value)"),
            },
            axis,
        ],
        marks=[
            {
                "type": "rect",
                "name": "bars",
                "from": {"data": "rows"},
                "encode": {
                    "update": {
                        "xc": {"scale": "x", "field": "x", "band": 0.5},
                        "width": {"signal": "min(bandwidth('x'), 40)"},
                        "y": {"scale": "y", "field": "y"},
                        "y2": {"scale": "y", "value": 0},
                        "fill": {
                            "signal": f"datum.ill ? '{ink('ill')}'"
                            f" : '{ink('full')}'"
                        },
                        "tooltip": {"field": "says"},
                    }
                },
            }
        ],
    )
