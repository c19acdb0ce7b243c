"""One connection against a peer that does to it whatever a peer may do."""

import asyncio
import gc
import re
import ssl
import sys
import weakref
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import on_each_loop
from servers.bytewise import OK, Bytewise, Peer, Script, serves
from servers.tls import Trust, certificate

from pt5_async.errors import ConnectionLost
from pt5_async.rate import Rate
from pt5_async.s3 import http1, pool
from pt5_async.s3.dialling import Place
from pt5_async.s3.http1 import PIECE, Connection, Message
from pt5_async.s3.pace import Pace
from pt5_async.s3.pool import Pool
from pt5_async.s3.response import Answer
from pt5_async.s3.resuming import Resuming

MIB = 1024 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
DENIED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied"


def message(body: bytes = b"", **more: Any) -> Message:
    head = f"PUT /k HTTP/1.1\r\nhost: h\r\ncontent-length: {len(body)}\r\n\r\n"
    return Message("k", head.encode(), body, **more)


@asynccontextmanager
async def talking(
    *scripts: Script, stall: float = 30.0, tls: Trust | None = None
) -> AsyncIterator[tuple[Pool, Bytewise]]:
    """A pool and its server; in the end no connection is left of it."""
    async with Bytewise(*scripts, tls=tls.server if tls else None) as server:
        context = Resuming(ssl.PROTOCOL_TLS_CLIENT) if tls else None
        if tls and context:
            context.load_verify_locations(tls.authority)
        place = Place(server.host, server.port, context)
        talk = Pool(place, room=lambda: 5, stall=stall)
        try:
            yield talk, server
        finally:
            talk.close()
            await server.none_left()
            for _ in range(5):
                await asyncio.sleep(0)
            assert not talk._open


async def lost(talk: Pool, asked: Message) -> str:
    """What is said of a request that ends without an answer."""
    with pytest.raises(ConnectionLost) as caught:
        await talk.exchange(asked)
    said = str(caught.value)
    assert re.match("k: no answer from https?://127.0.0.1:", said)
    return said


# ---- answers


@on_each_loop
async def test_an_answer_may_come_byte_by_byte_after_interim_ones() -> None:
    data = HINTS + CONTINUE + HINTS + OK

    async def drips(peer: Peer) -> None:
        while True:
            await peer.answer(*(bytes([one]) for one in data))

    async with talking(drips) as (talk, server):
        for _ in range(3):
            answer = await talk.exchange(message(b"body"))
            assert answer.body == b"ok"
            assert "link" not in answer.headers
        assert len(server.peers) == 1


@on_each_loop
async def test_a_body_may_end_with_the_connection() -> None:
    async def closes(peer: Peer) -> None:
        await peer.answer(b"HTTP/1.1 200 OK\r\n\r\n", b"some", b"thing")

    async with talking(closes) as (talk, server):
        for count in (1, 2):
            answer = await talk.exchange(message(b"body"))
            assert answer.body == b"something"
            assert len(server.peers) == count


@pytest.mark.parametrize("rest", [b"\0garbage", OK, b"HTTP/1.1 500 x\r\n\r\n"])
@pytest.mark.parametrize("later", [False, True])
@on_each_loop
async def test_what_is_behind_an_answer_ends_the_connection_alone(
    rest: bytes, later: bool
) -> None:
    async def chatters(peer: Peer) -> None:
        if later:
            await peer.answer(OK)
            await asyncio.sleep(0.01)
            await peer.say(rest)
        else:
            await peer.answer(OK + rest)
        await peer.end()

    async with talking(chatters) as (talk, server):
        for count in (1, 2):
            assert (await talk.exchange(message())).status == 200
            while talk._open:
                await asyncio.sleep(0.001)
            assert len(server.peers) == count


# ---- an answer before the body is out


