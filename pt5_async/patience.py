"""What a failed attempt is worth: the file's fault, or the store's?

Only what the store answers to this file, or does with this file while it
answers others, uses up its attempts. Where it is away the run waits, and
where it asks for fewer requests it gets fewer.
"""

import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

from .errors import (
    CertificateRefused,
    Pt5Error,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)
from .events import Retrying
from .outage import AWAY, Asker, Outage
from .retry import RetryPolicy
from .width import Width

Answer = TypeVar("Answer")

PATIENT: Final = 4
"""After so many requests for fewer in a row, the store may be away."""

SILENCES: Final = 10
"""So many silent attempts of one request do not count; a store, or a box on
the way, that always swallows this one object shall not keep it for ever."""


class Patience:
    """One request's, from its first failure on.

    `clock` is that of all times here.
    """

    def __init__(
        self,
        key: str,
        begun: float,
        asker: Asker,
        *,
        outage: Outage,
        width: Width,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """The first attempt at `key` was begun at `begun`."""
        self._key = key
        self._first = self._begun = begun
        self._asker = asker
        self._outage = outage
        self._width = width
        self._clock = clock
        self._slowed = self._silences = 0
        self._lately: deque[float] = deque(maxlen=PATIENT)

    async def attempt(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Make another attempt."""
        if not self._slowed:
            self._begun = self._clock()
            return await call()
        async with self._width.again():
            self._begun = self._clock()
            return await call()

    @property
    def alone(self) -> bool:
        """Whether nothing at all answered since the first attempt."""
        heard = max(self._asker.heard(), self._outage.answered)
        return heard < self._first

    async def pardon(self, error: Pt5Error) -> float | None:
        """How long to wait if the attempt does not count; None if it does.

        Raises:
            StoreUnreachable: when the store was away for too long.
        """
        if isinstance(error, StoreBusy):
            self._width.busy(error.wait)
            if error.slow:
                return await self._slow(error)
        if not isinstance(error, AWAY) or self._hopeless(error):
            return None
        if await self._outage.wait(error, self._begun, self._asker):
            return 0.0
        return self._unheard(error)

    def _unheard(self, error: StoreError) -> float | None:
        """Pardon a silent attempt, although the store is there now.

        A link that is away for less than it takes to give a request up is
        met by nobody who asks; it would be charged to every file on its way.
        """
        if not error.silent or self._outage.never(self._asker):
            return None
        limit = self._asker.limit
        lasted = self._clock() - self._first
        if self._asker.left() <= 0 or (limit is not None and lasted > limit):
            return None
        if self._silences == SILENCES:
            return None
        self._silences += 1
        return self._later(error, RetryPolicy().pause(self._silences))

    def _later(self, error: StoreError, pause: float) -> float:
        """Tell of another attempt, after a pause in seconds."""
        again = Retrying(self._key, error, error.attempts, pause)
        self._asker.tell(again)
        return pause

    def _hopeless(self, error: Pt5Error) -> bool:
        """Whether it rather is a wrong address, as nothing ever answered."""
        if not self._outage.never(self._asker):
            return False
        wrong = not self._asker.patient and isinstance(error, StoreUnreachable)
        return wrong or isinstance(error, CertificateRefused)

    async def _slow(self, error: StoreBusy) -> float | None:
        """Wait for a store that wants fewer requests."""
        limit, heard = self._asker.limit, self._asker.heard()
        now = self._clock()
        # One refusal is no outage, however short that may be.
        long = limit is not None and now - self._first > limit
        if limit is not None and long and self._slowed >= PATIENT:
            if now - heard <= limit:
                return None
            raise self._outage.give_up(error, limit)
        self._slowed += 1
        self._lately.append(self._begun)
        since = self._lately[0]
        if len(self._lately) == PATIENT and heard < since:
            # Whatever it says, it is there; there is no wrong address.
            asker = replace(self._asker, patient=True)
            if await self._outage.wait(error, since, asker):
                self._lately.clear()
                self._first, self._slowed = self._clock(), 1
                return 0.0
        pause = max(RetryPolicy().pause(self._slowed), error.wait)
        return self._later(error, pause)
