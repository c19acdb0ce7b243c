"""What every journey of one run shares: store, journal, rules, observer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from math import inf
from typing import Final, ParamSpec, TypeVar

from .budget import Budget
from .disk.cached import Cached
from .errors import (
    AccessDenied,
    BodyRefused,
    Pt5Error,
    StoreError,
    StoreUnreachable,
)
from .events import Event, Level, Notice, Retrying, Stopping
from .flight import Flight
from .hops import Hops
from .journal import Memory
from .landmark import Landmark
from .outage import AWAY, Asker, Outage
from .patience import Patience
from .quota import Quota
from .retry import RetryPolicy, after
from .settings import OUTAGE_SECONDS, Settings
from .slow import Reading
from .store import Store
from .width import Width

Answer = TypeVar("Answer")
P = ParamSpec("P")

ABORT_SECONDS: Final = 5.0
"""So long may clean-up at the store take when a run is cancelled."""


class Stop:
    """A wish to end a run early, from a signal or from other code.

    `finish` starts nothing new and lets running files come to their end,
    `at_once` does not wait for them. Both may come more than once, from
    the thread of the event loop.

    Attributes:
        asked: whether nothing new is to be started.
    """

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = False
        self._asked = asyncio.Event()
        self._now = asyncio.Event()

    def finish(self) -> None:
        """Start nothing new."""
        self.asked = True
        self._asked.set()

    def at_once(self) -> None:
        """Wait for nothing."""
        self.finish()
        self._now.set()

    @property
    def now(self) -> bool:
        """Whether nothing is to be waited for."""
        return self._now.is_set()

    async def wait(self) -> None:
        """Wait until somebody asks."""
        await self._asked.wait()

    async def wait_now(self) -> None:
        """Wait until somebody is in a hurry."""
        await self._now.wait()


@dataclass(slots=True)
class Health:
    """When the store last answered at all, and whether it ever took a file.

    `answered` is in seconds of the monotonic clock; -inf before the first.
    """

    answered: float = float("-inf")
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Kit:
    """What every journey of one run shares.

    `root` is the real folder that is walked (and ends with no separator),
    `tell` is the run's observer, `pool` the threads that read files, `hops`
    the way into them for what is small, `cached` what needs none, `flight`
    and `width` say how many bytes and jobs may be on their way, `outage`
    whether the store is there,
    `now_ns` the wall clock in ns since 1970, UTC, `sleep` the pause between
    attempts. `dry` runs send nothing and remember nothing. `halted` is set
    when the run cannot go on. `reading` knows what waits for the disk,
    `warned` has what need not be said again.
    """

    store: Store
    memory: Memory
    settings: Settings
    budget: Budget
    pool: Executor
    tell: Callable[[Event], None]
    stop: Stop
    landmark: Landmark
    hops: Hops
    flight: Flight
    width: Width
    root: str = ""
    halted: asyncio.Event = field(default_factory=asyncio.Event)
    dry: bool = False
    now_ns: Callable[[], int] = time.time_ns
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    health: Health = field(default_factory=Health)
    outage: Outage = field(default_factory=Outage)
    quota: Quota = field(default_factory=Quota)
    reading: Reading = field(default_factory=Reading)
    warned: set[str] = field(default_factory=set)
    cached: Cached = field(default_factory=lambda: Cached(local=False))

    @property
    def stopping(self) -> bool:
        """Whether nothing new is to be started."""
        return self.stop.asked or self.halted.is_set()

    def warn_once(self, what: str, text: str) -> None:
        """Warn with `text`, unless somebody did of the same thing."""
        if what not in self.warned:
            self.warned.add(what)
            self.tell(Notice(Level.WARNING, text))

    def may_begin(self) -> bool:
        """Whether another job may be begun.

        The first that a limit refuses is told of: only then did the limit
        end anything.
        """
        if self.stopping:
            return False
        limit = self.quota.reached if self.quota.limited else None
        if limit is None:
            return True
        if self.quota.first_refusal():
            self.tell(Stopping(at_once=False, limit=limit))
        return False

    async def ask(
        self,
        key: str,
        call: Callable[[], Awaitable[Answer]],
        *,
        spoiled: Callable[[], None] = lambda: None,
    ) -> tuple[Answer, int]:
        """The store's answer, retried by the run's policy; and attempts.

        `spoiled` is called for each attempt that showed the store to hold
        other bytes.

        Raises:
            StoreError: the last attempt's, or the first that no other
                attempt would mend.
        """
        begun = time.monotonic()
        try:
            answer = await call()
        except Pt5Error as error:
            return await self._ask_again(key, call, spoiled, error, begun)
        self.health.answered = time.monotonic()
        return answer, 1

    async def _ask_again(
        self,
        key: str,
        call: Callable[[], Awaitable[Answer]],
        spoiled: Callable[[], None],
        first: Pt5Error,
        begun: float,
    ) -> tuple[Answer, int]:
        def failed(error: Pt5Error) -> None:
            # At once: what comes after it may be another error, or the end
            # of this process.
            if isinstance(error, BodyRefused):
                spoiled()

        def again(error: Pt5Error, attempt: int, delay: float) -> None:
            self.tell(Retrying(key, error, attempt, delay))

        patience = Patience(
            key, begun, self._asker(), outage=self.outage, width=self.width
        )
        try:
            answer = await after(
                first,
                lambda: patience.attempt(call),
                policy=RetryPolicy(self.settings.attempts),
                on_retry=again,
                on_failure=failed,
                sleep=self.sleep,
                pardon=patience.pardon,
            )
        except AWAY as error:
            if not (self.outage.over or patience.alone):
                raise
            # No file's fault: nobody else would get an answer either.
            self.halted.set()
            if error.fatal or isinstance(error, StoreUnreachable):
                raise
            raise StoreUnreachable(str(error)) from error
        except Pt5Error:
            self.health.answered = time.monotonic()
            raise
        self.health.answered = time.monotonic()
        return answer

    def _asker(self) -> Asker:
        limit = self.settings.max_outage
        given = limit is not None
        limit = OUTAGE_SECONDS if limit is None else limit
        return Asker(
            ping=self.store.ping,
            heard=lambda: self.health.answered,
            tell=self.tell,
            leave=self._left,
            limit=None if limit == inf else limit,
            patient=given,
            left=lambda: 0.0 if self.halted.is_set() else self.quota.left,
        )

    async def _left(self) -> None:
        """Wait until nobody wants to wait for the store any longer.

        Nothing arrives meanwhile, so that there is no grace for it.
        """
        waits = [self.stop.wait(), self.halted.wait()]
        asked = [asyncio.ensure_future(one) for one in waits]
        try:
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in asked:
                one.cancel()
        if self.stop.asked:
            self.stop.at_once()
            # That cancels whoever waits here.
            await asyncio.sleep(ABORT_SECONDS)

    def arrived(self, size: int) -> None:
        """Note a body of `size` bytes that the store has taken."""
        self.flight.note(size)
        self.width.note(size)

    def ends_run(self, error: Pt5Error) -> bool:
        """Whether going on with other files is pointless after `error`.

        An unreachable store ends the run when nothing answered since the
        file's first attempt; a denied one when nothing was ever accepted.
        """
        if isinstance(error, StoreUnreachable):
            return self.halted.is_set()
        if isinstance(error, AccessDenied):
            return not self.health.accepted
        return error.fatal

    async def abort(self, key: str, upload_id: str, *, by: float) -> bool:
        """Abort an upload in parts; what stays behind is named, no error.

        `by` is when to give up, by the event loop's clock. Returns whether
        it is gone.
        """
        try:
            async with asyncio.timeout_at(by):
                await self.store.abort(key, upload_id)
        except (StoreError, TimeoutError) as error:
            self.tell(
                Notice(
                    Level.WARNING,
                    f"{key}: the parts of upload {upload_id} stay in the "
                    f"store ({str(error) or 'no answer'}); a lifecycle rule "
                    "for incomplete multipart uploads clears them",
                )
            )
            return False
        return True

    async def in_thread(
        self, call: Callable[P, Answer], *args: P.args, **kwargs: P.kwargs
    ) -> Answer:
        """What `call` gives, run in one of the reading threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self.pool, lambda: call(*args, **kwargs)
        )