@pytest.mark.parametrize("goes_on", ["keeps", "half", "closes", "resets"])
@on_each_loop
async def test_an_early_answer_is_believed_and_ends_the_connection(
    goes_on: str,
) -> None:
    async def denies(peer: Peer) -> None:
        await peer.head()
        await peer.reader.readexactly(1000)
        await peer.say(DENIED)
        if goes_on == "keeps":
            await peer.end()
        elif goes_on == "half":
            peer.writer.write_eof()
            await asyncio.sleep(0.05)
        elif goes_on == "resets":
            await asyncio.sleep(0.02)
            peer.reset()

    async with talking(denies) as (talk, server):
        for count in (1, 2):
            answer = await talk.exchange(message(bytes(8 * MIB)))
            assert (answer.status, answer.body) == (403, b"denied")
            assert len(server.peers) == count


@on_each_loop
async def test_an_early_answer_without_a_length_is_believed() -> None:
    heard = asyncio.Event()

    async def denies(peer: Peer) -> None:
        await peer.head()
        await peer.say(b"HTTP/1.1 403 Forbidden\r\n\r\n", b"denied")
        peer.writer.write_eof()
        await heard.wait()

    async with talking(denies) as (talk, _):
        answer = await talk.exchange(message(bytes(8 * MIB)))
        assert (answer.status, answer.body) == (403, b"denied")
        heard.set()


# ---- leave to send


def asks(head: bytes) -> bytes:
    return head.replace(b"\r\n\r\n", b"\r\nexpect: 100-continue\r\n\r\n")


@on_each_loop
async def test_a_body_waits_for_leave_and_not_for_hints() -> None:
    came: list[bytes] = []

    async def gives_leave(peer: Peer) -> None:
        while True:
            await peer.head()
            await peer.say(HINTS)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.03):
                    await peer.reader.read(1)
            await peer.say(CONTINUE)
            came.append(await peer.reader.readexactly(3 * MIB))
            await peer.say(OK)

    async with talking(gives_leave) as (talk, server):
        for _ in range(2):
            await talk.exchange(message(bytes(3 * MIB), asks=True))
        assert len(server.peers) == 1
        assert talk.asks
    assert came == [bytes(3 * MIB)] * 2


@pytest.mark.parametrize("also", [b"", CONTINUE], ids=["alone", "after leave"])
@on_each_loop
async def test_a_body_that_is_refused_is_not_sent(also: bytes) -> None:
    rest: list[bytes] = []

    async def denies(peer: Peer) -> None:
        await peer.head()
        await peer.say(also + DENIED)
        rest.append(await peer.reader.read(100))

    async with talking(denies) as (talk, server):
        for count in (1, 2):
            answer = await talk.exchange(message(bytes(MIB), asks=True))
            assert answer.status == 403
            assert len(server.peers) == count
    assert rest == [b"", b""]


@on_each_loop
async def test_a_body_whose_leave_never_comes_goes_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http1, "GO_AHEAD_SECONDS", 0.05)

    async with talking(serves) as (talk, server):
        await talk.exchange(message(bytes(MIB), asks=True))
        assert not talk.asks
        await talk.exchange(message())
        assert len(server.peers) == 1


# ---- ends


async def early(peer: Peer) -> None:
    await peer.head()


async def in_body(peer: Peer) -> None:
    await peer.head()
    await peer.reader.readexactly(100)


async def unanswered(peer: Peer) -> None:
    await peer.request()


async def in_status(peer: Peer) -> None:
    await peer.answer(OK[:5])


async def in_head(peer: Peer) -> None:
    await peer.answer(OK[:25])


async def in_answer(peer: Peer) -> None:
    await peer.answer(OK[:-1])


async def after_leave(peer: Peer) -> None:
    await peer.answer(CONTINUE)


ENDS = [early, in_body, unanswered, in_status, in_head, in_answer, after_leave]
SILENT = {early, in_body, unanswered}
"""Ends before a byte of an answer came."""


@pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize("end", ENDS)
@on_each_loop
async def test_a_connection_that_ends_on_a_fresh_request_is_lost(
    end: Script, reset: bool
) -> None:
    async def ends(peer: Peer) -> None:
        await end(peer)
        if reset:
            await asyncio.sleep(0.01)
            peer.reset()

    async with talking(ends) as (talk, server):
        await lost(talk, message(bytes(2000)))
        assert len(server.peers) == 1


@pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize("end", ENDS)
@on_each_loop
async def test_a_kept_connection_that_ends_in_silence_is_made_good(
    end: Script, reset: bool
) -> None:
    async def ends(peer: Peer) -> None:
        await peer.answer(OK)
        await end(peer)
        if reset:
            await asyncio.sleep(0.01)
            peer.reset()

    async with talking(ends, serves) as (talk, server):
        await talk.exchange(message())
        if end in SILENT:
            answer = await talk.exchange(message(bytes(2000)))
            assert answer.status == 200
        else:
            await lost(talk, message(bytes(2000)))
            assert len(server.peers) == 1
        assert (await talk.exchange(message())).status == 200
        assert len(server.peers) == 2


@pytest.mark.parametrize("end", sorted(SILENT, key=ENDS.index))
@on_each_loop
async def test_it_is_made_good_once_and_no_more(end: Script) -> None:
    async def ends(peer: Peer) -> None:
        await peer.answer(OK)
        await end(peer)

    async with talking(ends, end, serves) as (talk, server):
        await talk.exchange(message())
        await lost(talk, message(bytes(2000)))
        assert len(server.peers) == 2


@pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
@on_each_loop
async def test_an_idle_connection_that_ends_is_noticed_before_use(
    reset: bool,
) -> None:
    async def once(peer: Peer) -> None:
        await peer.answer(OK)
        if reset:
            peer.reset()

    async with talking(once) as (talk, server):
        for count in (1, 2, 3):
            assert (await talk.exchange(message(b"body"))).status == 200
            await server.none_left()
            await asyncio.sleep(0.01)
            assert not talk._open
            assert len(server.peers) == count
        assert all(len(peer.asked) == 1 for peer in server.peers)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"SSH-2.0-OpenSSH_9\r\n", "no HTTP server"),
        (b"HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "no"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000, "header does not end"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + bytes(2 * MIB), "body does not end"),
        (CONTINUE * 100, "interim"),
    ],
)
@on_each_loop
async def test_what_is_no_answer_is_said_to_be_none(
    data: bytes, said: str
) -> None:
    async def talks(peer: Peer) -> None:
        await peer.answer(data)
        await peer.end()

    async with talking(talks) as (talk, server):
        assert said in await lost(talk, message(b"body"))
        assert len(server.peers) == 1


# ---- stalls


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("size", [2000, 64 * MIB])
@on_each_loop
async def test_a_peer_that_takes_nothing_is_given_up_in_time(
    size: int, secure: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "ANSWER_SECONDS", 0.4)

    given_up = asyncio.Event()

    async def deaf(peer: Peer) -> None:
        await given_up.wait()

    tls = certificate(tmp_path) if secure else None
    async with talking(deaf, stall=0.4, tls=tls) as (talk, _):
        loop = asyncio.get_running_loop()
        began = loop.time()
        task = asyncio.create_task(lost(talk, message(bytes(size))))
        waiting = handed = 0
        while not task.done():
            await asyncio.sleep(0.01)
            for connection in talk._busy:
                transport = connection._transport
                held = transport.get_write_buffer_size()
                waiting = max(waiting, held)
                handed = connection._handed
        assert "no byte moved" in await task
        assert 0.3 < loop.time() - began < 5
        assert waiting <= 2 * PIECE
        # The rest of it is in the kernel, on both sides.
        assert handed < 16 * MIB
        assert connection.moved
        assert not connection.usable
        given_up.set()


@on_each_loop
async def test_a_peer_that_thinks_for_ever_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "ANSWER_SECONDS", 0.2)

    async def thinks(peer: Peer) -> None:
        await peer.request()
        await peer.end()

    async with talking(thinks, stall=0.2) as (talk, _):
        assert "no byte moved" in await lost(talk, message(b"body"))


