"""The newest object that the journal knows: is it still in the store?

A journal that speaks of a bucket which was emptied since would have a run
send what is new and call the rest sent. One object tells.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from .errors import AccessDenied, JournalOutdated
from .model import Listed
from .store import Store

Ask = Callable[
    [str, Callable[[], Awaitable[bool]]], Awaitable[tuple[bool, int]]
]
"""Makes a request, again if need be; its answer, and how often."""


class Landmark:
    """An object by which a run tells whether the journal is still true.

    It is asked after once, by the first that has something to send; a run
    that sends nothing asks nothing.
    """

    def __init__(self, store: Store, key: str | None) -> None:
        """Look for `key` in `store`; None for no object to look for."""
        self._store = store
        self._key = key
        self._door = asyncio.Lock()
        self.gone = False

    @property
    def seen(self) -> bool:
        """Whether nothing is left to ask after."""
        return self._key is None

    async def check(self, ask: Ask, stopping: Callable[[], bool]) -> None:
        """Wait until it was seen; where that is denied, nothing is known.

        `ask` makes the attempts at a request; nobody who is `stopping`
        makes any.

        Raises:
            JournalOutdated: when it is gone, whoever asks.
            StoreError: when the store does not tell; the next may ask again.
        """
        async with self._door:
            key = self._key
            if key is None or stopping():
                return
            if not self.gone:
                there, _ = await ask(key, lambda: self._there(key))
                self.gone = not there
            if self.gone:
                raise JournalOutdated(
                    f"{key} was sent and is not in the store any more"
                )
            self._key = None

    async def _there(self, key: str) -> bool:
        # A listing, since keys may list where they may not look at objects.
        listing = self._store.list(key, folder=True)
        try:
            async with aclosing(listing) as pages:
                first: list[Listed] = await anext(pages, [])
        except AccessDenied:
            return True
        return any(one.key == key for one in first)
