"""AWS Signature Version 4 for S3: a request's Authorization header, fast.

The rules are those of "Authenticating Requests (AWS Signature Version 4)" in
the Amazon S3 API Reference; the path is signed as it is sent. The tests hold
every signature against botocore's.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

UNSIGNED: Final = "UNSIGNED-PAYLOAD"
"""Stands for the hash of a body that only TLS protects on its way."""

SCHEME: Final = "AWS4-HMAC-SHA256"

SERVICE: Final = "s3"

NEVER_SIGNED: Final = frozenset(
    {
        "baggage",
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "traceparent",
        "tracestate",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-amzn-trace-id",
    }
)
"""Headers, in lower case, that may be changed on the way."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs; the secret is in no `repr`."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"Identity({self.access_key!r})"


class Signer:
    """Signs for one region; a day's signatures share one derived key."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._known: tuple[str, str] | None = None
        self._keyed = _Keyed(b"")
        self._scope = ""

    def authorization(
        self,
        identity: Identity,
        headers: Iterable[tuple[str, str]],
        *,
        method: str,
        path: str,
        query: str = "",
        payload: str,
        stamp: str,
    ) -> str:
        """The value of the Authorization header.

        Args:
            identity: who signs; a session token is one of the `headers`.
            headers: all that is signed, names in lower case, in order.
            method: the HTTP method.
            path: as it stands in the request line.
            query: its pairs in the order of their names, percent-encoded.
            payload: the hexadecimal SHA-256 of the body, or UNSIGNED.
            stamp: the time of the request, ``20130526T095207Z``.
        """
        names, lines = [], []
        for name, value in headers:
            names.append(name)
            lines.append(f"{name}:{trimmed(value)}\n")
        signed = ";".join(names)
        canonical = (
            f"{method}\n{path}\n{query}\n{''.join(lines)}\n{signed}\n{payload}"
        )
        return self.signed(identity, canonical, signed=signed, stamp=stamp)

    def signed(
        self, identity: Identity, canonical: str, *, signed: str, stamp: str
    ) -> str:
        """The same for a canonical request, whose `signed` headers those are.

        It is what the API Reference calls so, ready to be hashed.
        """
        self._prepare(identity.secret_key, stamp[:8])
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"{SCHEME}\n{stamp}\n{self._scope}\n{digest}"
        signature = self._keyed.hexdigest(text.encode())
        return (
            f"{SCHEME} Credential={identity.access_key}/{self._scope}, "
            f"SignedHeaders={signed}, Signature={signature}"
        )

    def _prepare(self, secret: str, day: str) -> None:
        if self._known == (secret, day):
            return
        key = b"AWS4" + secret.encode()
        for part in (day, self._region, SERVICE, "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        self._keyed = _Keyed(key)
        self._scope = f"{day}/{self._region}/{SERVICE}/aws4_request"
        self._known = (secret, day)


class _Keyed:
    """HMAC-SHA256 (RFC 2104) of short texts under one key.

    `hmac.digest` lets go of the interpreter each time, and then waits for it
    behind every thread that reads a file.
    """

    def __init__(self, key: bytes) -> None:
        padded = key.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(one ^ 0x36 for one in padded))
        self._outer = hashlib.sha256(bytes(one ^ 0x5C for one in padded))

    def hexdigest(self, text: bytes) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.hexdigest()


def trimmed(value: str) -> str:
    """A header's value as it is signed: white space folded."""
    if "  " in value or value != value.strip() or not value.isprintable():
        return " ".join(value.split())
    return value
