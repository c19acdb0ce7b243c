"""Calls into threads, several in one hop while they are quick.

A hop to a thread and back costs as much as reading a small bin. Calls that
wait in the same turn of the event loop share one, as long as the disk answers
at once; a slow disk gets a thread for each.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

Answer = TypeVar("Answer")

QUICK_SECONDS: Final = 0.004
"""Calls that take less on average share a hop. A bin in the cache of a local
disk takes 0.1 ms, but waits for Python's lock as well; over a network it is
a dozen round trips."""

TOGETHER: Final = 8
"""So many of them at most, for the last waits for the first."""

AT_ONCE: Final = 1
"""So many threads work on quick calls: more would only fight for Python's
lock, and cost more than they bring."""

PATIENCE: Final = 0.05
"""A quick call that takes so many seconds is none: others wait no longer."""

_Call = tuple[Callable[[], Any], asyncio.Future[Any]]
_Done = tuple[asyncio.Future[Any], Any, BaseException | None]


@contextmanager
def readers(number: int, name: str) -> Iterator[Executor]:
    """Threads that read files; one that hangs is not waited for."""
    pool = ThreadPoolExecutor(number, name)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Hop:
    """Calls on their way through one thread; others may be taken back."""

    def __init__(self, calls: list[_Call]) -> None:
        self.left = deque(calls)
        self.seconds = 0.0

    def work(self) -> list[_Done]:
        """Make the calls, in a thread; what came of them."""
        begun = time.perf_counter()
        done: list[_Done] = []
        with suppress(IndexError):  # no more is left
            while True:
                call, answer = self.left.popleft()
                try:
                    done.append((answer, call(), None))
                except BaseException as error:  # noqa: BLE001 - the caller's
                    done.append((answer, None, error))
        self.seconds = (time.perf_counter() - begun) / max(len(done), 1)
        return done


class Hops:
    """The way into the threads of `pool`, for calls that block.

    All of them come from one event loop.
    """

    def __init__(self, pool: Executor, *, at_once: int = AT_ONCE) -> None:
        """Nothing is known of how quick calls are.

        So many threads work on them `at_once` when they are.
        """
        self._pool = pool
        self._at_once = at_once
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[_Call] = deque()
        self._each = float("inf")
        self._out: set[_Hop] = set()
        self._due = False
        self._impatient: asyncio.TimerHandle | None = None

    async def run(self, call: Callable[[], Answer]) -> Answer:
        """What `call` gives or raises, in a thread."""
        # To ask for the running loop is a system call before Python 3.12.
        loop = self._loop = self._loop or asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((call, answer))
        if not self._due:
            self._due = True
            loop.call_soon(self._depart, loop)
        return await answer

    def _depart(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = False
        quick = self._each < QUICK_SECONDS
        size = TOGETHER if quick else 1
        while self._waiting and not (
            quick and len(self._out) >= self._at_once
        ):
            number = min(size, len(self._waiting))
            hop = _Hop([self._waiting.popleft() for _ in range(number)])
            self._out.add(hop)
            self._pool.submit(self._work, loop, hop)
        if quick and self._out and self._impatient is None:
            self._impatient = loop.call_later(PATIENCE, self._hurry, loop)

    def _hurry(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for no call that hangs, and take back what is behind it."""
        self._impatient = None
        self._each = float("inf")
        for hop in self._out:
            with suppress(IndexError):
                while True:
                    self._waiting.appendleft(hop.left.pop())
        self._out.clear()
        self._depart(loop)

    def _work(self, loop: asyncio.AbstractEventLoop, hop: _Hop) -> None:
        done = hop.work()
        with suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(self._arrive, loop, hop, done)

    def _arrive(
        self, loop: asyncio.AbstractEventLoop, hop: _Hop, done: list[_Done]
    ) -> None:
        self._out.discard(hop)
        known = self._each != float("inf")
        each = hop.seconds
        self._each = 0.8 * self._each + 0.2 * each if known else each
        for answer, value, error in done:
            if answer.done():
                continue  # whoever asked has gone
            if error is None:
                answer.set_result(value)
            else:
                answer.set_exception(error)
        if self._impatient is not None:
            self._impatient.cancel()
            self._impatient = None
        if self._waiting or self._out:
            self._depart(loop)
