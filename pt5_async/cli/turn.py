"""Two runs at one target: one after the other, if that is wished."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from ..errors import RunBusy
from ..events import Level, Notice, Observer
from ..kit import Stop
from ..summary import Summary

_LOOK_SECONDS: Final = 2.0


async def in_turn(
    upload: Callable[[], Awaitable[Summary]],
    *,
    stop: Stop,
    wait: bool,
    tell: Observer,
) -> Summary | None:
    """The summary of `upload`, once no other run is in its way.

    None when somebody stops it while it waits.

    Raises:
        RunBusy: when one is, and it is not to `wait`.
    """
    told = False
    while True:
        try:
            return await upload()
        except RunBusy as error:
            if not wait:
                raise
            if not told:
                tell(Notice(Level.WARNING, f"waiting: {error}"))
            told = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await stop.wait()
        if stop.asked:
            return None
