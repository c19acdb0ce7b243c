"""Jobs as text and back: their times may be too long for SQLite."""

import json
from typing import Any, Final

from ..ifcb.names import Kind, parse_pid
from ..model import Entry, Item, Job, LocalFile, Proof
from ..plan import Planned

_SHOWS: Final = frozenset(Proof) - {Proof.NONE, Proof.SIZE_DATE}
"""Proofs that a store gave of the very bytes."""


def as_sent(entry: Entry | None) -> tuple[int, str, str]:
    """What the journal knows of an object: size, ETag and checksum."""
    if entry is None or entry.size < 0:
        return -1, "", ""
    shown = entry.checksum if entry.proof in _SHOWS else ""
    return entry.size, entry.etag, shown


def packed(planned: Planned, *, sent_whole: bool) -> str:
    """A job as text, without its needs and entries."""
    job = planned.job
    return json.dumps(
        [
            job.pid.text if job.pid else None,
            job.last,
            planned.young,
            planned.touched_ns,
            sent_whole,
            [_packed_item(item) for item in job.items],
            [_packed_item(item) for item in job.beside],
            planned.rivals,
        ]
    )


def unpacked(text: str) -> tuple[Planned, bool]:
    """What `packed` made a text of."""
    pid, last, young, touched_ns, sent_whole, *files, rivals = json.loads(text)
    items, beside = files
    job = Job(
        parse_pid(pid) if pid else None,
        tuple(map(_item, items)),
        last,
        tuple(map(_item, beside)),
    )
    rival = tuple(rivals)
    return Planned(job, (), (), young, touched_ns, rival), sent_whole


def _packed_item(item: Item) -> list[Any]:
    file = item.file
    return [
        item.key,
        file.path,
        file.relative,
        file.size,
        file.mtime_ns,
        file.ctime_ns,
        file.kind,
    ]


def _item(packed: list[Any]) -> Item:
    key, path, relative, size, mtime_ns, ctime_ns, kind = packed
    return Item(
        LocalFile(
            path,
            relative,
            size,
            mtime_ns,
            ctime_ns,
            None if kind is None else Kind(kind),
        ),
        key,
    )
