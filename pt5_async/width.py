"""How many bins travel at once where nobody fixed it: climb while it pays.

It starts at the usual number. As long as more at once brought more through,
it takes a step up, a leap at first; a step that did not pay is taken back,
and tried again some time later. A store that says it is busy halves it, a
fixed number too; that climbs back as soon as the store has had some rest.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final

from .budget import Budget

INTERVAL: Final = 1.0
"""Seconds over which what came through is counted; half as long at first."""

REST: Final = 15
"""Intervals of rest after a step that did not pay."""

_PAYS: Final = 0.1
"""A step pays that brings a tenth of what it promises."""

USUAL: Final = 32
"""Jobs at once while nothing is known of store and link."""

_STEP: Final = 1.5
_LEAP: Final = 2.0
"""At first, while each step brings most of what it promises."""

_MOST_OF_IT: Final = 0.75
_FILE: Final = 64 * 1024


class Width:
    """Places for jobs under way, from `first` up to `most`.

    With `first` equal to `most` it is a fixed number. `clock` gives
    seconds, and never goes back.
    """

    def __init__(
        self,
        first: int,
        most: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with `first` places, all free."""
        self._places = Budget(min(first, most))
        self._again = Budget(min(first, most))
        # A fixed number is judged only while it is not what it should be.
        self._given = self._fixed = first >= most
        self._until = 0.0
        self._leaving = asyncio.Event()
        self._most = min(first, most) if first >= most else most
        self._clock = clock
        self._since = clock()
        self._done = 0
        self._before = 0.0
        self._rest = 0
        self._step = 0.0
        self._leaping = True

    @property
    def now(self) -> int:
        """How many places there are now."""
        return self._places.size

    async def take(self) -> None:
        """Wait for a place; it is to be given back."""
        await self._places.take(1)
        if self._until:
            try:
                await self._held()
            except BaseException:
                self.give()
                raise

    def give(self) -> None:
        """Give a place back."""
        self._places.give(1)

    def note(self, size: int) -> None:
        """A file of `size` bytes has arrived."""
        if self._fixed:
            return
        # A small file costs a request, whatever its size.
        self._done += size + _FILE
        now = self._clock()
        if now - self._since >= INTERVAL / (1 + self._leaping):
            rate = self._done / (now - self._since)
            self._since, self._done = now, 0
            self._judge(rate)

    def again(self) -> AbstractAsyncContextManager[None]:
        """Have leave to repeat a request that the store was too busy for."""
        return self._again.hold(1)

    def hold_nobody(self) -> None:
        """Let nobody wait for a store that wants no requests: none come."""
        self._leaving.set()

    def begin(self) -> None:
        """Requests may come, also after `hold_nobody`."""
        self._leaving.clear()

    def busy(self, wait: float = 0.0) -> None:
        """The store asks for fewer requests, and for none within `wait` s."""
        now = self._clock()
        if wait:
            self._until = max(self._until, now + wait)
        if self._rest >= REST:
            return
        self._resize(max(self.now // 2, 1))
        self._rest, self._step, self._leaping = 2 * REST, 0.0, False
        if self._fixed:
            self._fixed, self._since, self._done = False, now, 0

    async def _held(self) -> None:
        """Wait until the store wants to be asked again."""
        # It may be put off meanwhile, again and again.
        while (left := self._until - self._clock()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._leaving.wait()
                return
        self._until = 0.0

    def _resize(self, places: int) -> None:
        self._places.resize(places)
        self._again.resize(places)

    def _judge(self, rate: float) -> None:
        step, self._step = self._step, 0.0
        unpaid = rate < self._before * (1 + (step - 1) * _PAYS)
        if step and rate < self._before * (1 + (step - 1) * _MOST_OF_IT):
            self._leaping = False
        if step and unpaid and not self._given:
            self._rest = REST
            self._resize(max(round(self.now / step), 1))
            return
        if self._rest > 0:
            self._rest -= 1
            return
        self._before = rate
        factor = _LEAP if self._leaping else _STEP
        wider = min(int(self.now * factor) + 1, self._most)
        if wider > self.now:
            self._step = wider / self.now
            self._resize(wider)
        self._fixed = self._given and self.now >= self._most
