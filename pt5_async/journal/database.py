"""The journal's file: opened, brought up to date, written in transactions.

It may lie on NFS, so there is no WAL, which needs shared memory. A rollback
journal that is truncated, not deleted, spares a change of the folder with
each transaction. ``synchronous=FULL`` waits for the disk twice or three
times a transaction, of which there are two a second at most; NORMAL would
save one wait and can, by SQLite's own account ("PRAGMA synchronous"), leave
a damaged file after a power cut. Damage done by others is not searched for
when the file is opened: a check of ten million rows takes minutes. It shows
when a bad page is read, and is a JournalError then.
"""

import errno
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Final

from ..errors import JournalError, JournalUnfit
from ..lock import make_private, refusal
from .failures import ELSEWHERE, translated
from .statements import (
    RECORD,
    RECORD_MANY,
    ROWS_AT_ONCE,
    Change,
    Found,
    Row,
)
from .tables import APPLICATION, STEPS, VERSION

NAME: Final = "journal.sqlite3"

FILES: Final = r"journal\.sqlite3(-[a-z]+)?"
"""What it and the files that SQLite puts beside it are called."""

BUSY: Final = 30.0
"""Seconds to wait for other processes' transactions, which are short."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode = TRUNCATE",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: fsync alone does not reach the disk
    "PRAGMA foreign_keys = ON",
)


class Database:
    """An open journal file; every error of SQLite leaves it translated.

    One connection serves all threads, one at a time: two would wait for
    each other's file locks, in steps of up to 0.1 s. Who needs several
    calls to see one state holds `lock`.
    """

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self.file = file
        self.lock = threading.RLock()
        self._connection = connection

    @classmethod
    def open(cls, folder: Path) -> "Database":
        """The file in `folder`; both are made when they are not there.

        Raises:
            JournalFull: when the disk is full.
            JournalError: when it cannot be used.
        """
        make_private(folder)
        file = folder / NAME
        _create(file)
        return cls(_connect(file, "rw", _PRAGMAS), file)

    @classmethod
    def open_read_only(cls, folder: Path) -> "Database":
        """The same, but nothing is made or changed on the disk.

        A file that is not there, or has nothing in it yet, is an empty one.

        Raises:
            JournalError: when it cannot be used.
        """
        file = folder / NAME
        try:
            size = file.stat().st_size
        except FileNotFoundError:
            size = 0
        except OSError as error:
            raise refusal(f"cannot read {file}", error) from error
        return cls(_connect(file, "ro" if size else "memory"), file)

    @classmethod
    def open_to_look(cls, folder: Path) -> "Database":
        """The same; but what a cut off run was just writing is undone.

        SQLite needs that before it can read, and it changes no note.

        Raises:
            JournalError: when it cannot be used.
        """
        try:
            return cls.open_read_only(folder)
        except JournalError as error:
            code = getattr(error.__cause__, "sqlite_errorcode", 0)
            if code != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
        file = folder / NAME
        _connect(file, "rw", _PRAGMAS).close()
        return cls.open_read_only(folder)

    def rows(self, statement: str, values: Row = ()) -> list[Found]:
        """All answers to a question."""
        with self.lock, translated(self.file):
            return self._connection.execute(statement, values).fetchall()

    def write(self, changes: Iterable[Change]) -> None:
        """Make all changes, in their order, or none.

        Raises:
            JournalFull: when the disk is full.
            JournalError: when the file cannot be written.
        """
        with (
            self.lock,
            translated(self.file),
            _transaction(self._connection) as connection,
        ):
            for statement, same in groupby(changes, itemgetter(0)):
                rows = map(itemgetter(1), same)
                while statement == RECORD and (some := _some(rows)):
                    if len(some) == ROWS_AT_ONCE:
                        values = list(chain.from_iterable(some))
                        connection.execute(RECORD_MANY, values)
                    else:
                        connection.executemany(RECORD, some)
                connection.executemany(statement, rows)

    def close(self) -> None:
        """Let go of the file; the database cannot be used any more."""
        with self.lock, translated(self.file):
            self._connection.close()


def _some(rows: Iterator[Row]) -> list[Row]:
    """The next rows, as many as one statement may have.

    Python's lock is let go of and waited for once in each statement; with
    one for every row, a busy run and its journal hinder each other.
    """
    return list(islice(rows, ROWS_AT_ONCE))


def _create(file: Path) -> None:
    """Make an empty file for its owner alone, unless it is there.

    SQLite would make it readable for all. One that is there must not be
    opened: closing it would end this process's POSIX locks on it, those of
    other connections too.
    """
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        _check_rights(file)
    except OSError as error:
        raise refusal(f"cannot make the journal {file}", error) from error


def _check_rights(file: Path) -> None:
    """SQLite would open it to read alone, and say so only when it writes."""
    for path in (file.parent, file):
        if not os.access(path, os.R_OK | os.W_OK):
            reason = os.strerror(errno.EACCES)
            raise refusal(
                f"cannot write the journal {file}",
                OSError(errno.EACCES, f"{path}: {reason}"),
            )


def _connect(
    file: Path, mode: str, pragmas: Iterable[str] = ()
) -> sqlite3.Connection:
    with translated(file):
        connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            for pragma in pragmas:
                connection.execute(pragma)
            if mode == "ro":
                _complete_beside(connection, file)
            else:
                _bring_up_to_date(connection, file)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def _transaction(
    connection: sqlite3.Connection,
) -> Iterator[sqlite3.Connection]:
    # IMMEDIATE: two processes that first read and then want to write would
    # otherwise each wait for the other to stop reading.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk ends it by itself
            connection.execute("ROLLBACK")
        raise


def _bring_up_to_date(connection: sqlite3.Connection, file: Path) -> None:
    if _version(connection, file) == VERSION:
        return
    with _transaction(connection):
        # Asked again, now that no other process can be at it.
        for step in STEPS[_version(connection, file) :]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _complete_beside(connection: sqlite3.Connection, file: Path) -> None:
    """Make what an older file lacks in memory; nothing is changed on disk."""
    connection.execute("PRAGMA temp_store = MEMORY")
    for step in STEPS[_version(connection, file) :]:
        for statement in step.split(";"):
            beside = statement.replace("CREATE TABLE", "CREATE TEMP TABLE")
            connection.execute(beside)


def _version(connection: sqlite3.Connection, file: Path) -> int:
    """The version of the file's tables; 0 for an empty file."""

    def number(question: str) -> int:
        return int(connection.execute(question).fetchone()[0])

    # The tables first: another process may make them between two of these.
    tables = number("SELECT count(*) FROM sqlite_master")
    application = number("PRAGMA application_id")
    if application != APPLICATION and (application or tables):
        raise JournalUnfit(
            f"{file} is a database of another program; move it away,"
            f" {ELSEWHERE}"
        )
    version = number("PRAGMA user_version")
    if version > VERSION:
        raise JournalUnfit(
            f"the journal {file} was written by a newer pt5-async (its"
            f" version is {version}, this program knows {VERSION}); update"
            f" pt5-async, {ELSEWHERE}"
        )
    return version
