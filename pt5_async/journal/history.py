"""What a journal tells of the runs and verifications that were noted in it.

    with History.open(folder) as history:
        for run in islice(history.runs(), 20):  # the newest first
            print(run.id, run.source, run.target, run.bytes, run.rate)
        last = next(history.verifications(), None)
        for one in history.objects(run.place):  # by their keys
            print(one.key, one.sent_at_ns)

It is read in small pieces, so that a run that writes meanwhile waits for
none of it, and a journal of ten million objects needs no more memory than
one of ten.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, Self

from ..lock import under_way
from . import statements as sql
from .database import NAME, Database
from .past import (
    Amount,
    Ending,
    Left,
    PastRun,
    PastVerification,
    Place,
    SentObject,
    as_left,
    as_run,
    as_verification,
    verification_row,
)
from .statements import Change, Found

AT_ONCE: Final = 1000
"""Rows in one answer."""

_RUNS: Final = (
    "SELECT run.rowid, endpoint, bucket, run.prefix, run.run, source, layout,"
    " begun_ns, ended_ns, counts, exit_code FROM run"
    " JOIN target ON run.target = target.id"
    " LEFT JOIN ending ON ending.target = run.target AND ending.run = run.run"
    " WHERE run.rowid < ? ORDER BY run.rowid DESC LIMIT ?"
)
_VERIFICATIONS: Final = (
    "SELECT verification.rowid, endpoint, bucket, prefix, run, source, level,"
    " begun_ns, ended_ns, totals FROM verification"
    " JOIN target ON verification.target = target.id"
    " WHERE verification.rowid < ? ORDER BY verification.rowid DESC LIMIT ?"
)
_OBJECTS: Final = (
    "SELECT key, path, size, proof, whole, sent_at_ns FROM sent"
    " WHERE target = ? AND key > ? AND key < ? ORDER BY key LIMIT ?"
)
_UNSENT: Final = (
    "SELECT run, files FROM unsent JOIN target ON target = id"
    " WHERE endpoint = ? AND bucket = ?"
)
_NOTE_ENDING: Final = (
    "INSERT OR REPLACE INTO ending SELECT target, run, ? FROM run"
    " WHERE rowid = (SELECT rowid FROM run WHERE run = ?"
    " ORDER BY rowid DESC LIMIT 1)"
)
_NOTE_VERIFICATION: Final = (
    "INSERT OR REPLACE INTO verification SELECT id, ?, ?, ?, ?, ?, ?, ?"
    " FROM target WHERE endpoint = ? AND bucket = ?"
)
_LAST: Final = 2**63 - 1


class History:
    """A journal that is only looked at; it may be in use by a run."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The journal in `folder`; one that is not there is an empty one.

        Raises:
            JournalError: when it cannot be used.
        """
        return cls(Database.open_to_look(folder), folder)

    @property
    def file(self) -> Path:
        """The journal's file, be it there or not."""
        return self._database.file

    def runs(self) -> Iterator[PastRun]:
        """The runs to all targets, the last one first."""
        later: dict[tuple[str, str], int] = {}
        for found in self._newest_first(_RUNS):
            store = (found[0], found[1])
            run = as_run(found, self.file, later.get(store, _LAST))
            # Only the last one to a bucket can be at it.
            if run.ending is Ending.CUT_OFF and store not in later:
                endpoint, bucket = store
                if under_way(self._folder, endpoint=endpoint, bucket=bucket):
                    run = run.under_way()
            later[store] = run.begun_ns
            yield run

    def verifications(self) -> Iterator[PastVerification]:
        """The verifications of all targets, the last one first."""
        for found in self._newest_first(_VERIFICATIONS):
            yield as_verification(found, self.file)

    def objects(self, place: Place) -> Iterator[SentObject]:
        """What the journal knows below a place, by key, one object each.

        `sent_at_ns` is when it was sent; of one with the proof "size-date"
        when it was found in a listing. An object that was sent more than
        once is told of as it was sent last.
        """
        target = self._number(place)
        after, upto = place.bounds
        while target:
            some = self._database.rows(
                _OBJECTS, (target, after, upto, AT_ONCE)
            )
            for key, path, size, proof, whole, sent_ns in some:
                if size >= 0:  # else it was seen to have other bytes
                    yield SentObject(
                        key, path, size, proof, whole == 1, sent_ns
                    )
            if len(some) < AT_ONCE:
                return
            after = some[-1][0]

    def amounts(self, runs: Collection[PastRun]) -> dict[str, Amount]:
        """By the ids of `runs`, what they sent that nobody sent again.

        It is for runs that were cut off, so that no counts were noted. All
        objects of their targets are looked at, a second for two million.
        """
        found = {run.id: Amount() for run in runs}
        for place in {run.place for run in runs}:
            mine = [run for run in runs if run.place == place]
            for one in self.objects(place):
                if one.proof == "size-date":
                    continue
                for run in mine:
                    if run.begun_ns <= one.sent_at_ns <= run.upto_ns:
                        found[run.id].add(one)
        return found

    def left(self, place: Place) -> Left | None:
        """What the last run to the endpoint and bucket left here."""
        row = (place.endpoint, place.bucket)
        found = self._database.rows(_UNSENT, row)
        return as_left(found[0], self.file) if found else None

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _number(self, place: Place) -> int:
        row = (place.endpoint, place.bucket)
        found = self._database.rows(sql.FIND_TARGET, row)
        return int(found[0][0]) if found else 0

    def _newest_first(self, question: str) -> Iterator[Found]:
        before = _LAST
        while some := self._database.rows(question, (before, AT_ONCE)):
            for number, *rest in some:
                before = number
                yield tuple(rest)


def note_exit(folder: Path, run: str, code: int) -> None:
    """Note with which exit code the command ended that a run was part of.

    Where there is no journal, none is made.

    Raises:
        JournalError: when it cannot be written.
    """
    if _is_there(folder):
        _write(folder, (_NOTE_ENDING, (code, run)))


def note_verification(folder: Path, one: PastVerification) -> None:
    """Note what a verification came to.

    Where there is no journal, none is made: who never uploads from here has
    no use for one.

    Raises:
        JournalError: when it cannot be written.
    """
    place = tuple(map(sql.legible, (one.place.endpoint, one.place.bucket)))
    values = (*verification_row(one), *place)
    if _is_there(folder):
        _write(folder, (sql.ADD_TARGET, place), (_NOTE_VERIFICATION, values))


def _is_there(folder: Path) -> bool:
    try:
        return (folder / NAME).stat().st_size > 0
    except OSError:
        return False


def _write(folder: Path, *changes: Change) -> None:
    database = Database.open(folder)
    try:
        database.write(changes)
    finally:
        database.close()
