"""The scripted server can be like stores that are not quite Amazon's."""

import hashlib
from collections.abc import Callable

import pytest
from servers.personality import Checksums, Denied, Etags, Personality
from servers.raw import Reply, Wire, b64, crc64
from servers.routing import Op
from servers.scripted import ScriptedServer

BODY = b"some bytes of some bin"
MD5 = hashlib.md5(BODY).hexdigest()
WRONG = {"x-amz-checksum-crc64nvme": b64(bytes(8))}


def put(
    wire: Wire, key: str = "k", headers: dict[str, str] | None = None
) -> Reply:
    return wire.ask("PUT", f"/bucket/{key}", BODY, headers)


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
