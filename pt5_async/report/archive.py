"""The bins of a tree, one after the other, without asking any store.

The walk, the ages and the verdicts are those of an upload, held against the
journal. What the journal settles is not judged again; of its bytes only the
head of the header is read, which counts images.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import Final

from ..batch import Batch, Batches
from ..disk.ahead import in_order
from ..disk.handles import patient
from ..disk.read import OPEN_FLAGS
from ..disk.walk import Source, walk
from ..errors import Pt5Error, SourceChanged, SourceError
from ..events import FolderSeen, JobDone
from ..examine import look_at
from ..ifcb.header import read_header
from ..ifcb.names import Kind
from ..inspect.tree import READERS, idle
from ..journal import Memory
from ..model import Failed, Hold, Job, LocalFile, Skipped
from ..plan import Need, Planned
from ..settings import Settings
from .seen import BinHere, Standing, Trouble

HEAD: Final = 4096
"""Counts stand near the top of a header, none of which is larger."""

_TOUCHED: Final = "its files have another time than when they were sent"

Seen = BinHere | Trouble | FolderSeen


def bins_here(
    origin: Source,
    memory: Memory,
    *,
    prefix: str,
    settings: Settings,
    now_ns: Callable[[], int] = time.time_ns,
) -> Generator[Seen, None, None]:
    """Each bin below `origin`, and what could not be looked at. It blocks.

    `memory` says what is in the store; one that is not `lasting` knows
    nothing, and then nobody does.

    Raises:
        JournalError: when the journal cannot be read.
    """
    batches = Batches(
        walk(origin, recursive=settings.recursive, all_files=False),
        prefix=prefix,
        settings=settings,
        memory=memory,
        now_ns=now_ns,
    )
    judge = partial(
        _judged, settings=settings, now_ns=now_ns, known=memory.lasting
    )
    calls = (call for batch in _each(batches) for call in _calls(batch, judge))
    with (
        closing(batches),
        closing(in_order(calls, READERS, clock=idle)) as found,
    ):
        yield from found


def _each(batches: Batches) -> Iterator[Batch]:
    last = False
    while not last:
        batch = batches.next()
        last = batch.last
        yield batch


def _calls(
    batch: Batch, judge: Callable[[Planned], Seen]
) -> Iterator[Callable[[], Seen]]:
    """What there is to tell of a batch, each as a call that tells it."""
    for event in batch.events:
        if isinstance(event, FolderSeen):
            yield partial(_itself, event)
        elif isinstance(event, JobDone):
            yield from _done(event)
    for planned in batch.work:
        yield partial(judge, planned)


def _itself(seen: Seen) -> Seen:
    return seen


def _done(event: JobDone) -> Iterator[Callable[[], Seen]]:
    """What was decided without a look at bytes."""
    job = event.job
    errors = [one.error for one in event.outcomes if isinstance(one, Failed)]
    if job.pid is None:
        for one in event.outcomes:
            if isinstance(one, Failed):
                name = one.item.file.relative
                yield partial(
                    _itself,
                    Trouble(
                        name, name, None, None, Standing.FAILED, str(one.error)
                    ),
                )
    elif errors:
        yield partial(_bin, job, Standing.FAILED, str(errors[0]))
    elif all(isinstance(one, Skipped) for one in event.outcomes):
        yield partial(_bin, job, Standing.STORED)


def _judged(
    planned: Planned,
    *,
    settings: Settings,
    now_ns: Callable[[], int],
    known: bool,
) -> Seen:
    """A bin of which the journal does not know all."""
    named = planned.job.pid.text if planned.job.pid else ""
    try:
        seen = look_at(planned, settings=settings, now_ns=now_ns)
    except SourceChanged as error:
        return _bin(planned.job, Standing.PASSING, str(error))
    except SourceError as error:
        return _bin(planned.job, Standing.FAILED, str(error))
    if seen.held is not None:
        hold, why = seen.held
        held = Standing.BROKEN if hold is Hold.BROKEN else Standing.PASSING
        if held is Standing.BROKEN and named in settings.known_broken:
            held = Standing.KNOWN
        return _bin(planned.job, held, f"{hold}: {why}")
    if changed := _changed(planned):
        return _bin(planned.job, Standing.CHANGED, changed)
    if not known:
        return _bin(planned.job, Standing.HERE)
    touched = Need.COMPARE in planned.needs
    return _bin(planned.job, Standing.WAITING, _TOUCHED if touched else "")


def _changed(planned: Planned) -> str:
    """How a bin differs from what was sent, by sizes alone."""
    if not planned.sent_whole:
        return ""
    names = [
        f".{item.file.kind}"
        for item, need in zip(planned.job.items, planned.needs, strict=True)
        if need is Need.SEND
    ]
    return f"{', '.join(names)}: not the size that was sent" if names else ""


def _bin(job: Job, standing: Standing, reason: str = "") -> BinHere:
    pid, files = job.pid, job.files
    assert pid is not None  # noqa: S101 - callers have looked
    return BinHere(
        pid.text,
        files[0].relative[:-4],
        pid.instrument,
        int(pid.time.timestamp()),
        sum(file.size for file in files),
        standing,
        reason,
        _rois(files),
    )


def _rois(files: tuple[LocalFile, ...]) -> int | None:
    """What the header counts; None where it does not, or cannot be read."""
    for file in files:
        if file.kind is Kind.HDR:
            try:
                head = _head(file.path)
            except (OSError, Pt5Error):
                return None
            # A number that is cut in two is another number.
            if len(head) == HEAD:
                head = head[: head.rfind(b"\n") + 1]
            return read_header(head).roi_count
    return None


@patient
def _head(path: str) -> bytes:
    handle = os.open(path, OPEN_FLAGS)
    try:
        return os.read(handle, HEAD)
    finally:
        os.close(handle)
