"""A receipt's file: opened before a run, and watched while it is kept."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from ..errors import UsageError
from ..receipt import Row, Writer, open_lines

EXTRA: Final = "pip install 'pt5-async[report]'"
"""What brings what Parquet needs."""

_PACKED: Final = frozenset({".bz2", ".gz", ".xz", ".zip", ".zst"})
_OTHERS: Final = _PACKED | {
    ".arrow",
    ".feather",
    ".ods",
    ".orc",
    ".pq",
    ".tsv",
    ".xls",
    ".xlsx",
    ".xml",
}
"""Endings that promise what a receipt is not."""


class KeptRows:
    """A `Writer` that does not raise; what stands against it is kept.

    `when_lost` is called once, when the first row cannot be written.
    """

    def __init__(self, path: Path) -> None:
        """Open `path` for adding to it.

        Raises:
            UsageError: when it cannot be opened, or is another's.
        """
        self._path = path
        self._trouble: OSError | None = None
        self.when_lost: Callable[[], None] = lambda: None
        try:
            self._writer = _opened(path)
        except OSError as error:
            raise self._refused(error) from error

    def write(self, rows: Sequence[Row]) -> None:
        """Write `rows`, unless others could not be written before."""
        if self._trouble is not None:
            return
        try:
            self._writer.write(rows)
        except OSError as error:
            self._trouble = error
            self.when_lost()

    def close(self) -> None:
        """Close the file."""
        try:
            self._writer.close()
        except OSError as error:
            self._trouble = self._trouble or error

    def raise_if_lost(self) -> None:
        """Raise a `UsageError` when not every row could be written."""
        if self._trouble is not None:
            raise self._refused(self._trouble) from self._trouble

    def _refused(self, error: OSError) -> UsageError:
        return UsageError(
            f"cannot write the receipt {self._path}:"
            f" {error.strerror or error}; choose another --receipt"
        )


def _opened(path: Path) -> Writer:
    """The file in the form that its ending names; lines of JSON otherwise.

    Raises:
        OSError: when it cannot be opened.
        UsageError: for an ending that cannot be had.
    """
    ending = path.suffix.lower()
    if ending in _OTHERS:
        raise UsageError(
            f"--receipt {path}: a receipt is .csv, .parquet or lines of JSON"
            f" (.jsonl), no {ending}"
        )
    if ending != ".parquet":
        return open_lines(path, csv=ending == ".csv")
    try:
        from ..receipt.parquet import Parquet  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UsageError(
            f"--receipt {path}: Parquet needs pyarrow ({error}); {EXTRA}"
            " brings it, or choose .csv or .jsonl"
        ) from error
    return Parquet(path)
