"""A request's body that knows when it moved, and the watch over it."""

import asyncio
import io
import math
import time
from collections.abc import Awaitable
from typing import Final, TypeVar

from ..errors import ConnectionLost
from .pace import Pace

Answer = TypeVar("Answer")

STALL_SECONDS: Final = 60.0
"""So long may a body move no byte before its connection is given up."""

ANSWER_SECONDS: Final = 300.0
"""So long may an answer take once the body is out, however often it seems
about to come; the client's limit is from one byte of it to the next."""


class Body(io.BytesIO):
    """Bytes to send; `size` is their number, `moved` the time of a read.

    One that `asks` is sent only after the store said "100 Continue"; one
    with a `pace` leaves by that, and is `held` while it waits for a turn.
    It was `begun` so many times since the HTTP client got it.

    The HTTP client reads the next piece only when the last is on its way,
    so that a body which is not read does not move.
    """

    def __init__(
        self, data: bytes, *, asks: bool = False, pace: Pace | None = None
    ) -> None:
        """Share `data`, without a copy."""
        super().__init__(data)
        self._data = data
        self.size = len(data)
        self.moved = time.monotonic()
        self.asks = asks
        self.pace = pace
        self.held = False
        self.begun = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, and a note of the time."""
        self.moved = time.monotonic()
        self.begun += not self.tell()
        return super().read(size)

    async def next_piece(self) -> bytes:
        """The next bytes as soon as the pace lets them go; b"" at the end."""
        left = self.size - self.tell()
        if self.pace is None or not left:
            return self.read()
        size = min(left, self.pace.piece)
        self.held = True
        try:
            await self.pace.wait(size)
        finally:
            self.held = False
        return self.read(size)

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
    first = seconds if patience is None else min(patience, seconds)
    watch = _Watch(body, seconds=seconds, first=first)
    try:
        async with watch.limit:
            watch.look_later()
            try:
                return await request
            finally:
                watch.end()
    except TimeoutError:
        why = f"no byte moved for {watch.allowed:.0f} s"
        if watch.is_out:
            why = "an answer that does not end, not S3's"
        lost = ConnectionLost(f"{what}: {why}")
        lost.silent = not watch.is_out
        raise lost from None


class _Watch:
    """A time limit that moves on with a body, and is far once it is out.

    It allows `first` seconds until the first byte moves, then `seconds`
    from each to the next.
    """

    def __init__(self, body: Body, *, seconds: float, first: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._body = body
        self._seconds, self._first = seconds, first
        self._next: asyncio.TimerHandle | None = None
        self.limit = asyncio.timeout(first)

    @property
    def is_out(self) -> bool:
        """Whether the HTTP client has taken the whole body."""
        return self._body.tell() >= self._body.size

    @property
    def allowed(self) -> float:
        """Seconds that may pass now without a byte."""
        return self._seconds if self._body.tell() else self._first

    def look_later(self) -> None:
        """Look at the body a little later, and again and again."""
        self._next = self._loop.call_later(self._first / 4, self._look)

    def end(self) -> None:
        """Look no more."""
        if self._next is not None:
            self._next.cancel()

    def _look(self) -> None:
        if self.limit.expired():
            return
        # A body that is out may be begun again: aiohttp repeats a request
        # whose kept connection turns out to be dead.
        self.look_later()
        if self.is_out:
            by = self._body.moved - time.monotonic() + ANSWER_SECONDS
            self.limit.reschedule(self._loop.time() + max(by, 0.0))
            return
        # Nobody stalls who only waits for a turn.
        since = math.inf if self._body.held else self._body.moved
        quiet = max(time.monotonic() - since, 0.0)
        left = max(self.allowed - quiet, 0.0)
        self.limit.reschedule(self._loop.time() + left)
