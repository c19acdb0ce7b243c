"""Signature Version 4, from the server's side: who signed this request?

Written from "Signature Calculations for the Authorization Header"
(Amazon S3 API Reference), independently of botocore and of pt5_async.
"""

import hashlib
import hmac
import re
from calendar import timegm
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import strptime
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

from .answers import Refusal, iso
from .http import Head

MOST_SKEW: Final = 15 * 60
"""Seconds by which a request's time may differ from the server's."""

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 *Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request"
    r", *SignedHeaders=([^, ]+), *Signature=([0-9a-f]{64})"
)

secrets: Final[set[str]] = set()
"""Of every identity that this process has made: nobody may tell them."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Someone who may sign; `token` is what must come beside the key."""

    access_key: str
    secret_key: str
    token: str | None = None
    expired: bool = False

    def __post_init__(self) -> None:
        secrets.update(filter(None, (self.secret_key, self.token)))


@dataclass(frozen=True, slots=True)
class _Claim:
    access_key: str
    day: str
    region: str
    names: tuple[str, ...]
    signature: str


def verify(
    head: Head,
    identities: Mapping[str, Identity],
    *,
    region: str,
    now: float,
    content_type: bool = False,
) -> None:
    """Accept `head` only if a known identity signed it for `region`.

    `now` is the server's clock in seconds since 1970; `content_type` says
    that a Content-Type that is not signed is refused (Ceph RGW 20 does).

    Raises:
        Refusal: with the code that S3 has for what is wrong.
    """
    claim = _claim(head)
    identity = identities.get(claim.access_key)
    if identity is None:
        raise Refusal(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our "
            "records.",
            AWSAccessKeyId=claim.access_key,
        )
    _check_token(head, identity)
    stamp = _check_time(head, claim, now)
    _check_region(claim, region)
    _check_names(head, claim, content_type=content_type)
    _check_signature(head, claim, stamp, identity.secret_key)


def _check_signature(
    head: Head, claim: _Claim, stamp: str, secret: str
) -> None:
    canonical = _canonical(head, claim.names)
    scope = f"{claim.day}/{claim.region}/s3/aws4_request"
    to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{_sha256(canonical)}"
    key = _signing_key(secret, claim.day, claim.region)
    signature = hmac.digest(key, _bytes(to_sign), "sha256").hex()
    if not hmac.compare_digest(signature, claim.signature):
        raise Refusal(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the "
            "signature you provided. Check your key and signing method.",
            AWSAccessKeyId=claim.access_key,
            StringToSign=to_sign,
            SignatureProvided=claim.signature,
            CanonicalRequest=canonical.encode("ascii", "replace").decode(),
        )


def _claim(head: Head) -> _Claim:
    value = head.headers.get("authorization")
    if value is None:
        raise Refusal("AccessDenied", "Access Denied")
    if not value.startswith(_ALGORITHM):
        raise Refusal(
            "InvalidRequest",
            "The authorization mechanism you have provided is not "
            f"supported. Please use {_ALGORITHM}.",
        )
    match = _AUTHORIZATION.fullmatch(value)
    if match is None:
        raise _malformed("it cannot be read")
    access_key, day, region, names, signature = match.groups()
    return _Claim(access_key, day, region, tuple(names.split(";")), signature)


def _malformed(why: str) -> Refusal:
    return Refusal(
        "AuthorizationHeaderMalformed",
        f"The authorization header is malformed; {why}",
    )


def _check_token(head: Head, identity: Identity) -> None:
    if head.headers.get("x-amz-security-token") != identity.token:
        raise Refusal(
            "InvalidToken",
            "The provided token is malformed or otherwise invalid.",
        )
    if identity.expired:
        raise Refusal("ExpiredToken", "The provided token has expired.")


def _check_time(head: Head, claim: _Claim, now: float) -> str:
    stamp = head.headers.get("x-amz-date", "")
    try:
        then = _seconds(stamp)
    except ValueError:
        raise Refusal(
            "AccessDenied",
            "AWS authentication requires a valid Date or x-amz-date header",
        ) from None
    if stamp[:8] != claim.day:
        raise _malformed(f"the credential's day is not that of {stamp}")
    if abs(now - then) > MOST_SKEW:
        raise Refusal(
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time "
            "is too large.",
            RequestTime=stamp,
            ServerTime=iso(now),
            MaxAllowedSkewMilliseconds=MOST_SKEW * 1000,
        )
    return stamp


@lru_cache(maxsize=64)
def _seconds(stamp: str) -> int:
    return timegm(strptime(stamp, "%Y%m%dT%H%M%SZ"))


def _check_region(claim: _Claim, region: str) -> None:
    if claim.region != region:
        raise Refusal(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region "
            f"'{claim.region}' is wrong; expecting '{region}'",
            headers={"x-amz-bucket-region": region},
            Region=region,
        )


def _check_names(head: Head, claim: _Claim, *, content_type: bool) -> None:
    if list(claim.names) != sorted(set(claim.names)):
        raise _malformed("SignedHeaders must be sorted")
    if "x-amz-content-sha256" not in head.headers:
        raise Refusal(
            "InvalidRequest",
            "Missing required header for this request: x-amz-content-sha256",
        )
    unsigned = [
        name
        for name in head.headers.keys() - set(claim.names)
        if name == "host"
        or name.startswith("x-amz-")
        or (content_type and name == "content-type")
    ]
    if unsigned:
        raise Refusal(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            HeadersNotSigned=", ".join(sorted(unsigned)),
        )


def _canonical(head: Head, names: tuple[str, ...]) -> str:
    headers = "".join(
        f"{name}:{' '.join(head.headers.get(name, '').split())}\n"
        for name in names
    )
    query = "&".join(
        f"{name}={value}"
        for name, value in sorted(
            (quote(name, safe="-_.~"), quote(value, safe="-_.~"))
            for name, value in parse_qsl(head.query, keep_blank_values=True)
        )
    )
    path = quote(
        unquote(head.path, errors="surrogateescape"),
        safe="/-_.~",
        errors="surrogateescape",
    )
    return "\n".join(
        (
            head.method,
            path,
            query,
            headers,
            ";".join(names),
            head.headers["x-amz-content-sha256"],
        )
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@lru_cache(maxsize=64)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
