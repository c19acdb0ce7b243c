"""The library door: one tree brought into the store, bin by bin."""

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import (
    contextmanager,
)
from dataclasses import replace
from typing import TYPE_CHECKING

from .allowance import Allowance, files_left
from .batch import Batches
from .budget import Budget
from .disk.cached import Cached
from .disk.own import Own
from .disk.walk import Source, count, open_source, walk
from .errors import (
    JournalOutdated,
    Pt5Error,
    SourceEmpty,
    StoreUnreachable,
    UsageError,
)
from .events import (
    BegunAgain,
    Event,
    Level,
    Notice,
    Observer,
    RunBegun,
    silent,
)
from .flight import Flight
from .fold import SummaryFold
from .hops import Hops
from .journal import FILES as JOURNALS
from .journal import Run
from .kit import Kit, Stop
from .landmark import Landmark
from .lock import FILES as LOCKS
from .model import Hold, Target
from .opening import exposed, opened
from .outage import Outage
from .pipeline import Pipeline
from .quota import Quota
from .settings import Settings
from .slow import unless_left
from .summary import Summary
from .sweep import sweep
from .width import USUAL, Width

if TYPE_CHECKING:
    from .s3.client import AioSession


async def upload_tree(
    source: str | os.PathLike[str],
    target: str | Target,
    *,
    settings: Settings | None = None,
    session: "AioSession | None" = None,
    dry_run: bool = False,
    observer: Observer | None = None,
    stop: Stop | None = None,
) -> Summary:
    """Bring every bin below `source` to `target`: whole, checked, once.

    Args:
        source: a folder, a link to one, or a single file (a bin's member
            stands for its whole bin).
        target: ``s3://bucket/prefix``, or a `Target`.
        settings: how; without a `state` folder there is no journal, and
            what is in the store already is found by listing it.
        session: an aiobotocore session, for identity and region; None for
            AWS's own chain (environment, config files, instance role).
        dry_run: decide everything and send nothing; source, store and
            journal stay as they are.
        observer: told what happens, on this event loop.
        stop: a way to end the run early.

    Returns:
        What became of every file found. Files that failed are in it, and
        no exception: `Summary.raise_for_failures` makes one of them.

    Raises:
        Pt5Error: what ends a run: an unusable setting, a source that is
            not there, a store that does not answer or does not let us in,
            a journal that cannot be kept.
    """
    allowed = Allowance.of(settings or Settings(), files_left())
    rules = allowed.rules
    aim = Target.parse(target) if isinstance(target, str) else target
    wish = stop or Stop()
    origin = await unless_left(
        str(source),
        lambda: _origin(source, rules),
        tell=observer or silent,
        leave=wish.wait,
    )
    fold = SummaryFold(
        secrets.token_hex(6),
        origin.path if origin else str(source),
        aim,
        dry_run,
        known_broken=rules.known_broken,
    )
    if origin is None:  # it hangs, and nobody wants to wait
        return fold.summary()
    tell = _both(fold, observer or silent)
    try:
        opening = opened(rules, aim, session, tell, dry_run=dry_run)
        async with opening as both:
            store, memory = both
            tell(RunBegun(fold.run, origin.path, aim, store.endpoint, dry_run))
            if allowed.short:
                tell(Notice(Level.INFO, allowed.short))
            if not dry_run and (words := exposed(rules, memory)):
                tell(Notice(Level.WARNING, words))
            with _readers(allowed.readers) as pool:
                kit = Kit(
                    store=store,
                    memory=memory,
                    settings=rules,
                    budget=Budget(rules.max_memory),
                    pool=pool,
                    tell=tell,
                    stop=wish,
                    root=origin.root,
                    dry=dry_run,
                    quota=_quota(rules),
                    landmark=Landmark(store, None),
                    hops=Hops(pool),
                    flight=Flight(limit=rules.limit_rate),
                    width=_width(rules),
                    cached=await asyncio.to_thread(_cached, origin),
                )
                with kit.reading.watched(tell, kit.flight.spare):
                    await _run(origin, kit, fold)
    except Pt5Error as error:
        error.summary = fold.summary()
        if isinstance(error, StoreUnreachable):
            _add_what_remains(error, fold.summary())
        raise
    return fold.summary()


def _add_what_remains(error: StoreUnreachable, summary: Summary) -> None:
    """Let the sentence say what was seen and did not go."""
    left = summary.held_by.get(Hold.NOT_REACHED)
    if left is not None:
        some = "file" if left.files == 1 else "files"
        said = (
            f"{error}; of what was looked at, {left.files:,} {some}"
            f" ({left.size:,} bytes) did not go; run again to send the rest"
        )
        error.args = (said,)


def _origin(source: str | os.PathLike[str], rules: Settings) -> Source:
    own = Own.of(rules.outputs, rules.state, f"{JOURNALS}|{LOCKS}")
    return open_source(source, rules.selection, own)


