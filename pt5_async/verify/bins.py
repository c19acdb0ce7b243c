"""One bin: read, asked about where need be, and weighed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeGuard

from ..disk.handles import patient
from ..disk.read import Read, read_together
from ..errors import (
    AccessDenied,
    Pt5Error,
    SourceChanged,
    SourceError,
    without_frames,
)
from ..examine import Seen, look_at, named_checksum
from ..ifcb.layout import Layout
from ..ifcb.names import Kind
from ..kit import Kit
from ..model import Hold, Item, LocalFile
from ..plan import Need
from ..settings import Depth
from ..store import LARGEST_PIECE, LARGEST_SINGLE
from .asking import Asking
from .astray import stems
from .finding import By, Missing, Outcome, Same, Unreadable, Verified
from .prints import CRC, Prints, take_bytes, take_file
from .table import Row, Table
from .weigh import (
    Claim,
    by_listing,
    guesses,
    is_half,
    lacks_roi,
    state_of,
    weighed,
)


@dataclass(slots=True)
class Bins:
    """Holds bins against the store, one by one.

    `download` reads back what nothing else proves; `asking` finds out what
    the store says of objects, `gets` is how often one was read back, and
    `fetched` whether that was ever allowed.
    """

    kit: Kit
    table: Table
    asking: Asking
    download: bool
    gets: int = 0
    fetched: bool | None = None

    @property
    def depth(self) -> Depth:
        """What has to be shown of a file."""
        return self.asking.depth

    async def verified(self, row: Row) -> Verified:
        """What became of the bin.

        Raises:
            StoreError: one after which nobody else gets an answer.
        """
        job = row.planned.job
        first = list(map(by_listing, job.items, row.knowns))
        claims = await self.asking.claims(row, first)
        held: tuple[Hold, str] | None = None
        outcomes: list[Outcome]
        try:
            if await self._as_sent(row, claims):
                outcomes = [Same(item, By.JOURNAL) for item in job.items]
            else:
                held, outcomes = await self._read(row, first, claims)
        except SourceChanged as error:
            held, outcomes = (Hold.SETTLING, str(error)), first
        except SourceError as error:
            mine = without_frames(error)
            outcomes = [Unreadable(item, mine) for item in job.items]
        state = state_of(
            outcomes, held, depth=self.depth, sent_whole=row.sent_whole
        )
        half = await self._is_half(row, outcomes)
        astray = await self._astray(row)
        return Verified(job.pid, tuple(outcomes), state, held, half, astray)

    async def _as_sent(
        self, row: Row, claims: Sequence[Claim | Outcome]
    ) -> bool:
        """Whether a bin that was sent whole has the very bytes of then.

        What was judged then need not be again: most bins of most trees.

        Raises:
            SourceError: as `disk.read.read_together`.
        """
        kit, planned = self.kit, row.planned
        files = planned.job.files
        sums = [one.sum for one in claims if _is_journals(one)]
        known = row.sent_whole and planned.job.full and not planned.young
        if not known or len(sums) != len(files):
            return False
        sizes = [file.size for file in files]
        if max(sizes) > LARGEST_SINGLE:
            return False
        async with kit.budget.hold(sum(sizes)):
            with kit.reading.of(planned.job):
                return await kit.hops.run(patient(partial(_same, files, sums)))

    async def _astray(self, row: Row) -> tuple[Layout, ...]:
        job = row.planned.job
        if job.pid is None or not self.table.has_odd:
            return ()
        found = stems(job, self.kit.settings.layout)
        there = await self.kit.in_thread(self.table.odd, list(found))
        return tuple(found[one] for one in there)

    async def _is_half(self, row: Row, outcomes: Sequence[Outcome]) -> bool:
        planned, knowns = row.planned, row.knowns
        if self.asking.blind:
            return is_half(outcomes)
        if planned.job.pid is None or not lacks_roi(planned, knowns):
            return False
        stem = planned.job.items[0].key[:-4]
        there = await self.kit.in_thread(self.table.odd, [stem])
        return Kind.ROI not in there.get(stem, ())

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
        named = named_checksum(prints.crc64)
        same = _is(what, prints, named)
        outcome = weighed(item, what, same=same, named=named)
        shown = isinstance(outcome, Same) and outcome.by is By.SIZE
        if not shown or not (self.download or self.depth is Depth.DOWNLOAD):
            return outcome
        return await self._read_back(item, prints.crc64, outcome)

    async def _prints(self, item: Item, what: Claim, read: Read) -> Prints:
        """The checksums of a file that its claim needs."""
        bytes_ = read[item.file.path]
        if bytes_.data is not None and not (what.md5 or what.parts):
            return Prints(crc64=bytes_.digests[CRC])
        parts = guesses(item.file.size, what.parts)
        prints = Prints(md5=bool(what.md5), parts=parts)
        if bytes_.data is None:
            take = partial(take_file, item.file, prints)
            with self.kit.reading.of(item.file):
                return await self.kit.in_thread(patient(take))
        return await self.kit.in_thread(take_bytes, bytes_.data, prints)

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
            return self.asking.unasked(item, error)
        self.fetched = True
        if found is None:
            return Missing(item)
        read = Claim(By.DOWNLOAD, sure=True)
        return weighed(item, read, same=found == crc64)

    async def _fetched(self, item: Item) -> bytes | None:
        """The raw CRC64NVME of what the store has; None for nothing."""
        size, prints = item.file.size, Prints()
        for begin in range(0, max(size, 1), LARGEST_PIECE):
            self.gets += 1
            part = (begin, min(LARGEST_PIECE, size - begin))
            whole = size <= LARGEST_PIECE
            get = partial(self.kit.store.get, part=None if whole else part)
            async with self.kit.budget.hold(part[1]):
                data, _ = await self.asking.ask(item, get)
                if data is None:
                    return None
                await self.kit.in_thread(take_bytes, data, prints)
        return prints.crc64


def _is_journals(one: Claim | Outcome) -> TypeGuard[Claim]:
    """Whether the journal knows what is in the store, and it is there."""
    if not isinstance(one, Claim) or one.otherwise is not None:
        return False
    return one.by is By.JOURNAL


def _same(files: Sequence[LocalFile], sums: Sequence[str]) -> bool:
    """Whether small files have the checksums of a journal; it blocks.

    Raises:
        SourceError: as `disk.read.read_together`.
    """
    read = read_together(
        files, first=files, rest=lambda _: (), algorithms=(CRC,)
    )
    return all(
        named_checksum(read[file.path].digests[CRC]) == one
        for file, one in zip(files, sums, strict=True)
    )


def _is(what: Claim, prints: Prints, named: str) -> bool:
    """Whether bytes with these `prints` are as claimed.

    `named` is their CRC64NVME.
    """
    if what.sum:
        return named == what.sum
    if what.md5:
        return prints.md5 == what.md5
    return bool(what.parts) and what.parts in prints.etags
