"""The library door: one tree held against the store, bin by bin."""

import asyncio
import os
import secrets
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..allowance import Allowance, files_left
from ..budget import Budget
from ..disk.own import Own
from ..disk.walk import Source, open_source
from ..errors import UsageError
from ..events import Event, Notice
from ..flight import Flight
from ..hops import Hops
from ..journal import Memory
from ..kit import Kit, Stop
from ..landmark import Landmark
from ..model import Target
from ..opening import opened
from ..settings import Compare, Depth, Existing, Settings
from ..slow import unless_left
from ..store import Store
from ..tasks import cut_off
from ..width import USUAL, Width
from .bins import Bins
from .deletable import Deletable, begin, write
from .finding import Finding
from .passage import Passage, Tell
from .table import Table
from .totals import Verification, VerificationFold

if TYPE_CHECKING:
    from ..s3.client import AioSession


async def verify_tree(
    source: str | os.PathLike[str],
    target: str | Target,
    *,
    settings: Settings | None = None,
    session: "AioSession | None" = None,
    depth: Depth = Depth.CHECKSUM,
    download: bool = False,
    extra: bool = False,
    deletable: Deletable | None = None,
    tell: Tell = lambda _: None,
    watch: Callable[[Event], None] = lambda _: None,
    stop: Stop | None = None,
) -> Verification:
    """Hold every bin below `source` against the store; nothing is changed.

    Args:
        source: a folder, a link to one, or a single file (a bin's member
            stands for its whole bin).
        target: ``s3://bucket/prefix``, or a `Target`.
        settings: those of the uploads; what only says how to send is not
            looked at. The journal of `state` is read, never written.
        session: as in `upload_tree`.
        depth: what has to be shown of a file before it counts as proven.
        download: read back what has no checksum that could be compared.
        extra: tell of each object for which there is no file.
        deletable: a list to write of files that are safe to delete; it is
            empty unless this comes to its end.
        tell: told of each finding, on this event loop.
        watch: told of what an upload, too, would tell: pauses, attempts.
        stop: a way to end it early; nothing is waited for.

    Returns:
        Counts. What is not safe is in them, and no exception:
        `Verification.raise_unless_safe` makes one of it.

    Raises:
        Pt5Error: an unusable setting, a source that is not there, a store
            that does not answer or does not let itself be listed.
    """
    given = settings or Settings()
    if depth is Depth.LISTING and (download or deletable):
        raise UsageError(
            "a listing alone reads nothing back, and proves nothing that"
            " would be safe to delete; leave one out"
        )
    rules = Allowance.of(_rules(given), files_left()).rules
    aim = Target.parse(target) if isinstance(target, str) else target
    wish, fold = stop or Stop(), VerificationFold(depth, given.known_broken)
    origin = await unless_left(
        str(source),
        lambda: open_source(source, rules.selection, Own.of(rules.outputs)),
        tell=lambda event: tell(event) if isinstance(event, Notice) else None,
        leave=wish.wait,
    )
    if origin is None:  # it hangs, and nobody wants to wait
        fold.stopped = True
        return fold.verification()
    if deletable is not None:
        if rules.selection.follow_links:
            raise UsageError(
                "where links are followed, files elsewhere would be listed as"
                " safe to delete; leave one out"
            )
        await asyncio.to_thread(begin, deletable, origin.root)

    def both(found: Finding) -> None:
        fold(found)
        tell(found)

    def heard(event: Event) -> None:
        if isinstance(event, Notice):
            both(event)
        else:
            watch(event)

    opening = opened(rules, aim, session, heard, dry_run=True)
    async with opening as (store, memory):
        with _readers() as pool, Table() as table:
            kit = _kit(store, memory, rules, pool, heard, wish)
            bins = Bins(kit, table, depth, download)
            judging = deletable is not None
            passage = Passage(
                origin, aim, kit, bins, fold, both, extra, judging
            )
            with kit.reading.watched(heard):
                fold.stopped = not await _unless(wish, passage.verify())
            if deletable is not None and not fold.stopped:
                about = _about(origin, aim, depth)
                fold.listed = await kit.in_thread(
                    write, deletable, table, now_ns=kit.now_ns(), about=about
                )
    return fold.verification()


def _about(source: Source, target: Target, depth: Depth) -> dict[str, str]:
    """What a list is of, for the file beside it."""
    return {
        "run": secrets.token_hex(6),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "level": depth.value,
        "source": source.path,
        "target": str(target),
    }


def _rules(given: Settings) -> Settings:
    """Of `given`, what does not say how to send.

    Then a bin is judged as it is, and no file is taken for right before it
    was looked at.
    """
    return replace(
        given,
        existing=Existing.UPDATE,
        compare=Compare.DATE,
        recheck=None,
        allow_incomplete=False,
    )


def _kit(
    store: Store,
    memory: Memory,
    rules: Settings,
    pool: Executor,
    tell: Callable[[Event], None],
    stop: Stop,
) -> Kit:
    return Kit(
        store=store,
        memory=memory,
        settings=rules,
        budget=Budget(rules.max_memory),
        pool=pool,
        tell=tell,
        stop=stop,
        landmark=Landmark(store, None),
        hops=Hops(pool),
        flight=Flight(),
        width=Width(USUAL, USUAL),
        dry=True,
    )


async def _unless(stop: Stop, work: Coroutine[Any, Any, None]) -> bool:
    """Do `work` until somebody stops it; whether it came to its end."""
    doing = asyncio.ensure_future(work)
    asked = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((doing, asked), return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            return False
        doing.result()
        return True
    finally:
        await cut_off((doing, asked))


@contextmanager
def _readers() -> Iterator[Executor]:
    """Threads that read files; one that hangs is not waited for."""
    pool = ThreadPoolExecutor(USUAL, "pt5-verify")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
