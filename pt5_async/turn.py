"""Two runs at one target: one after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

from .errors import RunBusy
from .events import Event, Level, Notice
from .kit import Stop

Answer = TypeVar("Answer")

_LOOK_SECONDS: Final = 2.0


async def in_turn(
    work: Callable[[], Awaitable[Answer]],
    stop: Stop,
    tell: Callable[[Event], None],
) -> Answer | None:
    """What `work` gives, once no other run is in its way.

    It is tried once, however soon somebody stops it; None when that comes
    while it waits.
    """
    told = False
    while True:
        try:
            return await work()
        except RunBusy as error:
            if not told:
                tell(Notice(Level.WARNING, f"waiting: {error}"))
            told = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await stop.wait()
        if stop.asked:
            return None
