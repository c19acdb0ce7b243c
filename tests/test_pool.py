"""Connections to one place: how many, to which address, to whom."""

import asyncio
import gc
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from loops import on_each_loop
from servers.bytewise import OK, Bytewise, Peer, serves
from servers.tls import certificate
from stores import Place as At
from stores import opened, put

from pt5_async.errors import (
    CertificateRefused,
    ConnectionLost,
    StoreError,
    StoreUnreachable,
)
from pt5_async.s3 import dialling, pool
from pt5_async.s3.dialling import Place
from pt5_async.s3.http1 import Connection, Message
from pt5_async.s3.pool import Pool
from pt5_async.s3.resuming import Resuming

ASKED = Message("k", b"PUT /k HTTP/1.1\r\nhost: h\r\n\r\n", b"")


def pool_at(
    server: Bytewise,
    room: int = 5,
    tls: ssl.SSLContext | None = None,
    host: str = "",
) -> Pool:
    place = Place(host or server.host, server.port, tls)
    return Pool(place, room=lambda: room)


async def closed(talk: Pool, server: Bytewise) -> None:
    """Close a pool: nothing is left of it."""
    talk.close()
    await server.none_left()
    async with asyncio.timeout(1):
        while talk._open:
            await asyncio.sleep(0.001)


async def error_of(talk: Pool) -> StoreError:
    with pytest.raises(StoreError) as caught:
        await talk.exchange(ASKED)
    return caught.value


def names(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> list[str]:
    """Let the name "store" have these addresses; who was looked up."""
    if sys.platform == "darwin":
        pytest.skip("other system: only 127.0.0.1 is there on macOS")
    asked = []

    async def found(host: str, port: int, **more: Any) -> list[Any]:
        if host == "store":
            asked.append(host)
        # uvloop asks for addresses as well, and expects them back.
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in (hosts if host == "store" else [host])
        ]

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", found)
    return asked


# ---- how many


@pytest.mark.parametrize("room", [0, 1, 3])
@on_each_loop
async def test_there_are_no_more_than_there_is_room_for(room: int) -> None:
    async def slow(peer: Peer) -> None:
        while True:
            await peer.request()
            await asyncio.sleep(0.002)
            await peer.say(OK)

    async with Bytewise(slow) as server:
        talk = pool_at(server, room)
        answers = await asyncio.gather(
            *(talk.exchange(ASKED) for _ in range(20))
        )
        assert [one.status for one in answers] == [200] * 20
        assert server.peak == max(room, 1)
        assert len(server.peers) == max(room, 1)
        await closed(talk, server)


@on_each_loop
async def test_a_broken_connection_gives_its_place_to_who_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "_POLL_SECONDS", 30)

    async def once(peer: Peer) -> None:
        await peer.answer(OK)
        await asyncio.sleep(0.001)

    async def breaks(peer: Peer) -> None:
        await peer.request()
        peer.reset()

    async with Bytewise(once, breaks, once, breaks, once) as server:
        talk, held = pool_at(server, 1), []
        connect = talk._dialler.connect

        async def noted(what: str, lost: Callable[[], None]) -> Connection:
            held.append(len(talk._open))
            return await connect(what, lost)

        monkeypatch.setattr(talk._dialler, "connect", noted)
        ends = await asyncio.gather(
            *(talk.exchange(ASKED) for _ in range(12)), return_exceptions=True
        )
        assert sum(isinstance(one, ConnectionLost) for one in ends) <= 4
        # The server may not know yet of the end of the one before.
        assert set(held) == {1}
        assert server.peak <= 2
        await closed(talk, server)


@on_each_loop
async def test_who_came_first_is_served_first() -> None:
    async with Bytewise(serves) as server:
        talk = pool_at(server, 1)
        order: list[int] = []

        async def asks(number: int) -> None:
            for _ in range(3):
                await talk.exchange(ASKED)
                order.append(number)

        await asyncio.gather(*(asks(n) for n in range(4)))
        assert order == [0, 1, 2, 3] * 3
        await closed(talk, server)


@on_each_loop
async def test_who_gives_up_waiting_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "_POLL_SECONDS", 30)
    held = asyncio.Event()

    async def holds(peer: Peer) -> None:
        await peer.request()
        await held.wait()
        await peer.say(OK)
        await serves(peer)

    async with Bytewise(holds) as server:
        talk = pool_at(server, 1)
        tasks = [asyncio.create_task(talk.exchange(ASKED)) for _ in range(6)]
        await asyncio.sleep(0.01)
        for task in tasks[1:4]:
            task.cancel()
        held.set()
        await asyncio.wait(tasks)
        assert [task.cancelled() for task in tasks[1:4]] == [True] * 3
        assert {tasks[n].result().status for n in (0, 4, 5)} == {200}
        assert not talk._waiting
        await closed(talk, server)


