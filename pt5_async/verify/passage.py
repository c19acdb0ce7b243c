"""Walk, listing, then bin after bin."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from ..disk.walk import Source
from ..errors import AccessDenied, StoreError
from ..ifcb.names import Kind
from ..kit import Kit
from ..model import Listed, Target
from ..settings import Depth
from ..tasks import cut_off
from ..width import USUAL
from .amends import Whys, amends
from .bins import Bins
from .deletable import proven
from .finding import (
    Extra,
    Half,
    Leftover,
    Requests,
    Verified,
)
from .fold import VerificationFold
from .gathering import Gathering, Tell
from .leftovers import Abort, Leftovers
from .results import Results
from .spans import AT_ONCE, FILES_EACH, PAGE, Span, in_order, list_all, spans
from .table import Row, member_kind
from .unseen import Unseen

ROWS_AT_ONCE: Final = 256

AHEAD: Final = 2
"""For each bin that may be looked at there is one that waits for a thread, so
that these have more than one to do at a time."""

SAMPLES: Final = 16
"""So many objects are looked at, where listing is denied, to find out
whether that is allowed."""

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
    abort: Abort | None = None
    judged: list[tuple[Row, bool]] = field(default_factory=list)
    lacking: list[tuple[Row, Whys]] = field(default_factory=list)
    doomed: list[Leftover] = field(default_factory=list)
    trouble: StoreError | None = None
    settled: bool = False
    unseen: Unseen = field(init=False)

    def __post_init__(self) -> None:
        self.unseen = Unseen(self.kit.settings.layout)

    async def verify(self) -> None:
        """Go all the way.

        Raises:
            Pt5Error: what ends it early; what was told until then holds.
        """
        self.fold.part = self._narrow
        await Gathering(
            self.source,
            self.target,
            self.kit,
            self.bins.table,
            self.tell,
            self.unseen,
        ).walk()
        await self._list()
        await self._hold()
        await self._halves()
        if self.abort is not None or not self._narrow:
            await self._left_open()

    async def _left_open(self) -> None:
        found = Leftovers(self.kit, self._folder, self.tell, self.abort)
        try:
            self.fold.looked = await found.look()
        finally:
            for operation, number in found.asked.items():
                self._count(operation, number)
        self.doomed, self.trouble = found.wanted, found.trouble

    # ---- what is there

    @property
    def _folder(self) -> str:
        """What all keys begin with."""
        return self.target.prefix and f"{self.target.prefix}/"

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
        self.fold.whole = not self._narrow
        least = max(len(ranges), -(-files // PAGE))
        if ranges:
            self.tell(Requests("ListObjectsV2", least, None))
        try:
            await list_all(ranges, self._folder, self.kit, self._note)
        except AccessDenied as error:
            await self._go_blind(error)
        if self.unseen.all and self.fold.unknown.files:
            self.fold.whole = False

    async def _go_blind(self, error: AccessDenied) -> None:
        """Ask for each object by itself, if that is allowed.

        Raises:
            AccessDenied: when it is not.
        """
        asking = self.bins.asking
        keys = await self.kit.in_thread(self._samples)
        self.tell(Requests("HeadObject", 1 if keys else 0, len(keys)))
        if not await asking.may_look(keys):
            raise AccessDenied(
                f"{error}; nor may these keys look at objects (HeadObject):"
                " to verify takes s3:ListBucket, or s3:GetObject at least"
            ) from error
        asking.blind, self.fold.blind, self.fold.whole = True, True, False
        self.kit.warn_once(
            "list",
            f"listing is not allowed ({error}); each object is asked for by"
            " itself, and one that may not be seen counts as missing; what"
            " the store has besides is not known",
        )

    def _samples(self) -> list[str]:
        """Keys of which some are likely to be there, if anything is."""
        table, newest = self.bins.table, self.kit.memory.newest
        keys = [newest(self.target.prefix), *(table.ends() or ())]
        keys += table.cuts(SAMPLES)
        return list(dict.fromkeys(filter(None, keys)))

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
            if self.unseen.hides(one.key):
                self.fold.unknown.add(one.size)
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
        last = self.kit.memory.last_layout
        known = await self.kit.in_thread(last, self.target.prefix)
        self.settled = known == self.kit.settings.layout
        most = AHEAD * (self.kit.settings.concurrency or USUAL)
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
            self._count("HeadObject", self.bins.asking.heads)
            self._count("GetObject", self.bins.gets)

    async def _tell_next(self, waiting: _Waiting) -> None:
        row, work = waiting[0]
        found = await work
        self.tell(found)
        self._result(row, found)
        waiting.popleft()

    def _result(self, row: Row, found: Verified) -> None:
        """Note what came of a bin, if somebody asks later."""
        if self.judging:
            self.judged.append((row, proven(row, found)))
        if not self.bins.asking.mending:
            return
        whys = amends(found, row.knowns, settled=self.settled)
        if whys is not None:
            self.lacking.append((row, whys))

    async def _judge(self) -> None:
        """Keep what was noted, many at a time."""
        judged, self.judged = self.judged, []
        lacking, self.lacking = self.lacking, []
        results = Results(self.bins.table)
        if judged:
            await self.kit.in_thread(results.judge, judged)
        if lacking:
            await self.kit.in_thread(results.lack, lacking)

    async def _rows(self) -> AsyncGenerator[Row, None]:
        rows, after = self.bins.table.rows, 0
        while some := await self.kit.in_thread(rows, after, ROWS_AT_ONCE):
            await self._judge()
            after += len(some)
            for row in some:
                yield row

    async def _announce(self) -> None:
        """Tell how many requests there will be."""
        bins, table = self.bins, self.bins.table
        blind = bins.asking.blind
        number, size, pieces = await self.kit.in_thread(
            table.to_ask, bins.depth, blind=blind
        )
        if (bins.depth is Depth.CHECKSUM or blind) and number:
            self.tell(Requests("HeadObject", number, number))
        if number and (bins.download or bins.depth is Depth.DOWNLOAD):
            sure = bins.depth is Depth.DOWNLOAD and not blind
            least = pieces if sure else 0
            self.tell(Requests("GetObject", least, pieces, size))

    async def _halves(self) -> None:
        if self._narrow or self.fold.blind:
            return
        last: str | None = ""
        while last is not None:
            ask = self.bins.table.halves
            found, last = await self.kit.in_thread(ask, last)
            for stem in found:
                if not self.unseen.hides(f"{stem}.adc"):
                    self.tell(Half(stem))
