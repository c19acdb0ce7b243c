"""How long a run may begin new bins, and how many bytes of them."""

import time
from collections.abc import Callable
from math import inf

from .events import Limit


class Quota:
    """What a run was given: seconds from now on, and bytes of bodies.

    None sets no limit. What was begun before a limit is reached comes to
    its end, so that the last bin may go beyond it.

    Attributes:
        limited: whether there is a limit at all.
    """

    def __init__(
        self,
        *,
        seconds: float | None = None,
        size: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin to count now, by `clock`."""
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds
        self._size = size
        self._begun = 0
        self._said = False
        self.limited = seconds is not None or size is not None

    @property
    def reached(self) -> Limit | None:
        """The limit after which nothing more is to be begun, if any."""
        if self._size is not None and self._begun >= self._size:
            return Limit.TRANSFER
        if self._end is not None and self._clock() >= self._end:
            return Limit.DURATION
        return None

    @property
    def left(self) -> float:
        """Seconds in which something may still be begun; inf for ever."""
        return inf if self._end is None else self._end - self._clock()

    def begin(self, size: int) -> None:
        """Note that bodies of so many bytes are begun."""
        self._begun += size

    def unsay(self) -> None:
        """Let the next refusal be the first: what was told is forgotten."""
        self._said = False

    def first_refusal(self) -> bool:
        """Whether this is the first time that somebody is refused."""
        first, self._said = not self._said, True
        return first
