"""One bin: read, asked about where need be, and weighed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from ..disk.handles import patient
from ..disk.read import Read
from ..errors import (
    AccessDenied,
    Pt5Error,
    SourceChanged,
    SourceError,
    without_frames,
)
from ..examine import Seen, look_at, named_checksum
from ..kit import Kit
from ..model import Hold, Item
from ..plan import Need
from ..settings import Depth
from ..store import LARGEST_PIECE, LARGEST_SINGLE
from ..tasks import cut_off
from .finding import By, Missing, Outcome, Same, Unreadable, Verified
from .prints import CRC, Prints, take_bytes, take_file
from .table import Row, Table
from .weigh import (
    Claim,
    Known,
    by_listing,
    claim,
    guesses,
    lacks_roi,
    state_of,
    weighed,
)

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Counts:
    """Requests that were made, whatever their attempts."""

    heads: int = 0
    gets: int = 0


@dataclass(slots=True)
class Bins:
    """Holds bins against the store, one by one.

    `download` reads back what nothing else proves. `counts` says what was
    asked; `looked` and `fetched` whether that was ever allowed.
    """

    kit: Kit
    table: Table
    depth: Depth
    download: bool
    counts: Counts = field(default_factory=Counts)
    looked: bool | None = None
    fetched: bool | None = None

    async def verified(self, row: Row) -> Verified:
        """What became of the bin.

        Raises:
            StoreError: one after which nobody else gets an answer.
        """
        job = row.planned.job
        first = list(map(by_listing, job.items, row.knowns))
        claims = await self._claims(row, first)
        held: tuple[Hold, str] | None = None
        try:
            held, outcomes = await self._read(row, first, claims)
        except SourceChanged as error:
            held, outcomes = (Hold.SETTLING, str(error)), first
        except SourceError as error:
            mine = without_frames(error)
            outcomes = [Unreadable(item, mine) for item in job.items]
        state = state_of(
            outcomes, held, depth=self.depth, sent_whole=row.sent_whole
        )
        half = await self._is_half(row)
        return Verified(job.pid, tuple(outcomes), state, held, half)

    async def _is_half(self, row: Row) -> bool:
        planned, knowns = row.planned, row.knowns
        if planned.job.pid is None or not lacks_roi(planned, knowns):
            return False
        stem = planned.job.items[0].key[:-4]
        odd = self.table.has_odd_roi
        return not await self.kit.in_thread(odd, stem)

    # ---- what the bytes have to be like

    async def _claims(
        self, row: Row, first: Sequence[Outcome]
    ) -> list[Claim | Outcome]:
        """For each file what to hold its bytes against, or its outcome."""
        asked = [
            asyncio.ensure_future(self._claim(item, known, outcome))
            for item, known, outcome in zip(
                row.planned.job.items, row.knowns, first, strict=True
            )
        ]
        try:
            return list(await asyncio.gather(*asked))
        finally:
            await cut_off(asked)

    async def _claim(
        self, item: Item, known: Known, listed: Outcome
    ) -> Claim | Outcome:
        if not isinstance(listed, Same) or self.depth is Depth.LISTING:
            return listed
        if self.depth is Depth.DOWNLOAD:
            return Claim()
        if known.remembered or self.looked is False:
            return claim(known, None)
        self.counts.heads += 1
        try:
            head, _ = await self._ask(item, self.kit.store.head)
        except AccessDenied as error:
            self._may_not_look(error)
            return claim(known, None)
        except Pt5Error as error:
            return self._unasked(item, error)
        self.looked = True
        if head is None:
            return Missing(item)
        now = Known(head.size, head.etag, known.sent_size, known.sent_etag)
        if not isinstance(outcome := by_listing(item, now), Same):
            return outcome
        named = named_checksum(head.crc64) if head.crc64 else ""
        return claim(known, head, named)

    async def _ask(
        self, item: Item, ask: Callable[[str], Awaitable[Answer]]
    ) -> tuple[Answer, int]:
        return await self.kit.ask(item.key, lambda: ask(item.key))

    def _may_not_look(self, error: AccessDenied) -> None:
        """Go on without asking, unless it is about one object only."""
        if self.looked is None:
            self.looked = False
        self.kit.warn_once(
            "head",
            f"looking at objects is not allowed ({error}); what the journal"
            " does not prove is held against the ETag of the listing, as far"
            " as that is an MD5",
        )

    def _unasked(self, item: Item, error: Pt5Error) -> Unreadable:
        if self.kit.ends_run(error):
            raise error
        return Unreadable(item, without_frames(error))

    # ---- what they are like

    async def _read(
        self,
        row: Row,
        first: Sequence[Outcome],
        claims: Sequence[Claim | Outcome],
    ) -> tuple[tuple[Hold, str] | None, list[Outcome]]:
        """Why the bin would be held, and the outcome of each file.

        Raises:
            SourceError: as `disk.read.read_together`.
        """
        items = row.planned.job.items
        pairs = list(zip(items, claims, strict=True))
        todo = [item for item, one in pairs if isinstance(one, Claim)]
        sizes = [item.file.size for item in items]
        small = sum(size for size in sizes if size <= LARGEST_SINGLE)
        async with self.kit.budget.hold(small):
            seen = await self._look(row, todo)
            if seen.held is not None:
                return seen.held, list(first)
            prints = {
                item.key: await self._prints(item, one, seen.read)
                for item, one in pairs
                if isinstance(one, Claim)
            }
        del seen  # and with it all bytes, before others are waited for
        return None, [
            await self._weigh(item, one, prints[item.key])
            if isinstance(one, Claim)
            else one
            for item, one in pairs
        ]

    async def _look(self, row: Row, todo: Sequence[Item]) -> Seen:
        kit, job = self.kit, row.planned.job
        needs = (Need.SEND,) * len(job.items)
        planned = row.planned._replace(
            needs=needs, entries=(None,) * len(needs)
        )
        look = partial(
            look_at,
            planned,
            todo,
            settings=kit.settings,
            now_ns=kit.now_ns,
            algorithms=(CRC,),
        )
        with kit.reading.of(job):
            return await kit.hops.run(patient(look))

    async def _weigh(self, item: Item, what: Claim, prints: Prints) -> Outcome:
        outcome = weighed(item, what, same=_is(what, prints))
        shown = isinstance(outcome, Same) and outcome.by is By.SIZE
        if not shown or not (self.download or self.depth is Depth.DOWNLOAD):
            return outcome
        return await self._read_back(item, prints.crc64, outcome)

    async def _prints(self, item: Item, what: Claim, read: Read) -> Prints:
        """The checksums of a file that its claim needs."""
        parts = guesses(item.file.size, what.parts)
        prints = Prints(md5=bool(what.md5), parts=parts)
        bytes_ = read[item.file.path]
        if bytes_.data is None:
            take = partial(take_file, item.file, prints)
            with self.kit.reading.of(item.file):
                return await self.kit.in_thread(patient(take))
        if what.md5 or parts:
            return await self.kit.in_thread(take_bytes, bytes_.data, prints)
        return Prints.known(bytes_.digests[CRC])

    async def _read_back(
        self, item: Item, crc64: bytes, otherwise: Outcome
    ) -> Outcome:
        """What the bytes in the store themselves say."""
        if self.fetched is False:
            return otherwise
        try:
            found = await self._fetched(item)
        except AccessDenied as error:
            if self.fetched is None:
                self.fetched = False
            self.kit.warn_once(
                "get", f"reading objects back is not allowed ({error})"
            )
            return otherwise
        except Pt5Error as error:
            return self._unasked(item, error)
        self.fetched = True
        if found is None:
            return Missing(item)
        read = Claim(By.DOWNLOAD, sure=True)
        return weighed(item, read, same=found == crc64)

    async def _fetched(self, item: Item) -> bytes | None:
        """The raw CRC64NVME of what the store has; None for nothing."""
        size, prints = item.file.size, Prints()
        for begin in range(0, max(size, 1), LARGEST_PIECE):
            self.counts.gets += 1
            part = (begin, min(LARGEST_PIECE, size - begin))
            whole = size <= LARGEST_PIECE
            get = partial(self.kit.store.get, part=None if whole else part)
            async with self.kit.budget.hold(part[1]):
                data, _ = await self._ask(item, get)
                if data is None:
                    return None
                await self.kit.in_thread(take_bytes, data, prints)
        return prints.crc64


def _is(what: Claim, prints: Prints) -> bool:
    """Whether bytes with these `prints` are as claimed."""
    if what.sum:
        return named_checksum(prints.crc64) == what.sum
    if what.md5:
        return prints.md5 == what.md5
    return bool(what.parts) and what.parts in prints.etags
