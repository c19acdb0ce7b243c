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
        self._queue: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Hold `size` bytes for the time of the block."""
        size = min(size, self.size)
        if self._queue or size > self._free:
            await self._wait(size)
        else:
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            self._lend()

    async def _wait(self, size: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._queue.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._free += size
            self._lend()
            raise

    def _lend(self) -> None:
        # Who is cancelled may not have come to run since.
        self._queue = deque(
            (size, turn) for size, turn in self._queue if not turn.done()
        )
        while self._queue and self._queue[0][0] <= self._free:
            size, turn = self._queue.popleft()
            self._free -= size
            turn.set_result(None)
