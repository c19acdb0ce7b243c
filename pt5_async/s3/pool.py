"""Kept connections to one host: watched, used again, closed."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from ..errors import ConnectionLost
from .dialling import Dialler, Place
from .http1 import Connection, Message, Unanswered
from .response import Answer

STALL_SECONDS: Final = 30.0
"""So long may nothing be acknowledged and nothing come back."""

ANSWER_SECONDS: Final = 60.0
"""So long may a store think about a body that has arrived."""

WHOLE_SECONDS: Final = 300.0
"""So long may its answer take all in all, though a byte comes now and then."""

IDLE_SECONDS: Final = 12.0
"""An idle connection is used again within that; S3 closes it after 20."""

_POLL_SECONDS: Final = 0.5

QUIET_SECONDS: Final = 10.0
"""A connection that breaks after so long without a byte broke of that: a
store, or a router, gave it up while the link was away."""

_LOOKS: Final = 6
"""So often within STALL_SECONDS is a busy connection looked at."""


class _Watch(NamedTuple):
    """When a busy connection was last seen to move, and how it stood.

    `asked` is when it was last seen to wait for nothing but room.
    """

    since: float
    asked: float
    moved: tuple[int, int] = (-1, -1)


class _Room:
    """Room that one connection takes, also while it is being made."""


class _Turn(NamedTuple):
    """Somebody who waits; a `fresh` one will not have a kept connection."""

    fresh: bool
    given: asyncio.Future[Connection | _Room]


class Pool:
    """Connections to one place; how many at once is the caller's business."""

    def __init__(
        self,
        place: Place,
        *,
        room: Callable[[], int],
        stall: float = STALL_SECONDS,
    ) -> None:
        """Connect to `place`, when asked to.

        `room` says how many connections there may be now, one at least;
        `stall` is in seconds.
        """
        self._place = place
        self._dialler = Dialler(place)
        self._room = room
        self._stall = stall
        self._open: set[_Room] = set()
        self._waiting: deque[_Turn] = deque()
        self._polling: asyncio.TimerHandle | None = None
        self._idle: deque[tuple[float, Connection]] = deque()
        self._busy: dict[Connection, _Watch] = {}
        self._looking: asyncio.TimerHandle | None = None
        self.asks = True

    async def exchange(self, message: Message) -> Answer:
        """The answer to a request.

        One that died on a kept connection before any answer, because the
        server had just closed it, is sent again once on a fresh one.

        Raises:
            StoreUnreachable: when no connection can be made.
            CertificateRefused: when the host cannot prove who it is.
            ConnectionLost: when the connection broke or stalled.
        """
        try:
            got = self._at_once() or await self._after_others()
            if resent := isinstance(got, Connection):
                try:
                    return await self._use(got, message)
                except Unanswered:
                    got = await self._after_others(fresh=True)
            assert isinstance(got, _Room)  # noqa: S101 - it is fresh
            made = await self._connected(message.what, got)
            answer = await self._use(made, message)
            self._dialler.learn(made)
            return answer._replace(resent=resent)
        except ConnectionLost as error:
            lost = ConnectionLost(
                f"{message.what}: no answer from {self._place} ({error})"
            )
            lost.silent = error.silent
            raise lost from error

    async def give_way(self) -> None:
        """Close idle connections as far as there is no room for them."""
        while self._idle and len(self._open) > max(self._room(), 1):
            _, connection = self._idle.popleft()
            connection.abort()
            await connection.gone.wait()

    def close(self) -> None:
        """Close all connections; requests under way are lost."""
        for timer in filter(None, (self._looking, self._polling)):
            timer.cancel()
        for connection in tuple(self._busy):
            connection.abort()
        for _, connection in self._idle:
            connection.abort()
        self._idle.clear()

    # ---- connections

    def _at_once(self) -> Connection | _Room | None:
        """A kept connection, or room for another; those who wait go first."""
        if self._waiting:
            return None
        return self._kept() or self._room_for_one()

    async def _after_others(
        self, *, fresh: bool = False
    ) -> Connection | _Room:
        """The same, as soon as it is there; for who is `fresh`, only room.

        That takes the place of a connection which is just gone, and comes
        before what others wait for.
        """
        turn = _Turn(fresh, asyncio.get_running_loop().create_future())
        if fresh:
            self._waiting.appendleft(turn)
        else:
            self._waiting.append(turn)
        try:
            self._serve()
            return await turn.given
        except asyncio.CancelledError:
            if turn.given.cancelled():
                self._serve()
            elif turn.given.done():
                self._give_back(turn.given.result())
            raise

    def _serve(self) -> None:
        """Give those who wait what there is, one after the other."""
        while self._waiting:
            turn = self._waiting[0]
            if not turn.given.done():
                got = None if turn.fresh else self._kept()
                given = got or self._room_for_one()
                if given is None:
                    if turn.fresh and self._idle:
                        # Whoever is told of its end serves on.
                        self._idle.popleft()[1].abort()
                    break
                turn.given.set_result(given)
            self._waiting.popleft()
        if self._waiting and self._polling is None:
            # Nobody tells when one of the client's is closed.
            loop = asyncio.get_running_loop()
            self._polling = loop.call_later(_POLL_SECONDS, self._poll)

    def _poll(self) -> None:
        self._polling = None
        self._serve()

    def _room_for_one(self) -> _Room | None:
        """Room for another connection, taken; None when there is none."""
        if len(self._open) >= max(self._room(), 1):
            return None
        room = _Room()
        self._open.add(room)
        return room

    def _give_back(self, got: Connection | _Room) -> None:
        if isinstance(got, Connection):
            self._keep(got)
        else:
            self._free(got)

    def _free(self, room: _Room) -> None:
        self._open.discard(room)
        if self._waiting:
            self._serve()

    def _keep(self, connection: Connection) -> None:
        self._idle.append((time.monotonic(), connection))
        if self._waiting:
            self._serve()

    def _kept(self) -> Connection | None:
        """The connection that was used last, so that others may go idle."""
        now = time.monotonic()
        while self._idle:
            since, connection = self._idle.pop()
            if connection.usable and now - since < IDLE_SECONDS:
                return connection
            connection.abort()
        return None

    async def _connected(self, what: str, room: _Room) -> Connection:
        def free() -> None:
            self._free(room)

        try:
            return await self._dialler.connect(what, free)
        except BaseException:
            free()
            raise

    async def _use(self, connection: Connection, message: Message) -> Answer:
        now = time.monotonic()
        self._busy[connection] = _Watch(now, now)
        if self._looking is None:
            self._look_later()
        try:
            return await connection.exchange(message)
        except ConnectionLost as error:
            now = time.monotonic()
            watch = _looked(connection, self._busy[connection], now)
            still = now - watch.since
            error.silent = still >= min(QUIET_SECONDS, self._stall)
            raise
        finally:
            del self._busy[connection]
            if connection.asked_in_vain:
                self.asks = False
            if connection.usable:
                self._keep(connection)

    # ---- stalls

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(self._stall / _LOOKS, self._look)

    def _look(self) -> None:
        """Give up what moved no byte for too long; look again later."""
        self._looking = None
        now = time.monotonic()
        for connection, before in tuple(self._busy.items()):
            watch = self._busy[connection] = _looked(connection, before, now)
            limit = self._stall if connection.sending else ANSWER_SECONDS
            if now - watch.asked > WHOLE_SECONDS:
                why = "an answer that does not end, not S3's"
                connection.fail(ConnectionLost(why))
            elif now - watch.since > limit:
                why = f"no byte moved for {limit:.0f} s"
                connection.fail(ConnectionLost(why))
        if self._busy:
            self._look_later()


def _looked(connection: Connection, watch: _Watch, now: float) -> _Watch:
    """How a busy connection stands `now`, after an earlier look at it."""
    moved = connection.moved
    asks = connection.sending and not connection.answering
    still = moved == watch.moved and not connection.held
    return _Watch(
        watch.since if still else now, now if asks else watch.asked, moved
    )
