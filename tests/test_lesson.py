"""What the express lane learns of the client's request, and what it cannot."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
import pytest
from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioRefreshableCredentials
from aiobotocore.session import AioSession
from botocore.serialize import create_serializer
from hypothesis import example, given, settings
from hypothesis import strategies as st
from servers.bytewise import Bytewise, Peer
from servers.personality import Personality
from servers.scripted import ScriptedServer
from servers.sigv4 import Identity as Somebody
from servers.world import Logged
from stores import Place, meta, opened, put, put_part, session_of

from pt5_async.errors import (
    CredentialsRefused,
    ObjectRefused,
    StoreError,
    UsageError,
)
from pt5_async.s3.client import connect
from pt5_async.s3.failures import translated
from pt5_async.s3.forms import Forms, Route
from pt5_async.s3.hearing import Overheard
from pt5_async.s3.lesson import (
    SomebodyElse,
    Template,
    Unlearnable,
    encoded,
    learn,
)
from pt5_async.s3.response import Answer
from pt5_async.s3.sigv4 import UNSIGNED, Identity, Signer
from pt5_async.settings import ChecksumChoice, Credentials, Lane
from pt5_async.store import Store

ME = Identity("AKIAME", "my secret")
STAMP = "20260101T000000Z"
CLOSED = "the express lane stays closed: "


def express(log: Logged) -> bool:
    """Whether it was not the client that sent this."""
    return "amz-sdk-invocation-id" not in log.headers


# ---- one request


def heard(
    at: str = "https://b.s3.example/k",
    *,
    scheme: str = "AWS4-HMAC-SHA256",
    more: Mapping[str, str] | None = None,
    **changes: Any,
) -> Overheard:
    """A request of the client's, well signed, and what is amiss with it."""
    payload = (more or {}).get("x-amz-content-sha256", UNSIGNED)
    headers = {
        "x-amz-content-sha256": payload,
        "x-amz-date": STAMP,
        "x-amz-meta-mtime": "1.5",
        **(more or {}),
    }
    path = at.partition("://")[2].partition("/")[2].partition("?")[0]
    host = at.partition("://")[2].partition("/")[0]
    signature = Signer("eu-north-1").authorization(
        ME,
        sorted({**headers, "host": host}.items()),
        method="PUT",
        path=f"/{path}",
        query=at.partition("?")[2],
        payload=payload,
        stamp=STAMP,
    )
    _, _, rest = signature.partition(" ")
    sent = {
        "authorization": f"{scheme} {rest}",
        "user-agent": "boto",
        **headers,
    }
    fields = {"Key": "k"}
    return replace(Overheard("put_object", fields, "PUT", at, sent), **changes)


def learnt(one: Overheard, me: Identity = ME, query: str = "") -> Template:
    return learn(one, me, {"x-amz-meta-mtime": "1.5"}, query)


def test_a_request_teaches_where_and_how_to_send() -> None:
    assert learnt(heard("http://h.example:9000/pre/b/k")) == Template(
        scheme="http",
        host="h.example:9000",
        name="h.example",
        port=9000,
        prefix="/pre/b/",
        agent="boto",
        region="eu-north-1",
        signs_body=False,
    )
    six = learnt(heard("https://[::1]/k"))
    assert (six.host, six.name, six.port) == ("[::1]", "::1", 443)
    assert learnt(heard(more={"x-amz-content-sha256": "a" * 64})).signs_body