@on_each_loop
async def test_idle_ones_give_way_and_busy_ones_do_not() -> None:
    held = asyncio.Event()

    async def holds(peer: Peer) -> None:
        await peer.answer(OK)
        await peer.request()
        await held.wait()
        await peer.say(OK)
        await peer.end()

    async with Bytewise(holds) as server:
        room = 4
        talk = Pool(Place(server.host, server.port, None), room=lambda: room)
        await asyncio.gather(*(talk.exchange(ASKED) for _ in range(4)))
        busy = [asyncio.create_task(talk.exchange(ASKED)) for _ in range(2)]
        await asyncio.sleep(0.01)
        room = 1
        await talk.give_way()
        assert len(talk._open) == 2
        held.set()
        await asyncio.gather(*busy)
        await talk.give_way()
        assert len(talk._open) == 1
        await closed(talk, server)


@on_each_loop
async def test_one_that_was_idle_for_long_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "IDLE_SECONDS", 0.02)

    async with Bytewise(serves) as server:
        talk = pool_at(server, 1)
        for count in (1, 2, 3):
            await talk.exchange(ASKED)
            await asyncio.sleep(0.03)
            assert len(server.peers) == count
        assert server.peak == 1
        await closed(talk, server)


# ---- where


@on_each_loop
async def test_connections_are_spread_over_the_addresses() -> None:
    with pytest.MonkeyPatch.context() as patch:
        asked = names(patch, "127.0.0.1", "127.0.0.2", "127.0.0.3")
        async with (
            Bytewise(serves) as one,
            Bytewise(serves, host="127.0.0.2", port=one.port) as two,
            Bytewise(serves, host="127.0.0.3", port=one.port) as three,
        ):
            talk = pool_at(one, 6, host="store")
            await asyncio.gather(*(talk.exchange(ASKED) for _ in range(6)))
            assert [len(s.peers) for s in (one, two, three)] == [2, 2, 2]
            asked.clear()
            await talk.exchange(ASKED)
            assert asked == []
            for server in (one, two, three):
                await closed(talk, server)


@on_each_loop
async def test_an_address_that_is_away_is_passed_over() -> None:
    with pytest.MonkeyPatch.context() as patch:
        names(patch, "127.0.0.8", "127.0.0.1", "127.0.0.9")
        async with Bytewise(serves) as server:
            talk = pool_at(server, 9, host="store")
            await asyncio.gather(*(talk.exchange(ASKED) for _ in range(9)))
            assert len(server.peers) == 9
            assert len(talk._dialler._known) == 1
            await closed(talk, server)


@on_each_loop
async def test_when_nobody_answers_it_is_said_who() -> None:
    with pytest.MonkeyPatch.context() as patch:
        asked = names(patch, "127.0.0.8", "127.0.0.9")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        talk = Pool(Place("store", port, None), room=lambda: 1)
        for _ in range(2):
            error = await error_of(talk)
            assert isinstance(error, StoreUnreachable)
            assert f"no answer from http://store:{port} (" in str(error)
        assert asked == ["store", "store"]
        assert not talk._open


@pytest.mark.parametrize(
    ("host", "port", "shown"),
    [
        ("h", 80, "http://h"),
        ("h", 443, "http://h:443"),
        ("::1", 9000, "http://[::1]:9000"),
    ],
)
def test_a_place_is_shown_as_an_address(
    host: str, port: int, shown: str
) -> None:
    assert str(Place(host, port, None)) == shown


@on_each_loop
async def test_a_name_that_is_not_found_in_time_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def searches(*_: object, **__: object) -> None:
        await asyncio.sleep(30)

    monkeypatch.setattr(dialling, "CONNECT_SECONDS", 0.05)
    with pytest.MonkeyPatch.context() as patch:
        loop = asyncio.get_running_loop()
        patch.setattr(loop, "getaddrinfo", searches)
        talk = Pool(Place("store", 80, None), room=lambda: 1)
        error = await error_of(talk)
    assert isinstance(error, StoreUnreachable)
    assert str(error) == "k: no answer from http://store (in time)"


@on_each_loop
async def test_a_name_that_nobody_has_is_no_answer() -> None:
    talk = Pool(Place("x.invalid", 80, None), room=lambda: 1)

    assert isinstance(await error_of(talk), StoreUnreachable)
    assert not talk._open


