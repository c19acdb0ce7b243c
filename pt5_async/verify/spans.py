"""The store listed in several ranges at once, cut where local keys are.

Each range begins behind a key (StartAfter) and ends with the next one, so
that no object is listed twice and none is left out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from ..errors import Pt5Error
from ..kit import Kit
from ..model import Listed, Target
from ..tasks import cut_off

AT_ONCE: Final = 16
"""So many ranges are listed at once, at most."""

FILES_EACH: Final = 2000
"""A range has so many local keys, at least: two pages."""

PAGE: Final = 1000
"""A listing's page has so many names, at most."""

Note = Callable[[list[Listed]], Awaitable[None]]
"""Takes the part of a page that is in a range."""


@dataclass(slots=True)
class Span:
    """A range of keys: those behind `after`, up to `upto` (None: all).

    `reached` is how far it was listed, which an attempt goes on from where
    the bucket is `in_order`.
    """

    after: str
    upto: str | None
    in_order: bool = True
    reached: str = ""
    over: bool = False

    def __post_init__(self) -> None:
        self.reached = self.after

    def has(self, one: Listed) -> bool:
        """Whether an object is in it, even if StartAfter is forgotten."""
        below = self.upto is None or one.key <= self.upto
        return below and (not self.after or one.key > self.after)

    def ends_with(self, page: Sequence[Listed]) -> bool:
        """Whether what follows this page is another's."""
        last = page[-1].key if page else ""
        return self.in_order and self.upto is not None and last >= self.upto


def in_order(target: Target) -> bool:
    """Whether the bucket lists by key: directory buckets do not."""
    return not target.bucket.endswith("--x-s3")


def spans(cuts: Sequence[str], after: str, upto: str | None) -> list[Span]:
    """The ranges from behind `after` up to `upto`, cut at `cuts`."""
    begins, ends = [after, *cuts], [*cuts, upto]
    return [Span(*both) for both in zip(begins, ends, strict=True)]


async def list_all(
    ranges: Sequence[Span], prefix: str, kit: Kit, note: Note
) -> None:
    """List all `ranges` below `prefix` at once; pages go to `note`.

    Raises:
        StoreError: when one of them cannot be listed.
    """
    work = [
        asyncio.ensure_future(_list(span, prefix, kit, note))
        for span in ranges
    ]
    try:
        await asyncio.gather(*work)
    finally:
        await cut_off(work)


async def _list(span: Span, prefix: str, kit: Kit, note: Note) -> None:
    what = f"listing {prefix}"
    # What was listed is behind us: attempts are counted from there.
    while not span.over:
        await kit.ask(what, lambda: _go_on(span, prefix, kit, note))


async def _go_on(span: Span, prefix: str, kit: Kit, note: Note) -> None:
    begun = span.reached
    pages = kit.store.list(prefix, begun)
    try:
        async with aclosing(pages):
            async for page in pages:
                mine = [one for one in page if span.has(one)]
                await note(mine)
                if span.ends_with(page):
                    break
                if span.in_order and mine:
                    span.reached = mine[-1].key
    except Pt5Error as error:
        if error.transient and span.reached > begun:
            return
        raise
    span.over = True
