"""The journal's SQL, and how values become rows and come back.

Only what SQLite 3.24 knows is used; an enterprise system's Python may sit
on one that old (no STRICT, no RETURNING, 999 variables in a statement).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from typing import Any, Final

from ..model import Entry, Proof
from ..store import Part
from .memory import OpenUpload, Traits, Unsent

Value = str | bytes | int | None
Row = tuple[Value, ...]
Change = tuple[str, Row]
"""A statement that writes, and the values for its question marks."""

Found = tuple[Any, ...]
"""A row as SQLite answers it: of any types, if the file is damaged."""

KEYS_AT_ONCE: Final = 500
"""Keys in one question; two such make a batch of the walk."""

FIND_TARGET: Final = "SELECT id FROM target WHERE endpoint = ? AND bucket = ?"
ADD_TARGET: Final = (
    "INSERT OR IGNORE INTO target (endpoint, bucket) VALUES (?, ?)"
)
RECORD: Final = (
    "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
ROWS_AT_ONCE: Final = 50
"""Entries in one RECORD_MANY."""

RECORD_MANY: Final = ", ".join(
    [RECORD, *[RECORD[RECORD.index("(") :]] * (ROWS_AT_ONCE - 1)]
)
BETWEEN: Final = (
    "SELECT key, size, mtime_ns FROM sent WHERE target = ?"
    " AND key BETWEEN ? AND ? ORDER BY key LIMIT ?"
)
TOUCH: Final = "UPDATE sent SET mtime_ns = ? WHERE target = ? AND key = ?"
UPLOADS: Final = (
    "SELECT key, upload_id, size, mtime_ns, part_size, algorithm, begun_ns"
    " FROM upload WHERE target = ? ORDER BY id"
)
PARTS: Final = (
    "SELECT key, upload_id, number, part.size, etag, crc64, digest"
    " FROM upload JOIN part ON upload = id WHERE target = ?"
)
END_UPLOAD: Final = (
    "DELETE FROM upload WHERE target = ? AND key = ? AND upload_id = ?"
)
BEGIN_UPLOAD: Final = (
    "INSERT INTO upload (target, key, upload_id, size, mtime_ns, part_size,"
    " algorithm, begun_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
ADD_PART: Final = (
    "INSERT OR REPLACE INTO part SELECT id, ?, ?, ?, ?, ? FROM upload"
    " WHERE target = ? AND key = ? AND upload_id = ?"
)
LOOK: Final = (
    "SELECT size, mtime_ns, first_ns FROM look WHERE target = ? AND key = ?"
)
SET_LOOK: Final = "INSERT OR REPLACE INTO look VALUES (?, ?, ?, ?, ?)"
FIND_OLD_LOOK: Final = (
    "SELECT 1 FROM look WHERE target = ? AND first_ns < ? LIMIT 1"
)
FORGET_OLD_LOOKS: Final = "DELETE FROM look WHERE target = ? AND first_ns < ?"
TRAITS: Final = (
    "SELECT algorithm, etag_is_md5, keeps_new FROM (SELECT ? AS endpoint)"
    " LEFT JOIN trait USING (endpoint) LEFT JOIN habit USING (endpoint)"
)
SET_TRAITS: Final = "INSERT OR REPLACE INTO trait VALUES (?, ?, ?)"
SET_HABITS: Final = "INSERT OR REPLACE INTO habit VALUES (?, ?)"
BEGIN_RUN: Final = (
    "INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)"
)
LAST_LAYOUT: Final = (
    "SELECT layout FROM run WHERE target = ? AND prefix = ?"
    " ORDER BY begun_ns DESC LIMIT 1"
)
LAST_KEY: Final = (
    "SELECT key FROM sent WHERE target = ? AND key >= ? AND key < ?"
    " ORDER BY key DESC LIMIT 1"
)
NEWEST: Final = "SELECT key FROM newest WHERE target = ? AND prefix = ?"
SET_NEWEST: Final = "INSERT OR REPLACE INTO newest VALUES (?, ?, ?)"
END_RUN: Final = (
    "UPDATE run SET ended_ns = ?, counts = ? WHERE target = ? AND run = ?"
)
SET_UNSENT: Final = "INSERT OR REPLACE INTO unsent VALUES (?, ?, ?)"

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_PROOFS: Final = {proof.value: proof for proof in Proof}
_NAMES: Final = {proof: proof.value for proof in Proof}


def entries_of(count: int) -> str:
    """The question for the entries of a target and `count` keys.

    With IN, a million keys in thousands take 2 s; a BETWEEN over the same
    sorted keys takes 1.3 s, but as long again for nothing where a folder
    holds others too; one question a key takes 11 s.
    """
    return (
        "SELECT key, path, size, mtime_ns, checksum, etag, version, proof,"  # noqa: S608
        " whole, sent_at_ns FROM sent WHERE target = ? AND key IN"
        f" ({', '.join('?' * count)})"
    )


def bounded(number: int) -> int:
    """`number` as SQLite can hold it: in 64 bits.

    File systems with 64-bit seconds have times beyond; such a time is then
    merely never equal to the one remembered.
    """
    return min(max(number, _LOWEST), _HIGHEST)


def legible(name: str) -> str:
    """`name` as SQLite can hold it: bytes that are no text as escapes.

    For names that the operator gives; keys and paths are all text.
    """
    return name.encode(errors="backslashreplace").decode()


def entry_row(target: int, entry: Entry) -> Row:
    """The values of RECORD."""
    path, mtime_ns = entry.path, entry.mtime_ns
    return (
        target,
        entry.key,
        path if path.isascii() else legible(path),
        entry.size,
        mtime_ns if 0 <= mtime_ns <= _HIGHEST else bounded(mtime_ns),
        entry.checksum,
        entry.etag,
        entry.version,
        _NAMES[entry.proof],
        int(entry.whole),
        bounded(entry.sent_at_ns),
    )


def as_entry(found: Found) -> Entry:
    """The entry in an answer to `entries_of`; KeyError for no such proof."""
    # By position: keywords cost 0.2 s per million.
    key, path, size, mtime_ns, checksum, etag, version, *rest = found
    proof, whole, sent_ns = rest
    return Entry(
        key,
        path,
        size,
        mtime_ns,
        checksum,
        etag,
        version,
        _PROOFS[proof],
        whole == 1,
        sent_ns,
    )


def upload_changes(target: int, upload: OpenUpload) -> Iterable[Change]:
    """What puts an upload and its parts into the tables, afresh."""
    name = (target, upload.key, upload.upload_id)
    yield END_UPLOAD, name
    yield (
        BEGIN_UPLOAD,
        (
            *name,
            upload.size,
            bounded(upload.mtime_ns),
            upload.part_size,
            upload.algorithm,
            bounded(upload.begun_ns),
        ),
    )
    for part in upload.parts:
        yield ADD_PART, (*part_values(part), *name)


def end_changes(
    target: int,
    run: str,
    ended_ns: int,
    counts: Mapping[str, int],
    error: str | None,
    unsent: Sequence[Unsent],
) -> Sequence[Change]:
    """What notes the end of a run, and what it left."""
    told = dict(counts) | ({"error": error} if error is not None else {})
    left = json.dumps([astuple(one) for one in unsent])
    return (
        (END_RUN, (bounded(ended_ns), json.dumps(told), target, run)),
        (SET_UNSENT, (target, run, left)),
    )


def part_values(part: Part) -> Row:
    """The first values of ADD_PART; target, key and upload id follow."""
    return (part.number, part.size, part.etag, part.crc64, part.digest)


def as_traits(found: Found) -> Traits:
    """The traits in an answer to TRAITS."""
    algorithm, *truths = found
    return Traits(
        algorithm, *(None if one is None else one == 1 for one in truths)
    )
