"""A server that does to each connection, byte for byte, what it is told.

It runs on the loop of the test, whichever that is::

    async def refuses(peer):
        await peer.head()
        await peer.say(b"HTTP/1.1 403 Forbidden\\r\\n\\r\\n")

    async with Bytewise(refuses) as server:
        ...  # talk to server.port
"""

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from typing import Final, Self

_RESETS: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with which a close is a reset."""

OK: Final = b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 2\r\n\r\nok'


class Peer:
    """One connection, seen from the server; `asked` are its requests."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader, self.writer = reader, writer
        self.asked: list[bytes] = []

    async def head(self) -> bytes:
        """The next request's line and headers."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.asked.append(head)
        return head

    async def request(self) -> bytes:
        """The next request's body, behind its head."""
        head = await self.head()
        size = re.search(rb"(?i)content-length: (\d+)", head)
        return await self.reader.readexactly(int(size[1]) if size else 0)

    async def say(self, *pieces: bytes) -> None:
        """Send bytes, each piece for itself."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def answer(self, *pieces: bytes) -> None:
        """Take a request and say this."""
        await self.request()
        await self.say(*pieces)

    def reset(self) -> None:
        """End the connection by force."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESETS)
        self.writer.transport.abort()

    async def end(self) -> None:
        """Wait until the client has closed the connection."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass


Script = Callable[[Peer], Awaitable[None]]


class Bytewise:
    """Its n-th connection goes by the n-th script, the rest by the last.

    A connection whose script is over is closed. `open` counts those that
    are not, `peak` how many there were at once.
    """

    def __init__(
        self,
        *scripts: Script,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.host, self.port = host, port
        self.peers: list[Peer] = []
        self.open = self.peak = 0
        self._scripts, self._tls = scripts, tls
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, self.host, self.port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def none_left(self) -> None:
        """Wait until every connection is closed."""
        async with asyncio.timeout(5):
            while self.open:
                await asyncio.sleep(0.001)

    async def _connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        peer = Peer(reader, writer)
        script = self._scripts[min(len(self.peers), len(self._scripts) - 1)]
        self.peers.append(peer)
        self.open += 1
        self.peak = max(self.peak, self.open)
        try:
            await script(peer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._tasks.discard(task)


async def serves(peer: Peer) -> None:
    """Answer 200 to every request, until the client goes."""
    while True:
        await peer.answer(OK)
