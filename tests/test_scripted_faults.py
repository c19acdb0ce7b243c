"""The scripted server misbehaves exactly as the script says."""

import asyncio
import hashlib
import time
from collections.abc import Callable

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
from servers.raw import Reply, Wire, crc64
from servers.routing import Op
from servers.scripted import ScriptedServer

BODY = b"some bytes of some bin"
MD5 = hashlib.md5(BODY).hexdigest()


def put(
    wire: Wire, key: str = "k", headers: dict[str, str] | None = None
) -> Reply:
    return wire.ask("PUT", f"/bucket/{key}", BODY, headers)


def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


def test_a_rule_strikes_whom_it_names_and_as_often_as_it_says(
    scripted: ScriptedServer, wire: Wire
) -> None:
    busy = Answer(503, "SlowDown", headers={"Retry-After": "7"})
    rule = Rule(busy, Op.PUT, key="*.adc", skip=1, times=2)
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


def test_a_rule_can_name_a_part(scripted: ScriptedServer, wire: Wire) -> None:
    scripted.script(Rule(Answer(503, "SlowDown"), Op.PART, part=2))
    upload = wire.ask("POST", "/bucket/k?uploads=").field("UploadId")
    codes = [
        wire.ask(
            "PUT", f"/bucket/k?partNumber={number}&uploadId={upload}", BODY
        ).code
        for number in (1, 2, 3)
    ]
    assert codes == ["", "SlowDown", ""]


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
    until(lambda: scripted.log and not scripted.log[0].status)
    (logged,) = scripted.log
    worked = stage in {Stage.DONE, Stage.ANSWER}
    assert bool(scripted.objects) is worked
    taken = {Stage.HEAD: 0, Stage.BODY: len(BODY) // 2}
    assert logged.size == taken.get(stage, len(BODY))
    with Wire(scripted.endpoint) as again:
        assert put(again).status == 200


def test_an_answer_comes_late(scripted: ScriptedServer, wire: Wire) -> None:
    scripted.script(Rule(Delay(0.2), times=1))
    assert put(wire).status == 200
    assert scripted.log[0].ended - scripted.visible[0].time >= 0.2


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