@on_each_loop
async def test_a_connection_that_is_not_made_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dialling, "CONNECT_SECONDS", 0.1)
    # A full backlog leaves who connects without an answer.
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),
    ):
        talk = Pool(Place(*full.getsockname(), None), room=lambda: 1)
        with pytest.raises(StoreError):
            async with asyncio.timeout(2):
                await asyncio.gather(*(talk.exchange(ASKED) for _ in range(3)))
        talk.close()


# ---- to whom


def believing(authority: Path | None) -> Resuming:
    context = Resuming(ssl.PROTOCOL_TLS_CLIENT)
    if authority:
        context.load_verify_locations(authority)
    return context


@on_each_loop
async def test_a_certificate_must_be_trusted_and_of_that_host(
    tmp_path: Path,
) -> None:
    trust = certificate(tmp_path)
    async with Bytewise(serves, tls=trust.server) as server:
        stranger = pool_at(server, tls=believing(None))
        other = pool_at(
            server, tls=believing(trust.authority), host="localhost"
        )
        right = pool_at(server, tls=believing(trust.authority))
        for talk in (stranger, other):
            error = await error_of(talk)
            assert isinstance(error, CertificateRefused)
            assert "certificate verify failed" in str(error)
            assert "no answer from https://" in str(error)
            assert not talk._open
        assert (await right.exchange(ASKED)).status == 200
        await closed(right, server)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@on_each_loop
async def test_a_later_connection_resumes_the_session(
    tmp_path: Path, version: str
) -> None:
    resumed: list[bool] = []

    async def tells(peer: Peer) -> None:
        spoken = peer.writer.get_extra_info("ssl_object")
        resumed.append(spoken.session_reused)
        await serves(peer)

    trust = certificate(tmp_path)
    trust.server.maximum_version = ssl.TLSVersion[version]
    async with Bytewise(tells, tls=trust.server) as server:
        talk = pool_at(server, 4, believing(trust.authority))
        await talk.exchange(ASKED)
        await asyncio.gather(*(talk.exchange(ASKED) for _ in range(4)))
        assert resumed == [False, True, True, True]
        await closed(talk, server)


@on_each_loop
async def test_large_bodies_and_early_answers_go_over_tls_too(
    tmp_path: Path,
) -> None:
    async def denies(peer: Peer) -> None:
        await peer.answer(OK)
        await peer.head()
        await peer.say(OK.replace(b"200 OK", b"403 No"))
        await peer.end()

    trust = certificate(tmp_path)
    body = bytes(3 << 20)
    head = b"PUT /k HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body)
    async with Bytewise(denies, tls=trust.server) as server:
        talk = pool_at(server, tls=believing(trust.authority))
        for status in (200, 403):
            answer = await talk.exchange(Message("k", head, body))
            assert answer.status == status
        await closed(talk, server)


@on_each_loop
async def test_tls_to_who_speaks_none_is_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialling, "CONNECT_SECONDS", 0.1)

    async def other(peer: Peer) -> None:
        await peer.say(b"220 mail.example ESMTP\r\n")
        await peer.end()

    async def mute(peer: Peer) -> None:
        await peer.end()

    async with Bytewise(other, mute) as server:
        talk = pool_at(server, 1, believing(None))
        for _ in range(2):
            error = await error_of(talk)
            assert type(error) is StoreUnreachable
            assert not talk._open
        await closed(talk, server)


@on_each_loop
async def test_a_handshake_that_is_cancelled_leaves_no_connection(
    tmp_path: Path,
) -> None:
    trust = certificate(tmp_path)
    async with Bytewise(serves, tls=trust.server) as server:
        talk = pool_at(server, 1, believing(trust.authority))
        for moment in range(10):
            task = asyncio.create_task(talk.exchange(ASKED))
            await asyncio.sleep(moment / 1500)
            task.cancel()
            await asyncio.wait({task})
            await asyncio.sleep(0.001)
        talk.close()
        assert not talk._busy
        await closed(talk, server)
    gc.collect()


async def test_the_lane_believes_whom_the_client_believes(
    tmp_path: Path, scripted_tls: Any
) -> None:
    server, trust = scripted_tls
    for place, more in (
        (At(server.endpoint, authority=trust.authority), {}),
        (At(server.endpoint), {"ca_bundle": trust.authority}),
        (At(server.endpoint), {"verify_ssl": False}),
    ):
        async with opened(place, lane="express", **more) as store:
            await put(store, "first")
            await put(store, "second")
    agents = {log.connection for log in server.log}
    assert len(agents) == 6


@pytest.fixture
def scripted_tls(tmp_path: Path) -> Any:
    from servers.scripted import ScriptedServer

    trust = certificate(tmp_path)
    with ScriptedServer(tls=trust.server) as server:
        yield server, trust
