"""A body is shared, not copied, and given up only when it stands still."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from servers.faults import Hang, Rule, Stage
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.tls import certificate
from stores import MIB, Place, meta, opened, put

from pt5_async.checksum import Algorithm, digests
from pt5_async.errors import ConnectionLost
from pt5_async.s3 import body
from pt5_async.s3.body import Body, watched
from pt5_async.s3.bucket import Bucket
from pt5_async.s3.client import connect
from pt5_async.s3.newness import Newness
from pt5_async.s3.plain import PlainStore
from pt5_async.s3.proving import Proving

STALL = 0.3
"""Seconds without a byte after which these tests give a body up."""

LONG_STALL = 3 * STALL
"""The same where a server has its share of a busy machine."""

MORE_THAN_FITS = 64 * MIB
"""Half of it, in bytes, is more than the system keeps on its way."""


@asynccontextmanager
async def impatient(
    server: ScriptedServer, **settings: int
) -> AsyncIterator[PlainStore]:
    """A store that does not wait long for a body to move."""
    place = Place(server.endpoint)
    async with connect(
        place.settings(**settings), place.session()
    ) as connection:
        # What a client loads for its first request takes its time.
        await put(connection.store(place.bucket), "first")
        bucket = Bucket(
            connection.client,
            place.bucket,
            slots=connection.slots,
            stall=LONG_STALL,
        )
        unproven = Proving(
            auto=False, algorithm=None, settled=True, found=print
        )
        yield PlainStore(
            bucket,
            endpoint="",
            proving=unproven,
            newness=Newness(None, print),
        )


async def moved(body: Body, *, bytes_at_once: int, pause: float) -> str:
    """A client that takes the body piece by piece."""
    while body.read(bytes_at_once):
        await asyncio.sleep(pause)
    return "answer"


async def test_a_body_that_moves_slowly_is_not_given_up() -> None:
    body = Body(bytes(40))

    sent = moved(body, bytes_at_once=1, pause=STALL / 15)

    assert await watched(sent, body, what="k", seconds=STALL) == "answer"


async def test_a_body_that_stands_still_is_given_up() -> None:
    body = Body(bytes(20))

    stuck = moved(body, bytes_at_once=10, pause=60)
    with pytest.raises(ConnectionLost, match=r"^x/y\.roi: no byte moved"):
        await asyncio.wait_for(
            watched(stuck, body, what="x/y.roi", seconds=STALL), 5
        )


async def test_an_answer_may_take_longer_than_a_body_may_stand_still() -> None:
    body = Body(b"all of it")

    thinking = moved(body, bytes_at_once=100, pause=2 * STALL)

    assert await watched(thinking, body, what="k", seconds=STALL) == "answer"


async def test_a_body_that_is_begun_again_is_watched_again() -> None:
    body = Body(b"all of it")

    async def repeated() -> None:
        body.read()
        await asyncio.sleep(2 * STALL)
        body.seek(0)
        await asyncio.sleep(60)

    with pytest.raises(ConnectionLost):
        await asyncio.wait_for(
            watched(repeated(), body, what="k", seconds=STALL), 5
        )


async def test_a_request_may_take_its_time_to_be_given_up() -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: told.append(context)
    )

    async def tidying_up() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(STALL)

    with pytest.raises(ConnectionLost):
        await watched(tidying_up(), Body(b"x"), what="k", seconds=STALL)

    assert told == []


async def test_a_body_of_nothing_never_stands_still() -> None:
    async def thinking() -> str:
        await asyncio.sleep(2 * STALL)
        return "answer"

    nothing = Body(b"")

    assert await watched(thinking(), nothing, what="k", seconds=STALL)


async def test_what_a_request_raises_is_not_taken_for_a_stall() -> None:
    async def failing() -> None:
        raise ConnectionLost("reset")

    with pytest.raises(ConnectionLost, match=r"^reset$"):
        await watched(failing(), Body(b"x"), what="k", seconds=STALL)


def test_a_body_is_read_and_measured_without_a_copy() -> None:
    data = bytes(4 * MIB)
    tracemalloc.start()
    try:
        body = Body(data)
        view = body.getbuffer()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < MIB
    assert (len(view), body.size) == (4 * MIB, 4 * MIB)
    assert body.read(3) == b"\0\0\0"


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
async def test_sixteen_mebibytes_are_sent_without_a_copy(
    tmp_path: Path, *, secure: bool
) -> None:
    trust = certificate(tmp_path)
    data = bytes(16 * MIB)
    proofs = digests({Algorithm.CRC64NVME, Algorithm.MD5}, data)
    with ScriptedServer(
        tls=trust.server if secure else None, keep=MIB
    ) as server:
        place = Place(server.endpoint, authority=trust.authority)
        async with opened(place) as store:
            await put(store, "first")  # what is loaded once, is loaded now
            tracemalloc.start()
            try:
                await store.put(meta("k"), data, proofs)
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()

    # The server takes its share: it is in this very process.
    assert peak < 0.3 * len(data), f"{peak / MIB:.1f} MiB"


@pytest.mark.parametrize("stage", [Stage.HEAD, Stage.BODY])
async def test_a_store_that_takes_no_more_is_given_up(stage: Stage) -> None:
    with ScriptedServer() as server:
        server.script(Rule(Hang(stage), Op.PUT, key="x/*"))
        async with impatient(server) as store:
            with pytest.raises(
                ConnectionLost, match=r"^x/y\.roi: no byte moved"
            ):
                await asyncio.wait_for(
                    put(store, "x/y.roi", bytes(MORE_THAN_FITS)), 30
                )
    # The system hears that the server is gone and lets the connection go.
    await asyncio.sleep(STALL)


async def test_a_body_that_waits_for_a_connection_does_not_stand_still(
    scripted: ScriptedServer,
) -> None:
    async with impatient(scripted, connections=1) as store:
        gate = scripted.gate(Op.PUT, "slow", at=Stage.DONE)
        slow = asyncio.create_task(put(store, "slow"))
        await gate.wait()
        waiting = asyncio.create_task(put(store, "waiting"))
        await asyncio.sleep(2 * LONG_STALL)
        gate.release()

        await asyncio.gather(slow, waiting)

    assert scripted.connections == 1
    assert set(scripted.objects) == {"first", "slow", "waiting"}


async def test_an_answer_that_never_comes_to_its_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body, "ANSWER_SECONDS", STALL)
    sent = Body(b"1234")
    sent.read()

    with pytest.raises(ConnectionLost, match="k: an answer that does not end"):
        await watched(asyncio.sleep(60), sent, what="k", seconds=STALL)
