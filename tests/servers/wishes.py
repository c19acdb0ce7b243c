"""S3's rules for what a request wants an object to be besides its bytes.

Facts are from "PutObject" (Amazon S3 API Reference) and "Controlling
ownership of objects" (User Guide): a bucket's access control lists are off
unless somebody turned them on.
"""

from typing import Final
from urllib.parse import parse_qsl

from .answers import Refusal
from .personality import Personality
from .routing import Op, Request

MOST_TAGS: Final = 10

STORAGE_CLASSES: Final = {
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
}

ENCRYPTION: Final = "x-amz-server-side-encryption"
_KMS: Final = {"aws:kms", "aws:kms:dsse"}
_MAKING: Final = {Op.PUT, Op.CREATE}


def check(request: Request, personality: Personality) -> None:
    """Let pass what S3 can do.

    Raises:
        Refusal: for anything else.
    """
    if request.op not in _MAKING:
        return
    kind = request.header("x-amz-storage-class", "STANDARD")
    if kind not in STORAGE_CLASSES:
        raise Refusal(
            "InvalidStorageClass",
            "The storage class you specified is not valid",
            StorageClassRequested=kind,
        )
    acl = request.header("x-amz-acl", "bucket-owner-full-control")
    if acl != "bucket-owner-full-control" and not personality.acls:
        raise Refusal(
            "AccessControlListNotSupported",
            "The bucket does not allow ACLs",
        )
    _check_tags(request.header("x-amz-tagging"))
    _check_encryption(request)


def _check_tags(header: str) -> None:
    tags = parse_qsl(
        header, keep_blank_values=True, strict_parsing=bool(header)
    )
    if len(tags) > MOST_TAGS or len(tags) != len(dict(tags)):
        raise Refusal(
            "InvalidTag", "Object tags cannot be greater than 10, or equal"
        )


def _check_encryption(request: Request) -> None:
    method = request.header(ENCRYPTION, "AES256")
    key = request.header(f"{ENCRYPTION}-aws-kms-key-id")
    if method not in {"AES256", *_KMS} or (key and method not in _KMS):
        raise Refusal(
            "InvalidArgument",
            "The encryption method specified is not supported",
            ArgumentName=ENCRYPTION,
            ArgumentValue=method,
        )


def hides_md5(headers: dict[str, str]) -> bool:
    """Whether an object with these headers has an ETag that is no MD5."""
    return headers.get(ENCRYPTION) in _KMS
