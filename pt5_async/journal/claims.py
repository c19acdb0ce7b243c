"""Which folder came first for a place in the store, however many there are.

Where folders of the source are not folders of the store, two bins may come
to one place. Every place that was given away is kept in a database of its
own on the disk, as temporary as the run, so that ten million of them need
no memory.
"""

import sqlite3
from contextlib import suppress
from typing import Final

from ..errors import JournalError

_MAKE: Final = (
    "CREATE TABLE claim (place TEXT PRIMARY KEY, folder BLOB) WITHOUT ROWID"
)
_TAKE: Final = "INSERT OR IGNORE INTO claim VALUES (?, ?)"
_TAKEN: Final = "SELECT folder FROM claim WHERE place = ?"


class Claims:
    """Places, each taken by the first folder; used from one thread."""

    def __init__(self) -> None:
        """Nothing is taken; the disk is not touched before the first."""
        self._places: sqlite3.Connection | None = None

    def first(self, place: str, folder: str) -> str | None:
        """The other folder that took `place` before; None when none did.

        A place is part of a key, and so text; a folder's name need not be.

        Raises:
            JournalError: when the disk does not take it.
        """
        name = folder.encode("utf-8", "surrogateescape")
        try:
            first = self._first(place, name)
        except sqlite3.Error as error:
            raise JournalError(
                "cannot keep the keys of this run in a temporary file"
                f" ({error}); make room for it, or name another folder with"
                " TMPDIR"
            ) from error
        if first == name:
            return None
        return first.decode("utf-8", "surrogateescape")

    def _first(self, place: str, name: bytes) -> bytes:
        """The name that took `place` first, be it now."""
        if self._places is None:
            self._places = _database()
        taken = self._places.execute(_TAKE, (place, name))
        if taken.rowcount:
            return name
        [(first,)] = self._places.execute(_TAKEN, (place,)).fetchall()
        return bytes(first)

    def close(self) -> None:
        """Forget everything; the system frees the space."""
        if self._places is not None:
            with suppress(sqlite3.Error):
                self._places.close()
            self._places = None


def _database() -> sqlite3.Connection:
    # "" is SQLite's name for a private file, gone when it is closed.
    made = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode = OFF", "synchronous = OFF"):
        made.execute(f"PRAGMA {pragma}")
    made.execute(_MAKE)
    made.execute("BEGIN")
    return made
