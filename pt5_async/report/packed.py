"""The calendar's days for the page's script: columns, and no words twice."""

from collections.abc import Iterator
from typing import Any, Final

from .days import Cell, Instrument, Look
from .seen import ILL
from .words import bins

NAMED: Final = 8
"""So many troubles of a day are named where somebody points at it."""

_LETTERS: Final = {
    Look.FULL: "f",
    Look.THIN: "t",
    Look.GAP: "g",
    Look.PAUSE: " ",
}


def packed(instrument: Instrument) -> dict[str, Any]:
    """An instrument as the script unpacks it; a column has a day a place."""
    cells = instrument.cells
    tallies = [cell.tally for cell in cells]
    return {
        "name": instrument.name,
        "first": cells[0].day if cells else 0,
        "looks": "".join(_LETTERS[cell.look] for cell in cells),
        "expected": [cell.expected for cell in cells],
        "here": [one.here.total() for one in tallies],
        "sent": [one.sent for one in tallies],
        "later": [one.later for one in tallies],
        "ill": [one.ill for one in tallies],
        "names": [sorted(one.names) for one in tallies],
        "said": {
            place: said
            for place, cell in enumerate(cells)
            if (said := list(_said(cell)))
        },
    }


def _said(cell: Cell) -> Iterator[str]:
    """What is to be named of a day: the ill and the late, and gaps."""
    troubles = sorted(
        cell.tally.troubles, key=lambda one: one.standing not in ILL
    )
    for one in troubles[:NAMED]:
        why = one.reason or one.standing
        yield f"{one.name}  {why}"
    if (more := len(troubles) - NAMED) > 0:
        yield f"and {more} more"
    for gap in cell.gaps[:NAMED]:
        begin, end = _clock(gap.begin, cell.day), _clock(gap.end, cell.day)
        yield f"no bin from {begin} to {end}: {bins(gap.missed)} missing"
    if (more := len(cell.gaps) - NAMED) > 0:
        yield f"and {more} more gaps"


def _clock(second: int, day: int) -> str:
    """The time of day, or the day's begin or end where it is beyond."""
    minutes = min(max(second - day * 86400, 0), 86400) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"
