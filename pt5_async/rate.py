"""So many bytes a second for all who send: a token bucket, and pure."""

import time
from collections.abc import Callable
from typing import Final

SLACK: Final = 0.1
"""Seconds of unused time that may be caught up: a loop's timers are late."""

_TURN: Final = 5.0
"""Within so many seconds everybody who sends should get a turn."""

_SMALLEST: Final = 256
_LARGEST: Final = 64 * 1024


class Rate:
    """Bytes, handed out in the order of asking, at `speed` bytes a second.

    In any stretch of t seconds at most ``speed * (t + SLACK)`` bytes are
    handed out, whoever asks and however often.
    """

    def __init__(
        self, speed: float, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Hand out `speed` bytes per second of `clock`."""
        self.speed = speed
        self._clock = clock
        self._free = float("-inf")

    def book(self, size: int) -> float:
        """Book `size` bytes; the seconds until they may leave."""
        now = self._clock()
        begin = max(self._free, now - SLACK)
        self._free = begin + size / self.speed
        return max(self._free - now, 0.0)

    def piece(self, senders: int) -> int:
        """How many bytes to book at once where so many send.

        Small enough that the last of them waits a few seconds at most: a
        store ends a request of which it hears nothing for long.
        """
        fair = self.speed * _TURN / max(senders, 100)
        return int(min(max(fair, _SMALLEST), _LARGEST))
