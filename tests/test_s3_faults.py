"""What goes wrong with a store, and by what name a run is told of it."""

import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiobotocore.config import AioConfig
from servers.endpoint import Endpoint
from servers.faults import Answer, Cut, Hang, Rule, Stage
from servers.personality import Denied, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.sigv4 import Identity
from servers.tls import certificate
from stores import (
    ON_SERVERS,
    Place,
    meta,
    opened,
    place_of,
    put,
    put_in_parts,
    session_of,
)

from pt5_async.errors import (
    AccessDenied,
    BucketMissing,
    CertificateRefused,
    ConnectionLost,
    CredentialsRefused,
    ObjectRefused,
    StoreBusy,
    StoreError,
    StoreUnreachable,
    UploadGone,
    WrongRegion,
)
from pt5_async.s3.client import connect
from pt5_async.s3.failures import translated
from pt5_async.settings import Credentials
from pt5_async.store import Store

KEY = "buoy/D20220522T000000_IFCB134.adc"
XHTML = b"<html><body>Please log in to the ship's network</body></html>"
HTML = b"<html><br><p>502 Bad Gateway</html>"

Ask = Callable[[Store], Awaitable[object]]


async def _put(store: Store) -> object:
    return await put(store, KEY)


async def _send_parts(store: Store) -> object:
    return await put_in_parts(store, KEY, [b"all of it"])


async def _list(store: Store) -> object:
    return [page async for page in store.list("buoy/")]


async def _abort(store: Store) -> object:
    upload = await store.begin(meta(KEY))
    return await store.abort(KEY, upload.upload_id)


ASKED: dict[Op, Ask] = {
    Op.PUT: _put,
    Op.CREATE: _send_parts,
    Op.PART: _send_parts,
    Op.COMPLETE: _send_parts,
    Op.LIST: _list,
    Op.ABORT: _abort,
}
"""What is asked of a store that leads to each of its operations."""


@pytest.fixture
async def store(scripted: ScriptedServer) -> AsyncIterator[Store]:
    async with opened(Place(scripted.endpoint)) as store:
        yield store


async def error_of(store: Store, ask: Ask = _put) -> StoreError:
    """The error that a request ends in; its sentence is fit to be read."""
    with pytest.raises(StoreError) as caught:
        await ask(store)
    said = str(caught.value)
    assert re.match(f"{re.escape(KEY)}(, part 1)?: |list s3://", said), said
    for secret in ("scripted/secret", "its token", "Signature="):
        assert secret not in said
    return caught.value


async def error_at(place: Place, secret: str | None = None) -> StoreError:
    """The error in which a first PUT to a place ends."""
    async with opened(place, secret=secret) as store:
        return await error_of(store)


def at(url: str) -> Place:
    """A place of which only the address matters."""
    endpoint = Endpoint("", url, "AKIA", "secret", "us-east-1", print)
    return Place(endpoint)


# Answers


@pytest.mark.parametrize("op", ASKED)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(503, "SlowDown", "Please reduce your request rate."),
        Answer(500, "InternalError"),
        Answer(502, body=HTML),
        Answer(503),
        Answer(429),
        Answer(429, "TooManyRequests"),
        Answer(409, "OperationAborted"),
    ],
    ids=lambda answer: f"{answer.status}{answer.code}",
)
async def test_a_store_that_is_busy_or_broken_may_be_asked_again(
    scripted: ScriptedServer, store: Store, op: Op, answer: Answer
) -> None:
    rule = scripted.script(Rule(answer, op))

    error = await error_of(store, ASKED[op])

    assert isinstance(error, StoreBusy)
    assert (error.transient, error.fatal) == (True, False)
    assert rule.hits == 1, "the client tried again by itself"


@pytest.mark.parametrize("op", [op for op in ASKED if op is not Op.ABORT])
@pytest.mark.parametrize("page", [HTML, XHTML], ids=["html", "xhtml"])
async def test_an_answer_that_is_not_the_stores_is_no_success(
    scripted: ScriptedServer, store: Store, op: Op, page: bytes
) -> None:
    scripted.script(Rule(Answer(200, body=page), op))

    assert isinstance(await error_of(store, ASKED[op]), StoreBusy)
    assert not scripted.objects


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InternalError", StoreBusy),
        ("SlowDown", StoreBusy),
        ("AccessDenied", AccessDenied),
        ("NoSuchUpload", UploadGone),
    ],
)
async def test_an_error_may_hide_in_a_good_status(
    scripted: ScriptedServer,
    store: Store,
    code: str,
    kind: type[StoreError],
) -> None:
    scripted.script(Rule(Answer(200, code), Op.COMPLETE))

    assert type(await error_of(store, _send_parts)) is kind


