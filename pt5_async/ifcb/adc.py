"""What a bin's ADC table says about its images, read from its bytes.

One line per image, or per trigger without one; no line of names. Columns
are those of pyifcb's ``adc.py`` and of the instrument's own ``WriteAdcFile``.
Images lie in the .roi one behind the other, so that the newest row with one
tells where the .roi ends. Nothing here raises, whatever the bytes.
"""

from dataclasses import dataclass
from typing import Final

from .names import Style


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a style's rows keep what is needed, counted from 0.

    `fields` is how many a row usually has at least.
    """

    width: int
    height: int
    start: int
    fields: int
    trigger: int = 0


COLUMNS: Final = {
    Style.NEW: Columns(width=15, height=16, start=17, fields=24),
    Style.OLD: Columns(width=11, height=12, start=13, fields=15),
}
"""New rows have 24 fields, or 26 with acoustic focusing; old rows have 15
and a comma behind the last. An old .roi begins with a spare byte and its
first image starts at byte 1, so that start + w * h is the end in both."""

_LARGEST: Final = 2**53
"""Beyond it a float does not hold every whole number."""


@dataclass(frozen=True, slots=True)
class Rows:
    """An ADC table, counted.

    `rows` are its lines, the last one also when it is unfinished; `rois`
    those with an image; `triggers` the different triggers; `extent` the
    size in bytes that the .roi must have at least; `odd` the lines that
    cannot be read; `cut` that the last one is not whole. An unfinished line
    counts as a row and as nothing else.
    """

    rows: int
    rois: int
    triggers: int
    extent: int
    odd: int
    cut: bool


def newest_extent(data: bytes, style: Style) -> int | None:
    """Where the newest image ends in the .roi, in bytes from its start.

    Lines are read from the last one backwards, to the first with an image.
    None if there is none, or if a line on the way is unfinished or cannot
    be read.
    """
    columns = COLUMNS[style]
    end = len(data)
    while end and data.endswith(b"\n", 0, end):
        begin = data.rfind(b"\n", 0, end - 1) + 1
        fields = data[begin : end - 1].split(b",", columns.start + 1)
        if image := _image_end(fields, columns):
            return image
        if image is None:
            return None
        end = begin
    return None


def ends_whole(data: bytes, style: Style) -> bool:
    """Whether the last line has its line end and lacks no field.

    Software that leaves a field out of every row exists (pyifcb, pull
    request 85), so the first row may lower what is asked of the last.
    """
    if not data.endswith(b"\n"):
        return False
    last = data.count(b",", data.rfind(b"\n", 0, -1) + 1)
    first = data.count(b",", 0, data.find(b"\n"))
    return last + 1 >= min(COLUMNS[style].fields, first + 1)


def count_rows(data: bytes, style: Style) -> Rows:
    """Read every line of an ADC table, about 1 µs each."""
    columns = COLUMNS[style]
    lines = data.split(b"\n")
    unfinished = lines.pop()
    rois = extent = odd = 0
    triggers: set[bytes] = set()
    for line in lines:
        fields = line.split(b",", columns.start + 1)
        end = _image_end(fields, columns)
        if end is None:
            odd += 1
            continue
        triggers.add(fields[columns.trigger])
        if end:
            rois += 1
            extent = max(extent, end)
    return Rows(
        rows=len(lines) + bool(unfinished),
        rois=rois,
        triggers=len(triggers),
        extent=extent,
        odd=odd,
        cut=bool(data) and not ends_whole(data, style),
    )


def _image_end(fields: list[bytes], columns: Columns) -> int | None:
    """Where a row's image ends, 0 without an image, None if unreadable."""
    if len(fields) <= columns.start:
        return None
    width = _number(fields[columns.width])
    height = _number(fields[columns.height])
    if width is None or height is None:
        return None
    if not width or not height:
        return 0
    start = _number(fields[columns.start])
    return None if start is None else start + width * height


def _number(text: bytes) -> int | None:
    """A whole number from 0, also one written as "9.336713E+09"."""
    if text.isdigit() and len(text) < len(str(_LARGEST)):
        return int(text)
    try:
        value = float(text)
    except ValueError:
        return None
    # float() takes "1_000" too, which no instrument writes.
    if b"_" in text or not 0 <= value < _LARGEST or not value.is_integer():
        return None
    return int(value)
