"""How a connection to a place is made: names, addresses, TLS."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ..errors import CertificateRefused, StoreBusy, StoreUnreachable
from .http1 import Connection
from .resuming import Resuming
from .sockets import NONE_LEFT, Sockets

CONNECT_SECONDS: Final = 10.0
"""So long may a connection take to be made, and its TLS as long again."""

NAME_SECONDS: Final = 10.0
"""So long are the addresses of a host believed; S3 gives eight at a time."""

Address = tuple[Any, ...]
"""One of `getaddrinfo`'s."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect; `tls` None for plain HTTP."""

    host: str
    port: int
    tls: ssl.SSLContext | None

    def __str__(self) -> str:
        scheme, usual = ("https", 443) if self.tls else ("http", 80)
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == usual else f":{self.port}"
        return f"{scheme}://{host}{port}"


class Dialler:
    """Makes connections to one place, to each of its addresses in turn."""

    def __init__(self, place: Place) -> None:
        """Connect to `place`, when asked to."""
        self._place = place
        self._sockets = Sockets()
        self._known: list[Address] = []
        self._asked = float("-inf")
        self._turn = 0

    async def connect(self, what: str, lost: Callable[[], None]) -> Connection:
        """A connection for `what`; `lost` is called when it is closed.

        Raises:
            StoreUnreachable: when no address takes one.
            StoreBusy: when this process may have no more.
            CertificateRefused: when the host cannot prove who it is.
        """
        addresses = await self._addresses(what)
        self._turn += 1
        error = OSError("it has no address")
        for number in range(len(addresses)):
            address = addresses[(self._turn + number) % len(addresses)]
            try:
                return await self._connect(address, lost)
            except ssl.SSLCertVerificationError as refused:
                raise CertificateRefused(
                    f"{what}: no answer from {self._place} (certificate"
                    f" verify failed: {refused.verify_message})"
                ) from refused
            except OSError as failed:
                if failed.errno in NONE_LEFT:
                    raise StoreBusy(
                        f"{what}: no socket left ({failed.strerror})"
                    ) from failed
                error = failed
                self._leave_out(address)
        raise self._unreachable(what, error) from error

    def _unreachable(self, what: str, error: OSError) -> StoreUnreachable:
        why = str(error) or "in time"
        found = StoreUnreachable(
            f"{what}: no answer from {self._place} ({why})"
        )
        # The second is what loops raise for a handshake that takes too long.
        found.silent = isinstance(error, TimeoutError | ConnectionAbortedError)
        return found

    async def _connect(
        self, address: Address, lost: Callable[[], None]
    ) -> Connection:
        loop, tls = asyncio.get_running_loop(), self._place.tls
        connection, made = Connection(lost), self._sockets.make(address)
        try:
            made.setblocking(False)
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.sock_connect(made, address[4])
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            await loop.create_connection(
                lambda: connection,
                sock=made,
                ssl=tls,
                server_hostname=self._place.host if tls else None,
                ssl_handshake_timeout=CONNECT_SECONDS if tls else None,
            )
        except BaseException:
            # A transport that still knows the socket's number lets it go.
            connection.abort()
            made.close()
            raise
        return connection

    def learn(self, connection: Connection) -> None:
        """Note the TLS session of a connection that has served."""
        if isinstance(self._place.tls, Resuming):
            self._place.tls.learn(connection.spoken)

    async def _addresses(self, what: str) -> list[Address]:
        loop = asyncio.get_running_loop()
        if self._known and loop.time() - self._asked < NAME_SECONDS:
            return list(self._known)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                found = await loop.getaddrinfo(
                    self._place.host, self._place.port, type=socket.SOCK_STREAM
                )
        except OSError as error:
            raise self._unreachable(what, error) from error
        self._known = [tuple(one) for one in found]
        self._asked = loop.time()
        return list(self._known)

    def _leave_out(self, address: Address) -> None:
        """Go elsewhere, until the name is looked up again."""
        if address in self._known:
            self._known.remove(address)
