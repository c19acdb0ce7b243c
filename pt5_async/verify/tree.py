"""The library door: one tree held against the store, bin by bin."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..allowance import Allowance, files_left
from ..disk.own import Own
from ..disk.walk import Source, open_source
from ..errors import Pt5Error, UsageError, without_frames
from ..events import Event, Notice
from ..kit import Kit, Stop
from ..model import Target
from ..opening import opened
from ..settings import Compare, Depth, Existing, Lane, Settings
from ..slow import unless_left
from ..tasks import cut_off
from ..turn import in_turn
from .asking import Asking
from .bins import Bins
from .deletable import Deletable, begin, write
from .finding import Finding, Requests
from .fix import Fix
from .fold import VerificationFold
from .gathering import Tell
from .leftovers import Abort, clear
from .noting import Noting
from .outfit import outfitted
from .passage import Passage
from .results import Results
from .table import Table
from .totals import Verification

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
    fix: Fix | None = None,
    abort: Abort | None = None,
    run: str | None = None,
    note: bool = False,
    tell: Tell = lambda _: None,
    watch: Callable[[Event], None] = lambda _: None,
    stop: Stop | None = None,
) -> Verification:
    """Hold every bin below `source` against the store.

    Nothing is changed, here or there, unless `fix` or `abort` asks for it.

    Args:
        source: a folder, a link to one, or a single file (a bin's member
            stands for its whole bin).
        target: ``s3://bucket/prefix``, or a `Target`.
        settings: those of the uploads; what only says how to send is not
            looked at. The journal of `state` is read, and not written.
        session: as in `upload_tree`.
        depth: what has to be shown of a file before it counts as proven.
        download: read back what has no checksum that could be compared.
        extra: tell of each object for which there is no file.
        deletable: a list to write of files that are safe to delete; it is
            empty unless this comes to its end.
        fix: send what is missing or differs, when all was looked at. Then
            `settings` also say how to send, and the journal is written.
        abort: clear uploads in parts that were left open, at the end.
        run: its id, where somebody has one.
        note: let the journal, if it is there, have a note of what this came
            to, for those who ask for its history.
        tell: told of each finding, on this event loop.
        watch: told of what an upload, too, would tell: pauses, attempts.
        stop: a way to end it early; nothing is waited for.

    Returns:
        Counts. What is not safe is in them, and no exception:
        `Verification.raise_unless_safe` makes one of it.

    Raises:
        Pt5Error: an unusable setting, a source that is not there, a store
            that does not answer or does not let itself be looked at; and,
            with `fix`, what ends an upload. Its `summary` is the
            `Verification` up to there.
    """
    given = settings or Settings()
    if depth is Depth.LISTING and (download or deletable):
        raise UsageError(
            "a listing alone reads nothing back, and proves nothing that"
            " would be safe to delete; leave one out"
        )
    aim = Target.parse(target) if isinstance(target, str) else target
    fold = VerificationFold(depth, given.known_broken)
    wish = stop or Stop()
    rules = Allowance.of(_rules(given), files_left()).rules
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
        await _may_list(deletable, origin)
    noting = Noting(run or secrets.token_hex(6), origin.path, aim)
    view = _View(
        rules, aim, session, depth, download, extra, deletable, abort, noting
    )
    who = _Audience(fold, wish, tell, watch)
    try:
        with Table() as table:
            seen = await _hold(view, origin, table, who, fix is not None)
            if fix is not None and not fold.stopped:
                # Who only looks needs nothing of an upload.
                from .mending import Mending  # noqa: PLC0415

                results = Results(table)
                await Mending(
                    source, aim, results, given, session, fold, fix, wish
                ).mend()
            if abort is not None and not fold.stopped:
                await _clear(view, seen, who)
    except Pt5Error as error:
        fold.stopped = True
        error.summary = fold.verification()
        raise
    result = fold.verification()
    if note and rules.state is not None:
        await noting.note(rules.state, result, who.heard)
    return result


async def _may_list(deletable: Deletable, origin: Source) -> None:
    """Empty the list, or raise a `UsageError` where there can be none."""
    if origin.selection.follow_links:
        raise UsageError(
            "where links are followed, files elsewhere would be listed as"
            " safe to delete; leave one out"
        )
    await asyncio.to_thread(begin, deletable, origin.root)


@dataclass(frozen=True, slots=True)
class _View:
    """What is held against the store, and how closely."""

    rules: Settings
    target: Target
    session: "AioSession | None"
    depth: Depth
    download: bool
    extra: bool
    deletable: Deletable | None
    abort: Abort | None
    noting: Noting


@dataclass(frozen=True, slots=True)
class _Audience:
    """Who is told of what is found, and may have it stopped."""

    fold: VerificationFold
    stop: Stop
    tell: Tell
    watch: Callable[[Event], None]

    def found(self, found: Finding) -> None:
        self.fold(found)
        self.tell(found)

    def heard(self, event: Event) -> None:
        if isinstance(event, Notice):
            self.found(event)
        else:
            self.watch(event)


async def _hold(
    view: _View,
    origin: Source,
    table: Table,
    who: _Audience,
    mending: bool,
) -> Passage:
    """Walk, list and look; nothing is changed but the list of `view`."""
    aim, deletable = view.target, view.deletable
    async with _opened(view, who, dry_run=True) as kit:
        view.noting.endpoint = kit.store.endpoint
        asking = Asking(kit, view.depth, mending)
        passage = Passage(
            origin,
            aim,
            kit,
            Bins(kit, table, asking, view.download),
            who.fold,
            who.found,
            view.extra,
            deletable is not None,
            view.abort,
        )
        with kit.reading.watched(who.heard):
            who.fold.stopped = not await _unless(who.stop, passage.verify())
        if deletable is not None and not who.fold.stopped:
            about = view.noting.about(view.depth)
            who.fold.listed = await kit.in_thread(
                write, deletable, table, now_ns=kit.now_ns(), about=about
            )
    return passage


async def _clear(view: _View, seen: Passage, who: _Audience) -> None:
    """Abort uploads in parts, once no other run is in the way.

    What goes wrong with that takes nothing back of what is known of bins.
    """
    doomed, who.fold.trouble = seen.doomed, seen.trouble
    if not doomed or seen.trouble is not None:
        return

    async def work() -> bool:
        async with _opened(view, who, dry_run=False) as kit:
            who.found(Requests("AbortMultipartUpload", 0, len(doomed)))
            return await _unless(who.stop, clear(doomed, kit, who.found))

    try:
        who.fold.stopped = who.stop.asked or not await in_turn(
            work, who.stop, who.heard
        )
    except Pt5Error as error:
        who.fold.trouble = without_frames(error)


@asynccontextmanager
async def _opened(
    view: _View, who: _Audience, *, dry_run: bool
) -> AsyncIterator[Kit]:
    """What is needed to ask the store, and the journal."""
    opening = opened(
        view.rules, view.target, view.session, who.heard, dry_run=dry_run
    )
    async with opening as (store, memory):
        with outfitted(store, memory, view.rules, who.heard, who.stop) as kit:
            yield kit


def _rules(given: Settings) -> Settings:
    """Of `given`, what does not say how to send.

    Then a bin is judged as it is, and no file is taken for right before it
    was looked at; and the client has all connections to itself.
    """
    return replace(
        given,
        existing=Existing.UPDATE,
        compare=Compare.DATE,
        recheck=None,
        allow_incomplete=False,
        lane=Lane.PLAIN,
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
