"""The journey of one job: read, judge, send .roi and .hdr, then .adc."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final

from .compare import Heads, proven, published
from .contest import settle
from .disk.read import Read
from .errors import (
    MemberMissing,
    Pt5Error,
    SourceChanged,
    SourceError,
    StoreError,
)
from .events import JobDone, Level, Notice
from .examine import Seen, cost, see, unchanged
from .fates import Fates
from .guard import DIFFERS, FOREIGN, differing, in_use
from .ifcb.verdict import Judgement, Verdict
from .kit import Kit
from .ledger import Ledger
from .model import Failed, Hold, Item, Send, Skip, Skipped
from .plan import Need, Planned, skip, why
from .settings import Existing
from .shipment import Shipment

_COMPARED: Final = frozenset({Need.COMPARE, Need.PROVE})


class Delivery:
    """One job on its way; `done` tells at any time how far it came."""

    def __init__(
        self,
        planned: Planned,
        kit: Kit,
        *,
        committing: Callable[[], None] = lambda: None,
    ) -> None:
        """Deliver `planned` with the run's `kit`.

        `committing` is called when no more than the .adc is left to send.
        """
        self._committing = committing
        self._planned = planned
        self._job = planned.job
        self._kit = kit
        self._verdict: Verdict | None = None
        self._ledger = Ledger(planned, kit)
        self._fates = Fates(planned.job.items)
        self._whys: dict[str, Send] = {}
        self._heads: Heads = {}
        for item, need in zip(planned.job.items, planned.needs, strict=True):
            if reason := skip(need):
                self._fates.note(Skipped(item, reason))

    def done(self) -> JobDone:
        """One outcome for each file; what was not begun is not reached."""
        return JobDone(self._job, self._fates.final(), self._verdict)

    def failed(self, error: Pt5Error) -> JobDone:
        """The end of a job that could not be begun, for `error`."""
        self._fates.fail(error)
        return self.done()

    async def run(self) -> None:
        """Bring the job as far as it goes.

        Raises:
            Pt5Error: one after which other jobs need not be tried.
        """
        kit = self._kit
        if kit.may_begin():
            size = cost(self._planned, self._fates.open, kit)
            async with self._flight(), kit.budget.hold(size):
                if kit.may_begin():
                    await self._run()
                    await self._ledger.overdue(self._fates)

    def _flight(self) -> AbstractAsyncContextManager[object]:
        """Leave to have the job's bytes on their way."""
        if self._kit.dry or not _COMPARED.isdisjoint(self._planned.needs):
            return nullcontext()  # perhaps nothing travels at all
        return self._kit.flight.hold(self._size())

    def _size(self) -> int:
        """The bytes that are still to be sent."""
        return sum([item.file.size for item in self._fates.open])

    async def _run(self) -> None:
        try:
            if await self._contested():
                return
            seen = await see(self._planned, self._fates.open, self._kit)
            if not _COMPARED.isdisjoint(self._planned.needs):
                await self._compare(seen)
        except SourceChanged as error:
            self._fates.hold(Hold.SETTLING, str(error))
        except (SourceError, StoreError) as error:
            self._fail_unless_all(error)
        else:
            if self._fates.open and not await self._kept(seen):
                self._verdict = seen.verdict
                if not self._held_by(seen) and await self._may_send():
                    await self._send(seen.read)

    async def _contested(self) -> bool:
        """Settle what came to keys of others; whether that is the end."""
        if not self._planned.rivals:
            return False
        self._fates.take(await settle(self._planned, self._kit))
        known = self._fates.known
        lost = next((one for one in known if isinstance(one, Failed)), None)
        if lost is not None:
            name = lost.item.file.relative
            self._fates.fail(MemberMissing(f"not sent, because {name} is not"))
        return not self._fates.open

    async def _compare(self, seen: Seen) -> None:
        """Skip what is the same, by the journal or the store's checksums."""
        read, verdict = seen.read, seen.verdict
        # Of whatever bin it is there, that is guarded from now on; of which
        # one, a bin that is broken here does not tell.
        whole = verdict is not None and self._job.full
        tells = verdict is None or verdict.whole
        for item in await unchanged(self._planned, read, self._kit):
            self._fates.note(Skipped(item, Skip.CHECKSUM))
            self._ledger.same(item)
        for item, answer in await proven(
            self._planned, read, self._kit, self._heads
        ):
            if isinstance(answer, Send):
                self._whys[item.key] = answer
            else:
                self._fates.note(Skipped(item, Skip.STORE))
                if tells:
                    self._ledger.sent(item, *answer, whole=whole)

    def _why(self, item: Item) -> Send:
        known = self._whys.get(item.key)
        if known is None:
            known = self._whys[item.key] = why(self._planned, item)
        return known

    # ---- whether it goes

    async def _kept(self, seen: Seen) -> bool:
        """Whether what is in the store stays, and nothing is sent."""
        rules, left = self._kit.settings, self._fates.open
        sure = self._planned.sent_whole
        whys = [self._why(one) for one in left]
        if DIFFERS.isdisjoint(whys) or self._job.pid is None:
            return False
        if seen.held is not None and not sure:
            return False  # it stays here anyway
        leaves = rules.existing is Existing.SKIP and not FOREIGN.isdisjoint(
            whys
        )
        in_the_way = not rules.replaces and in_use(self._planned, self._why)
        if in_the_way and not (sure or leaves):
            try:
                in_the_way = await published(self._job, self._kit, self._heads)
            except StoreError as error:
                self._fail_unless_all(error)
                return True
        if leaves or in_the_way:
            detail = differing(left, whys, sure=sure, leaves=leaves)
            self._fates.hold(Hold.CHANGED, detail)
        return leaves or in_the_way

    def _held_by(self, seen: Seen) -> bool:
        """Hold what must not go yet; whether that is the whole job."""
        verdict = seen.verdict
        if seen.held is not None:
            self._fates.hold(*seen.held)
        elif verdict and verdict.judgement is Judgement.SUSPICIOUS:
            text = f"{self._job.pid}: {verdict.reason}"
            self._kit.tell(Notice(Level.WARNING, text))
        return seen.held is not None

    async def _may_send(self) -> bool:
        """Whether to send now; not before the journal was seen to be true."""
        kit = self._kit
        if not kit.may_begin() or kit.landmark.seen:
            return kit.may_begin()
        try:
            await kit.landmark.check(kit.ask, lambda: kit.stopping)
        except StoreError as error:
            self._fail_unless_all(error)
            return False
        return kit.may_begin()

    async def _send(self, read: Read) -> None:
        kit, verdict = self._kit, self._verdict
        kit.quota.begin(self._size())
        if self._replaces_a_bin():
            await self._ledger.doubt(self._fates.open)
        whole = verdict is None or verdict.whole
        shipment = Shipment(
            self._fates,
            kit,
            self._ledger,
            why=self._why,
            whole=whole and self._job.full,
            committing=self._committing,
        )
        await shipment.run(read)
        if verdict is not None and whole:
            self._ledger.confirm(self._fates)

    def _replaces_a_bin(self) -> bool:
        """Whether readers may have what is replaced, by what we know.

        Who overwrites whatever is there asks nobody, and knows nothing.
        """
        one, left = self._planned, self._fates.open
        if {self._why(item) for item in left} == {Send.OVERWRITE}:
            return one.sent_whole
        return in_use(one, self._why)

    def _fail_unless_all(self, error: Pt5Error) -> None:
        """Fail what is open, unless the error is that of the whole run.

        Raises:
            Pt5Error: that one.
        """
        if self._kit.ends_run(error):
            raise error
        self._fates.fail(error)
