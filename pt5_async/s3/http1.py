"""One HTTP/1.1 connection to a store: a request at a time, flow control.

What comes back is bounded in size and in time, read by httptools (the parser
of Node.js), and believed as soon as it is whole, even while the body is
still on its way. RFC 9112 has the rules.
"""

import asyncio
import contextlib
import sys
from dataclasses import dataclass
from typing import Any, Final

import httptools

from ..errors import ConnectionLost
from .pace import Pace

PIECE: Final = 256 * 1024
"""A longer body goes out in pieces of so many bytes, as they are taken."""

HEAD_BYTES: Final = 64 * 1024
"""An answer's status line and headers are no longer."""

BODY_BYTES: Final = 1024 * 1024
"""Nor is its body: those of the requests made here are a few lines."""

INTERIM: Final = 20
"""Nor does it come after more answers like 100 Continue."""

GO_AHEAD_SECONDS: Final = 5.0
"""A body whose leave was asked for goes without it after so long."""

_CONTINUE: Final = 100
_FINAL: Final = 200
_BODILESS: Final = frozenset({204, 304})


class Unanswered(ConnectionLost):
    """The connection ended before any byte of an answer came."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers in lower case.

    `resent` says that the request went out once before, unanswered.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    resent: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it goes out; `what` names it in errors.

    One that `asks` sends its body only when the store said so; with a
    `pace`, the body leaves by that.
    """

    what: str
    head: bytes
    body: bytes
    asks: bool = False
    pace: Pace | None = None


