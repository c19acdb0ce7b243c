"""Rows of words as columns that fit a line. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

GAP: Final = 2
_NARROW: Final = 1


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
) -> list[str]:
    """The headings and the rows, as wide as `width` allows; None: any."""
    kept = list(range(len(columns)))
    widths = [
        max(len(column.heading), *(len(row[at]) for row in rows), 0)
        for at, column in enumerate(columns)
    ]

    def room(gap: int) -> int:
        inner = sum(widths[at] for at in kept) + gap * (len(kept) - 1)
        return inner + indent

    while width is not None and room(_NARROW) > width:
        spare = max(kept, key=lambda at: columns[at].spare)
        if not columns[spare].spare:
            break
        kept.remove(spare)
    gap = GAP if width is None or room(GAP) <= width else _NARROW
    headings = [column.heading for column in columns]

    def line(row: Sequence[str]) -> str:
        cells = (
            row[at].rjust(widths[at])
            if columns[at].right
            else row[at].ljust(widths[at])
            for at in kept
        )
        return (" " * indent + (" " * gap).join(cells)).rstrip()

    return [line(row) for row in (headings, *rows)]
