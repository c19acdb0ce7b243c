"""The journey of one job: read, judge, send .roi and .hdr, then .adc."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Final

from .compare import proven
from .contest import settle
from .disk.read import Bytes, Read
from .errors import (
    MemberMissing,
    ObjectExists,
    Pt5Error,
    SourceChanged,
    SourceError,
    StoreError,
)
from .events import JobDone, Level, Notice
from .examine import (
    Seen,
    cost,
    see,
    unchanged,
    without_frames,
)
from .ifcb.names import Kind
from .ifcb.verdict import Judgement, Verdict
from .kit import Kit
from .ledger import Ledger
from .meta import object_meta
from .model import (
    Failed,
    Held,
    Hold,
    Item,
    Outcome,
    Proof,
    Send,
    Skip,
    Skipped,
    Uploaded,
)
from .plan import Need, Planned, skip, why
from .sending import send
from .settings import Existing
from .store import LARGEST_SINGLE

_COMPARED: Final = frozenset({Need.COMPARE, Need.PROVE})
_CHANGED: Final = frozenset({Send.CHANGED, Send.CHANGED_SIZE})


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
        self._outcomes: dict[Item, Outcome] = {}
        self._whys: dict[Item, Send] = {}
        for item, need in zip(planned.job.items, planned.needs, strict=True):
            if reason := skip(need):
                self._outcomes[item] = Skipped(item, reason)

    def done(self) -> JobDone:
        """One outcome for each file; what was not begun is not reached."""
        outcomes = tuple(
            self._outcomes.get(item, Held(item, Hold.NOT_REACHED))
            for item in self._job.items
        )
        return JobDone(self._job, outcomes, self._verdict)

    def failed(self, error: Pt5Error) -> JobDone:
        """The end of a job that could not be begun, for `error`."""
        self._fail_open(error)
        return self.done()

    async def run(self) -> None:
        """Bring the job as far as it goes.

        Raises:
            Pt5Error: one after which other jobs need not be tried.
        """
        if self._kit.may_begin():
            async with self._flight(), self._kit.budget.hold(self._cost()):
                if self._kit.may_begin():
                    await self._run()
                    late = await self._ledger.overdue(self._outcomes)
                    self._outcomes |= late

    def _flight(self) -> AbstractAsyncContextManager[None]:
        """Leave to have the job's bytes on their way."""
        if self._kit.dry or _COMPARED.intersection(self._planned.needs):
            return nullcontext()  # perhaps nothing travels at all
        return self._kit.flight.hold(sum(i.file.size for i in self._open))

    @property
    def _open(self) -> list[Item]:
        """The items that have no outcome yet, in the order of sending."""
        return [i for i in self._job.items if i not in self._outcomes]

    async def _run(self) -> None:
        try:
            if await self._contested():
                return
            seen = await see(self._planned, self._open, self._kit)
            same = await unchanged(self._planned, seen.read, self._kit)
            await self._compare(seen.read)
        except SourceChanged as error:
            self._hold_open(Hold.SETTLING, str(error))
            return
        except (SourceError, StoreError) as error:
            if self._kit.ends_run(error):
                raise
            self._fail_open(error)
            return
        if not self._decided_by(same):
            self._verdict = seen.verdict
            if not self._held_by(seen) and await self._may_send():
                self._kit.quota.begin(sum(i.file.size for i in self._open))
                await self._ledger.doubt()
                await self._send(seen.read)
                if self._verdict is not None and self._verdict.whole:
                    self._ledger.confirm(self._outcomes)

    async def _may_send(self) -> bool:
        """Whether to send now; not before the journal was seen to be true."""
        kit = self._kit
        if not kit.may_begin():
            return False
        try:
            await kit.landmark.check(kit.ask, lambda: kit.stopping)
        except StoreError as error:
            if kit.ends_run(error):
                raise
            self._fail_open(error)
            return False
        return kit.may_begin()

    async def _contested(self) -> bool:
        """Settle what came to keys of others; whether that is the end."""
        if not self._planned.rivals:
            return False
        self._outcomes |= await settle(self._planned, self._kit)
        outcomes = tuple(self._outcomes.values())
        lost = next((o for o in outcomes if isinstance(o, Failed)), None)
        if lost is not None:
            name = lost.item.file.relative
            self._fail_open(MemberMissing(f"not sent, because {name} is not"))
        return not self._open

    async def _compare(self, read: Read) -> None:
        """Skip what the store has, by its own checksums."""
        answers = await proven(self._planned, read, self._kit)
        for item, answer in answers.items():
            if isinstance(answer, Send):
                self._whys[item] = answer
            else:
                self._outcomes[item] = Skipped(item, Skip.STORE)
                self._ledger.sent(item, *answer, whole=False)

    def _why(self, item: Item) -> Send:
        return self._whys.get(item) or why(self._planned, item)

    def _cost(self) -> int:
        return cost(self._planned, self._open, self._kit)

    def _decided_by(self, same: list[Item]) -> bool:
        """Skip what has the `same` bytes; whether that decides the job."""
        planned = self._planned
        for item in same:
            self._outcomes[item] = Skipped(item, Skip.CHECKSUM)
            self._ledger.same(item)
        if not self._open:
            return True
        changed = [i for i in self._open if self._why(i) in _CHANGED]
        rules = self._kit.settings
        if not (planned.sent_whole and changed) or rules.replaces:
            return False
        names = ", ".join(i.file.kind or "" for i in changed)
        self._hold_open(
            Hold.CHANGED,
            f"{names}: not the bytes that were sent whole before; "
            "--replace-changed sends them",
        )
        return True

    def _held_by(self, seen: Seen) -> bool:
        """Hold what must not go yet; whether that is the whole job."""
        verdict = seen.verdict
        if seen.held is not None:
            self._hold_open(*seen.held)
        elif verdict and verdict.judgement is Judgement.SUSPICIOUS:
            text = f"{self._job.pid}: {verdict.reason}"
            self._kit.tell(Notice(Level.WARNING, text))
        return seen.held is not None

    # ---- sending

    async def _send(self, read: Read) -> None:
        first = [i for i in self._open if i.file.kind is not Kind.ADC]
        last = [i for i in self._open if i.file.kind is Kind.ADC]
        # What goes whole first: its answer shows what kind of proof the
        # store gives before a large file is begun with another.
        for group in (
            [i for i in first if i.file.size <= LARGEST_SINGLE],
            [i for i in first if i.file.size > LARGEST_SINGLE],
            last,
        ):
            if self._kit.stopping or any(
                isinstance(self._outcomes.get(item), Failed | Held)
                for item in first
            ):
                break
            if group is last:
                self._committing()
            await self._send_group(group, read)
        self._drop_the_rest(first)

    async def _send_group(self, items: list[Item], read: Read) -> None:
        if len(items) == 1:
            await self._send_one(items[0], read[items[0].file])
        elif items:
            results = await asyncio.gather(
                *(self._send_one(item, read[item.file]) for item in items),
                return_exceptions=True,
            )
            errors = [r for r in results if isinstance(r, BaseException)]
            if errors:
                raise errors[0]

    def _drop_the_rest(self, first: list[Item]) -> None:
        """After a member failed or changed, nothing goes on top of it."""
        outcomes = [self._outcomes.get(item) for item in first]
        changed = [o for o in outcomes if isinstance(o, Held)]
        failed = [o for o in outcomes if isinstance(o, Failed)]
        if changed:
            self._hold_open(changed[0].reason, changed[0].detail)
        elif failed:
            name = failed[0].item.file.relative
            error = MemberMissing(f"not sent, because {name} failed")
            for item in self._open:
                self._outcomes[item] = Failed(item, error)

    async def _send_one(self, item: Item, read: Bytes) -> None:
        begun = time.monotonic()
        outcome: Outcome
        try:
            outcome = await self._put(item, read, begun)
        except SourceChanged as error:
            outcome = Held(item, Hold.SETTLING, str(error))
        except ObjectExists:
            outcome = Skipped(item, Skip.EXISTS)
        except Pt5Error as error:
            if self._kit.ends_run(error):
                # Told once, by the run: this file was not reached.
                raise
            seconds = time.monotonic() - begun
            self._outcomes[item] = Failed(
                item, without_frames(error), error.attempts, seconds
            )
            return
        self._outcomes[item] = outcome

    async def _put(self, item: Item, read: Bytes, begun: float) -> Uploaded:
        if self._kit.dry:
            why = self._why(item)
            return Uploaded(item, "", Proof.NONE, "", None, 0, 0.0, why)
        stored, attempts, checksum = await send(
            item,
            object_meta(item, only_new=self._only_new(item)),
            read,
            self._kit,
            spoiled=partial(self._ledger.spoiled, item),
        )
        self._kit.health.accepted = True
        verdict = self._verdict
        whole = self._job.full and (verdict is None or verdict.whole)
        self._ledger.sent(item, checksum, stored, whole=whole)
        return Uploaded(
            item,
            checksum,
            stored.proof,
            stored.etag,
            stored.version,
            attempts,
            time.monotonic() - begun,
            self._why(item),
        )

    def _only_new(self, item: Item) -> bool:
        """Whether an object that came meanwhile is to be left alone."""
        skips = self._kit.settings.existing is Existing.SKIP
        return skips and self._why(item) is Send.NEW

    # ---- outcomes

    def _hold_open(self, reason: Hold, detail: str) -> None:
        for item in self._open:
            self._outcomes[item] = Held(item, reason, detail)

    def _fail_open(self, error: Pt5Error) -> None:
        without_frames(error)
        for item in self._open:
            self._outcomes[item] = Failed(item, error, error.attempts)
