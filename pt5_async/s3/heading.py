"""What a store says of one object, and its bytes."""

import base64

from ..errors import StoreError
from ..store import Head
from .bucket import Bucket
from .failures import status_of
from .proving import bare


async def look(bucket: Bucket, key: str) -> Head | None:
    """Ask for the head of the object `key`; None when there is none."""
    try:
        answer = await bucket.ask(
            "head_object", what=key, Key=key, ChecksumMode="ENABLED"
        )
    except StoreError as error:
        if status_of(error) == 404:  # noqa: PLR2004 - HTTP's "not found"
            return None
        raise
    crc64 = answer.get("ChecksumCRC64NVME")
    whole = answer.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT"
    seal = str(answer.get("ServerSideEncryption", ""))
    return Head(
        answer["ContentLength"],
        bare(answer.get("ETag")),
        answer.get("VersionId"),
        base64.b64decode(crc64) if crc64 and whole else None,
        seal.startswith("aws:kms") or "SSECustomerAlgorithm" in answer,
        str(answer.get("ContentType", "")),
        answer.get("Metadata", {}).get("mtime"),
    )


async def fetch(
    bucket: Bucket, key: str, part: tuple[int, int] | None
) -> bytes | None:
    """The bytes of the object `key`, or of a part; None for no object."""
    fields = {}
    if part is not None:
        begin, length = part
        fields["Range"] = f"bytes={begin}-{begin + length - 1}"
    try:
        answer = await bucket.ask("get_object", what=key, Key=key, **fields)
    except StoreError as error:
        if status_of(error) == 404:  # noqa: PLR2004 - HTTP's "not found"
            return None
        raise
    return bytes(answer["Body"])