@pytest.mark.parametrize("url", ["https://h:443/k", "http://h:80/k"])
def test_a_port_that_goes_without_saying_is_not_said(url: str) -> None:
    plain = url.replace(":443", "").replace(":80", "")
    assert learnt(heard(plain, url=url)).host == "h"


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (heard(headers=None), "did not show"),
        (heard(proxy="http://p"), "proxy"),
        (heard(more={"x-amz-trailer": "x"}), "x-amz-trailer"),
        (heard(more={"x-amz-meta-mtime": "2"}), "x-amz-meta-mtime"),
        (heard(more={"transfer-encoding": "chunked"}), "transfer-encoding"),
        (heard(more={"x-amz-content-sha256": "STREAMING-X"}), "STREAMING-X"),
        (heard(scheme="AWS4-ECDSA-P256-SHA256"), "AWS4-ECDSA-P256-SHA256"),
        (heard(scheme="AWS"), "another kind"),
        (heard(headers={"x-amz-content-sha256": UNSIGNED}), "mtime"),
        (heard("https://b.s3.example/k?x=1"), r"PUT \?x=1"),
        (heard(method="POST"), "POST"),
        (heard(url="https://b.s3.example/other"), "cannot be made again"),
        (heard("ftp://b.s3.example/k"), "URL"),
        (heard("https://b.s3.example/other/x"), "URL"),
    ],
)
def test_what_the_lane_could_not_have_sent_is_not_learnt(
    one: Overheard, why: str
) -> None:
    with pytest.raises(Unlearnable, match=why):
        learnt(one)


@pytest.mark.parametrize("service", ["s3express", "s3-outposts"])
def test_another_service_is_not_learnt(service: str) -> None:
    one = heard()
    assert one.headers
    sign = one.headers["authorization"].replace("/s3/", f"/{service}/")

    with pytest.raises(Unlearnable, match=service):
        learnt(replace(one, headers={**one.headers, "authorization": sign}))


def test_another_identity_is_known_as_such() -> None:
    with pytest.raises(SomebodyElse):
        learnt(heard(), Identity("AKIAOTHER", "my secret"))
    with pytest.raises(Unlearnable, match="cannot be made again"):
        learnt(heard(), Identity("AKIAME", "another secret"))


# ---- names


@cache
def model() -> Any:
    return botocore.session.get_session().get_service_model("s3")


@cache
def forms() -> Forms:
    client = type("Client", (), {})()
    client.meta = type("Meta", (), {"service_model": model()})()
    return Forms(client)


@cache
def serializer() -> Any:
    return create_serializer("rest-xml")


HOSTILE = [
    "a\r\nx-amz-acl: public-read\r\n\r\n",
    *("\r", "\n", "\0", "%", "%0d%0a", "+", "?x=1", "#f", " ", "\t", "\x7f"),
    *("\u2028", "\u0085", "\U0001f9a0", "../../x", "./.", "a//b", "/a", "a/"),
    *("...", "a.", "~", "\\", '"', "HTTP/1.1", ";", "&", "=", "@", ":"),
]


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
@example("".join(HOSTILE))
def test_a_key_is_written_as_botocore_writes_it(key: str) -> None:
    asked = serializer().serialize_to_request(
        {"Bucket": "b", "Key": key}, model().operation_model("PutObject")
    )

    assert asked["url_path"] == f"/b/{encoded(key)}"
    assert encoded(key).isascii()
    assert not set(encoded(key)) & set('\r\n\0 ?#+\\"<>')


@given(
    st.dictionaries(
        st.from_regex(r"x-amz-meta-[a-z0-9%$.-]{1,9}", fullmatch=True),
        st.text(st.characters(min_codepoint=32, max_codepoint=126)),
    ),
    st.sampled_from(["", "partNumber=1&uploadId=a%2Fb"]),
    st.sampled_from([None, "a token"]),
    st.booleans(),
)
def test_a_request_is_written_with_the_signature_of_what_is_in_it(
    headers: dict[str, str], query: str, token: str | None, asks: bool
) -> None:
    route = Route(learnt(heard()))
    me = Identity("AKIAME", "my secret", token)

    for _ in range(2):  # the second by what the first has left
        written = route.head(
            dict(headers), path="/k%20", query=query, payload=UNSIGNED,
            identity=me, stamp=STAMP, asks=asks,
        )  # fmt: skip
    first, *lines = written.decode("ascii").split("\r\n")[:-2]
    sent = dict(line.split(": ", 1) for line in lines)

    assert first == f"PUT /k%20{'?' if query else ''}{query} HTTP/1.1"
    assert ("expect" in sent) is asks
    signature = sent.pop("authorization")
    for name in ("user-agent", "expect"):
        sent.pop(name, None)
    assert headers.items() <= sent.items()
    assert sent.get("x-amz-security-token") == token
    assert signature == Signer(route.template.region).authorization(
        me, sorted(sent.items()), method="PUT", path="/k%20", query=query,
        payload=UNSIGNED, stamp=STAMP,
    )  # fmt: skip


