"""A cap on the bytes of bodies in memory, reserved in one step per job."""

import asyncio
from collections import deque


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

    def hold(self, size: int) -> "Loan":
        """Hold `size` bytes for the time of a block."""
        return Loan(self, size)

    async def take(self, size: int) -> int:
        """Wait for `size` bytes; how many were lent, to `give` back."""
        lent = min(size, self.size)
        if lent > self._free or (self._queue and self._next_waits()):
            return await self._wait(size)
        self._free -= lent
        return lent

    def give(self, lent: int) -> None:
        """Give back what `take` lent."""
        self._free += lent
        if self._queue:
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


class Loan:
    """Bytes held for the time of a block.

    A generator for it would cost more than all else that a budget does.
    """

    __slots__ = ("_budget", "_lent", "_size")

    def __init__(self, budget: Budget, size: int) -> None:
        """Ask for `size` bytes on entering."""
        self._budget = budget
        self._size = size
        self._lent = 0

    async def __aenter__(self) -> None:
        """Wait for them."""
        self._lent = await self._budget.take(self._size)

    async def __aexit__(self, *_: object) -> None:
        """Give them back."""
        self._budget.give(self._lent)
