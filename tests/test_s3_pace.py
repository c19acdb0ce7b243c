"""Bodies leave no faster than was asked, and are not thought to stall."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from servers.scripted import ScriptedServer
from servers.tls import certificate
from servers.world import Logged
from stores import LANES, MIB, Place, put, warmed

from pt5_async.errors import ConnectionLost
from pt5_async.rate import SLACK, Rate
from pt5_async.s3.body import Body, watched
from pt5_async.s3.pace import Pace, PacedPayload

FAST = 2 * MIB


def seconds(log: Sequence[Logged]) -> float:
    """From the first request's beginning to the last one's end."""
    return max(one.ended for one in log) - min(one.began for one in log)


def least(size: int, speed: float) -> float:
    """Seconds that so many bytes take at least."""
    return size / speed - SLACK


@pytest.fixture(params=LANES)
def lane(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(("count", "size"), [(1, 3 * MIB), (100, 32 * 1024)])
async def test_one_large_body_and_many_small_ones_keep_to_the_rate(
    scripted: ScriptedServer, lane: str, count: int, size: int
) -> None:
    bodies = {f"k{n}": bytes([n]) * size for n in range(count)}
    async with warmed(scripted, lane, limit_rate=FAST) as store:
        await asyncio.gather(*(put(store, k, b) for k, b in bodies.items()))

    # The first piece's wait is before its request is seen at all.
    assert seconds(scripted.log) + 0.05 > least(count * size, FAST)
    assert {k: o.body for k, o in scripted.objects.items()} == bodies


async def test_a_paced_body_is_sent_as_any_other(
    scripted: ScriptedServer, lane: str
) -> None:
    async with warmed(scripted, lane, limit_rate=FAST) as store:
        await put(store, "empty", b"")
        await put(store, "small", bytes(100_000))
        await put(store, "asking", bytes(MIB))

    sizes = [one.headers["content-length"] for one in scripted.log]
    assert sizes == ["0", "100000", str(MIB)]
    assert scripted.log[-1].headers["expect"] == "100-continue"
    for one in scripted.log:
        assert "transfer-encoding" not in one.headers
        assert "content-encoding" not in one.headers


async def test_a_body_over_tls_keeps_to_the_rate(
    tmp_path_factory, lane: str
) -> None:
    trust = certificate(tmp_path_factory.mktemp("tls"))
    with ScriptedServer(tls=trust.server) as secure:
        place = Place(secure.endpoint, authority=trust.authority)
        async with warmed(secure, lane, place, limit_rate=FAST) as store:
            await put(store, "large", bytes(2 * MIB))

        assert seconds(secure.log) + 0.05 > least(2 * MIB, FAST)


class Unmoved:
    """A clock at which nobody's turn ever comes nearer."""

    def __call__(self) -> float:
        return 0.0


async def test_who_waits_for_a_turn_does_not_stall() -> None:
    rate = Rate(1000, clock=Unmoved())
    rate.book(900)
    body = Body(bytes(100), pace=Pace(rate, senders=1))

    async def client() -> bytes:
        return await body.next_piece()

    sent = await watched(client(), body, what="k", seconds=0.1)

    assert sent == bytes(100)


async def test_who_had_a_turn_and_does_not_move_stalls_as_ever() -> None:
    body = Body(bytes(300), pace=Pace(Rate(1e6), senders=1))

    async def client() -> None:
        await body.next_piece()
        body.seek(1)
        await asyncio.sleep(60)

    with pytest.raises(ConnectionLost, match="no byte moved"):
        await asyncio.wait_for(
            watched(client(), body, what="k", seconds=0.2), 5
        )
    assert not body.held


async def test_a_cancelled_wait_holds_nothing() -> None:
    rate = Rate(1000, clock=Unmoved())
    body = Body(bytes(100_000), pace=Pace(rate, senders=1))
    rate.book(100_000)
    waiting = asyncio.create_task(body.next_piece())
    await asyncio.sleep(0)
    assert body.held
    waiting.cancel()
    await asyncio.wait({waiting})

    assert not body.held
    assert body.tell() == 0


class Written:
    """A socket's writer that keeps what it is given."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    async def write(self, piece: bytes) -> None:
        self.pieces.append(piece)


async def test_every_way_to_write_a_payload_is_paced_and_may_be_repeated() -> (
    None
):
    body = Body(bytes(range(200)) * 10, pace=Pace(Rate(1e5), senders=1000))
    payload: Any = PacedPayload(body)
    first, second = Written(), Written()
    await payload.write(first)
    await payload.write_with_length(second, body.size)

    assert [len(piece) for piece in first.pieces] == [500] * 4
    assert first.pieces == second.pieces
    assert b"".join(first.pieces) == bytes(range(200)) * 10
    assert payload.size == 2000
