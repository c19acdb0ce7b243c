"""What a request of the client's teaches: where to send, as whom, and how.

The express lane decides none of this. It takes it from a request that the
store has answered well, and only if it can say of everything in it where it
comes from, and make the very same signature.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from .hearing import Overheard
from .sigv4 import NEVER_SIGNED, SCHEME, SERVICE, UNSIGNED, Identity, Signer

KEY_SAFE: Final = "/~"
"""What stays as it is in a path, with letters, digits and ``-._``."""

_SAFE: Final = re.compile("[A-Za-z0-9_.~/-]*")
_HASH: Final = re.compile("[0-9a-f]{64}")

PORTS: Final = {"http": 80, "https": 443}


class Use(Enum):
    """What becomes of a header that the client sent."""

    REGENERATED = "made anew for each request"
    COPIED = "the same in every request"
    LEFT_OUT = "the client's own, of no use to the store"


HEADERS: Final[dict[str, Use]] = {
    "accept-encoding": Use.LEFT_OUT,
    "amz-sdk-invocation-id": Use.LEFT_OUT,
    "amz-sdk-request": Use.LEFT_OUT,
    "authorization": Use.REGENERATED,
    "content-length": Use.REGENERATED,
    "expect": Use.REGENERATED,
    "host": Use.REGENERATED,
    "user-agent": Use.COPIED,
    "x-amz-content-sha256": Use.REGENERATED,
    "x-amz-date": Use.REGENERATED,
    "x-amz-security-token": Use.REGENERATED,
}
"""The headers that are no parameter of the operation; all others are."""


class Unlearnable(Exception):
    """A request that the express lane could not make; it says why."""


class SomebodyElse(Unlearnable):
    """A request that was signed by another identity than expected."""


@dataclass(frozen=True, slots=True)
class Template:
    """What all requests of one operation have in common.

    `host` is the Host header, `prefix` the path up to the key, `agent` the
    User-Agent; with `signs_body` the hash of the body is signed.
    """

    scheme: str
    host: str
    name: str
    port: int
    prefix: str
    agent: str
    region: str
    signs_body: bool


def encoded(key: str) -> str:
    """A key as it stands in a path, as botocore writes it."""
    return key if _SAFE.fullmatch(key) else quote(key, safe=KEY_SAFE)


def learn(
    heard: Overheard,
    identity: Identity,
    headers: Mapping[str, str],
    query: str,
) -> Template:
    """The template of a request that was answered well.

    The lane would make `headers` and `query` of the same parameters.

    Raises:
        SomebodyElse: when `identity` is not that of the request.
        Unlearnable: when the lane would not make the same request.
    """
    sent = heard.headers
    if sent is None:
        raise Unlearnable("the client did not show its request")
    if heard.proxy is not None:
        raise Unlearnable("a proxy is in force")
    url = urlsplit(heard.url)
    if heard.method != "PUT" or not _alike(url.query, query):
        raise Unlearnable(f"a request {heard.method} ?{url.query}")
    signs_body = _signs_body(sent)
    _compare(sent, headers)
    region = _check_signature(heard, sent, identity)
    host = _host(url)
    if sent.get("host", host) != host:
        raise Unlearnable(f"the Host header names {sent['host']}")
    path = encoded(str(heard.fields["Key"]))
    if url.scheme not in PORTS or not url.path.endswith(path):
        raise Unlearnable(f"an unknown form of URL: {url.scheme}")
    return Template(
        scheme=url.scheme,
        host=host,
        name=url.hostname or "",
        port=url.port or PORTS[url.scheme],
        prefix=url.path[: len(url.path) - len(path)],
        agent=sent.get("user-agent", ""),
        region=region,
        signs_body=signs_body,
    )


def _alike(query: str, other: str) -> bool:
    """Whether two queries have the same pairs, in whatever order."""
    return sorted(query.split("&")) == sorted(other.split("&"))


def _signs_body(sent: Mapping[str, str]) -> bool:
    payload = sent.get("x-amz-content-sha256", "")
    if payload != UNSIGNED and not _HASH.fullmatch(payload):
        raise Unlearnable(f"its body goes as {payload or 'it likes'}")
    return payload != UNSIGNED


def _host(url: SplitResult) -> str:
    """The Host header for a URL, without what goes without saying."""
    name = url.hostname or ""
    name = f"[{name}]" if ":" in name else name
    if url.port in (None, PORTS.get(url.scheme)):
        return name
    return f"{name}:{url.port}"


def _compare(sent: Mapping[str, str], ours: Mapping[str, str]) -> None:
    for name, value in sent.items():
        if name not in HEADERS and ours.get(name) != value:
            raise Unlearnable(f"the header {name} is unknown to it")
    for name in ours:
        if name not in sent:
            raise Unlearnable(f"the client does not send the header {name}")


def _check_signature(
    heard: Overheard, sent: Mapping[str, str], identity: Identity
) -> str:
    """The region of a signature that can be made again."""
    scheme, _, rest = sent.get("authorization", "").partition(" ")
    if scheme != SCHEME:
        raise Unlearnable(f"the signature is of another kind ({scheme})")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    scope = parts.get("Credential", "").rsplit("/", 4)
    if len(scope) != len(("key", "day", "region", "service", "end")):
        raise Unlearnable("the credential's scope is of another form")
    key, _, region, service, _ = scope
    if service != SERVICE:
        raise Unlearnable(f"the request is signed for {service}")
    if key != identity.access_key:
        raise SomebodyElse("the client signs as somebody else")
    url = urlsplit(heard.url)
    signed = {k: v for k, v in sent.items() if k not in NEVER_SIGNED}
    names = parts.get("SignedHeaders", "").split(";")
    signed.setdefault("host", _host(url))
    again = Signer(region).authorization(
        identity,
        sorted((k, v) for k, v in signed.items() if k in names),
        method=heard.method,
        path=url.path,
        query="&".join(sorted(url.query.split("&"))),
        payload=sent.get("x-amz-content-sha256", ""),
        stamp=sent.get("x-amz-date", ""),
    )
    if again != sent["authorization"]:
        raise Unlearnable("the signature cannot be made again")
    return region
