"""The scripted server keeps S3's rules for requests and whole objects."""

import base64
import hashlib
import zlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from aiobotocore.session import AioSession
from awscrt import checksums as crt
from botocore.exceptions import ClientError
from servers.raw import Reply, Wire, b64, crc64
from servers.scripted import ScriptedServer
from servers.tls import certificate

BODY = b"bytes of a plankton's portrait"


RIGHT = {
    "crc64nvme": crc64(BODY),
    "crc32c": b64(crt.crc32c(BODY).to_bytes(4, "big")),
    "crc32": b64(zlib.crc32(BODY).to_bytes(4, "big")),
    "sha1": b64(hashlib.sha1(BODY).digest()),
    "sha256": b64(hashlib.sha256(BODY).digest()),
}

WRONG = {
    name: b64(bytes(len(base64.b64decode(value))))
    for name, value in RIGHT.items()
}


def put(
    wire: Wire, key: str = "k", headers: Mapping[str, str] | None = None
) -> Reply:
    return wire.ask("PUT", f"/bucket/{quote(key)}", BODY, headers)


# What a body proves


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_checksum_is_answered(wire: Wire, name: str) -> None:
    header = f"x-amz-checksum-{name}"
    reply = put(
        wire,
        headers={
            header: RIGHT[name],
            "x-amz-sdk-checksum-algorithm": name.upper(),
        },
    )
    assert reply.headers[header] == RIGHT[name]
    assert reply.headers["x-amz-checksum-type"] == "FULL_OBJECT"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_checksum_is_refused(
    scripted: ScriptedServer, wire: Wire, name: str
) -> None:
    reply = put(wire, headers={f"x-amz-checksum-{name}": WRONG[name]})
    assert (reply.status, reply.code) == (400, "BadDigest")
    assert reply.message == (
        f"The {name.upper()} you specified did not match the calculated "
        "checksum."
    )
    assert not scripted.objects
    assert not scripted.visible


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-checksum-crc64nvme": "AAAA"},
        {"x-amz-checksum-crc32c": "not base64!!"},
        {"x-amz-checksum-crc32": RIGHT["crc32"][:-1]},
        {f"x-amz-checksum-{n}": RIGHT[n] for n in ("crc32", "sha256")},
        {"x-amz-sdk-checksum-algorithm": "CRC32"},
        {
            "x-amz-sdk-checksum-algorithm": "CRC32",
            "x-amz-checksum-sha1": RIGHT["sha1"],
        },
    ],
)
def test_a_checksum_header_must_be_well_formed_and_alone(
    wire: Wire, headers: dict[str, str]
) -> None:
    assert put(wire, headers=headers).code == "InvalidRequest"


def test_an_object_without_checksum_gets_amazons_own(wire: Wire) -> None:
    headers = put(wire).headers
    assert headers["x-amz-checksum-crc64nvme"] == RIGHT["crc64nvme"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b64(hashlib.md5(BODY).digest()), ""),
        (b64(bytes(16)), "BadDigest"),
        (hashlib.md5(BODY).hexdigest(), "InvalidDigest"),
        ("", "InvalidDigest"),
    ],
)
def test_a_content_md5_is_verified(wire: Wire, value: str, code: str) -> None:
    assert put(wire, headers={"content-md5": value}).code == code


def test_the_signed_hash_of_the_body_is_verified(wire: Wire) -> None:
    wire.send(wire.head("PUT", "/bucket/k", BODY) + BODY.swapcase())
    assert wire.reply().code == "XAmzContentSHA256Mismatch"


def test_bodies_in_aws_chunks_are_not_taken(wire: Wire) -> None:
    headers = {"content-encoding": "aws-chunked"}
    assert put(wire, headers=headers).status == 501
    assert put(wire, headers={"x-amz-trailer": "x"}).status == 501


async def test_aws_own_client_is_refused_where_it_sends_trailers(
    tmp_path: Path,
) -> None:
    trust = certificate(tmp_path)
    with ScriptedServer(tls=trust.server) as server:
        where = server.endpoint
        async with AioSession().create_client(
            "s3",
            endpoint_url=where.url,
            region_name=where.region,
            aws_access_key_id=where.access_key,
            aws_secret_access_key=where.secret_key,
            verify=str(trust.authority),
        ) as client:
            with pytest.raises(ClientError, match="NotImplemented"):
                await client.put_object(Bucket="bucket", Key="k", Body=BODY)
            found = await client.list_objects_v2(Bucket="bucket")
            assert found["KeyCount"] == 0


