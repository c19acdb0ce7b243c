"""Calls answered in their order, and made ahead in threads while slow.

A stat takes 1 µs on a warm local disk and 0.5 ms or more on a network file
system. Handing the first kind to a thread costs more than it saves, doing
the second kind one by one takes minutes for a million files; so the calls
are timed, and threads are used only while that pays.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from typing import Final, TypeVar

T = TypeVar("T")

CHUNK: Final = 8
"""So many calls, by their weight, are handed over and timed together."""

SLOW: Final = 100e-6
"""Seconds per call from which on threads pay.

Measured: to be handed over, a bin's three stats cost 30 µs of CPU.
"""

PROBE: Final = 32
"""Each so manieth chunk is timed again while threads do the others."""


def in_order(
    calls: Iterable[Callable[[], T]],
    threads: int,
    *,
    clock: Callable[[], float] = perf_counter,
) -> Generator[T, None, None]:
    """What each call returns, in the order of `calls`.

    Calls are made one by one here while they are fast. While they are
    slow, up to `threads` threads make them, at most two chunks per thread
    ahead of what was taken. Closing the generator drops what has not begun
    and lets the threads end; it does not wait for a call that hangs.

    Args:
        calls: drawn from this thread only, a chunk at a time. One that has
            a `weight` is as much work as so many; 0 is none.
        threads: how many may be used; below two, none is.
        clock: tells seconds, from any start.
    """
    pool = ThreadPoolExecutor(max(threads, 1), "pt5-ahead")
    begun: deque[Future[list[T]]] = deque()
    slow = False
    try:
        for number, chunk in enumerate(_chunks(calls)):
            if slow and number % PROBE:
                begun.append(pool.submit(_answers, chunk))
            else:
                begun.append(done := _Timed(chunk, clock))
                if done.seconds is not None:
                    slow = threads > 1 and done.seconds > SLOW
            ahead = 2 * threads if slow else 0
            while begun and (len(begun) > ahead or begun[0].done()):
                yield from begun.popleft().result()
        while begun:
            yield from begun.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Timed(Future[list[T]]):
    """A chunk that was answered on the spot.

    `seconds` are those of its quickest call: others may have waited for
    Python's lock, and that is no fault of the disk. None: none was any work.
    """

    def __init__(
        self, chunk: list[Callable[[], T]], clock: Callable[[], float]
    ) -> None:
        super().__init__()
        answers, times = [], []
        for call in chunk:
            begun = clock()
            answers.append(call())
            if weight := _weight(call):
                times.append((clock() - begun) / weight)
        self.seconds = min(times, default=None)
        self.set_result(answers)


def _answers(chunk: list[Callable[[], T]]) -> list[T]:
    return [call() for call in chunk]


def _chunks(
    calls: Iterable[Callable[[], T]],
) -> Iterator[list[Callable[[], T]]]:
    chunk, weight = [], 0
    for call in calls:
        chunk.append(call)
        weight += _weight(call)
        if weight >= CHUNK or len(chunk) >= 8 * CHUNK:
            yield chunk
            chunk, weight = [], 0
    if chunk:
        yield chunk


def _weight(call: Callable[[], object]) -> int:
    return getattr(call, "weight", 1)
