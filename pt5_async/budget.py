"""A cap on the bytes of bodies in memory, reserved in one step per job."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Budget:
    """So many bytes, lent out in the order of asking.

    Whoever asks for more than there is gets all of it, alone: a job is
    never refused, and partial reservations can never block each other.
    """

    def __init__(self, size: int) -> None:
        """Lend out at most `size` bytes at once."""
        self.size = size
        self._free = size
        self._queue: deque[tuple[int, asyncio.Future[int]]] = deque()

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Hold `size` bytes for the time of the block."""
        lent = await self.take(size)
        try:
            yield
        finally:
            self.give(lent)

    async def take(self, size: int) -> int:
        """Wait for `size` bytes; how many were lent, to `give` back."""
        lent = min(size, self.size)
        if lent > self._free or self._next_waits():
            return await self._wait(size)
        self._free -= lent
        return lent

    def give(self, lent: int) -> None:
        """Give back what `take` lent."""
        self._free += lent
        self._lend()

    def resize(self, size: int) -> None:
        """Lend out `size` bytes from now on; what is lent stays so."""
        self._free += size - self.size
        self.size = size
        self._lend()

    async def _wait(self, size: int) -> int:
        """Wait for a turn; how many bytes were lent."""
        turn = asyncio.get_running_loop().create_future()
        self._queue.append((size, turn))
        try:
            lent: int = await turn
            return lent
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._free += turn.result()
            self._lend()
            raise

    def _lend(self) -> None:
        while self._next_waits():
            size, turn = self._queue[0]
            lent = min(size, self.size)
            if lent > self._free:
                return
            self._queue.popleft()
            self._free -= lent
            turn.set_result(lent)

    def _next_waits(self) -> bool:
        """Whether anybody waits; who gave up is no longer the next."""
        while self._queue and self._queue[0][1].done():
            self._queue.popleft()
        return bool(self._queue)
