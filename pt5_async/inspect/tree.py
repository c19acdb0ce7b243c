"""The library door: each bin below a folder, judged as an upload judges it.

The walk, the ages and the verdicts are those of an upload without a
journal; only the store is missing. A .roi is opened, as an upload would
have to open it, but never read: its size is all that a verdict needs.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import Final

from ..batch import Batch, Batches
from ..disk.ahead import in_order
from ..disk.walk import Source, open_source, walk
from ..errors import (
    SourceChanged,
    SourceError,
    UsageError,
    without_frames,
)
from ..events import Event, FolderSeen, JobDone, Notice
from ..examine import look_at
from ..ifcb.names import Pid
from ..journal import NoJournal
from ..model import Failed, Hold, Skip, Skipped
from ..plan import Planned
from ..settings import Settings
from ..slow import Reading, named
from .finding import Finding, Inspected

_Judge = Callable[[Pid, Planned], Inspected]

READERS: Final = 16
"""Threads that read ahead, at most, and only where reading is slow."""


def inspect_tree(
    source: str | os.PathLike[str],
    *,
    settings: Settings | None = None,
    now_ns: Callable[[], int] = time.time_ns,
    watch: Callable[[Notice], None] = lambda _: None,
) -> Generator[Finding, None, None]:
    """Each bin below `source` with its verdict, in the walk's order.

    It blocks, asks no network, and keeps nothing: memory does not grow
    with the tree. From a coroutine, draw from it in a thread. Closing it
    ends its threads; it does not wait for a read that hangs.

    Args:
        source: a folder, a link to one, or one of a bin's files.
        settings: `recursive`, `selection`, `members` (those that make a
            bin whole), `min_age` and `broken_after` count; the others are
            an upload's.
        now_ns: the wall clock in ns since 1970, UTC.
        watch: told, from a thread, of reads that do not come back.

    Raises:
        UsageError: when `source` is a file of no bin, or the selection
            lists what is not below it.
        SourceMissing: when nothing is there.
        SourceUnreadable: when the system refuses to list it.
    """
    rules = _rules(settings or Settings())
    with named(str(source), watch):
        origin = open_source(source, rules.selection)
    if origin.only is not None and origin.pid is None:
        raise UsageError(
            f"{origin.path} belongs to no bin; name a folder, or a .roi,"
            " .hdr or .adc"
        )
    return _findings(origin, rules, now_ns, watch)


def _rules(settings: Settings) -> Settings:
    """Of `settings`, what does not only say what goes up, and where to."""
    return Settings(
        recursive=settings.recursive,
        members=settings.members,
        selection=settings.selection,
        min_age=settings.min_age,
        broken_after=settings.broken_after,
    )


def _findings(
    origin: Source,
    rules: Settings,
    now_ns: Callable[[], int],
    watch: Callable[[Notice], None],
) -> Generator[Finding, None, None]:
    reading = Reading()
    batches = Batches(
        walk(origin, recursive=rules.recursive, all_files=False),
        prefix="",
        settings=rules,
        memory=NoJournal(),
        now_ns=now_ns,
    )
    judge = partial(_inspected, rules=rules, now_ns=now_ns, reading=reading)
    with (
        reading.watched_aside(watch),
        closing(batches),
        closing(_ahead(batches, judge, reading)) as findings,
    ):
        yield from findings


def _ahead(
    batches: Batches, judge: _Judge, reading: Reading
) -> Generator[Finding, None, None]:
    every = _each(batches, reading)
    calls = (call for batch in every for call in _calls(batch, judge))
    return in_order(calls, READERS, clock=idle)


def idle() -> float:
    """Seconds, since some moment, in which this process did nothing.

    To read and judge a small bin takes 150 µs of CPU from a warm disk, and
    twice that in threads that contend for it. They pay only where there is
    waiting.
    """
    return time.perf_counter() - time.process_time()


def _each(batches: Batches, reading: Reading) -> Iterator[Batch]:
    last = False
    while not last:
        with reading.of("the next folder"):
            batch = batches.next()
        last = batch.last
        yield batch


def _calls(batch: Batch, judge: _Judge) -> Iterator[Callable[[], Finding]]:
    """What there is to find in a batch, each as a call that finds it."""
    for event in batch.events:
        for finding in _told(event):
            yield partial(_itself, finding)
    for planned in batch.work:
        if (pid := planned.job.pid) is not None:
            yield partial(judge, pid, planned)


def _itself(finding: Finding) -> Finding:
    return finding


def _told(event: Event) -> Iterator[Finding]:
    """What the planning has decided already, without a look at bytes."""
    match event:
        case JobDone(job=job, outcomes=outcomes) if job.pid is not None:
            [error, *_] = [o.error for o in outcomes if isinstance(o, Failed)]
            yield Inspected(job.pid, job.files, error=error)
        case JobDone(outcomes=outcomes):
            for outcome in outcomes:
                if isinstance(outcome, Failed | Skipped) and _news(outcome):
                    yield outcome
        case FolderSeen() | Notice():
            yield event
        case _:
            pass


def _news(outcome: Failed | Skipped) -> bool:
    """Whether no bin tells of its file."""
    return isinstance(outcome, Failed) or outcome.reason is not Skip.MEMBER


def _inspected(
    pid: Pid,
    planned: Planned,
    *,
    rules: Settings,
    now_ns: Callable[[], int],
    reading: Reading,
) -> Inspected:
    """The bin, read and judged; what goes wrong is told as an upload does."""
    files = planned.job.files
    try:
        with reading.of(planned.job):
            seen = look_at(planned, settings=rules, now_ns=now_ns)
    except SourceChanged as error:
        held = (Hold.SETTLING, str(error))
        return Inspected(pid, files, held=held)
    except SourceError as error:
        return Inspected(pid, files, error=without_frames(error))
    return Inspected(pid, files, seen.verdict, seen.held)
