"""Calls into threads, several in one hop while they are quick.

A hop to a thread and back costs as much as reading a small bin. Calls that
wait in the same turn of the event loop share one, as long as the disk answers
at once; a slow disk gets a thread for each.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, Final, TypeVar

Answer = TypeVar("Answer")

QUICK_SECONDS: Final = 0.001
"""Calls that take less on average share a hop."""

TOGETHER: Final = 8
"""So many of them at most, for the last waits for the first."""

_Call = tuple[Callable[[], Any], asyncio.Future[Any]]
_Done = tuple[asyncio.Future[Any], Any, BaseException | None]


class Hops:
    """The way into the threads of `pool`, for calls that block."""

    def __init__(self, pool: Executor) -> None:
        """Nothing is known of how quick calls are."""
        self._pool = pool
        self._waiting: list[_Call] = []
        self._each = float("inf")

    async def run(self, call: Callable[[], Answer]) -> Answer:
        """What `call` gives or raises, in a thread."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._depart, loop)
        self._waiting.append((call, answer))
        return await answer

    def _depart(self, loop: asyncio.AbstractEventLoop) -> None:
        calls, self._waiting = self._waiting, []
        size = TOGETHER if self._each < QUICK_SECONDS else 1
        for begin in range(0, len(calls), size):
            some = calls[begin : begin + size]
            self._pool.submit(self._work, loop, some)

    def _work(
        self, loop: asyncio.AbstractEventLoop, calls: list[_Call]
    ) -> None:
        begun = time.perf_counter()
        done: list[_Done] = []
        for call, answer in calls:
            try:
                done.append((answer, call(), None))
            except BaseException as error:  # noqa: BLE001 - the caller's
                done.append((answer, None, error))
        each = (time.perf_counter() - begun) / len(calls)
        with suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(self._arrive, done, each)

    def _arrive(self, done: list[_Done], each: float) -> None:
        known = self._each != float("inf")
        self._each = 0.8 * self._each + 0.2 * each if known else each
        for answer, value, error in done:
            if answer.done():
                continue  # whoever asked has gone
            if error is None:
                answer.set_result(value)
            else:
                answer.set_exception(error)
