"""The seam at which SQLite's errors become ours, with the way out."""

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from ..errors import JournalError, JournalUnfit
from ..lock import FULL, refusal

ELSEWHERE: Final = "or choose another state folder with --state"
"""The second half of many ways out."""

_MOVE_AWAY: Final = (
    "move it away, and the next run begins a new one from what is in the"
    " bucket"
)
_FARTHEST: Final = 2**28
"""A file system that knows no holes fills so many bytes at most."""

_NOT_WRITTEN: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_CLOSE,
    }
)


@contextmanager
def translated(file: Path) -> Iterator[None]:
    """Do something with `file`; what SQLite raises leaves as ours.

    Raises:
        JournalFull: when there is no room to write.
        JournalError: for whatever else SQLite cannot do.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _translation(error, file) from error


def damaged(file: Path, reason: object) -> JournalUnfit:
    """The error for a file whose content makes no sense."""
    return JournalUnfit(
        f"the journal {file} is damaged ({reason}); {_MOVE_AWAY}"
    )


def _translation(error: sqlite3.Error, file: Path) -> JournalError:
    """SQLite's error as one of ours, with the way out.

    The codes are SQLite's ("Result and Error Codes"); the low byte is the
    family of an extended one.
    """
    extended = getattr(error, "sqlite_errorcode", 0)
    code = extended & 0xFF
    cause: OSError | None = None
    if code == sqlite3.SQLITE_FULL:
        cause = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    elif extended in _NOT_WRITTEN:
        cause = _probe(file)
    if cause:
        return refusal(f"cannot write the journal {file}", cause)
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return damaged(file, error)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_PROTOCOL}:
        way_out = "another program has it locked; end that, and start again"
    elif extended == sqlite3.SQLITE_READONLY_ROLLBACK:
        way_out = (
            "the last run was cut off while it wrote; one without --dry-run"
            " puts that right"
        )
    else:
        way_out = f"check its folder, disk and rights, {ELSEWHERE}"
    return JournalError(f"cannot use the journal {file} ({error}); {way_out}")


def _probe(journal: Path) -> OSError | None:
    """What stands against writing beside `journal`, if it is lack of room.

    SQLite names a full disk but calls a used up quota, a file size limit
    and what NFS tells only afterwards a "disk I/O error".
    """
    try:
        with closing(tempfile.TemporaryFile(dir=journal.parent)) as file:
            # A limit shows where the journal ends; what is before that has
            # no blocks on the disk.
            file.seek(min(journal.stat().st_size, _FARTHEST))
            file.write(bytes(65536))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error if error.errno in FULL else None
    return None
