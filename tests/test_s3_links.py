"""Connections that cannot be made, that break, or lead elsewhere."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiobotocore.config import AioConfig
from asking import ASKED, HTML, KEY, at, error_at, error_of
from servers.endpoint import Endpoint
from servers.faults import Answer, Cut, Hang, Rule, Stage
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.tls import certificate
from stores import LANES, Place, opened, put, warmed

from pt5_async.errors import (
    CertificateRefused,
    ConnectionLost,
    StoreBusy,
    StoreUnreachable,
)
from pt5_async.s3.failures import translated
from pt5_async.store import Store


@pytest.fixture(params=LANES)
async def store(
    request: pytest.FixtureRequest, scripted: ScriptedServer
) -> AsyncIterator[Store]:
    async with warmed(scripted, request.param) as store:
        yield store


@pytest.mark.parametrize("clean", [False, True], ids=["reset", "end"])
@pytest.mark.parametrize("stage", Stage)
async def test_a_connection_that_breaks_is_lost_not_the_object(
    scripted: ScriptedServer, store: Store, stage: Stage, *, clean: bool
) -> None:
    await put(store, "first")
    scripted.script(Rule(Cut(stage, clean), Op.PUT))

    error = await error_of(store)
    scripted.clear()
    await put(store, KEY)

    assert isinstance(error, ConnectionLost)
    assert (error.transient, error.fatal) == (True, False)
    assert scripted.objects[KEY].size


async def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    error = await error_at(at(f"http://127.0.0.1:{port}"))

    assert isinstance(error, StoreUnreachable)
    assert error.transient
    assert f"no answer from http://127.0.0.1:{port} (" in str(error)


async def test_nobody_has_that_name() -> None:
    error = await error_at(at("http://x.invalid"))

    assert isinstance(error, StoreUnreachable)
    assert "http://x.invalid" in str(error)


async def test_a_proxy_that_is_away_is_named_without_its_password(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://me:hunter2@127.0.0.1:1")

    error = await error_at(Place(scripted.endpoint))

    assert isinstance(error, StoreUnreachable)
    assert "the proxy" in str(error)
    assert "hunter2" not in str(error)


async def test_a_certificate_must_be_trusted_and_of_that_host(
    tmp_path: Path,
) -> None:
    trust = certificate(tmp_path)
    with ScriptedServer(tls=trust.server) as server:
        stranger = await error_at(Place(server.endpoint))
        url = server.url.replace("127.0.0.1", "localhost")
        async with opened(
            Place(server.endpoint, authority=trust.authority), endpoint_url=url
        ) as store:
            other_host = await error_of(store)

    for error in (stranger, other_host):
        assert isinstance(error, CertificateRefused)
        assert error.fatal
        assert "certificate verify failed" in str(error)


async def test_plain_http_to_a_tls_port_is_a_broken_connection(
    tmp_path: Path,
) -> None:
    with ScriptedServer(tls=certificate(tmp_path).server) as server:
        url = server.url.replace("https:", "http:")

        assert isinstance(await error_at(at(url)), ConnectionLost)


async def test_tls_to_a_plain_port_is_a_broken_connection(
    rclone_server: Endpoint,
) -> None:
    url = rclone_server.url.replace("http:", "https:")

    assert isinstance(await error_at(at(url)), ConnectionLost)


@pytest.mark.parametrize("stage", [Stage.RECEIVED, Stage.ANSWER])
async def test_an_answer_that_does_not_come_ends_the_connection(
    stage: Stage,
) -> None:
    with ScriptedServer() as server:
        server.script(Rule(Hang(stage), Op.LIST))
        place = Place(server.endpoint)
        async with place.session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=server.url,
            config=AioConfig(
                read_timeout=0.2, retries={"total_max_attempts": 1}
            ),
        ) as client:
            with pytest.raises(ConnectionLost), translated("list"):
                await client.list_objects_v2(Bucket="bucket")


@pytest.mark.parametrize(
    ("op", "status"),
    [
        *((op, 307) for op in ASKED),
        *((Op.PUT, status) for status in (301, 302, 303, 308)),
    ],
)
async def test_nothing_is_carried_to_another_host(
    scripted: ScriptedServer, store: Store, op: Op, status: int
) -> None:
    with ScriptedServer() as portal:
        there = {"Location": f"{portal.url}/login"}
        scripted.script(Rule(Answer(status, body=HTML, headers=there), op))

        error = await error_of(store, ASKED[op])

        assert portal.connections == 0
        assert str(error).endswith(f"sent on to {portal.url[7:]}")
    assert isinstance(error, StoreBusy)
    assert (error.transient, error.fatal) == (True, False)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "//169.254.170.2/v2/credentials",
        "file:///etc/passwd",
        "http://user:hunter2@169.254.169.254/" + 5000 * "x",
    ],
)
@pytest.mark.parametrize("op", ASKED)
async def test_nobody_is_sent_to_the_machines_own_secrets(
    scripted: ScriptedServer, store: Store, op: Op, url: str
) -> None:
    answer = Answer(307, headers={"Location": url})
    scripted.script(Rule(answer, op))

    # `only_loopback` of conftest fails for a connection elsewhere.
    error = await error_of(store, ASKED[op])

    assert isinstance(error, StoreBusy)
    assert "hunter2" not in str(error)
    assert len(str(error)) < 400


async def test_a_region_that_is_none_gets_into_no_advice(
    scripted: ScriptedServer, store: Store
) -> None:
    there = {"x-amz-bucket-region": "eu-1; curl x | sh"}
    scripted.script(Rule(Answer(301, headers=there), Op.PUT))

    error = await error_of(store)

    assert isinstance(error, StoreBusy)
    assert "curl" not in str(error)


async def test_a_store_that_swallows_connections_is_not_met_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = aiohttp.ClientTimeout(sock_connect=0.4)
    monkeypatch.setattr("pt5_async.s3.straight.FIRST", first)
    # A full backlog leaves who connects without an answer.
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),
    ):
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        endpoint = Endpoint(
            "nobody", url, "key", "secret", "us-east-1", lambda _: None
        )
        begun = time.monotonic()
        async with opened(Place(endpoint), lane="express") as store:
            found = await asyncio.gather(
                *(put(store, f"{n}") for n in range(12)),
                return_exceptions=True,
            )
        assert {type(one) for one in found} == {StoreUnreachable}
        # The first alone, then all the others together.
        assert time.monotonic() - begun < 3