@pytest.mark.parametrize("op", [Op.PUT, Op.CREATE, Op.PART, Op.COMPLETE])
async def test_an_identity_may_lack_the_right_to_write(
    scripted: ScriptedServer, store: Store, op: Op
) -> None:
    scripted.personality = Personality(denied=(Denied(op, "buoy/"),))

    error = await error_of(store, ASKED[op])

    assert isinstance(error, AccessDenied)
    assert (error.transient, error.fatal) == (False, False)


@pytest.mark.parametrize("op", [Op.LIST, Op.ABORT])
async def test_an_identity_may_lack_other_rights(
    scripted: ScriptedServer, store: Store, op: Op
) -> None:
    scripted.personality = Personality(denied=(Denied(op),))

    assert isinstance(await error_of(store, ASKED[op]), AccessDenied)


async def test_an_upload_may_be_gone(
    scripted: ScriptedServer, store: Store
) -> None:
    scripted.script(Rule(Answer(404, "NoSuchUpload"), Op.PART))

    assert isinstance(await error_of(store, _send_parts), UploadGone)


async def test_an_object_may_be_refused_for_itself(
    scripted: ScriptedServer, store: Store
) -> None:
    scripted.script(Rule(Answer(400, "KeyTooLongError"), Op.PUT))

    error = await error_of(store)

    assert type(error) is ObjectRefused
    assert (error.transient, error.fatal) == (False, False)


# Identity, bucket, region, clock


@pytest.mark.parametrize("server", [s for s in ON_SERVERS if "moto" not in s])
async def test_a_wrong_secret_is_refused(
    server: str, request: pytest.FixtureRequest
) -> None:
    lane, name = server.split("-")
    async with (
        place_of(name, request) as place,
        opened(place, lane=lane, secret="hunter2") as store,
    ):
        error = await error_of(store)

    assert isinstance(error, CredentialsRefused)
    assert error.fatal
    assert "hunter2" not in str(error)
    assert "check the secret key" in str(error)


@pytest.mark.parametrize("server", ON_SERVERS)
async def test_a_bucket_that_is_not_there_is_missed(
    server: str, request: pytest.FixtureRequest
) -> None:
    lane, name = server.split("-")
    async with place_of(name, request) as place:
        nowhere = Place(place.endpoint, "no-such-bucket", place.authority)
        async with opened(nowhere, lane=lane) as store:
            errors = [
                await error_of(store, ask)
                for ask in (_put, _send_parts, _list)
            ]

    assert {type(error) for error in errors} == {BucketMissing}
    assert all(error.fatal for error in errors)


async def test_an_unknown_key_is_refused(scripted: ScriptedServer) -> None:
    keys = Credentials("AKIAUNKNOWN", "secret")
    settings = Place(scripted.endpoint).settings()
    async with connect(settings, session_of(keys)) as connection:
        error = await error_of(connection.store("bucket"))

    assert isinstance(error, CredentialsRefused)
    assert "check the access key" in str(error)


async def test_a_token_that_has_expired_is_refused() -> None:
    who = Identity("AKIAOLD", "secret", token="its token", expired=True)
    keys = Credentials(who.access_key, who.secret_key, who.token)
    with ScriptedServer(identities=(who,)) as server:
        settings = Place(server.endpoint).settings()
        async with connect(settings, session_of(keys)) as connection:
            error = await error_of(connection.store("bucket"))

    assert isinstance(error, CredentialsRefused)
    assert "get new credentials" in str(error)


@pytest.mark.parametrize("ahead", [3600.0, -3600.0])
async def test_a_wrong_clock_is_named(
    scripted: ScriptedServer, store: Store, ahead: float
) -> None:
    scripted.personality = Personality(clock_ahead=ahead)

    error = await error_of(store)

    assert isinstance(error, CredentialsRefused)
    assert "this machine's clock is wrong" in str(error)


@pytest.mark.parametrize("ask", [_put, _send_parts, _list])
async def test_another_region_is_named_and_not_gone_to(
    scripted: ScriptedServer, store: Store, ask: Ask
) -> None:
    with ScriptedServer(region="eu-north-1") as server:
        async with opened(
            Place(server.endpoint), region="us-east-1"
        ) as astray:
            signed_wrong = await error_of(astray, ask)
        assert len(server.log) == 1
    scripted.make_bucket("bucket", region="eu-north-1")
    redirected = await error_of(store, ask)

    assert len(scripted.log) == 1
    for error in (signed_wrong, redirected):
        assert isinstance(error, WrongRegion)
        assert error.fatal
        assert str(error).endswith("say --region eu-north-1")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_credentials_are_not_carried_to_another_host(
    scripted: ScriptedServer, store: Store, status: int
) -> None:
    with ScriptedServer() as other:
        there = {"Location": f"{other.url}/bucket/{KEY}"}
        scripted.script(Rule(Answer(status, headers=there), Op.PUT))

        error = await error_of(store)

        assert not other.log
    assert isinstance(error, WrongRegion)


# Connections


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
