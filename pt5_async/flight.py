"""How many bytes may be on their way at once: what the link moves soon.

Thirty-two bins that share a thin radio all arrive late, and when it drops,
what was under way of each has to be sent again. So no more is begun than the
link moves in half a minute; a job that is larger travels alone.
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from .budget import Budget

HORIZON: Final = 30.0
"""Seconds within which what was begun should have arrived."""

AT_FIRST: Final = 4 * 1024 * 1024
"""Bytes that may be on their way while nothing is known of the link; fewer
are never too many."""

_STEP: Final = 0.25


class Flight:
    """Bytes on their way, lent out in the order of asking.

    `limit` is the rate, in bytes per second, that the run may not exceed;
    `clock` gives seconds, and never goes back.
    """

    def __init__(
        self,
        *,
        limit: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing has arrived yet."""
        self._limit = limit
        self._clock = clock
        self._begun = self._looked = clock()
        self._arrived: deque[tuple[float, int]] = deque()
        self._sum = self._fresh = self._spared = 0
        self._budget = Budget(self._allowed(0.0))

    @property
    def size(self) -> int:
        """Bytes that may be on their way now."""
        return self._budget.size

    def hold(self, size: int) -> AbstractAsyncContextManager[None]:
        """Have `size` bytes on their way for the time of the block."""
        return self._budget.hold(size)

    def note(self, size: int) -> None:
        """`size` bytes have arrived."""
        self._fresh += size
        now = self._clock()
        if now - self._looked < _STEP and self._arrived:
            return
        self._looked = now
        self._arrived.append((now, self._fresh))
        self._sum += self._fresh
        self._fresh = 0
        while self._arrived[0][0] < now - HORIZON:
            self._begun, gone = self._arrived.popleft()
            self._sum -= gone
        self._resize(now)

    def spare(self, size: int) -> None:
        """Count `size` bytes out that are held and do not travel.

        A negative number counts them in again.
        """
        self._spared += size
        self._resize(self._clock())

    def _resize(self, now: float) -> None:
        # A pause before says nothing of the link.
        seconds = max(min(now - self._begun, HORIZON), 0.001)
        rate = self._sum / seconds
        self._budget.resize(self._allowed(rate) + self._spared)

    def _allowed(self, rate: float) -> int:
        limit = self._limit
        least = AT_FIRST if limit is None else min(AT_FIRST, HORIZON * limit)
        most = rate if limit is None else min(rate, limit)
        return int(max(least, HORIZON * most))