def test_a_value_that_would_end_its_line_is_refused() -> None:
    route = Route(learnt(heard()))
    for value in ("a\nb", "a\rb", "a\0b", "a\r\nx: y", "caf\u00e9", "\x7f"):
        with pytest.raises(ObjectRefused):
            route.head(
                {"x-amz-meta-x": value},
                path="/k",
                query="",
                payload=UNSIGNED,
                identity=ME,
                stamp=STAMP,
                asks=False,
            )


@dataclass(slots=True)
class Open:
    """A store of the express lane that has learnt all there is."""

    store: Store
    server: ScriptedServer
    told: list[str] = field(default_factory=list)

    @property
    def last(self) -> Logged:
        return max(self.server.log, key=lambda log: log.seq)


@asynccontextmanager
async def at_work(
    server: ScriptedServer,
    session: AioSession | None = None,
    *,
    bucket: str = "bucket",
    lane: Lane = Lane.AUTO,
    **more: Any,
) -> AsyncIterator[Open]:
    place = Place(server.endpoint)
    told: list[str] = []
    settings = place.settings(lane=lane, **more)
    async with connect(settings, session or place.session()) as connection:
        store = connection.store(bucket, told=told.append)
        yield Open(store, server, told)


async def test_hostile_names_arrive_as_they_are(
    scripted: ScriptedServer,
) -> None:
    async with opened(Place(scripted.endpoint), lane="express") as store:
        await put(store, "first")
        for key in HOSTILE:
            await put(store, key, key.encode())
        upload = await store.begin(meta("x\r\ny: z"))
        for number in (1, 2):
            await put_part(store, "x\r\ny: z", upload, number, b"part")

    assert set(scripted.objects) == {"first", *HOSTILE}
    for key in HOSTILE:
        assert scripted.objects[key].body == key.encode()
    assert sum(map(express, scripted.log)) == len(HOSTILE) + 1
    assert not any("x-amz-acl" in log.headers for log in scripted.log)


# ---- what keeps a run on the plain lane


def adds_a_header(session: AioSession, event: str) -> None:
    def add(request: Any, **_: Any) -> None:
        request.headers["x-of-mine"] = "1"

    session.register(event, add)


def configures(session: AioSession, **config: Any) -> None:
    session.set_default_client_config(AioConfig(**config))


CONFINED: list[tuple[Callable[[AioSession], None], dict[str, Any], str]] = [
    (lambda s: adds_a_header(s, "before-sign.s3"), {}, "x-of-mine"),
    (lambda s: adds_a_header(s, "before-send"), {}, "x-of-mine"),
    (lambda _: None, {"connections": 1}, "a connection beside"),
]


@pytest.mark.parametrize(("change", "more", "why"), CONFINED)
async def test_what_it_does_not_know_keeps_a_run_with_the_client(
    scripted: ScriptedServer,
    change: Callable[[AioSession], None],
    more: dict[str, Any],
    why: str,
) -> None:
    session = Place(scripted.endpoint).session()
    change(session)
    async with at_work(scripted, session, **more) as work:
        for key in ("a", "b", "c"):
            await put(work.store, key)
        upload = await work.store.begin(meta("d"))
        await put_part(work.store, "d", upload, 1, b"part")
        [told] = work.told

    assert told.startswith(CLOSED)
    assert why in told
    assert set(scripted.objects) == {"a", "b", "c"}
    assert not any(map(express, scripted.log))
    with pytest.raises(UsageError, match=why):
        async with at_work(
            scripted, session, lane=Lane.EXPRESS, **more
        ) as work:
            await put(work.store, "a")


