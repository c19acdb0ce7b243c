"""A server that answers well once, and then wants to do harm."""

import asyncio

from .bytewise import Peer

KIB = 1024

GOOD = b"HTTP/1.1 200 OK\r\n"
STORED = GOOD + b'ETag: "e"\r\nContent-Length: 0\r\n\r\n'
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
TERABYTE = b"Content-Length: 1000000000000\r\n\r\n"

ENDLESS = {
    "a status line": (b"HTTP/1.1 200 ", b"OK"),
    "a header": (GOOD + b"X: ", b"x"),
    "headers": (GOOD, b"X: y\r\n"),
    "a header's name": (GOOD, b"x"),
    "a body": (GOOD + b"\r\n", b"<a/>"),
    "a body of a terabyte": (GOOD + TERABYTE, b"<a/>"),
    "chunks": (GOOD + CHUNKED, b"1\r\nx\r\n"),
    "a chunk": (GOOD + CHUNKED + b"fffffffff\r\n", b"x"),
    "a chunk's size": (GOOD + CHUNKED, b"0"),
    "a chunk's extension": (GOOD + CHUNKED + b"1;", b"x=y;"),
    "a trailer": (GOOD + CHUNKED + b"0\r\n", b"X: y\r\n"),
    "an error": (b"HTTP/1.1 503 Busy\r\n\r\n", b"<a>"),
}
"""How each begins, and what is said after that, for ever."""

INTERIM = (b"HTTP/1.1 103 Early Hints\r\n", b"\r\nHTTP/1.1 103 Hints\r\n")


class Hostile:
    """A script for `Bytewise`: well once, then `beginning` and `again`.

    The latter for ever, many at a time, or one after each `pause` seconds;
    without it the connection stays open. `asked` are the requests that
    met this.
    """

    def __init__(
        self, beginning: bytes, again: bytes = b"", *, pause: float = 0.0
    ) -> None:
        self.asked: list[bytes] = []
        self._once = False
        self._pause = pause
        size = 1 if pause else 64 * KIB // max(len(again), 1) + 1
        self._evil = beginning, again * size

    async def __call__(self, peer: Peer) -> None:
        """Serve one connection."""
        if not self._once:
            self._once = True
            await peer.answer(STORED)
        await peer.request()
        self.asked.append(peer.asked[-1])
        beginning, again = self._evil
        await peer.say(beginning)
        if not again:
            await peer.end()
        while not peer.writer.is_closing():
            await asyncio.sleep(self._pause)
            await peer.say(again)
