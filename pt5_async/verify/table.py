"""The local files by their keys, in a temporary SQLite file.

The walk's order is not the store's, which sorts by UTF-8 bytes; so does
SQLite with blobs. The file has no name and goes when it is closed, and what
fits is kept in memory: a million files need no more of that than a thousand.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

from ..errors import UsageError
from ..ifcb.names import Kind, parse_pid, split_member
from ..model import Item, Listed
from ..plan import Planned
from ..settings import Depth
from ..store import LARGEST_PIECE
from .packing import as_sent, packed, unpacked
from .statements import TABLES, UNKNOWN
from .weigh import Known

KEYS_AT_ONCE: Final = 500

LARGEST: Final = 2**63 - 1
"""SQLite has no larger integers, and no file is so large."""

_BITS: Final = {Kind.ADC: 1, Kind.ROI: 2, Kind.HDR: 4}


@dataclass(frozen=True, slots=True)
class Row:
    """A job as it was walked, and what listing and journal know of it.

    `sent_whole` says that the journal knows its bin as sent, and whole.
    """

    id: int
    planned: Planned
    knowns: tuple[Known, ...]
    sent_whole: bool


class Table:
    """All jobs of a verification; any thread may call any method.

    Attributes:
        has_odd: whether a listing has shown an object without a file.
    """

    def __init__(self) -> None:
        """Begin with none.

        Raises:
            UsageError: as every method, when the temporary folder is full.
        """
        self._lock = threading.Lock()
        with _translated():
            self._file = sqlite3.connect("", check_same_thread=False)
            self._file.isolation_level = None
            self._file.executescript(
                "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                + TABLES
                + "BEGIN"
            )
        self._jobs = 0
        self.has_odd = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._file.close()

    def add(self, jobs: Iterable[tuple[Planned, bool]]) -> None:
        """Take jobs, and whether each was sent whole.

        The entries of each are what the journal knows.
        """
        with self.asking() as ask:
            for planned, sent_whole in jobs:
                self._jobs += 1
                what = packed(planned, sent_whole=sent_whole)
                ask("INSERT INTO jobs VALUES (?, ?)", (self._jobs, what))
                for place, item in enumerate(planned.job.items):
                    sent = as_sent(planned.entries[place])
                    ask(
                        "INSERT INTO files (key, job, place, size, sent_size,"
                        " sent_etag, sent_sum) VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (
                            item.key.encode(),
                            self._jobs,
                            place,
                            item.file.size,
                            *sent,
                        ),
                    )

    def count(self) -> int:
        """How many files there are."""
        return self._number("SELECT count(*) FROM files")

    def cuts(self, number: int) -> list[str]:
        """Keys that cut all of them into so many stretches of one length."""
        files = self.count()
        with self.asking() as ask:
            found = [
                ask(
                    "SELECT key FROM files ORDER BY key LIMIT 1 OFFSET ?",
                    (files * turn // number,),
                ).fetchone()
                for turn in range(1, number)
            ]
        return sorted({bytes(row[0]).decode() for row in found if row})

    def ends(self) -> tuple[str, str] | None:
        """The first key and the last; None for no files."""
        with self.asking() as ask:
            row = ask("SELECT min(key), max(key) FROM files").fetchone()
        if row[0] is None:
            return None
        return bytes(row[0]).decode(), bytes(row[1]).decode()

    def note(self, page: Sequence[Listed]) -> list[Listed]:
        """Take what a listing shows; those of it for which no file is here."""
        rows = [
            (min(one.size, LARGEST), one.etag, one.key.encode())
            for one in page
        ]
        with self.asking() as ask:
            known = _known(ask, [row[2] for row in rows])
            self._file.executemany(
                "UPDATE files SET there = ?, etag = ? WHERE key = ?",
                [row for row in rows if row[2] in known],
            )
            if len(known) == len(page):
                return []
            extra = [
                one
                for one, row in zip(page, rows, strict=True)
                if row[2] not in known
            ]
            self.has_odd = True
            self._file.executemany(
                "INSERT INTO odd VALUES (?1, ?2) ON CONFLICT (stem)"
                " DO UPDATE SET kinds = kinds | ?2",
                [
                    (one.key[:-4].encode(), _BITS[kind])
                    for one in extra
                    if (kind := member_kind(one.key))
                ],
            )
        return extra

    def odd(self, stems: Iterable[str]) -> dict[str, list[Kind]]:
        """What the store has of bins by their `stems`, with no file here."""
        found = {}
        with self.asking() as ask:
            for stem in stems:
                row = ask(
                    "SELECT kinds FROM odd WHERE stem = ?", (stem.encode(),)
                ).fetchone()
                if row is not None:
                    kinds = [kind for kind in _BITS if row[0] & _BITS[kind]]
                    found[stem] = kinds
        return found

    def halves(self, after: str) -> tuple[list[str], str | None]:
        """Bins that are not here, there with their .adc and no .roi.

        Their stems behind `after`, and where to go on; None for the end.
        """
        with self.asking() as ask:
            rows = ask(
                "SELECT stem FROM odd WHERE stem > ? AND kinds & 3 = 1"
                " ORDER BY stem LIMIT 1000",
                (after.encode(),),
            ).fetchall()
            found = [row[0].decode() for row in rows if not _here(ask, row[0])]
        return found, rows[-1][0].decode() if rows else None

    def to_ask(
        self, depth: Depth, *, blind: bool = False
    ) -> tuple[int, int, int]:
        """How many objects have to be asked about, or read.

        And their bytes, and in how many pieces these come. Without a
        listing (`blind`) it is all of them.
        """
        some = {
            Depth.LISTING: "0",
            Depth.CHECKSUM: UNKNOWN,
            Depth.DOWNLOAD: "there = size",
        }[depth]
        if blind:
            some = "1"
        with self.asking() as ask:
            row = ask(
                "SELECT count(*), coalesce(sum(size), 0),"  # noqa: S608 - see above
                " coalesce(sum(max(1, (size + ?1 - 1) / ?1)), 0)"
                f" FROM files WHERE {some}",
                (LARGEST_PIECE,),
            ).fetchone()
        number, size, pieces = map(int, row)
        return number, size, pieces

    def rows(self, after: int, number: int) -> list[Row]:
        """So many jobs behind the job `after`, in the order of the walk."""
        with self.asking() as ask:
            jobs = ask(
                "SELECT id, what FROM jobs WHERE id > ? ORDER BY id LIMIT ?",
                (after, number),
            ).fetchall()
            return [row_of(ask, what, job) for job, what in jobs]

    def _number(self, question: str) -> int:
        with self.asking() as ask:
            return int(ask(question).fetchone()[0])

    @contextmanager
    def asking(self) -> Iterator[Any]:
        """Ask the file, and nobody else meanwhile."""
        with self._lock, _translated():
            yield self._file.execute


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise UsageError(
            "the list of files cannot be kept in the temporary folder"
            f" ({error}); make room there, or name another with TMPDIR"
        ) from error


def member_kind(key: str) -> Kind | None:
    """Which member of a bin an object is, by its name; None for none."""
    named = split_member(key[key.rfind("/") + 1 :])
    return named[1] if named and parse_pid(named[0]) else None


def _known(ask: Any, keys: Sequence[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for begin in range(0, len(keys), KEYS_AT_ONCE):
        some = keys[begin : begin + KEYS_AT_ONCE]
        marks = ",".join("?" * len(some))
        question = f"SELECT key FROM files WHERE key IN ({marks})"  # noqa: S608 - marks alone
        found.update(bytes(row[0]) for row in ask(question, some))
    return found


def _here(ask: Any, stem: bytes) -> bool:
    """Whether a member of that bin is here: then it is told of with it."""
    ends = stem + b".", stem + b"/"
    return (
        ask(
            "SELECT 1 FROM files WHERE key > ? AND key < ? LIMIT 1", ends
        ).fetchone()
        is not None
    )


def row_of(ask: Any, what: str, job: int) -> Row:
    """The row of a job that is kept as the text `what`."""
    planned, sent_whole = unpacked(what)
    items = planned.job.items
    knowns = tuple([_found(ask, item, job) for item in items])
    return Row(job, planned, knowns, sent_whole)


def _found(ask: Any, item: Item, job: int) -> Known:
    row = ask(
        "SELECT there, etag, sent_size, sent_etag, sent_sum FROM files"
        " WHERE key = ? AND job = ?",
        (item.key.encode(), job),
    ).fetchone()
    return Known(*row)
