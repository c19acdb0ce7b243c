"""What a request looks like on the wire, and what it must not have."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from servers.faults import Delay, Rule
from servers.personality import Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.tls import certificate
from servers.world import Logged
from stores import (
    LANES,
    MIB,
    Place,
    meta,
    opened,
    put,
    put_in_parts,
    put_part,
    warmed,
)

from pt5_async.errors import ObjectExists
from pt5_async.s3.bucket import LONG_BODY
from pt5_async.settings import ChecksumChoice
from pt5_async.store import Store

BODY = b"what the instrument saw"
CHECKSUMS = [c for c in ChecksumChoice if c not in {"auto", "md5", "none"}]
CHUNKED = ("transfer-encoding", "content-encoding", "x-amz-trailer")
BODIES = {Op.PUT, Op.PART}


@dataclass(frozen=True, slots=True)
class Pier:
    """A server, and a place in it; over TLS or not."""

    server: ScriptedServer
    place: Place
    secure: bool
    lane: str

    def store(self, **more: Any) -> AbstractAsyncContextManager[Store]:
        """A store of its lane, there; `more` as `Settings` has it."""
        return warmed(self.server, self.lane, self.place, **more)

    def sent(self, op: Op) -> Logged:
        """The last request of that kind."""
        return [log for log in self.server.log if log.op is op][-1]


@pytest.fixture(params=LANES)
def lane(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["http", "https"])
async def pier(
    request: pytest.FixtureRequest, tmp_path: Path, lane: str
) -> AsyncIterator[Pier]:
    trust = certificate(tmp_path)
    secure = request.param == "https"
    with ScriptedServer(tls=trust.server if secure else None) as server:
        place = Place(server.endpoint, authority=trust.authority)
        yield Pier(server, place, secure, lane)


async def everything(store: Store) -> None:
    """Each request that there is, once at least."""
    await put(store, "dir/a b.adc", BODY)
    await put_in_parts(store, "dir/x.roi", [BODY])
    upload = await store.begin(meta("dir/y.roi"))
    await store.abort("dir/y.roi", upload.upload_id)
    assert [page async for page in store.list("dir/")]


def signed(headers: Mapping[str, str]) -> set[str]:
    """The names of the headers that the signature covers."""
    _, _, rest = headers["authorization"].partition("SignedHeaders=")
    return set(rest.partition(",")[0].split(";"))


async def test_a_body_is_signed_over_plain_http_alone(pier: Pier) -> None:
    async with pier.store() as store:
        await everything(store)

    for op in BODIES:
        found = pier.sent(op).headers["x-amz-content-sha256"]
        hashed = hashlib.sha256(BODY).hexdigest()
        assert found == ("UNSIGNED-PAYLOAD" if pier.secure else hashed)


@pytest.mark.parametrize("choice", ChecksumChoice)
async def test_a_body_goes_as_it_is_with_its_length(
    pier: Pier, choice: ChecksumChoice
) -> None:
    async with pier.store(checksum=choice) as store:
        await everything(store)

    for op in BODIES:
        headers = pier.sent(op).headers
        assert not set(CHUNKED) & set(headers)
        assert headers["content-length"] == str(len(BODY))


@pytest.mark.parametrize("choice", CHECKSUMS)
async def test_a_checksum_has_its_name_beside_it(
    scripted: ScriptedServer, lane: str, choice: ChecksumChoice
) -> None:
    async with warmed(scripted, lane, checksum=choice) as store:
        await everything(store)

    for log in scripted.log:
        if log.op in BODIES:
            name = log.headers["x-amz-sdk-checksum-algorithm"]
            assert name.lower() == choice
            assert f"x-amz-checksum-{choice}" in log.headers
            assert "content-md5" not in log.headers


@pytest.mark.parametrize("choice", [ChecksumChoice.MD5, ChecksumChoice.NONE])
async def test_without_a_checksum_there_is_no_name_of_one(
    scripted: ScriptedServer, lane: str, choice: ChecksumChoice
) -> None:
    async with warmed(scripted, lane, checksum=choice) as store:
        await everything(store)

    names = {name for log in scripted.log for name in log.headers}
    assert not {name for name in names if "checksum" in name}
    assert ("content-md5" in names) is (choice is ChecksumChoice.MD5)


async def test_a_content_type_is_signed_wherever_it_is_sent(
    pier: Pier,
) -> None:
    pier.server.personality = Personality(signs_content_type=True)

    async with pier.store() as store:
        await everything(store)

    headers = pier.sent(Op.PUT).headers
    assert headers["content-type"] == "text/plain"
    assert "content-type" in signed(headers)
    assert all(log.status < 300 for log in pier.server.log)


async def test_nothing_may_change_a_request_on_its_way(pier: Pier) -> None:
    async with pier.store() as store:
        await everything(store)

    headers = pier.sent(Op.PUT).headers
    ours = {name for name in headers if name.startswith("x-amz-")}
    assert ours <= signed(headers)
    assert "x-amz-meta-mtime" in ours


async def test_only_a_long_body_asks_before_it_is_sent(
    scripted: ScriptedServer, lane: str
) -> None:
    assert LONG_BODY == MIB
    short, long = bytes(MIB - 1), bytes(MIB)

    async with warmed(scripted, lane) as store:
        await put(store, "empty", b"")
        await put(store, "short", short)
        await put(store, "long", long)
        upload = await store.begin(meta("x.roi"))
        await put_part(store, "x.roi", upload, 1, long)
        await put_part(store, "x.roi", upload, 2, short)

    asked = {
        f"{log.key}{log.query.get('partNumber', '')}": log.headers["expect"]
        for log in scripted.log
        if "expect" in log.headers
    }
    assert asked == dict.fromkeys(("long", "x.roi1"), "100-continue")


async def test_there_are_never_more_connections_than_allowed(
    scripted: ScriptedServer, lane: str
) -> None:
    scripted.script(Rule(Delay(0.02)))
    place = Place(scripted.endpoint)

    async with opened(place, lane=lane, connections=3) as store:
        await put(store, "first")
        await asyncio.gather(
            *(put(store, f"{n}") for n in range(12)),
            *(store.begin(meta(f"{n}.roi")) for n in range(6)),
        )

    assert scripted.peak_connections == 3
    assert len(scripted.objects) == 13


async def test_the_client_and_the_lane_keep_to_the_limit_together(
    pier: Pier,
) -> None:
    pier.server.script(Rule(Delay(0.003)))

    async with opened(pier.place, lane=pier.lane, connections=6) as store:

        async def mixed(number: int) -> None:
            for turn in range(number, number + 4):
                key = f"{number}-{turn}"
                if turn % 4 == 0:
                    assert [page async for page in store.list("")]
                elif turn % 4 == 1:
                    await put_in_parts(store, key, [BODY])
                else:
                    await put(store, key, BODY)

        await put(store, "first")
        await asyncio.gather(*(mixed(n) for n in range(16)))

    assert pier.server.peak_connections <= 6
    assert len(pier.server.objects) == 1 + 16 * 3


async def test_a_connection_serves_one_request_after_the_other(
    scripted: ScriptedServer, lane: str
) -> None:
    async with opened(Place(scripted.endpoint), lane=lane) as store:
        for _ in range(3):
            await everything(store)

    assert scripted.connections == {"plain": 1, "express": 2}[lane]


async def test_when_a_store_is_closed_so_are_its_connections(
    scripted: ScriptedServer, lane: str
) -> None:
    async with opened(Place(scripted.endpoint), lane=lane) as store:
        await asyncio.gather(*(put(store, f"{n}") for n in range(5)))

    async with asyncio.timeout(5):
        while scripted._exchanges.connections.now:
            await asyncio.sleep(0.01)


async def test_parts_can_be_put_together_only_where_nothing_is(
    scripted: ScriptedServer,
) -> None:
    async with opened(Place(scripted.endpoint)) as store:
        await put(store, "there", b"first")
        upload = await store.begin(meta("there"))
        part = await put_part(store, "there", upload, 1, b"second")
        with pytest.raises(ObjectExists):
            await store.complete("there", upload, (part,), only_new=True)

        again = await store.begin(meta("new"))
        part = await put_part(store, "new", again, 1, b"second")
        await store.complete("new", again, (part,), only_new=True)

    bodies = {key: one.body for key, one in scripted.objects.items()}
    assert bodies == {"there": b"first", "new": b"second"}