async def _run(source: Source, kit: Kit, fold: SummaryFold) -> None:
    memory, prefix = kit.memory, fold.target.prefix
    layout = kit.settings.layout
    await kit.in_thread(_check_layout, fold.target, kit)
    # Before anything waits to be written: to ask writes that first, and on
    # a full disk nothing would be sent at all.
    known = None
    if kit.settings.recheck is None:
        known = await kit.in_thread(memory.newest, prefix)
    memory.begin_run(Run(fold.run, source.path, prefix, layout, kit.now_ns()))
    try:
        await _bring(source, kit, prefix, known)
        await _check_found(source, fold, kit)
        if not kit.dry:
            await sweep(kit)
    finally:
        memory.end_run(
            fold.run, ended_ns=kit.now_ns(), counts=_counts(fold.summary())
        )


async def _bring(
    source: Source, kit: Kit, prefix: str, known: str | None
) -> None:
    """Bring the tree; once more from the start if the journal is outdated.

    That shows by the object that is `known`, before anything is sent. What
    the first try tells from then on is of no interest: nothing was reached.
    """
    mark = Landmark(kit.store, known)
    trusting = replace(
        kit,
        landmark=mark,
        halted=asyncio.Event(),
        tell=lambda event: None if mark.gone else kit.tell(event),
    )
    try:
        await _pipeline(source, trusting, prefix).run()
    except JournalOutdated as error:
        text = f"{error}; the store is asked about everything"
        kit.tell(BegunAgain(text))
        kit.tell(Notice(Level.WARNING, text))
        rules = replace(kit.settings, recheck=True)
        kit.quota.unsay()
        # A wait that the end of the first try cut short is none of this one.
        asking = replace(kit, settings=rules, warned=set(), outage=Outage())
        await _pipeline(source, asking, prefix).run()


def _cached(source: Source) -> Cached:
    # Where links are followed, files may be anywhere.
    if source.selection.follow_links:
        return Cached(local=False)
    return Cached.below(source.root)


def _width(rules: Settings) -> Width:
    fixed = rules.concurrency
    return Width(fixed or USUAL, fixed or rules.connections)


def _quota(rules: Settings) -> Quota:
    return Quota(seconds=rules.max_duration, size=rules.max_transfer)


def _check_layout(target: Target, kit: Kit) -> None:
    """Raise a `UsageError` where all would be sent again by mistake."""
    memory, layout = kit.memory, kit.settings.layout
    if kit.settings.relayout or not memory.knows(target.prefix):
        return
    last = memory.last_layout(target.prefix)
    if last is not None and last != layout:
        raise UsageError(
            f"{target} was filled with --layout {last}; --layout {layout} "
            "would send every bin once more, under another key; --relayout "
            "does that"
        )


async def _check_found(source: Source, fold: SummaryFold, kit: Kit) -> None:
    """Raise a `SourceEmpty` for a tree that is suspiciously empty."""
    seen, target = fold.summary(), fold.target
    anything = seen.found.files or seen.left or seen.transient
    if kit.stopping or kit.quota.reached or anything:
        return
    # Who asks for a part may find none; a disk that is not mounted is bare.
    if source.selection.narrow and not await kit.in_thread(_is_bare, source):
        return
    if await kit.in_thread(kit.memory.knows, target.prefix):
        raise SourceEmpty(
            f"{fold.source} is empty, and files were sent to {target} before;"
            " is its disk mounted?"
        )
    kit.tell(Notice(Level.WARNING, f"no files below {fold.source}"))


def _is_bare(source: Source) -> bool:
    try:
        with os.scandir(source.root) as names:
            return next(names, None) is None
    except OSError:  # the walk has told it
        return False


def _pipeline(source: Source, kit: Kit, prefix: str) -> Pipeline:
    rules = kit.settings
    recursive, all_files = rules.recursive, rules.all_files
    batches = Batches(
        walk(source, recursive=recursive, all_files=all_files),
        prefix=prefix,
        settings=rules,
        memory=kit.memory,
        now_ns=kit.now_ns,
    )
    totals = None
    if rules.count_ahead:
        totals = count(source, recursive=recursive, all_files=all_files)
    return Pipeline(batches, kit=kit, totals=totals)


@contextmanager
def _readers(number: int) -> Iterator[Executor]:
    """Threads that read files; one that hangs is not waited for."""
    pool = ThreadPoolExecutor(number, "pt5-read")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _counts(summary: Summary) -> dict[str, int]:
    return {
        "uploaded": summary.uploaded.files,
        "skipped": summary.skipped.files,
        "held": summary.held.files,
        "failed": summary.failed.files,
        "bins": summary.bins.uploaded,
        "bytes": summary.uploaded.size,
    }


def _both(first: Observer, second: Observer) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        first(event)
        second(event)

    return tell
