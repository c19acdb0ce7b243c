"""A report in a few lines, and as JSON; the pictures say more. Pure."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ..receipt import as_text
from ..report import Report
from ..report.days import Instrument
from ..report.headline import statements
from ..report.report import Verified
from .amounts import short_size, stamp_ns
from .words import Said, Tone

_TONES: Final = {
    "good": Tone.GOOD,
    "care": Tone.CARE,
    "bad": Tone.BAD,
    "plain": Tone.PLAIN,
}


def said_of(report: Report) -> Iterator[Said]:
    """What an operator has to know, as the page begins with it."""
    for one in statements(report):
        yield Said(one.words, _TONES[one.tone])


def written_line(path: Path, size: int) -> Said:
    """That a file was written."""
    return Said(f"Written: {path} ({short_size(size)})")


def as_record(
    report: Report, *, html: Path | None, png: Path | None
) -> dict[str, Any]:
    """All of it in numbers."""
    seen = report.totals()
    return {
        "event": "report_written",
        "time": stamp_ns(int(report.made * 1e9)),
        "html": None if html is None else as_text(str(html)),
        "png": None if png is None else as_text(str(png)),
        "sources": [
            {"source": as_text(one.path), "target": one.target}
            for one in report.origins
        ],
        "known": report.known,
        "here": seen.bins,
        "standing": {
            one.value: number for one, number in seen.here.items() if number
        },
        "in_the_store": seen.sent,
        "no_longer_here": seen.alone,
        "without_images": seen.metadata,
        "missed": seen.missed,
        "days": {
            one.value: number for one, number in seen.looks.items() if number
        },
        "size": seen.size,
        "instruments": [_instrument(one) for one in report.instruments],
        "verified": [_verified(one) for one in report.verified],
    }


def _instrument(one: Instrument) -> dict[str, Any]:
    return {
        "name": one.name,
        "seconds_between": one.cadence.usual,
        "days": len(one.cells),
    }


def _verified(one: Verified) -> dict[str, Any]:
    """The last verification of a tree, or of a part of it since."""
    return {
        "source": as_text(one.source),
        "target": one.target,
        "time": stamp_ns(int(one.when * 1e9)),
        "level": one.level,
        "safe": one.safe,
        "partial": one.partial,
        "bins": dict(one.bins),
        "lacking": one.lacking,
        "unread": one.unread,
    }
