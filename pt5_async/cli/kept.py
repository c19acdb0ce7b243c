"""The receipt's file: opened before a run, and watched while it is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from ..errors import UsageError
from ..events import Event
from ..receipt import Receipt


def refuse_inside(source: Path, path: Path, what: str) -> None:
    """Raise a `UsageError` if `path` is in the tree that is uploaded.

    Nothing is ever written there: it would be found and sent as well.
    """
    if path.resolve().is_relative_to(source.resolve()):
        raise UsageError(
            f"{what} would be written to {path}, inside SOURCE, where nothing"
            " is ever written; choose another place"
        )


class KeptReceipt:
    """An observer that keeps a receipt and does not raise when it cannot.

    A receipt with a gap would claim too little, so the first failure asks
    the run to end, and `raise_if_lost` says why.
    """

    def __init__(self, path: Path, *, everything: bool) -> None:
        """Open `path` for appending.

        Raises:
            UsageError: when it cannot be opened.
        """
        self._path = path
        self._trouble: OSError | None = None
        try:
            self._file: TextIO = path.open("a", encoding="utf-8")
        except OSError as error:
            raise self._refused(error) from error
        self._receipt = Receipt(self._file, skipped=everything)
        self.when_lost: Callable[[], None] = lambda: None

    def __call__(self, event: Event, /) -> None:
        """Write the lines of `event`."""
        if self._trouble is not None:
            return
        try:
            self._receipt(event)
        except OSError as error:
            self._trouble = error
            self.when_lost()

    def close(self) -> None:
        """Close the file."""
        try:
            self._file.close()
        except OSError as error:
            self._trouble = self._trouble or error

    def raise_if_lost(self) -> None:
        """Raise a `UsageError` when not every line could be written."""
        if self._trouble is not None:
            raise self._refused(self._trouble) from self._trouble

    def _refused(self, error: OSError) -> UsageError:
        return UsageError(
            f"cannot write the receipt {self._path}: {error.strerror}"
        )
