"""Kept connections to one host: made, watched, used again, closed."""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from ..errors import (
    CertificateRefused,
    ConnectionLost,
    StoreError,
    StoreUnreachable,
)
from .http1 import Answer, Connection, Message, Unanswered
from .sockets import Sockets

CONNECT_SECONDS: Final = 10.0
"""So long may a connection take to be made, and its TLS as long again."""

STALL_SECONDS: Final = 30.0
"""So long may nothing be acknowledged and nothing come back."""

ANSWER_SECONDS: Final = 60.0
"""So long may a store think about a body that has arrived."""

IDLE_SECONDS: Final = 12.0
"""An idle connection is used again within that; S3 closes it after 20."""

NAME_SECONDS: Final = 10.0
"""So long are the addresses of a host believed; S3 gives eight at a time."""

_POLL_SECONDS: Final = 0.5

_LOOKS: Final = 6
"""So often within STALL_SECONDS is a busy connection looked at."""

Address = tuple[Any, ...]
"""One of `getaddrinfo`'s."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect; `tls` None for plain HTTP."""

    host: str
    port: int
    tls: ssl.SSLContext | None

    def __str__(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{self.host}:{self.port}"


@dataclass(slots=True)
class _Watch:
    """When a busy connection was last seen to move, and how it stood."""

    since: float
    moved: tuple[int, int] = (-1, -1)


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
        self._room = room
        self._sockets = Sockets()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._stall = stall
        self._idle: list[tuple[float, Connection]] = []
        self._busy: dict[Connection, _Watch] = {}
        self._addresses: tuple[float, list[Address]] = (float("-inf"), [])
        self._turn = 0
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
        kept = await self._kept_or_room()
        if kept is not None:
            try:
                return await self._use(kept, message)
            except Unanswered:
                pass
            except ConnectionLost as error:
                raise self._about(message, error) from error
        fresh = await self._connected(message.what)
        try:
            answer = await self._use(fresh, message)
        except ConnectionLost as error:
            raise self._about(message, error) from error
        return answer if kept is None else replace(answer, resent=True)

    def close(self) -> None:
        """Close all connections; those in use break."""
        if self._looking is not None:
            self._looking.cancel()
        for connection in tuple(self._busy):
            connection.abort()
        for _, connection in self._idle:
            connection.close()
        self._idle.clear()

    def _about(self, message: Message, error: ConnectionLost) -> StoreError:
        text = f"{message.what}: no answer from {self._place} ({error})"
        return ConnectionLost(text)

    # ---- connections

    def _kept(self) -> Connection | None:
        """The connection that was used last, so that others may go idle."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            since, connection = self._idle.pop()
            if connection.usable and now - since < IDLE_SECONDS:
                return connection
            connection.abort()
        return None

    async def _kept_or_room(self) -> Connection | None:
        """A kept connection; None when there may be another one."""
        while (kept := self._kept()) is None and self._full:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            # Nobody tells when one of the client's is closed.
            await asyncio.wait([turn], timeout=_POLL_SECONDS)
            turn.cancel()
        return kept

    @property
    def _full(self) -> bool:
        return self._sockets.open >= max(self._room(), 1)

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _use(self, connection: Connection, message: Message) -> Answer:
        loop = asyncio.get_running_loop()
        self._busy[connection] = _Watch(loop.time())
        if self._looking is None:
            self._look_later(loop)
        try:
            return await connection.exchange(message)
        finally:
            del self._busy[connection]
            self.asks = self.asks and not connection.asked_in_vain
            if connection.usable:
                self._idle.append((loop.time(), connection))
            self._wake()

    async def _connected(self, what: str) -> Connection:
        addresses = await self._resolved(what)
        self._turn += 1
        error: OSError | None = None
        for number in range(len(addresses)):
            address = addresses[(self._turn + number) % len(addresses)]
            try:
                return await self._connect(address)
            except ssl.SSLCertVerificationError as refused:
                raise CertificateRefused(
                    f"{what}: {self._place}: {refused.verify_message}"
                ) from refused
            except (OSError, TimeoutError) as failed:
                error = failed
        why = str(error) or type(error).__name__
        raise StoreUnreachable(
            f"{what}: no answer from {self._place} ({why})"
        ) from error

    async def _connect(self, address: Address) -> Connection:
        loop = asyncio.get_running_loop()
        made = self._sockets.make(address)
        try:
            made.setblocking(False)
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.sock_connect(made, address[4])
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            tls = self._place.tls
            _, connection = await loop.create_connection(
                Connection,
                sock=made,
                ssl=tls,
                server_hostname=self._place.host if tls else None,
                ssl_handshake_timeout=CONNECT_SECONDS if tls else None,
            )
        except BaseException:
            made.close()
            raise
        return connection

    async def _resolved(self, what: str) -> list[Address]:
        loop = asyncio.get_running_loop()
        since, addresses = self._addresses
        if loop.time() - since < NAME_SECONDS:
            return addresses
        try:
            found = await loop.getaddrinfo(
                self._place.host, self._place.port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise StoreUnreachable(
                f"{what}: no answer from {self._place} ({error})"
            ) from error
        addresses = [tuple(one) for one in found]
        self._addresses = (loop.time(), addresses)
        return addresses

    # ---- stalls

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = loop.call_later(self._stall / _LOOKS, self._look)

    def _look(self) -> None:
        """Give up what moved no byte for too long; look again later."""
        loop = asyncio.get_running_loop()
        self._looking = None
        now = loop.time()
        for connection, watch in tuple(self._busy.items()):
            moved = connection.moved
            if moved != watch.moved or connection.held:
                watch.moved, watch.since = moved, now
                continue
            limit = self._stall if connection.sending else ANSWER_SECONDS
            if now - watch.since > limit:
                lost = ConnectionLost(f"no byte moved for {limit:.0f} s")
                connection.fail(lost)
        if self._busy:
            self._look_later(loop)
