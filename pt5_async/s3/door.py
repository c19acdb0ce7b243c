"""Requests through botocore, begun a few at a time."""

import asyncio
from typing import Final

BEGUN_AT_ONCE: Final = 8
"""So many requests may begin in one iteration of the event loop."""

HEAVY_BYTES: Final = 2 * 1024 * 1024
"""A body of so many bytes weighs as much as another request."""


class Door:
    """Lets requests begin a few at a time, so that the event loop comes round.

    To make one costs botocore up to 2 ms of CPU, and to sign a body that
    travels without TLS about 1 ms per MiB; many that begin in one iteration
    of the loop would keep everything else on it waiting.
    """

    def __init__(self) -> None:
        """Nobody has begun yet."""
        self._turn = asyncio.Lock()
        self._begun = 0

    async def enter(self, size: int) -> None:
        """Wait, in the order of asking, until so many bytes may begin."""
        weight = 1 + size // HEAVY_BYTES
        async with self._turn:
            if self._begun and self._begun + weight > BEGUN_AT_ONCE:
                await asyncio.sleep(0)  # `_next` comes first
            if not self._begun:
                asyncio.get_running_loop().call_soon(self._next)
            self._begun += weight

    def _next(self) -> None:
        self._begun = 0