class Connection(asyncio.Protocol):
    """A connection that is made; `usable` while another request may go."""

    def __init__(self) -> None:
        self.usable = True
        self.held = False
        self.asked_in_vain = False
        self._transport: Any = None
        self._reader = _Reader()
        self._answer: asyncio.Future[Answer] | None = None
        self._room: asyncio.Future[None] | None = None
        self._paused = False
        self._handed = self._taken = self._unsent = 0

    # ---- a request

    async def exchange(self, message: Message) -> Answer:
        """Send a request and wait for its answer.

        Raises:
            Unanswered: when the connection ends before anything came back.
            ConnectionLost: when it ends, or what comes is no answer.
        """
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        self._reader = _Reader()
        self._unsent = 0
        try:
            if not self.usable:
                raise Unanswered("closed while it was idle")
            whole = await self._send(message)
            answer = await self._answer
            kept = self._reader.keeps and not self._reader.more
            if not (whole and kept):
                self.usable = False
        except BaseException:
            self.usable = False
            raise
        finally:
            self._forget()
        return answer

    def _forget(self) -> None:
        """Be idle again, or gone."""
        answer, self._answer = self._answer, None
        if answer is not None and answer.done() and not answer.cancelled():
            answer.exception()  # it may be of no interest any more
        if not self.usable:
            self.abort()

    async def _send(self, message: Message) -> bool:
        """Hand the request over; whether all of it had to go."""
        body = message.body
        plain = message.pace is None and not message.asks
        if plain and len(body) <= PIECE:
            self._write(message.head, body)
            return not self._paused or await self._drained()
        self._unsent = len(body)
        self._write(message.head)
        if message.asks and not await self._may_go():
            return False
        size = message.pace.piece if message.pace else PIECE
        view = memoryview(body)
        for begin in range(0, len(body), size):
            piece = view[begin : begin + size]
            if message.pace:
                await self._turn(message.pace, len(piece))
            if self._done:
                return False
            self._write(piece)
            self._unsent -= len(piece)
            if self._paused and not await self._drained():
                return False
        return True

    async def _turn(self, pace: Pace, size: int) -> None:
        self.held = True
        try:
            await pace.wait(size)
        finally:
            self.held = False

    async def _may_go(self) -> bool:
        """Wait for leave to send the body; False once there is an answer."""
        self._room = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(GO_AHEAD_SECONDS):
                await self._room
        except TimeoutError:
            self.asked_in_vain = True
        return not self._done

    async def _drained(self) -> bool:
        """Wait for room behind what was written; False if that is moot."""
        while self._paused and not self._done:
            self._room = asyncio.get_running_loop().create_future()
            await self._room
        return not self._done

    @property
    def _done(self) -> bool:
        return self._answer is None or self._answer.done()

    def _write(self, *pieces: bytes | memoryview) -> None:
        self._handed += sum(map(len, pieces))
        self._transport.writelines(pieces)

    # ---- how it goes

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer here."""
        return self._answer is None

    @property
    def sending(self) -> bool:
        """Whether bytes are still on their way to the peer."""
        if self._transport.get_write_buffer_size():
            return True
        return self._unsent > 0 or self._unacknowledged() > 0

    @property
    def moved(self) -> tuple[int, int]:
        """Numbers that change when a byte is acknowledged or comes back."""
        waiting = self._transport.get_write_buffer_size()
        return self._taken, self._handed - waiting - self._unacknowledged()

    def _unacknowledged(self) -> int:
        """Bytes that the kernel still holds for the peer, on Linux."""
        if sys.platform != "linux":
            return 0
        import fcntl  # noqa: PLC0415
        import termios  # noqa: PLC0415

        held = bytearray(4)
        socket = self._transport.get_extra_info("socket")
        with contextlib.suppress(OSError, ValueError, AttributeError):
            # TIOCOUTQ is SIOCOUTQ there, see tcp(7).
            fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, held)
        return int.from_bytes(held, sys.byteorder)

    def fail(self, error: ConnectionLost) -> None:
        """Give the request that is under way up, for `error`."""
        self.usable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self._wake()
        self.abort()

    def abort(self) -> None:
        """Close at once; what was not sent is lost."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close an idle connection."""
        self.usable = False
        self._transport.close()

    def _wake(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    # ---- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport, and how much may wait in it."""
        self._transport = transport
        self._transport.set_write_buffer_limits(high=PIECE)

    def data_received(self, data: bytes) -> None:
        """Read on; whole answers wake who waits."""
        if self._done:
            self.fail(ConnectionLost("an answer that nobody asked for"))
            return
        self._taken += len(data)
        try:
            self._reader.feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as e:
            self.fail(ConnectionLost(f"what answered is no HTTP server ({e})"))
            return
        if trouble := self._reader.trouble:
            self.fail(ConnectionLost(trouble))
        elif self._reader.whole:
            self._settle()
        elif self._reader.interim:
            self._wake()

    def eof_received(self) -> bool:
        """No more will come; the transport closes itself."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The end; some answers end with it."""
        self.usable = False
        if self._done:
            self._wake()
        elif exc is None and self._reader.ends_with_connection:
            self._settle()
        else:
            why = str(exc) if exc else "the connection was closed"
            kind = ConnectionLost if self._reader.begun else Unanswered
            self.fail(kind(why))

    def pause_writing(self) -> None:
        """Enough is waiting in the transport."""
        self._paused = True

    def resume_writing(self) -> None:
        """There is room again."""
        self._paused = False
        self._wake()

    def _settle(self) -> None:
        assert self._answer is not None  # noqa: S101 - `_done` says so
        self._answer.set_result(self._reader.answer())
        self._wake()


class _Reader:
    """What httptools tells of one answer, and where it ends."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = self._status = self._interims = 0
        self._headed = False
        self.begun = self.whole = self.more = False
        self.keeps = False
        self.trouble = ""

    @property
    def interim(self) -> bool:
        """Whether leave to send the body has come."""
        return self._interims > 0

    @property
    def ends_with_connection(self) -> bool:
        """Whether the body has no end of its own, and has begun."""
        return self._headed and not self._framed

    @property
    def _framed(self) -> bool:
        headers = self._headers
        chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        return chunked or "content-length" in headers

    def feed(self, data: bytes) -> None:
        """Read on in the answer.

        Raises:
            httptools.HttpParserError: for what is no HTTP.
        """
        self.begun = True
        self._size += len(data)
        limit = BODY_BYTES if self._headed else HEAD_BYTES
        self._parser.feed_data(data)
        if self._size > limit and not self.whole:
            part = "body" if self._headed else "header"
            self.trouble = f"an answer whose {part} does not end, not S3's"
        elif self._interims > INTERIM:
            self.trouble = "nothing but interim answers, not S3's"

    def answer(self) -> Answer:
        """The answer, which is whole."""
        return Answer(self._status, self._headers, b"".join(self._body))

    # ---- httptools' side

    def on_message_begin(self) -> None:
        """Another message; after the answer there may be none."""
        self.more = self.whole

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that comes twice is joined."""
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        before = self._headers.get(key)
        self._headers[key] = f"{before}, {text}" if before else text

    def on_headers_complete(self) -> None:
        """The status and all headers are there."""
        self._status = self._parser.get_status_code()
        self._headed = self._status >= _FINAL
        self._size = 0

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        self._body.append(data)

    def on_message_complete(self) -> None:
        """The end of an answer, or of an interim one."""
        if self._status < _FINAL:
            self._interims += 1
            self._headers.clear()
            return
        self.whole = True
        self.keeps = self._parser.should_keep_alive()
