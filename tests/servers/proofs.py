"""What proves a body: Content-MD5, x-amz-checksum-*, x-amz-content-sha256.

The rules are those of "Checking object integrity" (Amazon S3 User Guide).
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from .answers import Refusal
from .digests import Algorithm, Intake, text


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its body, each value well-formed.

    `checksum` is base64 as sent, `sha256` in hexadecimal; "" for nothing.
    """

    algorithm: Algorithm | None = None
    checksum: str = ""
    md5: str = ""
    sha256: str = ""

    def needs(self) -> set[Algorithm]:
        """The digests that `check` compares."""
        needed = {self.algorithm} if self.algorithm else set()
        return needed | ({Algorithm.SHA256} if self.sha256 else set())

    def check(self, body: Intake) -> None:
        """Compare with what came.

        Raises:
            Refusal: BadDigest or XAmzContentSHA256Mismatch.
        """
        digest = body.digest
        if self.sha256 and digest(Algorithm.SHA256).hex() != self.sha256:
            raise Refusal(
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match "
                "what was computed.",
                ClientComputedContentSHA256=self.sha256,
                S3ComputedContentSHA256=digest(Algorithm.SHA256).hex(),
            )
        if self.md5 and self.md5 != text(body.md5):
            raise Refusal(
                "BadDigest",
                "The Content-MD5 you specified did not match what we "
                "received.",
                ExpectedDigest=self.md5,
                CalculatedDigest=text(body.md5),
            )
        if self.algorithm and self.checksum != text(digest(self.algorithm)):
            raise mismatch(self.algorithm.upper())


def claim(headers: Mapping[str, str], *, checksums: bool = True) -> Claim:
    """What `headers` say of the body; `checksums=False` reads no CRCs.

    Raises:
        Refusal: InvalidDigest, InvalidRequest, InvalidArgument or
            NotImplemented, when a value is not well-formed.
    """
    md5 = headers.get("content-md5", "")
    if "content-md5" in headers and not _is_base64(md5, 16):
        raise Refusal(
            "InvalidDigest", "The Content-MD5 you specified was invalid."
        )
    sha256 = _payload_hash(headers)
    algorithm = declared(headers) if checksums else None
    value = headers[algorithm.header] if algorithm else ""
    return Claim(algorithm, value, md5, sha256)


def declared(
    headers: Mapping[str, str], *, parts: int = 0
) -> Algorithm | None:
    """The algorithm whose x-amz-checksum-* header is there and well-formed.

    With `parts`, the value may be a checksum of so many parts': "b64-N".
    """
    found = [a for a in Algorithm if a.header in headers]
    if len(found) > 1:
        raise Refusal(
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum "
            "Types are not allowed.",
        )
    _check_sdk_header(headers.get("x-amz-sdk-checksum-algorithm"), found)
    for algorithm in found:
        value = headers[algorithm.header]
        value = value.removesuffix(f"-{parts}") if parts else value
        if not _is_base64(value, algorithm.width):
            raise Refusal(
                "InvalidRequest",
                f"Value for {algorithm.header} header is invalid.",
            )
    return found[0] if found else None


def _check_sdk_header(named: str | None, found: list[Algorithm]) -> None:
    if named is None:
        return
    if not found:
        raise Refusal(
            "InvalidRequest",
            "x-amz-sdk-checksum-algorithm specified, but no corresponding "
            "x-amz-checksum-* or x-amz-trailer headers were found.",
        )
    if named.lower() != found[0]:
        raise Refusal(
            "InvalidRequest",
            "Value for x-amz-sdk-checksum-algorithm header is invalid.",
        )


def _payload_hash(headers: Mapping[str, str]) -> str:
    value = headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    chunked = "aws-chunked" in headers.get("content-encoding", "")
    if chunked or "x-amz-trailer" in headers or value.startswith("STREAMING"):
        raise Refusal(
            "NotImplemented",
            "A header you provided implies functionality that is not "
            "implemented: aws-chunked bodies",
        )
    if value == "UNSIGNED-PAYLOAD":
        return ""
    if len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise Refusal(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid "
            "sha256 value.",
            ArgumentName="x-amz-content-sha256",
            ArgumentValue=value,
        )
    return value


def _is_base64(value: str, width: int) -> bool:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == width


def mismatch(name: str) -> Refusal:
    """A checksum that is not that of the bytes; `name` as S3 spells it."""
    return Refusal(
        "BadDigest",
        f"The {name} you specified did not match the calculated checksum.",
    )
