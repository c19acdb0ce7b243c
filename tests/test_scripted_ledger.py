"""The scripted server remembers what came, and ends when told."""

import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from servers.faults import (
    Hang,
    Rule,
)
from servers.personality import Personality
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


def test_objects_are_noted_in_the_order_in_which_they_appear(
    scripted: ScriptedServer, wire: Wire
) -> None:
    for key in ("b", "a", "b"):
        put(wire, key)
    assert [seen.key for seen in scripted.visible] == ["b", "a", "b"]
    seen = scripted.visible[0]
    assert (seen.bucket, seen.size, seen.md5) == ("bucket", len(BODY), MD5)
    assert scripted.history("b") == [MD5, MD5]
    begun = [logged.seq for logged in scripted.log]
    shown = [seen.seq for seen in scripted.visible]
    both = [n for pair in zip(begun, shown, strict=True) for n in pair]
    assert both == sorted(both)


def test_a_request_is_logged_with_what_became_of_it(
    scripted: ScriptedServer, wire: Wire
) -> None:
    put(wire, "a", {"content-type": "text/csv"})
    put(wire, "b", WRONG)
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
