"""Uploads in parts that were left open: found, weighed, and cleared if asked.

A store keeps their parts, unseen and paid for, until somebody aborts them.
Ours are those that the journal knows; a run that is at it goes on with them.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from ..errors import AccessDenied, Pt5Error, StoreError
from ..events import Level, Notice
from ..journal import OpenUpload
from ..kit import Kit
from ..store import Begun, Mark
from ..tasks import cut_off
from .finding import Cleared, Finding, Leftover, Requests

AT_ONCE: Final = 16
"""So many are weighed, or cleared, at once."""

LEAST_DAYS: Final = 1.0
"""What is younger may well be on its way."""

IDLE: Final = 100
"""So many pages in a row may bring nothing."""

_EVER: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Abort:
    """A wish to clear what nobody has gone on with for so many `days`.

    Ours alone, unless `everyone` is said.
    """

    days: float
    everyone: bool = False

    def wants(self, one: Leftover, now: datetime) -> bool:
        """Whether one is to be cleared."""
        old = one.touched < now - timedelta(days=self.days)
        return old and (one.ours or self.everyone)


@dataclass(slots=True)
class Leftovers:
    """Looks for them under `prefix`, and tells of each.

    Attributes:
        wanted: those that are to be cleared.
        trouble: why they could not be looked for; None if they were.
        asked: how often the store was asked, by the operations' names.
    """

    kit: Kit
    prefix: str
    tell: Callable[[Finding], None]
    abort: Abort | None
    wanted: list[Leftover] = field(default_factory=list)
    trouble: StoreError | None = None
    asked: dict[str, int] = field(default_factory=dict)

    async def look(self) -> bool:
        """Whether they could be looked for; each that there is was told.

        All bins were looked at by then, so that no error ends anything.
        """
        self.tell(Requests("ListMultipartUploads", 1, None))
        ours = {
            (one.key, one.upload_id): one
            for one in self.kit.memory.stale_uploads(_EVER)
        }
        after: Mark | None = None
        idle = 0
        try:
            while idle < IDLE:
                page, after = await self._page(after)
                await self._weigh(page, ours)
                idle = 0 if page else idle + 1
                if after is None:
                    break
        except StoreError as error:
            self.trouble = error
            text = f"uploads left open are not known: {error}"
            self.kit.tell(Notice(Level.DETAIL, text))
            return False
        return True

    def _ends_all(self, error: Pt5Error) -> bool:
        denied = isinstance(error, AccessDenied)
        return not denied and self.kit.ends_run(error)

    async def _page(
        self, after: Mark | None
    ) -> tuple[list[Begun], Mark | None]:
        self._count("ListMultipartUploads")
        begun = self.kit.store.begun
        page, _ = await self.kit.ask(
            "uploads", lambda: begun(self.prefix, after)
        )
        return page

    async def _weigh(
        self, page: list[Begun], ours: dict[tuple[str, str], OpenUpload]
    ) -> None:
        """Tell of each of a page, weighed a few at a time."""
        if page:
            self.tell(Requests("ListParts", len(page), None))
        now = _moment(self.kit.now_ns())
        for first in range(0, len(page), AT_ONCE):
            some = page[first : first + AT_ONCE]
            work = [asyncio.ensure_future(self._weighed(one)) for one in some]
            try:
                found = await asyncio.gather(*work)
            finally:
                await cut_off(work)
            for one in filter(None, found):
                known = ours.get((one.key, one.upload_id))
                self._found(_with_owner(one, known), now)

    def _found(self, one: Leftover, now: datetime) -> None:
        doomed = self.abort is not None and self.abort.wants(one, now)
        told = replace(one, doomed=doomed)
        if doomed:
            self.wanted.append(told)
        self.tell(told)

    async def _weighed(self, one: Begun) -> Leftover | None:
        """None when it has been ended meanwhile."""
        parts = size = following = 0
        last = one.since
        while True:
            self._count("ListParts")
            behind = following
            try:
                weight, _ = await self.kit.ask(
                    one.key,
                    lambda behind=behind: self.kit.store.weighed(  # type: ignore[misc]
                        one.key, one.upload_id, behind
                    ),
                )
            except StoreError as error:
                if self._ends_all(error):
                    raise
                return Leftover(one.key, one.upload_id, one.since, last, None)
            if weight is None:
                return None
            parts, size = parts + weight.parts, size + weight.size
            last = max(last, weight.last or last)
            following = weight.following
            if not following:
                break
        return Leftover(
            one.key, one.upload_id, one.since, last, size, parts=parts
        )

    def _count(self, operation: str) -> None:
        self.asked[operation] = self.asked.get(operation, 0) + 1


def _with_owner(one: Leftover, known: OpenUpload | None) -> Leftover:
    """`one`, with what the journal knows of it."""
    if known is None:
        return one
    taken_up = _moment(known.begun_ns)
    return replace(one, ours=True, touched=max(one.touched, taken_up))


def _moment(ns: int) -> datetime:
    return datetime.fromtimestamp(ns / 1e9, UTC)


async def clear(
    wanted: Collection[Leftover], kit: Kit, tell: Callable[[Finding], None]
) -> None:
    """Abort what is `wanted`, unless somebody goes on with it.

    To be called by who holds the journal. What cannot be aborted is told.

    Raises:
        StoreError: one after which nobody else gets an answer.
    """
    known = {
        (one.key, one.upload_id): one.begun_ns
        for one in kit.memory.stale_uploads(_EVER)
    }
    turns = asyncio.Semaphore(AT_ONCE)

    async def one_of(one: Leftover) -> None:
        async with turns:
            await _clear(one, kit, tell)

    work = [
        asyncio.ensure_future(one_of(one))
        for one in wanted
        if _left_alone(one, known)
    ]
    try:
        await asyncio.gather(*work)
    finally:
        await cut_off(work)


def _left_alone(one: Leftover, known: dict[tuple[str, str], int]) -> bool:
    """Whether nobody has ended it, or gone on with it, since."""
    begun_ns = known.get((one.key, one.upload_id))
    if begun_ns is None:
        return not one.ours
    return _moment(begun_ns) <= one.touched


async def _clear(
    one: Leftover, kit: Kit, tell: Callable[[Finding], None]
) -> None:
    abort = kit.store.abort
    try:
        await kit.ask(one.key, lambda: abort(one.key, one.upload_id))
    except StoreError as error:
        if not isinstance(error, AccessDenied) and kit.ends_run(error):
            raise
        kit.warn_once("abort", f"{one.key}: its parts stay ({error})")
        tell(Cleared(one, done=False))
    else:
        kit.memory.end_upload(one.key, one.upload_id)
        tell(Cleared(one, done=True))
