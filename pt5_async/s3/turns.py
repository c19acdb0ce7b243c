"""Whose turn it is to have a connection: the client's, or a lane's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from ..budget import Budget
from .sockets import Sockets


class Turns:
    """The connections that a client and the lanes beside it share.

    Who sends holds one of the `places`, who uses the client one of its own
    as well. Each of `lanes` is called to close what it does not use, once
    the client is about to make a connection for which there is no room.
    """

    def __init__(
        self, connections: int, *, share: int, sockets: Sockets
    ) -> None:
        """Allow so many, of which the client has its `share` at most.

        `sockets` are those that the client has made.
        """
        self.places: Final = Budget(connections)
        self.lanes: list[Callable[[], Awaitable[None]]] = []
        self._connections = connections
        self._share = asyncio.Semaphore(share)
        self._sockets = sockets
        self._using = 0

    @property
    def room(self) -> int:
        """How many connections the lanes may have."""
        taken = max(self._sockets.open, self._using)
        return max(self._connections - taken, 1)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[None]:
        """The client's turn, for who has one already."""
        async with self._share:
            self._using += 1
            try:
                for give_way in self.lanes:
                    await give_way()
                yield
            finally:
                self._using -= 1
