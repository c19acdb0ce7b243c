"""The scripted server keeps S3's rules for objects that come in parts."""

import hashlib
from collections.abc import Mapping

import pytest
from servers.personality import Personality
from servers.raw import Reply, Wire, b64, crc64
from servers.scripted import ScriptedServer

PARTS = (b"a" * 20, b"b" * 20, b"c" * 5)
WHOLE = b"".join(PARTS)
BODY = b"one part"
WRONG = {
    "crc64nvme": b64(bytes(8)),
    "crc32": b64(bytes(4)),
    "sha256": b64(bytes(32)),
}
FULL = {
    "x-amz-checksum-algorithm": "CRC64NVME",
    "x-amz-checksum-type": "FULL_OBJECT",
}


@pytest.fixture
def small(scripted: ScriptedServer) -> ScriptedServer:
    scripted.personality = Personality(smallest_part=20)
    return scripted


def begin(wire: Wire, headers: Mapping[str, str] = FULL) -> str:
    reply = wire.ask("POST", "/bucket/k?uploads=", headers=headers)
    assert reply.status == 200, reply
    return reply.field("UploadId")


def send_part(
    wire: Wire,
    upload: str,
    number: int | str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    target = f"/bucket/k?partNumber={number}&uploadId={upload}"
    return wire.ask("PUT", target, body, headers)


def finish(
    wire: Wire,
    upload: str,
    parts: list[tuple[int, str, str]],
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Complete with (number, ETag, more elements) of each part."""
    inner = "".join(
        f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag>{more}</Part>"
        for n, etag, more in parts
    )
    space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    xml = f"<CompleteMultipartUpload {space}>{inner}</CompleteMultipartUpload>"
    target = f"/bucket/k?uploadId={upload}"
    return wire.ask("POST", target, xml.encode(), headers)


def sent(
    wire: Wire, upload: str, bodies: tuple[bytes, ...] = PARTS
) -> list[tuple[int, str, str]]:
    parts = []
    for number, body in enumerate(bodies, 1):
        reply = send_part(
            wire,
            upload,
            number,
            body,
            {"x-amz-checksum-crc64nvme": crc64(body)},
        )
        assert reply.headers["x-amz-checksum-crc64nvme"] == crc64(body)
        crc = f"<ChecksumCRC64NVME>{crc64(body)}</ChecksumCRC64NVME>"
        parts.append((number, reply.headers["etag"], crc))
    return parts


def test_parts_become_an_object_only_when_completed(
    small: ScriptedServer, wire: Wire
) -> None:
    upload = begin(wire)
    parts = sent(wire, upload)
    assert not small.objects
    reply = finish(
        wire,
        upload,
        parts,
        {
            "x-amz-checksum-crc64nvme": crc64(WHOLE),
            "x-amz-checksum-type": "FULL_OBJECT",
            "x-amz-mp-object-size": str(len(WHOLE)),
        },
    )
    assert reply.status == 200
    md5s = b"".join(hashlib.md5(part).digest() for part in PARTS)
    assert reply.field("ETag") == f'"{hashlib.md5(md5s).hexdigest()}-3"'
    assert reply.field("ChecksumCRC64NVME") == crc64(WHOLE)
    assert reply.field("ChecksumType") == "FULL_OBJECT"
    assert small.objects["k"].body == WHOLE
    assert small.history("k") == [hashlib.md5(WHOLE).hexdigest()]
    assert not small.uploads


def test_a_part_may_be_sent_again_and_its_last_bytes_count(
    small: ScriptedServer, wire: Wire
) -> None:
    upload = begin(wire)
    sent(wire, upload, (b"x" * 30, b"y"))
    assert finish(wire, upload, sent(wire, upload)).status == 200
    assert small.objects["k"].body == WHOLE


@pytest.mark.parametrize(
    ("declared", "header", "expected", "actual"),
    [
        ({}, "crc64nvme", "null", "crc64nvme"),
        (FULL, "crc32", "crc64nvme", "crc32"),
        ({"x-amz-checksum-algorithm": "SHA256"}, "", "sha256", "null"),
        ({"x-amz-checksum-algorithm": "CRC32"}, "", "crc32", "null"),
    ],
)
def test_a_parts_checksum_is_of_the_kind_declared(
    wire: Wire,
    declared: dict[str, str],
    header: str,
    expected: str,
    actual: str,
) -> None:
    upload = begin(wire, declared)
    headers = {f"x-amz-checksum-{header}": WRONG[header]} if header else {}
    reply = send_part(wire, upload, 1, BODY, headers)
    assert (reply.status, reply.code) == (400, "InvalidRequest")
    assert reply.message == (
        f"Checksum Type mismatch occurred, expected checksum Type: "
        f"{expected}, actual checksum Type: {actual}"
    )


@pytest.mark.parametrize("declared", [{}, FULL])
def test_parts_may_do_without_where_the_whole_is_proven(
    wire: Wire, declared: dict[str, str]
) -> None:
    upload = begin(wire, declared)
    etag = send_part(wire, upload, 1, BODY).headers["etag"]
    reply = finish(wire, upload, [(1, etag, "")])
    assert reply.field("ChecksumCRC64NVME") == crc64(BODY)


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("SHA256", "FULL_OBJECT"),
        ("CRC64NVME", "COMPOSITE"),
        ("MD4", ""),
        ("", "FULL_OBJECT"),
    ],
)
def test_kinds_of_checksum_that_do_not_exist_cannot_be_declared(
    wire: Wire, algorithm: str, kind: str
) -> None:
    names = ("x-amz-checksum-algorithm", "x-amz-checksum-type")
    pairs = zip(names, (algorithm, kind), strict=True)
    headers = {name: value for name, value in pairs if value}
    reply = wire.ask("POST", "/bucket/k?uploads=", headers=headers)
    assert reply.code == "InvalidRequest"


def test_a_wrong_part_is_refused_and_not_kept(
    scripted: ScriptedServer, wire: Wire
) -> None:
    upload = begin(wire)
    headers = {"x-amz-checksum-crc64nvme": WRONG["crc64nvme"]}
    assert send_part(wire, upload, 1, BODY, headers).code == "BadDigest"
    assert not scripted.uploads[upload].parts


@pytest.mark.parametrize("number", [0, 10_001, -1, "x", ""])
def test_part_numbers_go_from_one_to_ten_thousand(
    wire: Wire, number: int | str
) -> None:
    upload = begin(wire)
    assert send_part(wire, upload, number, BODY).code == "InvalidArgument"
    assert send_part(wire, upload, 10_000, BODY).status == 200


def test_parts_but_the_last_must_not_be_small(wire: Wire) -> None:
    small = 5 * 1024 * 1024 - 1
    upload = begin(wire)
    parts = sent(wire, upload, (bytes(small), b"1"))
    reply = finish(wire, upload, parts)
    assert reply.code == "EntityTooSmall"
    assert reply.field("ProposedSize") == str(small)
    parts = sent(wire, upload, (bytes(small + 1), b"1"))
    assert finish(wire, upload, parts).status == 200


def test_parts_are_named_in_order_and_as_they_are(
    small: ScriptedServer, wire: Wire
) -> None:
    upload = begin(wire)
    one, two, three = sent(wire, upload)
    other = f"<ChecksumCRC64NVME>{crc64(b'other')}</ChecksumCRC64NVME>"
    wrong: dict[str, list[list[tuple[int, str, str]]]] = {
        "InvalidPartOrder": [[two, one], [one, one]],
        "InvalidPart": [
            [one, (4, one[1], "")],
            [(1, two[1], "")],
            [(1, one[1], other)],
        ],
        "MalformedXML": [[]],
    }
    for code, lists in wrong.items():
        for parts in lists:
            assert finish(wire, upload, parts).code == code, parts
    assert not small.objects
    bare = (1, one[1].strip('"').upper(), one[2])
    assert finish(wire, upload, [bare, two, three]).status == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-amz-checksum-crc64nvme": WRONG["crc64nvme"]}, "BadDigest"),
        ({"x-amz-checksum-type": "COMPOSITE"}, "BadDigest"),
        ({"x-amz-checksum-crc32": WRONG["crc32"]}, "InvalidRequest"),
        ({"x-amz-mp-object-size": "44"}, "InvalidRequest"),
        ({"x-amz-mp-object-size": "many"}, "InvalidRequest"),
    ],
)
def test_the_whole_is_proven_before_it_is_visible(
    small: ScriptedServer, wire: Wire, headers: dict[str, str], code: str
) -> None:
    upload = begin(wire)
    parts = sent(wire, upload)
    assert finish(wire, upload, parts, headers).code == code
    assert not small.objects
    assert finish(wire, upload, parts).status == 200


def test_a_hash_of_hashes_proves_what_cannot_be_combined(
    small: ScriptedServer, wire: Wire
) -> None:
    upload = begin(wire, {"x-amz-checksum-algorithm": "SHA256"})
    parts = []
    for number, body in enumerate(PARTS, 1):
        digest = b64(hashlib.sha256(body).digest())
        headers = {"x-amz-checksum-sha256": digest}
        etag = send_part(wire, upload, number, body, headers).headers["etag"]
        sha = f"<ChecksumSHA256>{digest}</ChecksumSHA256>"
        parts.append((number, etag, sha))
    bare = [(number, etag, "") for number, etag, _ in parts]
    reply = finish(wire, upload, bare)
    assert reply.code == "InvalidRequest"
    assert "missing for part 1" in reply.message
    hashes = b"".join(hashlib.sha256(body).digest() for body in PARTS)
    whole = f"{b64(hashlib.sha256(hashes).digest())}-3"
    wrong = {"x-amz-checksum-sha256": f"{WRONG['sha256']}-3"}
    assert finish(wire, upload, parts, wrong).code == "BadDigest"
    reply = finish(wire, upload, parts, {"x-amz-checksum-sha256": whole})
    assert reply.field("ChecksumSHA256") == whole
    assert reply.field("ChecksumType") == "COMPOSITE"
    assert small.objects["k"].body == WHOLE


def test_an_upload_that_is_over_is_unknown(
    small: ScriptedServer, wire: Wire
) -> None:
    target = "/bucket/k?uploadId="
    aborted = begin(wire)
    sent(wire, aborted)
    assert wire.ask("DELETE", target + aborted).status == 204
    completed = begin(wire)
    parts = sent(wire, completed)
    finish(wire, completed, parts)
    for upload in (aborted, completed, "never"):
        assert finish(wire, upload, parts).code == "NoSuchUpload"
        assert send_part(wire, upload, 1, BODY).code == "NoSuchUpload"
        assert wire.ask("GET", target + upload).code == "NoSuchUpload"
        assert wire.ask("DELETE", target + upload).code == "NoSuchUpload"
    assert not small.uploads


def test_completing_honours_none_match(
    small: ScriptedServer, wire: Wire
) -> None:
    wire.ask("PUT", "/bucket/k", BODY)
    upload = begin(wire)
    parts = sent(wire, upload)
    headers = {"if-none-match": "*"}
    assert finish(wire, upload, parts, headers).code == "PreconditionFailed"
    assert small.objects["k"].body == BODY
