"""The scripted server serves only those whose signature it can verify."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from servers.personality import Personality
from servers.raw import Reply, Wire
from servers.scripted import IDENTITY, ScriptedServer
from servers.sigv4 import Identity

BODY = b"bytes of a plankton's portrait"


def put(
    wire: Wire, key: str = "k", headers: dict[str, str] | None = None
) -> Reply:
    return wire.ask("PUT", f"/bucket/{quote(key)}", BODY, headers)


def test_a_signed_object_is_taken_and_given_back(wire: Wire) -> None:
    key = "D2026/a b+c&d=é~*'(x).adc"
    assert put(wire, key).status == 200
    assert wire.ask("GET", f"/bucket/{quote(key)}").body == BODY


def test_a_bucket_may_stand_in_the_host(
    scripted: ScriptedServer, wire: Wire
) -> None:
    port = scripted.url.rpartition(":")[2]
    wire.ask("PUT", "/k", BODY, host=f"bucket.localhost:{port}")
    assert scripted.objects["k"].body == BODY


def test_another_secret_does_not_match(wire: Wire) -> None:
    reply = wire.ask("PUT", "/bucket/k", BODY, secret="guessed")
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("signed", "sent"),
    [
        (b"PUT /bucket/k ", b"PUT /bucket/j "),
        (b"PUT /bucket/k ", b"PUT /bucket/k?x-id=PutObject "),
        (b"text/csv", b"text/cSv"),
        (b"X-Amz-Content-SHA256: ", b"X-Amz-Content-SHA256: 0"),
    ],
)
def test_a_request_that_was_altered_does_not_match(
    wire: Wire, signed: bytes, sent: bytes
) -> None:
    head = wire.head("PUT", "/bucket/k", BODY, {"content-type": "text/csv"})
    assert signed in head
    wire.send(head.replace(signed, sent) + BODY)
    assert wire.reply().code == "SignatureDoesNotMatch"


def test_an_unknown_key_is_named(wire: Wire) -> None:
    head = wire.head("PUT", "/bucket/k", BODY)
    wire.send(head.replace(b"AKIASCRIPTED", b"AKIANOBODY") + BODY)
    reply = wire.reply()
    assert (reply.status, reply.code) == (403, "InvalidAccessKeyId")
    assert reply.field("AWSAccessKeyId") == "AKIANOBODY"


def test_nobody_is_denied(wire: Wire) -> None:
    wire.send(b"GET /bucket/k HTTP/1.1\r\nHost: h\r\n\r\n")
    assert wire.reply().code == "AccessDenied"


@pytest.mark.parametrize(
    ("ahead", "code"),
    [(-890, ""), (890, ""), (-910, "TooSkewed"), (910, "TooSkewed")],
)
def test_clocks_may_differ_by_a_quarter_of_an_hour(
    scripted: ScriptedServer, wire: Wire, ahead: int, code: str
) -> None:
    scripted.personality = Personality(clock_ahead=ahead)
    assert put(wire).code == (f"RequestTime{code}" if code else "")


def test_an_amz_header_must_be_signed(wire: Wire) -> None:
    head = wire.head("PUT", "/bucket/k", BODY)
    added = head.replace(b"\r\n\r\n", b"\r\nx-amz-meta-late: 1\r\n\r\n")
    wire.send(added + BODY)
    reply = wire.reply()
    assert reply.code == "AccessDenied"
    assert reply.field("HeadersNotSigned") == "x-amz-meta-late"


def test_some_stores_want_the_content_type_signed(
    scripted: ScriptedServer, wire: Wire
) -> None:
    head = wire.head("PUT", "/bucket/k", BODY)
    late = head.replace(b"\r\n\r\n", b"\r\nContent-Type: a/b\r\n\r\n") + BODY
    wire.send(late)
    assert wire.reply().status == 200
    scripted.personality = Personality(signs_content_type=True)
    wire.send(late)
    assert wire.reply().field("HeadersNotSigned") == "content-type"


@pytest.mark.parametrize(
    ("expired", "token", "code"),
    [
        (False, "t1", ""),
        (False, "t2", "InvalidToken"),
        (False, None, "InvalidToken"),
        (True, "t1", "ExpiredToken"),
    ],
)
def test_a_session_is_known_by_its_token(
    expired: bool, token: str | None, code: str
) -> None:
    who = replace(IDENTITY, token="t1", expired=expired)
    headers = {"x-amz-security-token": token} if token else {}
    with (
        ScriptedServer(identities=(who,)) as server,
        Wire(server.endpoint) as wire,
    ):
        assert put(wire, headers=headers).code == code


def test_each_of_several_identities_may_sign() -> None:
    other = Identity("AKIAOTHER", "other")
    with ScriptedServer(identities=(other, IDENTITY)) as server:
        first = server.endpoint
        second = replace(
            first,
            access_key=IDENTITY.access_key,
            secret_key=IDENTITY.secret_key,
        )
        for endpoint in (first, second):
            with Wire(endpoint) as wire:
                assert put(wire).status == 200


def test_a_signature_names_the_region(wire: Wire) -> None:
    reply = wire.ask("HEAD", "/bucket", region="eu-west-1")
    assert reply.status == 400
    assert reply.headers["x-amz-bucket-region"] == "us-east-1"
    reply = wire.ask("PUT", "/bucket/k", BODY, region="eu-west-1")
    assert reply.code == "AuthorizationHeaderMalformed"
    assert reply.field("Region") == "us-east-1"


def test_a_bucket_elsewhere_is_a_redirect(
    scripted: ScriptedServer, wire: Wire
) -> None:
    scripted.make_bucket("far", region="eu-west-1")
    reply = wire.ask("PUT", "/far/k", BODY)
    assert (reply.status, reply.code) == (301, "PermanentRedirect")
    assert reply.headers["x-amz-bucket-region"] == "eu-west-1"
    assert not scripted.buckets["far"].objects
