"""What a file's bytes have to be like, by what the store is asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from ..errors import AccessDenied, Pt5Error, without_frames
from ..examine import named_checksum
from ..kit import Kit
from ..model import Item
from ..settings import Depth
from ..tasks import cut_off
from .finding import Missing, Outcome, Same, Unreadable
from .table import Row
from .weigh import Claim, Known, by_listing, claim, lost

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Asking:
    """Asks the store about single objects, as far as `depth` needs that.

    With `mending`, what is missing is looked at, however little that is.
    `heads` counts what was asked, whatever the attempts; `looked` says
    whether it was ever allowed. One that is `blind` knows no listing, so
    that each object has to be asked for.
    """

    kit: Kit
    depth: Depth
    mending: bool = False
    blind: bool = False
    heads: int = 0
    looked: bool | None = None

    async def may_look(self, keys: Sequence[str]) -> bool:
        """Whether the store lets objects be looked at, by some of them.

        A key that may look and not list is told, of what is not there, that
        it may not look: so one has to be there.
        """
        for key in keys:
            self.heads += 1
            try:
                await self.kit.ask(key, partial(self.kit.store.head, key))
            except AccessDenied:
                continue
            self.looked = True
            return True
        return False

    async def claims(
        self, row: Row, listed: Sequence[Outcome]
    ) -> list[Claim | Outcome]:
        """For each file what to hold its bytes against, or its outcome.

        Raises:
            StoreError: one after which nobody else gets an answer.
        """
        found = [
            self._told(known, outcome)
            for known, outcome in zip(row.knowns, listed, strict=True)
        ]
        # Mostly the journal knows all, and nothing has to be waited for.
        open_ = [place for place, one in enumerate(found) if one is None]
        if open_:
            items, knowns = row.planned.job.items, row.knowns
            asked = [
                asyncio.ensure_future(self._looked_at(items[at], knowns[at]))
                for at in open_
            ]
            try:
                answers = await asyncio.gather(*asked)
            finally:
                await cut_off(asked)
            for at, answer in zip(open_, answers, strict=True):
                found[at] = answer
        return [one for one in found if one is not None]

    def _told(self, known: Known, listed: Outcome) -> Claim | Outcome | None:
        """What is known without asking; None where that does not do."""
        if self.blind:
            return None
        if not isinstance(listed, Same):
            return self._lost(listed, known)
        if self.depth is Depth.LISTING:
            return listed
        if self.depth is Depth.DOWNLOAD:
            return Claim(sent=known.sent_sum)
        if known.remembered or self.looked is False:
            return claim(known, None)
        return None

    async def _looked_at(self, item: Item, known: Known) -> Claim | Outcome:
        """What to hold it against, by what the store says of the object."""
        self.heads += 1
        try:
            head, _ = await self.ask(item, self.kit.store.head)
        except AccessDenied as error:
            if self.blind:
                # Who may look, and not list, is told so of what is not there.
                return self._lost(Missing(item), known)
            self._may_not_look(error)
            return claim(known, None)
        except Pt5Error as error:
            return self.unasked(item, error)
        self.looked = True
        if head is None:
            return self._lost(Missing(item), known)
        now = replace(known, size=head.size, etag=head.etag)
        if not isinstance(outcome := by_listing(item, now), Same):
            return self._lost(outcome, known)
        if self.depth is not Depth.CHECKSUM:
            download = self.depth is Depth.DOWNLOAD
            return Claim(sent=known.sent_sum) if download else outcome
        named = named_checksum(head.crc64) if head.crc64 else ""
        return claim(now, head, named)

    def _lost(self, listed: Outcome, known: Known) -> Claim | Outcome:
        if self.depth is Depth.LISTING and not self.mending:
            return listed
        return lost(listed, known)

    async def ask(
        self, item: Item, ask: Callable[[str], Awaitable[Answer]]
    ) -> tuple[Answer, int]:
        """The store's answer about an object, and how often it was asked."""
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

    def unasked(self, item: Item, error: Pt5Error) -> Unreadable:
        """What an error means for the file that was asked about.

        Raises:
            Pt5Error: one that ends the run.
        """
        if self.kit.ends_run(error):
            raise error
        return Unreadable(item, without_frames(error))
