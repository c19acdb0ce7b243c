"""One HTTP/1.1 connection to a store: a request at a time, flow control.

What comes back is believed as soon as it is whole, even while the body is
still on its way; RFC 9112 has the rules.
"""

import asyncio
import contextlib
import ssl
import sys
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ..errors import ConnectionLost
from .pace import Pace
from .response import Answer, Reader

PIECE: Final = 256 * 1024
"""A longer body goes out in pieces of so many bytes, as they are taken."""

GO_AHEAD_SECONDS: Final = 5.0
"""A body whose leave was asked for goes without it after so long."""


class Unanswered(ConnectionLost):
    """The connection ended before any byte of an answer came."""


class Message(NamedTuple):
    """A request as it goes out; `what` names it in errors.

    One that `asks` sends its body only when the store said so; with a
    `pace`, the body leaves by that.
    """

    what: str
    head: bytes
    body: bytes
    asks: bool = False
    pace: Pace | None = None

    def __repr__(self) -> str:
        return f"Message({self.what!r})"  # the head is signed

    @property
    def whole(self) -> bool:
        """Whether it is handed over in one go."""
        at_once = self.pace is None and not self.asks
        return at_once and len(self.body) <= PIECE


class Connection(asyncio.Protocol):
    """A connection that is made; `usable` while another request may go.

    `gone` is set when it is closed; `lost` is called then.
    """

    def __init__(self, lost: Callable[[], None] = lambda: None) -> None:
        """Be made; a transport comes with it."""
        self.usable = True
        self.gone = asyncio.Event()
        self._lost = lost
        self.held = False
        self.asked_in_vain = False
        # To ask for it each time is a system call before Python 3.12.
        self._loop = asyncio.get_running_loop()
        self._transport: Any = None
        self._reader = Reader()
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
        coming = self._answer = self._loop.create_future()
        reader = self._reader
        reader.begin()
        self._unsent = 0
        sent = True
        try:
            if not self.usable:
                raise Unanswered("closed while it was idle")
            if message.whole:
                self._write(message.head, message.body)
            else:
                sent = await self._send(message)
            if self._paused:
                sent = await self._drained()
            answer: Answer = await coming
            self.usable = sent and reader.keeps and self._may_follow()
        except BaseException:
            self.usable = False
            raise
        finally:
            self._answer = None
            if not self.usable:
                self._give_up(coming)
        return answer

    def _may_follow(self) -> bool:
        """Whether the peer has taken all; else it may never read the rest."""
        return self.usable and not self._transport.get_write_buffer_size()

    def _give_up(self, answer: asyncio.Future[Answer]) -> None:
        """Be gone; whatever comes is of no interest any more."""
        if answer.done() and not answer.cancelled():
            answer.exception()
        self.abort()

    async def _send(self, message: Message) -> bool:
        """Hand the request over; whether all of it had to go."""
        body = message.body
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
            if self._done or self._transport.is_closing():
                return False  # asyncio would log each further piece
            self._write(piece)
            self._unsent -= len(piece)
            if self._paused and not await self._drained():
                return False
        return True

    async def _turn(self, pace: Pace, size: int) -> None:
        """Wait until the pace lets so much go, or an answer is there."""
        assert self._answer is not None  # noqa: S101 - of `exchange`
        self.held = True
        turn = asyncio.ensure_future(pace.wait(size))
        try:
            await asyncio.wait(
                (turn, self._answer), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            self.held = False
            turn.cancel()

    async def _may_go(self) -> bool:
        """Wait for leave to send the body; False once there is an answer."""
        try:
            async with asyncio.timeout(GO_AHEAD_SECONDS):
                while not (self._reader.leave or self._done):
                    await self._woken()
        except TimeoutError:
            self.asked_in_vain = True
        return not self._done

    async def _woken(self) -> None:
        self._room = self._loop.create_future()
        await self._room

    async def _drained(self) -> bool:
        """Wait for room behind what was written; False if that is moot."""
        while self._paused and not self._done:
            await self._woken()
        return not self._done

    @property
    def _done(self) -> bool:
        return self._answer is None or self._answer.done()

    def _write(self, *pieces: bytes | memoryview) -> None:
        self._handed += sum(map(len, pieces))
        self._transport.writelines(pieces)

    # ---- how it goes

    @property
    def spoken(self) -> ssl.SSLObject | None:
        """The TLS that is spoken, if any."""
        found: ssl.SSLObject | None
        found = self._transport.get_extra_info("ssl_object")
        return found

    @property
    def sending(self) -> bool:
        """Whether bytes are still on their way to the peer."""
        if self._transport.get_write_buffer_size():
            return True
        return self._unsent > 0 or self._unacknowledged() > 0

    @property
    def answering(self) -> bool:
        """Whether a part of an answer is there, 100 Continue aside."""
        return self._reader.answering

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

    def _wake(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    # ---- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport, and how much may wait in it."""
        self._transport = transport
        # What is above that is written at once. uvloop keeps all else until
        # every task had its turn: a hundred requests would leave together.
        # TLS has a buffer of its own, which is never below zero.
        high = PIECE if self.spoken else 0
        self._transport.set_write_buffer_limits(high=high)

    def data_received(self, data: bytes) -> None:
        """Read on; whole answers wake who waits."""
        answer, reader = self._answer, self._reader
        if answer is None or answer.done():
            self.fail(ConnectionLost("an answer that nobody asked for"))
            return
        self._taken += len(data)
        reader.feed(data)
        if reader.whole and not reader.trouble:
            answer.set_result(reader.answer())
            if self._room is not None:
                self._wake()
        elif reader.trouble:
            self.fail(ConnectionLost(reader.trouble))
        elif reader.leave:
            self._wake()

    def eof_received(self) -> bool:
        """No more will come, though the peer might still read."""
        self._end(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed."""
        self._end(exc)
        self._reader.release()
        self.gone.set()
        self._lost()

    def _end(self, exc: Exception | None) -> None:
        """Nothing more will come; some answers end with that."""
        self.usable = False
        if self._done:
            self._wake()
        elif exc is None and self._reader.ends_with_connection:
            assert self._answer is not None  # noqa: S101 - `_done` says so
            self._answer.set_result(self._reader.answer())
            self._wake()
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
