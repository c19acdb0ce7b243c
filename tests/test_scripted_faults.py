"""The scripted server misbehaves exactly as scripted, and says what it saw."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from servers.faults import (
    Answer,
    Cut,
    Delay,
    Hang,
    Rule,
    Spoil,
    Spoiled,
    Stage,
)
from servers.personality import Checksums, Denied, Etags, Personality
from servers.raw import Reply, Wire, b64, crc64
from servers.routing import Op
from servers.scripted import ScriptedServer, ServerBroken

BODY = b"some bytes of some bin"
MD5 = hashlib.md5(BODY).hexdigest()
WRONG = {"x-amz-checksum-crc64nvme": b64(bytes(8))}


def put(
    wire: Wire, key: str = "k", headers: dict[str, str] | None = None
) -> Reply:
    return wire.ask("PUT", f"/bucket/{key}", BODY, headers)


def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


# What it remembers


def test_objects_are_noted_in_the_order_in_which_they_appear(
    scripted: ScriptedServer, wire: Wire
) -> None:
    for key in ("b", "a", "b"):
        put(wire, key)
    assert [seen.key for seen in scripted.visible] == ["b", "a", "b"]
    seen = scripted.visible[0]
    assert (seen.bucket, seen.size, seen.md5) == ("bucket", len(BODY), MD5)
    assert scripted.history("b") == [MD5, MD5]
    until(lambda: len(scripted.log) == 3)
    begun = [logged.seq for logged in scripted.log]
    shown = [seen.seq for seen in scripted.visible]
    both = [n for pair in zip(begun, shown, strict=True) for n in pair]
    assert both == sorted(both)


def test_a_request_is_logged_with_what_became_of_it(
    scripted: ScriptedServer, wire: Wire
) -> None:
    put(wire, "a", {"content-type": "text/csv"})
    put(wire, "b", WRONG)
    until(lambda: len(scripted.log) == 2)
    good, bad = scripted.log
    assert (good.op, good.key, good.status) == (Op.PUT, "a", 200)
    assert good.headers["content-type"] == "text/csv"
    assert good.size == len(BODY)
    assert good.began <= good.ended <= time.monotonic()
    assert (bad.status, bad.code) == (400, "BadDigest")
    assert good.connection == bad.connection == 1


def test_what_happens_at_once_is_counted(scripted: ScriptedServer) -> None:
    gate = scripted.gate(Op.PUT)
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        wires = [
            stack.enter_context(Wire(scripted.endpoint)) for _ in range(3)
        ]
        calls = [pool.submit(put, wire) for wire in wires]
        until(lambda: gate.held == 3)
        gate.release()
        assert {call.result().status for call in calls} == {200}
        assert put(wires[0]).status == 200
    assert scripted.peak_requests == 3
    assert scripted.peak_connections == scripted.connections == 3


def test_big_bodies_need_not_be_kept() -> None:
    parts = (b"x" * 30, b"y" * 25)
    size = Personality(smallest_part=30)
    with (
        ScriptedServer(keep=len(BODY), personality=size) as server,
        Wire(server.endpoint) as wire,
    ):
        put(wire, "kept")
        wire.ask("PUT", "/bucket/big", parts[0])
        upload = wire.ask("POST", "/bucket/many?uploads=").field("UploadId")
        xml = ""
        for number, part in enumerate(parts, 1):
            where = f"/bucket/many?partNumber={number}&uploadId={upload}"
            etag = wire.ask("PUT", where, part).headers["etag"]
            xml += f"<Part><PartNumber>{number}</PartNumber>"
            xml += f"<ETag>{etag}</ETag></Part>"
        where = f"/bucket/many?uploadId={upload}"
        reply = wire.ask("POST", where, f"<C>{xml}</C>".encode())
        assert server.objects["kept"].body == BODY
        assert server.objects["big"].body is None
        assert server.history("big") == [hashlib.md5(parts[0]).hexdigest()]
        assert reply.field("ChecksumCRC64NVME") == crc64(b"".join(parts))
        assert (server.objects["many"].size, server.history("many")) == (
            55,
            [""],
        )
        assert wire.ask("GET", "/bucket/big").status == 501


# Stores differ


@pytest.fixture
def like(scripted: ScriptedServer, wire: Wire) -> Callable[..., Wire]:
    """Gives the server a personality and a connection to it."""

    def become(**habits: object) -> Wire:
        scripted.personality = Personality(**habits)  # type: ignore[arg-type]
        return wire

    return become


def test_a_silent_store_verifies_and_answers_no_checksum(
    like: Callable[..., Wire],
) -> None:
    wire = like(checksums=Checksums.SILENT)
    assert put(wire, headers=WRONG).code == "BadDigest"
    right = {"x-amz-checksum-crc64nvme": crc64(BODY)}
    reply = put(wire, headers=right)
    assert reply.status == 200
    assert "checksum" not in str(reply.headers)


def test_an_ignorant_store_takes_wrong_checksums(
    like: Callable[..., Wire],
) -> None:
    wire = like(checksums=Checksums.IGNORED)
    reply = put(wire, headers=WRONG)
    assert reply.status == 200
    assert "checksum" not in str(reply.headers)
    declared = {"x-amz-checksum-algorithm": "SHA256"}
    reply = wire.ask("POST", "/bucket/k?uploads=", headers=declared)
    upload = reply.field("UploadId")
    target = f"/bucket/k?partNumber=1&uploadId={upload}"
    reply = wire.ask("PUT", target, BODY, WRONG)
    etag = reply.headers["etag"]
    part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    target = f"/bucket/k?uploadId={upload}"
    reply = wire.ask("POST", target, f"<C>{part}</C>".encode(), WRONG)
    assert reply.status == 200
    assert b"Checksum" not in reply.body


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InvalidRequest", 400),
        ("NotImplemented", 501),
        ("SignatureDoesNotMatch", 403),
    ],
)
def test_an_old_store_errs_at_checksum_headers(
    like: Callable[..., Wire], code: str, status: int
) -> None:
    wire = like(refuses=code, refuses_at=frozenset({Op.CREATE}))
    declared = {"x-amz-checksum-algorithm": "CRC64NVME"}
    reply = wire.ask("POST", "/bucket/k?uploads=", headers=declared)
    assert (reply.status, reply.code) == (status, code)
    assert wire.ask("POST", "/bucket/k?uploads=").status == 200
    assert put(wire, headers=WRONG).code == "BadDigest"
    wire = like(refuses=code)
    assert put(wire, headers=WRONG).code == code
    assert put(wire).status == 200


@pytest.mark.parametrize(
    ("style", "shown"),
    [(Etags.BARE, MD5), (Etags.UPPER, f'"{MD5.upper()}"')],
)
def test_etags_come_in_several_dresses(
    like: Callable[..., Wire], style: Etags, shown: str
) -> None:
    wire = like(etags=style)
    assert put(wire).headers["etag"] == shown
    assert wire.ask("HEAD", "/bucket/k").headers["etag"] == shown
    assert wire.ask("GET", "/bucket?list-type=2").field("ETag") == shown


def test_under_kms_an_etag_is_not_the_md5(like: Callable[..., Wire]) -> None:
    wire = like(etags=Etags.OPAQUE)
    etag = put(wire).headers["etag"].strip('"')
    assert len(etag) == len(MD5)
    assert etag != MD5
    assert put(wire).headers["etag"].strip('"') == etag


def test_versions_are_numbered(like: Callable[..., Wire]) -> None:
    wire = like(versions=True)
    one, two = (put(wire).headers["x-amz-version-id"] for _ in range(2))
    assert one != two
    assert wire.ask("HEAD", "/bucket/k").headers["x-amz-version-id"] == two
    assert "x-amz-version-id" not in put(like()).headers


def test_header_names_may_be_in_lower_case(
    like: Callable[..., Wire],
) -> None:
    wire = like(lower_headers=True)
    assert "Etag" not in wire.raw("PUT", "/bucket/k", BODY)
    assert "etag" in wire.raw("PUT", "/bucket/k", BODY)
    assert "ETag" in like().raw("PUT", "/bucket/k", BODY)


@pytest.mark.parametrize(
    ("op", "method", "below", "beside"),
    [
        (Op.PUT, "PUT", "/bucket/no/k", "/bucket/yes"),
        (Op.HEAD, "HEAD", "/bucket/no/k", "/bucket/yes"),
        (
            Op.LIST,
            "GET",
            "/bucket?list-type=2&prefix=no/",
            "/bucket?list-type=2&prefix=yes",
        ),
        (Op.CREATE, "POST", "/bucket/no/k?uploads=", "/bucket/yes?uploads="),
    ],
)
def test_what_is_denied_below_a_prefix_is_allowed_beside_it(
    like: Callable[..., Wire], op: Op, method: str, below: str, beside: str
) -> None:
    put(like(), "yes")
    wire = like(denied=(Denied(op, "no/"),))
    assert wire.ask(method, below).status == 403
    assert wire.ask(method, beside).status == 200


def test_an_idle_connection_is_closed(like: Callable[..., Wire]) -> None:
    wire = like(idle=0.05)
    put(wire)
    with pytest.raises(ConnectionError):
        wire.reply()


# Faults


def test_a_rule_strikes_whom_it_names_and_as_often_as_it_says(
    scripted: ScriptedServer, wire: Wire
) -> None:
    busy = Answer(503, "SlowDown", headers={"Retry-After": "7"})
    rule = Rule(busy, Op.PUT, "*.adc", skip=1, times=2)
    scripted_rule = scripted.script(rule)
    scripted.script(Rule(Answer(500, "InternalError"), key=str.isupper))
    codes = [put(wire, "x.adc").code for _ in range(5)]
    assert codes == ["", "SlowDown", "SlowDown", "", ""]
    assert put(wire, "x.roi").code == ""
    assert wire.ask("GET", "/bucket/x.adc").code == ""
    assert put(wire, "X").code == "InternalError"
    assert (scripted_rule.seen, scripted_rule.hits) == (5, 2)
    scripted.clear()
    assert put(wire, "X").code == ""


def test_an_answer_is_given_in_place_of_the_work_or_after_it(
    scripted: ScriptedServer, wire: Wire
) -> None:
    scripted.script(Rule(Answer(500, "InternalError"), key="none"))
    scripted.script(Rule(Answer(500, "InternalError", work=True), key="done"))
    scripted.script(Rule(Answer(502, body=b"<html>bad gateway"), key="html"))
    scripted.script(Rule(Answer(503), key="empty"))
    for key in ("none", "done"):
        assert put(wire, key).code == "InternalError"
    assert set(scripted.objects) == {"done"}
    assert put(wire, "html").body == b"<html>bad gateway"
    reply = put(wire, "empty")
    assert (reply.status, reply.body) == (503, b"")


def test_an_error_can_hide_in_a_200(
    scripted: ScriptedServer, wire: Wire
) -> None:
    upload = wire.ask("POST", "/bucket/k?uploads=").field("UploadId")
    late = Answer(200, "InternalError", "We encountered an internal error")
    scripted.script(Rule(late, Op.COMPLETE, times=1))
    reply = wire.ask("POST", f"/bucket/k?uploadId={upload}", b"<C/>")
    assert (reply.status, reply.code) == (200, "InternalError")
    assert upload in scripted.uploads


@pytest.mark.parametrize("clean", [False, True])
@pytest.mark.parametrize("stage", Stage)
def test_a_connection_is_cut_at_the_moment_named(
    scripted: ScriptedServer, wire: Wire, stage: Stage, clean: bool
) -> None:
    scripted.script(Rule(Cut(stage, clean), times=1))
    with pytest.raises(ConnectionError) as caught:
        put(wire)
    if not clean and stage is not Stage.ANSWER:
        assert isinstance(caught.value, ConnectionResetError)
    until(lambda: scripted.log)
    (logged,) = scripted.log
    assert logged.status == 0
    worked = stage in {Stage.DONE, Stage.ANSWER}
    assert bool(scripted.objects) is worked
    taken = {Stage.HEAD: 0, Stage.BODY: len(BODY) // 2}
    assert logged.size == taken.get(stage, len(BODY))
    with Wire(scripted.endpoint) as again:
        assert put(again).status == 200


def test_an_answer_comes_late(scripted: ScriptedServer, wire: Wire) -> None:
    scripted.script(Rule(Delay(0.2), times=1))
    begun = time.monotonic()
    assert put(wire).status == 200
    assert time.monotonic() - begun >= 0.2
    assert scripted.visible[0].time - begun < 0.2


def test_a_request_that_hangs_keeps_nobody_else_waiting(
    scripted: ScriptedServer, wire: Wire
) -> None:
    scripted.script(Rule(Hang(), key="stuck"))
    wire.send(wire.head("PUT", "/bucket/stuck", BODY) + BODY)
    with Wire(scripted.endpoint) as other:
        assert put(other).status == 200
    assert set(scripted.objects) == {"k"}


def test_a_store_can_keep_other_bytes_than_came(
    scripted: ScriptedServer, wire: Wire
) -> None:
    scripted.script(Rule(Spoil(Spoiled.BODY)))
    sent = {"x-amz-checksum-crc64nvme": crc64(BODY)}
    reply = put(wire, headers=sent)
    assert reply.status == 200
    kept = scripted.objects["k"].body
    assert kept is not None
    assert len(kept) == len(BODY)
    assert kept != BODY
    assert reply.headers["x-amz-checksum-crc64nvme"] == crc64(kept)
    assert reply.headers["etag"] == f'"{hashlib.md5(kept).hexdigest()}"'
    assert scripted.history("k") == [hashlib.md5(kept).hexdigest()]


def test_a_store_can_answer_another_checksum_or_etag(
    scripted: ScriptedServer, wire: Wire
) -> None:
    scripted.script(Rule(Spoil(Spoiled.CHECKSUM), times=1))
    scripted.script(Rule(Spoil(Spoiled.ETAG), times=1))
    checksum, etag = put(wire).headers, put(wire).headers
    name = "x-amz-checksum-crc64nvme"
    assert checksum[name] != crc64(BODY)
    assert len(checksum[name]) == len(crc64(BODY))
    assert checksum["etag"] == f'"{MD5}"'
    assert etag[name] == crc64(BODY)
    assert etag["etag"] != f'"{MD5}"'
    assert scripted.objects["k"].body == BODY


@pytest.mark.parametrize("what", [Spoiled.CHECKSUM, Spoiled.ETAG])
def test_the_answer_to_complete_can_be_wrong_too(
    scripted: ScriptedServer, wire: Wire, what: Spoiled
) -> None:
    scripted.script(Rule(Spoil(what), Op.COMPLETE))
    upload = wire.ask("POST", "/bucket/k?uploads=").field("UploadId")
    target = f"/bucket/k?partNumber=1&uploadId={upload}"
    etag = wire.ask("PUT", target, BODY).headers["etag"]
    part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
    target = f"/bucket/k?uploadId={upload}"
    reply = wire.ask("POST", target, f"<C>{part}</C>".encode())
    proof = reply.field("ChecksumCRC64NVME")
    assert (proof == crc64(BODY)) is (what is not Spoiled.CHECKSUM)
    stored = scripted.objects["k"].etag
    same = reply.field("ETag") == f'"{stored}"'
    assert same is (what is not Spoiled.ETAG)


# Gates


@pytest.mark.parametrize(
    ("stage", "visible"), [(Stage.RECEIVED, False), (Stage.DONE, True)]
)
async def test_a_gate_holds_a_request_until_it_is_released(
    scripted: ScriptedServer, wire: Wire, stage: Stage, visible: bool
) -> None:
    gate = scripted.gate(Op.PUT, "*.adc", at=stage)
    assert put(wire, "x.roi").status == 200
    call = asyncio.create_task(asyncio.to_thread(put, wire, "x.adc"))
    await gate.wait()
    assert ("x.adc" in scripted.objects) is visible
    assert not call.done()
    gate.release()
    assert (await call).status == 200
    assert "x.adc" in scripted.objects
    assert gate.held == 1


async def test_a_gate_to_which_nobody_comes_says_so(
    scripted: ScriptedServer,
) -> None:
    gate = scripted.gate(Op.PUT)
    with pytest.raises(TimeoutError, match="no request came"):
        await gate.wait(0.01)


def test_a_client_that_dies_at_a_gate_leaves_half_a_body_behind(
    scripted: ScriptedServer,
) -> None:
    gate = scripted.gate(at=Stage.HEAD)
    with Wire(scripted.endpoint) as wire:
        wire.send(wire.head("PUT", "/bucket/k", BODY) + BODY[:5])
        assert gate.reached.wait(5)
    gate.release()
    until(lambda: scripted.log)
    assert scripted.log[0].code == "IncompleteBody"
    assert not scripted.objects


# The server itself


def test_a_stopped_server_leaves_no_thread_whatever_hangs() -> None:
    before = set(threading.enumerate())
    with ScriptedServer() as server, Wire(server.endpoint) as wire:
        server.script(Rule(Hang(), times=1))
        wire.send(wire.head("PUT", "/bucket/k", BODY) + BODY)
        gate = server.gate()
        with Wire(server.endpoint) as other:
            other.send(other.head("PUT", "/bucket/k", BODY) + BODY)
            assert gate.reached.wait(5)
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionError):
        Wire(server.endpoint)


def test_a_bug_in_the_server_fails_its_test() -> None:
    def raises(_: str) -> bool:
        raise ZeroDivisionError

    def meets_it() -> None:
        with ScriptedServer() as server, Wire(server.endpoint) as wire:
            server.script(Rule(Hang(), key=raises))
            with pytest.raises(ConnectionError):
                put(wire)

    with pytest.raises(ServerBroken, match="ZeroDivisionError"):
        meets_it()


def test_two_servers_cannot_have_one_port(scripted: ScriptedServer) -> None:
    port = int(scripted.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        ScriptedServer(port=port).__enter__()
