"""Walk, listing, then bin after bin."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from ..batch import Batch, Batches
from ..disk.walk import Source, walk
from ..errors import SourceEmpty, UsageError
from ..events import Event, FolderSeen, JobDone, Notice
from ..ifcb.names import Kind
from ..journal import NoJournal
from ..kit import Kit
from ..model import Failed, Listed, Skip, Skipped, Target
from ..plan import planned
from ..settings import Depth
from ..tasks import cut_off
from ..width import USUAL
from .bins import Bins
from .deletable import proven
from .finding import (
    Extra,
    Finding,
    Half,
    Requests,
    State,
    Unreadable,
    Verified,
)
from .spans import AT_ONCE, FILES_EACH, PAGE, Span, in_order, list_all, spans
from .table import Row, member_kind
from .totals import VerificationFold

Tell = Callable[[Finding], None]

ROWS_AT_ONCE: Final = 256

_Waiting = deque[tuple[Row, asyncio.Future[Verified]]]


@dataclass(slots=True)
class Passage:
    """Walk, listing, then bin after bin."""

    source: Source
    target: Target
    kit: Kit
    bins: Bins
    fold: VerificationFold
    tell: Tell
    extra: bool
    judging: bool
    judged: list[tuple[Row, bool]] = field(default_factory=list)

    async def verify(self) -> None:
        """Go all the way.

        Raises:
            Pt5Error: what ends it early; what was told until then holds.
        """
        await self._walk()
        await self._list()
        await self._hold()
        await self._halves()

    # ---- what is here

    async def _walk(self) -> None:
        kit, rules = self.kit, self.kit.settings
        batches = Batches(
            walk(
                self.source,
                recursive=rules.recursive,
                all_files=rules.all_files,
            ),
            prefix=self.target.prefix,
            settings=rules,
            memory=NoJournal(),
            now_ns=kit.now_ns,
        )
        await kit.in_thread(self._check_layout)
        loop, anything, last = asyncio.get_running_loop(), False, False
        walker = ThreadPoolExecutor(1, "pt5-walk")
        try:
            while not last:
                with kit.reading.of("the next folder"):
                    batch = await loop.run_in_executor(walker, batches.next)
                last = batch.last
                for event in batch.events:
                    self._told(event)
                anything = anything or _has_files(batch)
                await kit.in_thread(self._take, batch)
        finally:
            # Behind a batch that is still being made, in the same thread.
            walker.submit(batches.close)
            walker.shutdown(wait=False)
        if not anything:
            await kit.in_thread(self._check_found)

    def _take(self, batch: Batch) -> None:
        jobs = [one.job for one in batch.work]
        keys = [item.key for job in jobs for item in job.items]
        known = self.kit.memory.look_up(keys) if keys else {}
        taken = []
        for one in batch.work:
            sent = planned(one.job, known)
            both = one._replace(entries=sent.entries, rivals=())
            taken.append((both, sent.sent_whole))
        self.bins.table.add(taken)

    def _told(self, event: Event) -> None:
        """Tell what the planning has decided already."""
        match event:
            case JobDone(job=job, outcomes=outcomes) if job.pid is not None:
                bad = [one for one in outcomes if isinstance(one, Failed)]
                if bad:
                    files = tuple(Unreadable(o.item, o.error) for o in bad)
                    self.tell(Verified(job.pid, files, State.UNREADABLE))
            case JobDone(outcomes=outcomes):
                for one in outcomes:
                    if isinstance(one, Failed):
                        self.tell(Unreadable(one.item, one.error))
                    elif isinstance(one, Skipped):
                        self._skipped(one)
            case FolderSeen() | Notice():
                self.tell(event)
            case _:
                pass

    def _skipped(self, one: Skipped) -> None:
        if one.reason is not Skip.MEMBER:
            self.tell(one)

    def _check_layout(self) -> None:
        """Raise a `UsageError` where every key would be another."""
        memory, layout = self.kit.memory, self.kit.settings.layout
        last = memory.last_layout(self.target.prefix)
        if last is not None and last != layout:
            raise UsageError(
                f"{self.target} was filled with --layout {last}, so that"
                f" nothing would be found under --layout {layout}; give that"
            )

    def _check_found(self) -> None:
        """Raise a `SourceEmpty` for a tree that is suspiciously empty."""
        if self.source.selection.narrow:
            return
        if self.kit.memory.knows(self.target.prefix):
            raise SourceEmpty(
                f"{self.source.path} is empty, and files were sent to"
                f" {self.target} before; is its disk mounted?"
            )

    # ---- what is there

    @property
    def _narrow(self) -> bool:
        """Whether objects without a file may have one all the same."""
        rules, source = self.kit.settings, self.source
        return (
            source.only is not None
            or source.selection.narrow
            or not rules.recursive
            or rules.members != frozenset(Kind)
        )

    async def _list(self) -> None:
        ranges = await self.kit.in_thread(self._ranges)
        files = await self.kit.in_thread(self.bins.table.count)
        prefix = self.target.prefix and f"{self.target.prefix}/"
        self.fold.whole = not self._narrow
        least = max(len(ranges), -(-files // PAGE))
        if ranges:
            self.tell(Requests("ListObjectsV2", least, None))
        await list_all(ranges, prefix, self.kit, self._note)

    def _ranges(self) -> list[Span]:
        table, ordered = self.bins.table, in_order(self.target)
        files, ends = table.count(), table.ends()
        after, upto = "", None
        if self._narrow and ends is None:
            return []
        if self._narrow and ends is not None and ordered:
            # The first key's own beginning sorts just before it; "/" comes
            # after the "." of whatever else belongs to the last bin.
            after = ends[0][:-1]
            upto = f"{ends[1][:-4]}/" if member_kind(ends[1]) else ends[1]
        number = min(AT_ONCE, self.kit.settings.connections)
        number = min(number, files // FILES_EACH) if ordered else 1
        cuts = table.cuts(max(number, 1))
        made = spans(cuts, after, upto)
        return made if ordered else [Span("", None, in_order=False)]

    async def _note(self, page: list[Listed]) -> None:
        self._count("ListObjectsV2", 1)
        found = await self.kit.in_thread(self.bins.table.note, page)
        if self._narrow:
            return
        rules = self.kit.settings
        for one in found:
            if not rules.all_files and member_kind(one.key) is None:
                self.fold.others += 1
                continue
            self.fold.extra.add(one.size)
            if self.extra:
                self.tell(Extra(one))

    def _count(self, operation: str, more: int) -> None:
        requests = self.fold.requests
        requests[operation] = requests.get(operation, 0) + more

    # ---- bin after bin

    async def _hold(self) -> None:
        await self._announce()
        counts, most = self.bins.counts, self.kit.settings.concurrency or USUAL
        waiting: _Waiting = deque()
        rows = self._rows()
        try:
            async with aclosing(rows):
                async for row in rows:
                    work = asyncio.ensure_future(self.bins.verified(row))
                    waiting.append((row, work))
                    if len(waiting) >= most:
                        await self._tell_next(waiting)
            while waiting:
                await self._tell_next(waiting)
            await self._judge()
        finally:
            await cut_off([work for _, work in waiting])
            self._count("HeadObject", counts.heads)
            self._count("GetObject", counts.gets)

    async def _tell_next(self, waiting: _Waiting) -> None:
        row, work = waiting[0]
        found = await work
        self.tell(found)
        self.judged.append((row, proven(row, found)))
        waiting.popleft()

    async def _judge(self) -> None:
        """Note what was proven, many at a time, if somebody asks later."""
        some, self.judged = self.judged, []
        if self.judging and some:
            await self.kit.in_thread(self.bins.table.judge, some)

    async def _rows(self) -> AsyncGenerator[Row, None]:
        rows, after = self.bins.table.rows, 0
        while some := await self.kit.in_thread(rows, after, ROWS_AT_ONCE):
            await self._judge()
            after += len(some)
            for row in some:
                yield row

    async def _announce(self) -> None:
        """Tell how many requests there will be."""
        bins, ask = self.bins, self.bins.table.to_ask
        number, size, pieces = await self.kit.in_thread(ask, bins.depth)
        if bins.depth is Depth.CHECKSUM and number:
            self.tell(Requests("HeadObject", number, number))
        if number and (bins.download or bins.depth is Depth.DOWNLOAD):
            least = 0 if bins.depth is Depth.CHECKSUM else pieces
            self.tell(Requests("GetObject", least, pieces, size))

    async def _halves(self) -> None:
        if self._narrow:
            return
        last: str | None = ""
        while last is not None:
            ask = self.bins.table.halves
            found, last = await self.kit.in_thread(ask, last)
            for stem in found:
                self.tell(Half(stem))


def _has_files(batch: Batch) -> bool:
    """Whether a batch of the walk came upon any file at all."""
    seen = [e for e in batch.events if isinstance(e, FolderSeen)]
    left = any(one.left or one.transient for one in seen)
    jobs = any(isinstance(e, JobDone) for e in batch.events)
    return bool(batch.work) or left or jobs
