"""A job's files sent in their order: .roi and .hdr together, then .adc."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

from .disk.read import Read
from .errors import (
    MemberMissing,
    ObjectExists,
    Pt5Error,
    SourceChanged,
    without_frames,
)
from .fates import Fates
from .ifcb.names import Kind
from .kit import Kit
from .ledger import Ledger
from .meta import object_meta
from .model import (
    Failed,
    Held,
    Hold,
    Item,
    Proof,
    Send,
    Skip,
    Skipped,
    Uploaded,
)
from .sending import send
from .settings import Existing
from .store import LARGEST_SINGLE
from .tasks import cut_off

_FIRST: Final = frozenset({Send.NEW, Send.UNSEEN})


class Shipment:
    """What is still open of a job, on its way into the store.

    `why` says why a file is sent, `whole` whether that makes its bin whole
    in the store; `committing` is called when no more than the .adc is left.
    """

    def __init__(
        self,
        fates: Fates,
        kit: Kit,
        ledger: Ledger,
        *,
        why: Callable[[Item], Send],
        whole: bool,
        committing: Callable[[], None],
    ) -> None:
        """Nothing has left yet."""
        self._fates = fates
        self._kit = kit
        self._ledger = ledger
        self._why = why
        self._whole = whole
        self._committing = committing
        self._skips = kit.settings.existing is Existing.SKIP
        self._met: Item | None = None

    async def run(self, read: Read) -> None:
        """Send what is open; `read` has what is sent whole.

        Raises:
            Pt5Error: one after which other jobs need not be tried.
        """
        groups = _in_order(self._fates.open)
        for group in groups:
            if self._kit.stopping or self._fates.lost or self._met:
                break
            if group is groups[-1]:
                self._committing()
            if len(group) == 1:
                await self._send(group[0], read)
            elif group:
                await together([self._send(item, read) for item in group])
        if self._fates.lost:
            self._drop_the_rest()
        elif self._met:
            name = self._met.file.relative
            self._fates.hold(
                Hold.SETTLING, f"somebody else has just sent {name}"
            )

    def _drop_the_rest(self) -> None:
        """After a member failed or changed, nothing goes on top of it."""
        lost = self._fates.known
        held = next((one for one in lost if isinstance(one, Held)), None)
        if held is not None:
            self._fates.hold(held.reason, held.detail)
            return
        failed = next(one for one in lost if isinstance(one, Failed))
        name = failed.item.file.relative
        error = MemberMissing(f"not sent, because {name} failed")
        self._fates.take([Failed(item, error) for item in self._fates.open])

    async def _send(self, item: Item, read: Read) -> None:
        """Send one file; what becomes of it is its fate."""
        kit, why, begun = self._kit, self._why(item), time.monotonic()
        if kit.dry:
            self._fates.note(would_be(item, why))
            return
        try:
            stored, attempts, checksum = await send(
                item,
                object_meta(item, only_new=self._only_new(item)),
                read[item.file.path],
                kit,
                spoiled=partial(self._ledger.spoiled, item),
            )
        except Pt5Error as error:
            self._sort_out(item, error, begun)
            return
        kit.health.accepted = True
        self._ledger.sent(item, checksum, stored, whole=self._whole)
        self._fates.note(
            Uploaded(
                item,
                checksum,
                stored.proof,
                stored.etag,
                stored.version,
                attempts,
                time.monotonic() - begun,
                why,
            )
        )

    def _only_new(self, item: Item) -> bool:
        """Whether an object that came meanwhile is to be left alone."""
        return self._skips and self._why(item) in _FIRST

    def _sort_out(self, item: Item, error: Pt5Error, begun: float) -> None:
        """Note what an error means for its file.

        Raises:
            Pt5Error: one that ends the run. It is told once, by the run:
                this file was not reached.
        """
        if isinstance(error, SourceChanged):
            self._fates.note(Held(item, Hold.SETTLING, str(error)))
        elif isinstance(error, ObjectExists) and self._only_new(item):
            # Else nobody asked, and whatever said so is not to be believed.
            self._fates.note(Skipped(item, Skip.EXISTS))
            self._met = item  # a later run sees whether its bytes are ours
        elif self._kit.ends_run(error):
            raise error
        else:
            bare, seconds = without_frames(error), time.monotonic() - begun
            self._fates.note(Failed(item, bare, error.attempts, seconds))


def _in_order(items: list[Item]) -> tuple[list[Item], ...]:
    """What is sent together: the small, the large, and last the .adc.

    What goes whole first: its answer shows what kind of proof the store
    gives before a large file is begun with another.
    """
    small, large, last = [], [], []
    for item in items:
        if item.file.kind is Kind.ADC:
            last.append(item)
        elif item.file.size <= LARGEST_SINGLE:
            small.append(item)
        else:
            large.append(item)
    return small, large, last


def would_be(item: Item, why: Send) -> Uploaded:
    """What a dry run says of a file that would be sent."""
    return Uploaded(item, "", Proof.NONE, "", None, 0, 0.0, why)


async def together(works: list[Coroutine[Any, Any, None]]) -> None:
    """Do all of `works` at once, to their end; the first here, in no task.

    Raises:
        Exception: the first that one of them raised, when all are done.
    """
    if not works:
        return
    here, *others = works
    beside = [asyncio.ensure_future(one) for one in others]
    try:
        await here
        for one in beside:
            await one
    except asyncio.CancelledError:
        await cut_off(beside)
        raise
    except Exception:
        try:
            if beside:
                await asyncio.wait(beside)
        finally:
            # If this is cancelled, too; and what is not raised here is
            # heard, so that nobody logs it.
            await cut_off(beside)
        raise
