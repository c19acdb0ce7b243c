"""Bodies that leave no faster than the run's rate allows.

Paced is what is handed to the socket, inside aiohttp's own task that
writes a body: there it can wait without holding anybody else up, and the
length is known as before.
"""

import asyncio
from typing import Any

from aiohttp import BytesIOPayload
from aiohttp.abc import AbstractStreamWriter

from ..rate import Rate


class Pace:
    """The run's one rate, and how much of it is taken at once."""

    def __init__(self, rate: Rate, *, senders: int) -> None:
        """Share `rate` among so many connections."""
        self._rate = rate
        self.piece = rate.piece(senders)

    async def wait(self, size: int) -> None:
        """Wait until `size` bytes may leave; a turn of the loop at least."""
        await asyncio.sleep(self._rate.book(size))


class PacedPayload(BytesIOPayload):
    """aiohttp's view of a `Body` with a pace; its size is told as ever."""

    async def write(self, writer: AbstractStreamWriter) -> None:
        """Write all of the body: so aiohttp before 3.12 asks for it."""
        await self.write_with_length(writer, None)

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write all of the body, piece by piece.

        `content_length` is the size of the body, always. A request that
        aiohttp repeats on another connection begins from the start.
        """
        del content_length
        body: Any = self._value
        body.seek(0)
        while piece := await body.next_piece():
            await writer.write(piece)