@pytest.mark.parametrize(
    "bucket",
    ["arn:aws:s3:us-east-1:123456789012:accesspoint/a", "b--use1-az4--x-s3"],
)
async def test_a_bucket_of_another_kind_keeps_a_run_with_the_client(
    scripted: ScriptedServer, bucket: str
) -> None:
    async with at_work(scripted, bucket=bucket) as work:
        assert work.told == [f"{CLOSED}{bucket} is no common bucket"]
    with pytest.raises(UsageError, match="--lane express cannot be had"):
        async with at_work(scripted, bucket=bucket, lane=Lane.EXPRESS):
            pass


async def test_a_client_certificate_keeps_a_run_with_the_client(
    scripted: ScriptedServer,
) -> None:
    session = Place(scripted.endpoint).session()
    configures(session, client_cert="client.pem")

    async with at_work(scripted, session) as work:
        assert work.told == [f"{CLOSED}a client certificate is in use"]


@pytest.mark.parametrize("how", ["environment", "config"])
async def test_a_proxy_keeps_a_run_with_the_client(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def takes_all(peer: Peer) -> None:
        while True:
            await peer.answer(
                b'HTTP/1.1 200 OK\r\nETag: "e"\r\nContent-Length: 0\r\n\r\n'
            )

    async with Bytewise(takes_all) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        session = session_of(Credentials("AKIA", "secret"))
        if how == "environment":
            monkeypatch.setenv("HTTP_PROXY", url)
        else:
            configures(session, proxies={"http": url})
        told: list[str] = []
        place = Place(replace(_NOWHERE, url="http://store.invalid"))
        rules = place.settings(checksum=ChecksumChoice.NONE)
        async with connect(rules, session) as connection:
            store = connection.store("bucket", told=told.append)
            for key in ("a", "b"):
                await put(store, key)
        asked = [head for peer in proxy.peers for head in peer.asked]
        assert told == [f"{CLOSED}a proxy is in force"]
        assert [head.split()[1] for head in asked] == [
            b"http://store.invalid/bucket/a",
            b"http://store.invalid/bucket/b",
        ]


_NOWHERE = ScriptedServer().endpoint


# ---- as whom


async def test_both_lanes_are_one_identity_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASOMEBODYELSE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "somebody else's secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "somebody else's token")
    who = Somebody("AKIATEMPORARY", "its secret", token="its token")
    keys = Credentials(who.access_key, who.secret_key, who.token)
    with ScriptedServer(identities=(who,)) as server:
        async with at_work(server, session_of(keys)) as work:
            for key in ("a", "b", "c"):
                await put(work.store, key)
            assert [express(log) for log in server.log] == [0, 1, 1]
            assert work.told == []
        for log in server.log:
            authorization = log.headers["authorization"]
            assert "Credential=AKIATEMPORARY/" in authorization
            assert "x-amz-security-token" in authorization
            assert log.headers["x-amz-security-token"] == "its token"


async def test_credentials_are_asked_for_each_time() -> None:
    who = [Somebody(f"AKIA{n}", f"secret{n}", token=f"t{n}") for n in range(9)]
    times = iter(who)

    async def renewed() -> dict[str, str]:
        one = next(times)
        soon = datetime.now(UTC) + timedelta(seconds=60)
        return {
            "access_key": one.access_key,
            "secret_key": one.secret_key,
            "token": one.token or "",
            "expiry_time": soon.isoformat(),
        }

    session = session_of(None)
    session._credentials = AioRefreshableCredentials.create_from_metadata(
        await renewed(), renewed, "test"
    )
    with ScriptedServer(identities=tuple(who)) as server:
        async with at_work(server, session) as work:
            session._credentials._expiry_time += timedelta(hours=1)
            await put(work.store, "a")
            for _ in range(2):
                await put(work.store, "b")
            session._credentials._expiry_time = datetime.now(UTC)
            await put(work.store, "c")
        names = [
            log.headers["authorization"].partition("/")[0][-5:]
            for log in server.log
        ]
    assert [express(log) for log in server.log] == [0, 1, 1, 1]
    assert names == ["AKIA0", "AKIA0", "AKIA0", "AKIA1"]
    assert work.told == []


async def test_a_renewal_between_two_looks_is_no_reason_to_close(
    scripted: ScriptedServer,
) -> None:
    looks = iter(["AKIAOLD", "AKIASCRIPTED"])

    async with at_work(scripted) as work:
        lane: Any = work.store._bucket._lane  # type: ignore[attr-defined]
        identify = lane._identify

        class Stale:
            known = None

            async def ask(self) -> Identity:
                now = await identify.ask()
                return replace(now, access_key=next(looks, now.access_key))

        lane._identify = Stale()
        for key in ("a", "b", "c"):
            await put(work.store, key)

    assert [express(log) for log in scripted.log] == [0, 0, 1]
    assert work.told == []


async def test_a_clock_that_goes_wrong_is_set_once(
    scripted: ScriptedServer,
) -> None:
    async with at_work(scripted) as work:
        await put(work.store, "a")
        scripted.personality = Personality(clock_ahead=3600.0)
        for key in ("b", "c"):
            await put(work.store, key)
        assert [log.status for log in scripted.log] == [200, 403, 200, 200]
        lane: Any = work.store._bucket._lane  # type: ignore[attr-defined]
        lane._adjusted = lambda _: True
        scripted.personality = Personality(clock_ahead=-7200.0)
        with pytest.raises(CredentialsRefused, match="clock is wrong"):
            await put(work.store, "d")
        assert len(scripted.log) == 6


async def test_a_store_that_will_not_be_asked_is_sent_unasked(
    scripted: ScriptedServer,
) -> None:
    asked: list[bool] = []
    body = bytes(1 << 20)

    async def proud(peer: Peer) -> None:
        while True:
            head = await peer.head()
            asked.append(b"expect" in head.lower())
            if asked[-1]:
                await peer.say(b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
                return
            size = int(
                head.lower().partition(b"content-length: ")[2].split()[0]
            )
            await peer.reader.readexactly(size)
            await peer.say(
                b'HTTP/1.1 201 Made\r\nETag: "e"\r\nContent-Length: 0\r\n\r\n'
            )

    async with Bytewise(proud) as server:
        place = Place(replace(_NOWHERE, url=f"http://127.0.0.1:{server.port}"))
        async with opened(
            place, lane="express", checksum=ChecksumChoice.NONE
        ) as store:
            await put(store, "short")
            await put(store, "long", body)
            await put(store, "longer", body)
    assert asked == [False, True, False, False]


def test_forms_know_every_header_of_the_operations() -> None:
    headers, query = forms().serialized(
        "upload_part",
        {"UploadId": "a/b+c==", "PartNumber": 7, "RequestPayer": "requester"},
    )

    assert query == "partNumber=7&uploadId=a%2Fb%2Bc%3D%3D"
    assert headers == {"x-amz-request-payer": "requester"}


WORDS = st.sampled_from(
    [
        *(b"<Error>", b"</Error>", b"<Code>", b"</Code>", b"SlowDown", b"<a>"),
        *(b"<Message>", b"</Message>", b"</a>", b"<Code/>", b"<Code a='1'>"),
        *(b"<?xml version='1.0'?>", b"<RequestId>", b"</RequestId>", b"&lt;"),
    ]
)
NAMES = ["location", "date", "x-amz-request-id", "x-amz-bucket-region"]


@settings(max_examples=150, deadline=None)
@given(
    st.integers(300, 999),
    st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20)),
    st.lists(WORDS | st.binary(max_size=5), max_size=12).map(b"".join),
)
@example(400, {}, b"<a>" * 100_000)
@example(503, {"location": "http://[/"}, b"<Error/>")
def test_any_answer_is_an_error_of_ours(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(StoreError), translated("k"):
        raise forms().error("put_object", Answer(status, headers, body))
