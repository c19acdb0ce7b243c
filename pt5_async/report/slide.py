"""The calendar as a picture for a slide. Pure, but for `drawing`."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any, Final

from ..printable import printable
from . import drawing
from .blocks import FEW, days_of
from .calendar import calendar
from .palette import LIGHT, LOOKS, ink, painted
from .report import Report
from .tables import origins
from .vega import FONT
from .words import bins, moment, size

WIDTH: Final = 1180
SCALE: Final = 2.0
"""Pixels of the picture for each of the drawing's."""

MARK: Final = b"Software\0pt5-async report"
"""Stands in the picture, so that a later one may take its place."""

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_DOT: Final = 14


def slide(report: Report) -> bytes:
    """The calendar as PNG, on white."""
    made = drawing.picture(slide_spec(report), SCALE)
    return marked(made)


def slide_spec(report: Report) -> dict[str, Any]:
    """The calendar with a title and what its colours mean."""
    days = list(days_of(report.instruments))
    times = [one["t"] for one in days]
    few = bool(times) and (max(times) - min(times)) / 864e5 < FEW
    spec = calendar(WIDTH, 0 if few else 12, days)
    spec |= {
        "background": ink("panel"),
        "padding": {"left": 40, "right": 40, "top": 30, "bottom": 30},
        "autosize": "pad",
        "title": _title(report),
    }
    spec["marks"] = [*spec["marks"], *_legend()]
    painted_: dict[str, Any] = painted(spec, LIGHT)
    return painted_


def _title(report: Report) -> dict[str, Any]:
    names = ", ".join(one.name for one in report.instruments) or "No bins"
    seen = report.totals()
    told = f"{bins(seen.bins)} here"
    if report.known:
        told += f", {seen.sent:,} in the store by the journal"
    lines = [
        *list(origins(report))[:3],
        (
            f"{told}, {seen.ill:,} to look at, {size(seen.size)};"
            f" {moment(report.made)} UTC"
        ),
    ]
    return {
        "text": printable(names),
        "subtitle": [printable(line) for line in lines],
        "anchor": "start",
        "font": FONT,
        "fontSize": 24,
        "fontWeight": 600,
        "color": ink("ink"),
        "subtitleFont": FONT,
        "subtitleFontSize": 14,
        "subtitleColor": ink("soft"),
        "subtitlePadding": 6,
        "lineHeight": 18,
        "offset": 12,
        "limit": WIDTH,
    }


def _legend() -> list[dict[str, Any]]:
    """A swatch and its words for each look, below all days."""
    marks: list[dict[str, Any]] = []
    left = 0
    for look, (colour, words) in LOOKS.items():
        marks += _swatch(left, colour, look, words)
        left += 40 + round(6.7 * len(words))
    return marks


def _swatch(
    left: int, colour: str, look: str, words: str
) -> Iterator[dict[str, Any]]:
    mark = {"gap": "ink", "ill": "ill"}.get(look)
    for name, down, high in ((colour, 14, _DOT), (mark, 29, 4)):
        if name is not None:
            yield {
                "type": "rect",
                "encode": {
                    "update": {
                        "x": {"value": left},
                        "width": {"value": _DOT},
                        "y": {"signal": f"height+{down}"},
                        "height": {"value": high},
                        "fill": {"value": ink(name)},
                    }
                },
            }
    yield {
        "type": "text",
        "encode": {
            "update": {
                "x": {"value": left + 21},
                "y": {"signal": "height+26"},
                "text": {"value": words},
                "font": {"value": FONT},
                "fontSize": {"value": 13},
                "fill": {"value": ink("soft")},
            }
        },
    }


def marked(picture: bytes) -> bytes:
    """A PNG with our mark behind its first chunk, and packed as it can be.

    The library packs in a hurry: ten years are 3.9 MB, and 0.3 MB here.
    """
    chunks = list(_chunks(picture))
    data = b"".join(data for kind, data in chunks if kind == b"IDAT")
    packed = zlib.compress(zlib.decompress(data), 9)
    kept = [(kind, data) for kind, data in chunks if kind != b"IDAT"]
    kept[1:1] = [(b"tEXt", MARK)]
    kept[-1:-1] = [(b"IDAT", packed)]
    return _SIGNATURE + b"".join(map(_chunk, kept))


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(picture):
        [size] = struct.unpack_from(">I", picture, at)
        yield picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        at += size + 12


def _chunk(chunk: tuple[bytes, bytes]) -> bytes:
    kind, data = chunk
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)
