"""The newest object that the journal knows: is it still in the store?

A journal that speaks of a bucket which was emptied since would have a run
send what is new and call the rest sent. One object tells.
"""

import asyncio
from contextlib import aclosing

from .errors import JournalOutdated, StoreError
from .model import Listed
from .store import Store


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

    async def check(self) -> None:
        """Wait until it was seen; where that is denied, nothing is known.

        Raises:
            JournalOutdated: when it is gone, whoever asks.
        """
        async with self._door:
            if self._key is None:
                return
            self.gone = self.gone or not await self._there(self._key)
            if self.gone:
                raise JournalOutdated(
                    f"{self._key} was sent and is not in the store any more"
                )
            self._key = None

    async def _there(self, key: str) -> bool:
        # A listing, since keys may list where they may not look at objects.
        listing = self._store.list(key, folder=True)
        try:
            async with aclosing(listing) as pages:
                first: list[Listed] = await anext(pages, [])
        except StoreError:
            return True
        return any(one.key == key for one in first)
