"""The scripted server takes what S3 takes of storage classes, tags, keys."""

import hashlib

import pytest
from servers.personality import Personality
from servers.raw import Wire
from servers.scripted import ScriptedServer

BODY = b"some bytes of some bin"
SSE = "x-amz-server-side-encryption"
ELEVEN = "&".join(f"k{number}=v" for number in range(11))
KEY = f"{SSE}-aws-kms-key-id"


@pytest.mark.parametrize(
    ("header", "value", "refused"),
    [
        ("x-amz-storage-class", "GLACIER_IR", ""),
        ("x-amz-storage-class", "FROZEN", "InvalidStorageClass"),
        ("x-amz-acl", "bucket-owner-full-control", ""),
        ("x-amz-acl", "private", "AccessControlListNotSupported"),
        ("x-amz-tagging", "a=1&b=", ""),
        ("x-amz-tagging", "a=1&a=2", "InvalidTag"),
        (
            "x-amz-tagging",
            "&".join(f"k{n}=v" for n in range(11)),
            "InvalidTag",
        ),
        (SSE, "aws:kms:dsse", ""),
        (SSE, "rot13", "InvalidArgument"),
        (KEY, "alias/k", "InvalidArgument"),
    ],
)
@pytest.mark.parametrize("target", ["/bucket/k", "/bucket/k?uploads="])
def test_what_s3_does_not_take_is_refused_where_an_object_is_made(
    wire: Wire, header: str, value: str, refused: str, target: str
) -> None:
    method = "POST" if "?" in target else "PUT"
    reply = wire.ask(method, target, b"", {header: value})

    assert (reply.code if refused else reply.status) == (refused or 200)


def test_a_bucket_with_acls_takes_them(
    scripted: ScriptedServer, wire: Wire
) -> None:
    scripted.personality = Personality(acls=True)
    reply = wire.ask("PUT", "/bucket/k", BODY, {"x-amz-acl": "public-read"})

    assert reply.status == 200


@pytest.mark.parametrize(
    ("method", "same"),
    [("AES256", True), ("aws:kms", False), ("aws:kms:dsse", False)],
)
def test_an_etag_is_the_md5_unless_a_kms_key_encrypts(
    wire: Wire, method: str, *, same: bool
) -> None:
    headers = {SSE: method, "x-amz-storage-class": "STANDARD_IA"}
    reply = wire.ask("PUT", "/bucket/k", BODY, headers)
    digest = hashlib.md5(BODY).hexdigest()
    seen = wire.ask("HEAD", "/bucket/k").headers

    assert (reply.headers["etag"] == f'"{digest}"') is same
    assert headers.items() <= seen.items()
