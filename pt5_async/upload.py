"""The library door: one tree brought into the store, bin by bin."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import replace
from typing import TYPE_CHECKING

from .allowance import Allowance, files_left
from .budget import Budget
from .disk.cached import Cached
from .disk.early import AHEAD, begun
from .disk.known import Known
from .disk.own import Own
from .disk.walk import Source, open_source
from .errors import Pt5Error, StoreUnreachable
from .events import (
    Event,
    Level,
    Notice,
    Observer,
    RunBegun,
    Stopping,
    silent,
)
from .flight import Flight
from .fold import SummaryFold
from .hops import Hops, readers
from .journal import FILES as JOURNALS
from .kit import Kit, Stop
from .landmark import Landmark
from .lock import FILES as LOCKS
from .model import Hold, Target
from .opening import exposed, opened
from .quota import Quota
from .run import run, walking
from .settings import Settings
from .slow import unless_left
from .summary import Summary
from .width import USUAL, Width

if TYPE_CHECKING:
    from .s3.client import AioSession

Bring = Callable[[Kit, SummaryFold], Awaitable[None]]
"""Brings something, once store and journal are open."""

Begin = Callable[[Source, Settings], AbstractContextManager[Bring]]
"""Begins to bring something, before they are."""


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
    return await journey(
        source,
        target,
        _all_of_it,
        settings=settings,
        session=session,
        dry_run=dry_run,
        observer=observer,
        stop=stop,
    )


async def journey(
    source: str | os.PathLike[str],
    target: str | Target,
    begin: Begin,
    *,
    settings: Settings | None,
    session: "AioSession | None",
    observer: Observer | None,
    stop: Stop | None,
    dry_run: bool = False,
) -> Summary:
    """`upload_tree` of what `begin` begins to bring; all else is as there."""
    asked = settings or Settings()
    if observer is None:
        asked = replace(asked, known_in_sum=True)
    allowed = Allowance.of(asked, files_left())
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
    tell = _both(fold, observer or silent)
    if origin is None:  # it hangs, and nobody wants to wait
        tell(Stopping(at_once=wish.now))
        return fold.summary()
    try:
        with begin(origin, rules) as bring:
            with_all = _equipped(
                allowed, origin, fold, session, tell, wish, dry=dry_run
            )
            async with with_all as kit:
                with kit.reading.watched(tell, kit.flight.spare):
                    await bring(kit, fold)
    except Pt5Error as error:
        error.summary = fold.summary()
        if isinstance(error, StoreUnreachable):
            _add_what_remains(error, fold.summary())
        raise
    return fold.summary()


@asynccontextmanager
async def _equipped(
    allowed: Allowance,
    origin: Source,
    fold: SummaryFold,
    session: "AioSession | None",
    tell: Callable[[Event], None],
    stop: Stop,
    *,
    dry: bool,
) -> AsyncIterator[Kit]:
    """What the run of `fold` works with: store, journal, threads."""
    rules, aim = allowed.rules, fold.target
    opening = opened(rules, aim, session, tell, dry_run=dry)
    async with opening as (store, memory):
        tell(RunBegun(fold.run, origin.path, aim, store.endpoint, dry))
        if allowed.short:
            tell(Notice(Level.INFO, allowed.short))
        if not dry and (words := exposed(rules, memory)):
            tell(Notice(Level.WARNING, words))
        cached = await asyncio.to_thread(_cached, origin)
        with readers(allowed.readers, "pt5-read") as pool:
            yield Kit(
                store=store,
                memory=memory,
                settings=rules,
                budget=Budget(rules.max_memory),
                pool=pool,
                tell=tell,
                stop=stop,
                root=origin.root,
                dry=dry,
                quota=_quota(rules),
                landmark=Landmark(store, None),
                hops=Hops(pool),
                flight=Flight(limit=rules.limit_rate),
                width=_width(rules),
                cached=cached,
            )


@contextmanager
def _all_of_it(source: Source, rules: Settings) -> Iterator[Bring]:
    """The whole tree, whose walk begins while the client is made.

    Where it may meet what this run writes, that has to be there first.
    """
    meets = rules.selection.follow_links or source.only is not None
    known = Known()
    found = walking(source, rules, known)
    with begun(found, 0 if meets else AHEAD) as early:
        yield lambda kit, fold: run(source, kit, fold, early, known)


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


def _both(first: Observer, second: Observer) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        first(event)
        second(event)

    return tell


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