# What may be asked


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("PUT", "/nobucket/k", 404, "NoSuchBucket"),
        ("GET", "/bucket/nokey", 404, "NoSuchKey"),
        ("HEAD", "/bucket/nokey", 404, ""),
        ("HEAD", "/nobucket", 404, ""),
        ("PUT", "/bucket/" + "%C3%BC" * 512, 200, ""),
        ("PUT", "/bucket/" + "%C3%BC" * 512 + "x", 400, "KeyTooLongError"),
        ("PUT", "/bucket/%FF", 400, "InvalidURI"),
        ("GET", "/bucket?acl", 501, "NotImplemented"),
        ("PUT", "/bucket/k?tagging", 501, "NotImplemented"),
        ("GET", "/", 501, "NotImplemented"),
        ("HEAD", "/bucket", 200, ""),
        ("DELETE", "/bucket/nokey", 204, ""),
    ],
)
def test_requests_get_s3s_own_answers(
    wire: Wire, method: str, target: str, status: int, code: str
) -> None:
    reply = wire.ask(method, target)
    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-amz-meta-long": "x" * 2045}, "MetadataTooLarge"),
        ({"x-amz-meta-long": "x" * 2044}, ""),
        ({"transfer-encoding": "chunked"}, "NotImplemented"),
        ({"if-match": '"x"'}, "NotImplemented"),
        ({"if-none-match": '"x"'}, "NotImplemented"),
    ],
)
def test_headers_are_held_against_the_rules(
    wire: Wire, headers: dict[str, str], code: str
) -> None:
    head = wire.head("PUT", "/bucket/k", BODY, headers)
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    wire.send(head + (chunks if "transfer-encoding" in headers else BODY))
    assert wire.reply().code == code


def test_a_length_must_be_told(wire: Wire) -> None:
    head = wire.head("PUT", "/bucket/k").replace(b"Content-Length: 0\r\n", b"")
    wire.send(head)
    assert wire.reply().code == "MissingContentLength"


def test_no_body_is_over_five_gibibytes(wire: Wire) -> None:
    head = wire.head("PUT", "/bucket/k", headers={"Expect": "100-continue"})
    size = b"Content-Length: %d" % (5 * 2**30 + 1)
    wire.send(head.replace(b"Content-Length: 0", size))
    assert wire.reply().code == "EntityTooLarge"


def test_none_match_protects_what_is_there(
    scripted: ScriptedServer, wire: Wire
) -> None:
    assert put(wire, headers={"if-none-match": "*"}).status == 200
    reply = put(wire, headers={"if-none-match": "*"})
    assert (reply.status, reply.code) == (412, "PreconditionFailed")
    assert len(scripted.history("k")) == 1


def test_a_head_tells_what_was_sent_with_the_object(wire: Wire) -> None:
    sent = {"content-type": "text/csv", "x-amz-meta-mtime": "1.5"}
    put(wire, headers=sent)
    reply = wire.ask("HEAD", "/bucket/k")
    assert sent.items() <= reply.headers.items()
    assert reply.headers["content-length"] == str(len(BODY))
    assert reply.headers["etag"] == f'"{hashlib.md5(BODY).hexdigest()}"'
    assert "x-amz-checksum-crc64nvme" not in reply.headers
    mode = {"x-amz-checksum-mode": "ENABLED"}
    reply = wire.ask("HEAD", "/bucket/k", headers=mode)
    assert reply.headers["x-amz-checksum-crc64nvme"] == RIGHT["crc64nvme"]


def test_a_deleted_object_is_gone(
    scripted: ScriptedServer, wire: Wire
) -> None:
    put(wire)
    assert wire.ask("DELETE", "/bucket/k").status == 204
    assert not scripted.objects
    assert "<Key>" not in str(wire.ask("GET", "/bucket?list-type=2").body)
