"""One run over one tree, once its store and its journal are open."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Generator
from dataclasses import replace

from .batch import Batches
from .disk.early import Early
from .disk.known import Ask, Known, Row
from .disk.look import Found
from .disk.walk import Source, count, walk
from .errors import JournalOutdated, SourceEmpty, UsageError
from .events import BegunAgain, Level, Notice
from .fold import SummaryFold
from .ifcb.layout import Layout, key_of, key_trouble
from .ifcb.names import Kind
from .journal import Run
from .kit import Kit
from .landmark import Landmark
from .logbook import on_record
from .model import Target
from .outage import Outage
from .pipeline import Pipeline
from .settings import Settings
from .sweep import sweep


def walking(
    source: Source, rules: Settings, known: Known | None = None
) -> Generator[Found, None, None]:
    """The walk of a run by `rules`, not begun; `known` as in `walk`."""
    return walk(
        source,
        recursive=rules.recursive,
        all_files=rules.all_files,
        known=known,
    )


async def run(
    source: Source, kit: Kit, fold: SummaryFold, early: Early, known: Known
) -> None:
    """Bring what `early` finds, the walk of `source` that has begun.

    It finds in sum what is `known`, once the journal can be asked.

    Raises:
        Pt5Error: what ends the run.
    """
    prefix = fold.target.prefix

    async def bring(newest: str | None) -> None:
        known.ask = _asking(kit, prefix) if newest is not None else None
        # Where --no-recheck was said, the journal is not doubted.
        doubted = kit.settings.recheck is None
        mark = Landmark(kit.store, newest if doubted else None)
        await _bring(source, kit, mark, prefix, early.found())

    await noted(source, kit, fold, bring)


def _asking(kit: Kit, prefix: str) -> Ask | None:
    """A way to ask whether files are known; None where each is wanted."""
    rules, knows_all = kit.settings, kit.memory.knows_all
    if rules.recheck or not rules.known_in_sum:
        return None
    # In other layouts, two folders may come to one key.
    if rules.layout is not Layout.MIRROR or rules.selection.follow_links:
        return None
    if rules.members != frozenset(Kind):
        return None

    def asks(folder: str, rows: list[Row]) -> bool:
        before = key_of(prefix, folder)
        if not before.isascii() and key_trouble(before + rows[0][0]):
            return False  # it is no text, and the journal cannot be asked
        return knows_all(sorted([(before + n, s, t) for n, s, t in rows]))

    return asks


async def noted(
    source: Source,
    kit: Kit,
    fold: SummaryFold,
    bring: Callable[[str | None], Awaitable[None]],
) -> None:
    """Do what `bring` does as a run that the journal knows.

    It is given the newest object that the journal knows below the prefix, if
    there is one and it counts.

    Raises:
        Pt5Error: what ends the run.
    """
    memory, prefix = kit.memory, fold.target.prefix
    layout = kit.settings.layout
    await kit.in_thread(_check_layout, fold.target, kit)
    # Before anything waits to be written: to ask writes that first, and on
    # a full disk nothing would be sent at all.
    newest = None
    if not kit.settings.recheck:
        newest = await kit.in_thread(memory.newest, prefix)
    run = Run(fold.run, source.path, prefix, layout, kit.now_ns())
    with on_record(run, fold.summary, kit):
        await bring(newest)
        await check_found(source, fold, kit)
        if not kit.dry:
            await sweep(kit)


async def _bring(
    source: Source,
    kit: Kit,
    mark: Landmark,
    prefix: str,
    found: Generator[Found, None, None],
) -> None:
    """Bring the tree; once more from the start if the journal is outdated.

    That shows by the object at the `mark`, before anything is sent. What
    the first try tells from then on is of no interest: nothing was reached.
    """
    trusting = replace(
        kit,
        landmark=mark,
        halted=asyncio.Event(),
        tell=lambda event: None if mark.gone else kit.tell(event),
    )
    try:
        await _pipeline(source, trusting, prefix, found).run()
    except JournalOutdated as error:
        text = f"{error}; the store is asked about everything"
        kit.tell(BegunAgain(text))
        kit.tell(Notice(Level.WARNING, text))
        rules = replace(kit.settings, recheck=True)
        kit.quota.unsay()
        # A wait that the end of the first try cut short is none of this one.
        asking = replace(kit, settings=rules, warned=set(), outage=Outage())
        anew = walking(source, rules)
        await _pipeline(source, asking, prefix, anew).run()


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


async def check_found(source: Source, fold: SummaryFold, kit: Kit) -> None:
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


def _pipeline(
    source: Source,
    kit: Kit,
    prefix: str,
    found: Generator[Found, None, None],
) -> Pipeline:
    rules = kit.settings
    batches = Batches(
        found,
        prefix=prefix,
        settings=rules,
        memory=kit.memory,
        now_ns=kit.now_ns,
    )
    totals = None
    if rules.count_ahead:
        totals = count(
            source, recursive=rules.recursive, all_files=rules.all_files
        )
    return Pipeline(batches, kit=kit, totals=totals)