@on_each_loop
@pytest.mark.parametrize(("after", "silent"), [(0.0, False), (0.6, True)])
async def test_a_cut_says_whether_nothing_had_moved_before(
    after: float, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "QUIET_SECONDS", 0.3)

    async def gives_up(peer: Peer) -> None:
        await peer.answer(b"HTTP/1.1 200 OK\r\n")
        await asyncio.sleep(after)
        peer.reset()

    async with talking(gives_up, stall=0.6) as (talk, _):
        with pytest.raises(ConnectionLost) as caught:
            await talk.exchange(message(b"body"))
    assert caught.value.silent is silent


@on_each_loop
async def test_a_byte_now_and_then_is_progress(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "ANSWER_SECONDS", 0.4)

    async def drips(peer: Peer) -> None:
        await peer.answer(b"HTTP/1.1 200 OK\r\n")
        for _ in range(12):
            await asyncio.sleep(0.05)
            await peer.say(b"x")
        await peer.say(b": y\r\nContent-Length: 0\r\n\r\n")

    async with talking(drips, stall=0.4) as (talk, _):
        assert (await talk.exchange(message())).headers["x" * 12] == "y"


@pytest.mark.parametrize("takes", [True, False])
@on_each_loop
async def test_but_not_for_ever(
    takes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "WHOLE_SECONDS", 0.6)

    async def drips(peer: Peer) -> None:
        await (peer.request() if takes else peer.head())
        await peer.say(b"HTTP/1.1 200 OK\r\n")
        while not peer.writer.is_closing():
            await peer.say(b"x")
            await asyncio.sleep(0.05)

    async with talking(drips, stall=0.4) as (talk, _):
        size = 1000 if takes else 64 * MIB
        assert "does not end" in await lost(talk, message(bytes(size)))


@on_each_loop
async def test_a_slow_reader_is_no_stall() -> None:
    async def sips(peer: Peer) -> None:
        await peer.head()
        for _ in range(12):
            await asyncio.sleep(0.06)
            await peer.reader.readexactly(100_000)
        await peer.reader.readexactly(6 * MIB - 1_200_000)
        await peer.say(OK)

    async with talking(sips, stall=0.5) as (talk, _):
        answer = await talk.exchange(message(bytes(6 * MIB)))
        assert answer.status == 200


@on_each_loop
async def test_who_waits_for_a_turn_is_not_stalled() -> None:
    slow = Pace(Rate(100_000), senders=1)

    async with talking(serves, stall=0.1) as (talk, server):
        await talk.exchange(message(bytes(60_000), pace=slow))
        await talk.exchange(message(b"", pace=slow))
        assert len(server.peers) == 1


@on_each_loop
async def test_who_waits_for_a_turn_hears_an_answer_all_the_same() -> None:
    async def denies(peer: Peer) -> None:
        await peer.head()
        await peer.say(DENIED)
        await peer.end()

    async with talking(denies) as (talk, _), asyncio.timeout(1):
        slow = Pace(Rate(1000), senders=1)
        answer = await talk.exchange(message(bytes(60_000), pace=slow))
        assert answer.status == 403


@on_each_loop
async def test_a_connection_leaves_no_work_for_the_collector() -> None:
    async with talking(serves) as (talk, _):
        gc.disable()
        try:
            await talk.exchange(message())
            [(_, connection)] = talk._idle
            read = weakref.ref(connection._reader)
            talk.close()
            await connection.gone.wait()
            del connection
            await asyncio.sleep(0)
            assert read() is None
        finally:
            gc.enable()


# ---- cancelled


async def nothing(peer: Peer) -> None:
    await peer.end()


async def half_a_body(peer: Peer) -> None:
    await peer.head()
    peer.writer.transport.pause_reading()
    await asyncio.sleep(0.05)
    peer.writer.transport.resume_reading()
    await peer.end()


