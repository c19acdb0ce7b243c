"""The store is away: one state of the whole run, and one who asks again.

A link that is down, a name that nobody knows, a port that refuses, a portal
that answers in the store's place: that is no file's fault. Whoever meets it
waits here. One of them asks the store for something tiny, again and again
with growing pauses; as soon as it answers, all go on where they were.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from .errors import (
    CertificateRefused,
    ConnectionLost,
    Pt5Error,
    StoreBusy,
    StoreUnreachable,
)
from .events import Event, Paused, Resumed

AWAY: Final = (
    StoreUnreachable,
    ConnectionLost,
    StoreBusy,
    # A portal on the way answers for everybody, with its own certificate.
    CertificateRefused,
)
"""Errors that may be nobody's but the link's, or the store's."""

FIRST_DELAY: Final = 1.0
LONGEST_DELAY: Final = 60.0
"""Seconds between two tries, at first and at most; they double."""

_NEVER: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever met an error, and what it takes to ask again.

    `ping` has the store answer anything; `heard` says when it last
    answered other requests. `limit` is how long to wait in all, in seconds
    (None: for ever). `leave` returns once nobody wants to wait any longer.
    Without `patient`, a store that never answered is not waited for.
    `left` says how many seconds the run has, whatever the limit.
    """

    ping: Callable[[], Coroutine[Any, Any, None]]
    heard: Callable[[], float]
    tell: Callable[[Event], None]
    leave: Callable[[], Coroutine[Any, Any, None]]
    limit: float | None
    patient: bool = True
    left: Callable[[], float] = lambda: inf


class Outage:
    """Whether the store is away, for one run.

    `clock` gives seconds, and never goes back.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Nothing is known yet."""
        self._clock = clock
        self._sleep = sleep
        self._door = asyncio.Lock()
        self._since: float | None = None
        self._back = self._silent = self.answered = _NEVER
        self._over: StoreUnreachable | None = None

    async def wait(self, error: Pt5Error, begun: float, asker: Asker) -> bool:
        """Wait while the store is away; whether it was.

        `begun` is when the request that met `error` was begun. Whether the
        store is there, a tiny question decides, asked for all at once.

        Raises:
            StoreUnreachable: when it was away for too long, or the run is to
                end anyhow.
        """
        failed = self._clock()
        # Who comes first asks; if it is cancelled, the next takes over.
        async with self._door:
            if self._over is not None:
                raise StoreUnreachable(str(self._over)) from error
            if self._back >= begun:
                return True
            if max(self.answered, asker.heard()) >= failed:
                return False
            if self._silent >= begun:
                return False
            return await self._ask(error, asker)

    @property
    def over(self) -> bool:
        """Whether nobody waits any longer."""
        return self._over is not None

    def never(self, asker: Asker) -> bool:
        """Whether the store has not answered anything so far."""
        return max(self.answered, asker.heard()) == _NEVER

    async def _ask(self, error: Pt5Error, asker: Asker) -> bool:
        delay = FIRST_DELAY
        while (trouble := await self._tried(asker, error)) is not None:
            now = self._clock()
            if not asker.patient and self.never(asker):
                self._silent = now
                return False
            if self._since is None:
                self._since = now
            lasted = now - self._since
            pause = max(delay * random.uniform(0.5, 1), _wait(trouble))
            if asker.limit is not None:
                if lasted >= asker.limit:
                    raise self.give_up(trouble, lasted)
                pause = min(pause, asker.limit - lasted)
            if (left := asker.left()) <= 0:
                raise self.give_up(trouble, lasted, "--max-duration")
            pause = min(pause, left)
            asker.tell(Paused(trouble, pause, lasted, asker.limit))
            await self._unless_left(self._slept(pause), asker, trouble)
            delay = min(delay * 2, LONGEST_DELAY)
        self.answered = self._clock()
        if self._since is None:
            return False
        self._back = self.answered
        asker.tell(Resumed(self._back - self._since))
        self._since = None
        return True

    async def _tried(self, asker: Asker, why: Pt5Error) -> Pt5Error | None:
        """Ask once; what stands between us and the store, if anything."""
        try:
            await self._unless_left(asker.ping(), asker, why)
        except AWAY as error:
            if self._over is not None:
                raise
            return error
        except Pt5Error:
            pass  # whatever it says, it is the store that says it
        return None

    async def _slept(self, seconds: float) -> None:
        await self._sleep(seconds)

    async def _unless_left(
        self, work: Coroutine[Any, Any, None], asker: Asker, why: Pt5Error
    ) -> None:
        """Do `work`, unless the run is to end before it is through."""
        doing = asyncio.ensure_future(work)
        leaving = asyncio.ensure_future(asker.leave())
        both = {doing, leaving}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.wait(both)
        if not leaving.cancelled():
            _ = doing.cancelled() or doing.exception()  # of no interest now
            self._over = StoreUnreachable(str(why))
            raise self._over from why
        doing.result()

    def give_up(
        self, error: Pt5Error, lasted: float, limit: str = "--max-outage"
    ) -> StoreUnreachable:
        """What ends the run, and all who wait, after so many seconds."""
        self._over = StoreUnreachable(
            f"{error}; it was waited for, {_rounded(lasted)} ({limit})"
        )
        self._over.__cause__ = error
        return self._over


def _wait(error: Pt5Error) -> float:
    return error.wait if isinstance(error, StoreBusy) else 0.0


def _rounded(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min" if minutes and not rest else f"{seconds:.0f} s"
