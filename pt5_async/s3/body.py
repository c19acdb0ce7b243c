"""A request's body that knows when it moved, and the watch over it."""

import asyncio
import io
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

from ..errors import ConnectionLost

Answer = TypeVar("Answer")

STALL_SECONDS: Final = 60.0
"""So long may a body move no byte before its connection is given up."""


class Body(io.BytesIO):
    """Bytes to send; `size` is their number, `moved` the time of a read.

    One that `asks` is sent only after the store said "100 Continue".

    The HTTP client reads the next piece only when the last is on its way,
    so that a body which is not read does not move.
    """

    def __init__(self, data: bytes, *, asks: bool = False) -> None:
        """Share `data`, without a copy."""
        super().__init__(data)
        self._data = data
        self.size = len(data)
        self.moved = time.monotonic()
        self.asks = asks

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, and a note of the time."""
        self.moved = time.monotonic()
        return super().read(size)

    def getbuffer(self) -> memoryview:
        """A view of the shared bytes.

        aiohttp asks for it to learn the size, and BytesIO's own would
        copy the body for that.
        """
        return memoryview(self._data)


async def watched(
    request: Awaitable[Answer],
    body: Body,
    *,
    what: str,
    seconds: float = STALL_SECONDS,
    patience: float | None = None,
) -> Answer:
    """The answer to `request`, unless `body` stalls on its way out.

    The client's own time limit on reading starts only when the body is
    out; a link that dies before that would hang for a quarter of an hour.

    Raises:
        ConnectionLost: when no byte was taken for `seconds`, or the first
            not within `patience`.
    """
    loop = asyncio.get_running_loop()
    first = seconds if patience is None else min(patience, seconds)
    limit = asyncio.timeout(first)
    looks: list[asyncio.TimerHandle] = []

    def look() -> None:
        if limit.expired():
            return
        # A body that is out may be begun again: aiohttp repeats a request
        # whose kept connection turns out to be dead.
        looks[:] = [loop.call_later(first / 4, look)]
        if body.tell() >= body.size:
            limit.reschedule(None)
            return
        quiet = time.monotonic() - body.moved
        allowed = seconds if body.tell() else first
        limit.reschedule(loop.time() + max(allowed - quiet, 0.0))

    try:
        async with limit:
            looks.append(loop.call_later(first / 4, look))
            try:
                return await request
            finally:
                for handle in looks:
                    handle.cancel()
    except TimeoutError:
        raise ConnectionLost(
            f"{what}: no byte moved for "
            f"{seconds if body.tell() else first:.0f} s"
        ) from None
