"""Rows of words as columns that fit a line. Pure."""

import textwrap
from collections.abc import Sequence
from typing import Final, NamedTuple

GAP: Final = 2
_NARROW: Final = 1
_LEAST: Final = 24
"""The last column goes on below itself rather than be narrower."""


class Column(NamedTuple):
    """A heading; numbers stand right, and `spare` says what goes first.

    Where a line is too narrow, the columns with the highest number are left
    out, one by one; those with 0 stay.
    """

    heading: str
    right: bool = False
    spare: int = 0


def lines(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    width: int | None,
    indent: int = 2,
) -> list[list[str]]:
    """The headings and the rows, each of one line, or of several.

    None of them is wider than `width`, if that can be; None is any.
    """
    headings = [column.heading for column in columns]
    widths = [
        max(map(len, cells)) for cells in zip(headings, *rows, strict=True)
    ]
    last = widths[-1]
    widths[-1] = min(last, _LEAST) if width is not None else last
    kept = _kept(columns, widths, width, indent)
    gap = GAP
    if width is not None:
        if _room(widths, kept, GAP) + indent > width:
            gap = _NARROW
        # What is left is the last one's.
        spare = width - indent - _room(widths, kept, gap)
        widths[-1] = min(last, widths[-1] + max(spare, 0))

    def line(row: Sequence[str]) -> list[str]:
        first, *more = textwrap.wrap(row[-1], max(widths[-1], 1)) or [""]
        cells = [
            (str.rjust if columns[at].right else str.ljust)(
                row[at], widths[at]
            )
            for at in kept[:-1]
        ]
        start = " " * indent + (" " * gap).join([*cells, ""])
        return [start + first, *(" " * len(start) + one for one in more)]

    return [line(row) for row in (headings, *rows)]


def _kept(
    columns: Sequence[Column],
    widths: Sequence[int],
    width: int | None,
    indent: int,
) -> list[int]:
    """The columns for which there is room, by their numbers."""
    kept = list(range(len(columns)))
    while width is not None and _room(widths, kept, _NARROW) + indent > width:
        spare = max(kept, key=lambda at: columns[at].spare)
        if not columns[spare].spare:
            break
        kept.remove(spare)
    return kept


def _room(widths: Sequence[int], kept: Sequence[int], gap: int) -> int:
    return sum(widths[at] for at in kept) + gap * (len(kept) - 1)
