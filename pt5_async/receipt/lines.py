"""A receipt of lines: JSON or CSV, added to what is in the file already."""

import os
import stat
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TextIO

from ..errors import UsageError
from .columns import Row
from .text import HEADER, as_csv, as_json

_LONGEST: Final = 2**18
"""No line of ours has so many bytes."""

_MOMENT: Final = 0.1
_OURS: Final = (b'{"row": "', b'{"time": "')
"""So lines of JSON begin, today and in earlier versions."""


class Lines:
    """A `Writer` that adds a line to `file` for each row.

    What is written at once is flushed: a killed run's receipt is true as it
    stands.
    """

    def __init__(
        self, file: TextIO, form: Callable[[Row], str] = as_json
    ) -> None:
        """Write to `file`, open for appending text."""
        self._file = file
        self._form = form

    def write(self, rows: Sequence[Row]) -> None:
        """Add a line for each of `rows`."""
        if rows:
            self._file.write("\n".join(map(self._form, rows)) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_lines(path: Path, *, csv: bool) -> Lines:
    """The receipt `path`, made if it is not there.

    Raises:
        OSError: when it cannot be opened.
        UsageError: when it is CSV, and not that of a receipt.
    """
    file = path.open(
        "a", encoding="utf-8", errors="backslashreplace", newline=""
    )
    try:
        # A pipe has neither a beginning nor an end.
        regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        filled = regular and bool(os.fstat(file.fileno()).st_size)
        if csv and filled:
            _check_header(path)
        if filled:
            _take_back_half_a_line(path, csv=csv)
        if csv and not filled:
            file.write(f"{HEADER}\n")
            file.flush()
    except BaseException:
        file.close()
        raise
    return Lines(file, as_csv if csv else as_json)


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        first = file.readline(len(HEADER) + 2)
    if first.rstrip(b"\r\n") != HEADER.encode():
        raise UsageError(
            f"{path} is there, and does not begin with the columns of a"
            " receipt; choose another --receipt"
        )


def _take_back_half_a_line(path: Path, *, csv: bool) -> None:
    """Let the file end with a line's end.

    On a full disk, or where the machine lost its power, a line may have
    been cut. One that is no receipt's stays, and is ended.
    """
    try:
        size, half = _half(path)
    except PermissionError:  # it may be written, and not read
        return
    if not half:
        return
    time.sleep(_MOMENT)  # another run may be writing that very line
    if _half(path) != (size, half):
        return
    ours = csv or half.startswith(_OURS) or _OURS[0].startswith(half)
    if ours:
        os.truncate(path, size - len(half))
    else:
        with path.open("ab") as file:
            file.write(b"\n")


def _half(path: Path) -> tuple[int, bytes]:
    """The file's size, and what stands behind its last line's end."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _LONGEST, 0))
        return size, file.read().rpartition(b"\n")[2]
