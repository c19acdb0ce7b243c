"""The scripted server reads HTTP/1.1 byte for byte, however it comes."""

import hashlib
import time
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers.raw import Wire
from servers.scripted import ScriptedServer

BODY = b"\r\n\r\nGET / HTTP/1.1\r\n\r\n\0binary"


def test_a_connection_serves_many_requests(
    scripted: ScriptedServer, wire: Wire
) -> None:
    for number in range(20):
        body = BODY * number
        assert wire.ask("PUT", f"/bucket/{number}", body).status == 200
        assert scripted.objects[str(number)].body == body
    assert scripted.connections == 1


def test_requests_sent_ahead_are_answered_in_order(
    scripted: ScriptedServer, wire: Wire
) -> None:
    keys = [f"k{number}" for number in range(10)]
    wire.send(
        b"".join(
            wire.head("PUT", f"/bucket/{key}", key.encode()) + key.encode()
            for key in keys
        )
    )
    assert [wire.reply().status for _ in keys] == [200] * 10
    assert [seen.key for seen in scripted.visible] == keys


def test_a_refused_body_is_not_taken_for_the_next_request(wire: Wire) -> None:
    for _ in range(3):
        assert wire.ask("PUT", "/nobucket/k", BODY).code == "NoSuchBucket"
        wrong = {"x-amz-checksum-crc32": "AAAAAA=="}
        assert wire.ask("PUT", "/bucket/k", BODY, wrong).code == "BadDigest"
        assert wire.ask("PUT", "/bucket/k", BODY).status == 200


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cuts=st.lists(st.integers(0, 600), max_size=8), body=st.binary())
def test_it_does_not_matter_how_the_bytes_are_cut(
    scripted: ScriptedServer, wire: Wire, cuts: list[int], body: bytes
) -> None:
    raw = wire.head("PUT", "/bucket/k", body) + body
    edges = sorted({0, len(raw), *(cut for cut in cuts if cut < len(raw))})
    for begin, end in pairwise(edges):
        wire.send(raw[begin:end])
        time.sleep(0.0005)
    assert wire.reply().status == 200
    assert scripted.objects["k"].body == body


def test_a_body_may_come_in_chunks_where_s3_takes_that(wire: Wire) -> None:
    upload = wire.ask("POST", "/bucket/k?uploads=").field("UploadId")
    target = f"/bucket/k?partNumber=1&uploadId={upload}"
    etag = wire.ask("PUT", target, BODY).headers["etag"]
    part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    xml = f"<C>{part}</C>".encode()
    headers = {"transfer-encoding": "chunked"}
    head = wire.head("POST", f"/bucket/k?uploadId={upload}", xml, headers)
    first, second = xml[:7], xml[7:]
    wire.send(head + b"7;ext=1\r\n" + first + b"\r\n")
    wire.send(b"%X\r\n%s\r\n0\r\nTrailer: x\r\n\r\n" % (len(second), second))
    assert wire.reply().status == 200
    assert wire.ask("GET", "/bucket/k").body == BODY


@pytest.mark.parametrize(
    "chunks", [b"x\r\n", b"-1\r\n", b"0x5\r\n", b"2\r\nabc\r\n", b"\r\n"]
)
def test_chunks_that_are_framed_wrongly_end_the_connection(
    wire: Wire, chunks: bytes
) -> None:
    headers = {"transfer-encoding": "chunked"}
    head = wire.head("POST", "/bucket/k?uploads=", b"", headers)
    wire.send(head + chunks)
    assert wire.reply().status == 400
    with pytest.raises(ConnectionError):
        wire.reply()


def test_who_asks_first_is_told_to_go_on(wire: Wire) -> None:
    head = wire.head("PUT", "/bucket/k", BODY, {"Expect": "100-continue"})
    wire.send(head)
    assert wire.reply().status == 100
    wire.send(BODY)
    assert wire.reply().status == 200
    assert wire.ask("GET", "/bucket/k").body == BODY


def test_who_asks_first_may_be_told_no_at_once(wire: Wire) -> None:
    headers = {"Expect": "100-continue"}
    wire.send(wire.head("PUT", "/nobucket/k", BODY, headers))
    reply = wire.reply()
    assert (reply.status, reply.code) == (404, "NoSuchBucket")
    assert reply.headers["connection"] == "close"
    with pytest.raises(ConnectionError):
        wire.reply()


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\n folded: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX: a\nb\r\n\r\n",
        b"GET h HTTP/1.1\r\nHost: h\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n%s"
        % b"Content-Length: 1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX: %s\r\n\r\n" % (b"x" * 70_000),
    ],
)
def test_what_is_no_http_is_refused_and_the_connection_ended(
    wire: Wire, raw: bytes
) -> None:
    wire.send(raw)
    assert wire.reply().status == 400
    with pytest.raises(ConnectionError):
        wire.reply()


@pytest.mark.parametrize("said", ["close", "keep-alive"])
def test_a_client_may_end_the_connection_after_a_request(
    wire: Wire, said: str
) -> None:
    reply = wire.ask("PUT", "/bucket/k", BODY, {"Connection": said})
    assert (reply.headers.get("connection") == "close") is (said == "close")
    if said == "close":
        with pytest.raises(ConnectionError):
            wire.reply()


def test_a_body_that_ends_early_is_no_object(
    scripted: ScriptedServer, wire: Wire
) -> None:
    wire.send(wire.head("PUT", "/bucket/k", BODY) + BODY[:-1])
    wire.end()
    assert wire.reply().code == "IncompleteBody"
    assert not scripted.objects


def test_a_quarter_gigabyte_takes_a_second_not_a_minute() -> None:
    block = bytes(range(256)) * 4096
    body = block * 250
    with (
        ScriptedServer(keep=0) as server,
        Wire(server.endpoint) as wire,
    ):
        begun = time.monotonic()
        assert wire.ask("PUT", "/bucket/k", body).status == 200
        assert time.monotonic() - begun < 30
        assert server.history("k") == [hashlib.md5(body).hexdigest()]