async def half_an_answer(peer: Peer) -> None:
    await peer.answer(OK[:-1])
    await peer.end()


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        (nothing, message(b"body")),
        (nothing, message(bytes(MIB), asks=True)),
        (nothing, message(bytes(MIB), pace=Pace(Rate(1000), senders=1))),
        (half_a_body, message(bytes(8 * MIB))),
        (half_an_answer, message(b"body")),
    ],
    ids=["answer", "leave", "turn", "body", "middle"],
)
@on_each_loop
async def test_a_request_that_is_cancelled_leaves_no_connection(
    script: Script, asked: Message
) -> None:
    async with talking(script) as (talk, server):
        task = asyncio.create_task(talk.exchange(asked))
        await asyncio.sleep(0.03)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        assert not talk._busy
        assert not talk._idle
        await server.none_left()


@on_each_loop
async def test_one_that_is_cancelled_while_it_connects_leaves_none() -> None:
    async with talking(nothing) as (talk, server):
        for turns in range(12):
            task = asyncio.create_task(talk.exchange(message()))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
            await server.none_left()
    gc.collect()


# ---- any bytes at all


class Line:
    """A transport to nowhere that closes as asyncio's do."""

    def __init__(
        self, protocol: Connection, breaks_at: int = sys.maxsize
    ) -> None:
        self._protocol = protocol
        self._breaks_at = breaks_at
        self._closed = False
        self.written = self.held = 0

    def get_extra_info(self, name: str) -> None:
        """It is no TLS, and no socket."""

    def set_write_buffer_limits(self, *, high: int) -> None:
        assert high == 0

    def writelines(self, pieces: list[bytes]) -> None:
        assert not self._closed
        self.written += sum(map(len, pieces))
        if self.written >= self._breaks_at:
            self.abort()

    def is_closing(self) -> bool:
        return self._closed

    def get_write_buffer_size(self) -> int:
        return self.held

    def abort(self) -> None:
        if not self._closed:
            self._closed = True
            loop = asyncio.get_running_loop()
            loop.call_soon(self._protocol.connection_lost, None)


async def test_nothing_is_written_to_a_connection_that_broke() -> None:
    connection = Connection()
    line: Any = Line(connection, breaks_at=PIECE)
    connection.connection_made(line)

    with pytest.raises(ConnectionLost):
        await connection.exchange(message(bytes(8 * MIB)))

    assert line.written < 2 * PIECE


@pytest.mark.parametrize("held", [0, 1])
async def test_a_connection_with_bytes_to_go_is_not_used_again(
    held: int,
) -> None:
    connection = Connection()
    line: Any = Line(connection)
    connection.connection_made(line)
    task = asyncio.create_task(connection.exchange(message(b"body")))
    await asyncio.sleep(0)
    line.held = held
    connection.data_received(OK)

    assert (await task).status == 200
    assert connection.usable is (not held)


WORDS = [
    *(b"HTTP/1.1 ", b"200 OK\r\n", b"100 C\r\n", b"\r\n", b"\r\n\r\n", b"\n"),
    *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"\0", OK),
    *(b"Connection: close\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n", CONTINUE),
]
PIECES = st.lists(st.sampled_from(WORDS) | st.binary(min_size=1), max_size=10)


@settings(max_examples=100, deadline=None)
@given(
    PIECES,
    st.booleans(),
    st.booleans(),
    st.none() | st.builds(OSError, st.just("gone")),
)
def test_any_bytes_are_an_answer_or_a_lost_connection(
    pieces: list[bytes], asking: bool, half: bool, error: OSError | None
) -> None:
    async def talk() -> Answer:
        connection = Connection()
        line: Any = Line(connection)
        connection.connection_made(line)
        asked = message(b"body", asks=asking)
        task = asyncio.create_task(connection.exchange(asked))
        for piece in pieces:
            await asyncio.sleep(0)
            if not line._closed:
                connection.data_received(piece)
        await asyncio.sleep(0)
        if half and not line._closed:
            connection.eof_received()
        elif not line._closed:
            line._closed = True
            connection.connection_lost(error)
        return await asyncio.wait_for(task, 1)

    try:
        answer = asyncio.run(talk())
    except ConnectionLost:
        return
    assert 200 <= answer.status <= 999
