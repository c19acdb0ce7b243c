"""The byte side: HTTP/1.1 requests read from a stream, answers as bytes.

Framing follows RFC 9112 and is strict where sloppiness hides errors of a
client: one length, one Host, no folded headers, CRLF everywhere.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from time import gmtime, strftime
from typing import Final

STEP: Final = 256 * 1024
"""The most body bytes handed on at once."""

LONGEST_HEAD: Final = 64 * 1024
LONGEST_CHUNK_LINE: Final = 1024
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_TOKEN: Final = frozenset(
    "!#$%&'*+-.^_`|~0123456789"
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)


class Malformed(Exception):
    """What came is no HTTP/1.1; the connection cannot go on."""


class Truncated(Exception):
    """The connection ended before the body did."""


@dataclass(frozen=True, slots=True)
class Head:
    """A request's line and headers.

    `path` and `query` are percent-encoded, as sent. Header names are in
    lower case; the values of a repeated header are joined with ",".
    """

    method: str
    path: str
    query: str
    version: str
    headers: dict[str, str]

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks, its length not told before."""
        return "transfer-encoding" in self.headers

    @property
    def length(self) -> int:
        """The body's length in bytes; 0 when no header tells it."""
        return int(self.headers.get("content-length", "0"))

    @property
    def waits(self) -> bool:
        """Whether the client waits for 100 before it sends the body."""
        return self.headers.get("expect", "").lower() == "100-continue"

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to use the connection again."""
        wish = self.headers.get("connection", "").lower()
        return wish == "keep-alive" or (
            self.version == "HTTP/1.1" and wish != "close"
        )


@dataclass(slots=True)
class Answer:
    """A status, headers and a body, to be sent as the answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def render(self, *, keep: bool, now: float, lower: bool = False) -> bytes:
        """The answer's status line and headers, without its body.

        `keep` says whether the connection stays open, `now` is the
        server's clock, `lower` asks for header names in lower case.
        """
        phrase = HTTPStatus(self.status).phrase
        headers = {"Date": _date(int(now)), "Server": "AmazonS3"}
        headers |= self.headers
        if not keep:
            headers["Connection"] = "close"
        if self.status != HTTPStatus.NO_CONTENT:
            headers.setdefault("Content-Length", str(len(self.body)))
        lines = [f"HTTP/1.1 {self.status} {phrase}"]
        for name, value in headers.items():
            lines.append(f"{name.lower() if lower else name}: {value}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode(
            "utf-8", "surrogateescape"
        )


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    return strftime("%a, %d %b %Y %H:%M:%S GMT", gmtime(second))


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next request's head; None when the client is through.

    Raises:
        Malformed: when what comes is not one.
    """
    raw = b""
    while not raw:  # RFC 9112, 2.2: empty lines before a request are skipped
        try:
            raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial.strip():
                raise Malformed("the connection ended in the head") from None
            return None
        except asyncio.LimitOverrunError:
            raise Malformed("the head never ends") from None
        raw = raw.lstrip(b"\r\n")
    if len(raw) > LONGEST_HEAD:
        raise Malformed("the head is too long")
    return _parse(raw[:-4].decode("utf-8", "surrogateescape"))


def _parse(text: str) -> Head:
    first, *lines = text.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or words[2] not in {"HTTP/1.1", "HTTP/1.0"}:
        raise Malformed(f"no request line: {first!r}")
    method, target, version = words
    if not target.startswith("/") or not target.isascii():
        raise Malformed(f"no request target: {target!r}")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or not _TOKEN.issuperset(name):
            raise Malformed(f"no header: {line!r}")
        name, value = name.lower(), value.strip(" \t")
        if "\n" in value or "\r" in value or "\0" in value:
            raise Malformed(f"control characters in {name}")
        if name in headers:
            value = f"{headers[name]},{value}"
        headers[name] = value
    path, _, query = target.partition("?")
    head = Head(method, path, query, version, headers)
    _check_framing(head)
    return head


def _check_framing(head: Head) -> None:
    headers = head.headers
    if head.version == "HTTP/1.1" and "," in headers.get("host", ","):
        raise Malformed("one Host header is needed")
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is not None and (coding.lower() != "chunked" or length):
        raise Malformed("Transfer-Encoding must be chunked and stand alone")
    if length is not None and not (length.isascii() and length.isdigit()):
        raise Malformed(f"no Content-Length: {length!r}")


async def pieces(
    reader: asyncio.StreamReader, head: Head, step: int = STEP
) -> AsyncIterator[bytes]:
    """The body as it comes, at most `step` bytes at a time.

    Raises:
        Truncated: when the connection ends before the body does.
        Malformed: when the chunks are framed wrongly.
    """
    if not head.chunked:
        async for piece in _exactly(reader, head.length, step):
            yield piece
        return
    while size := await _chunk_size(reader):
        async for piece in _exactly(reader, size, step):
            yield piece
        if await _line(reader):
            raise Malformed("a chunk is longer than it says")
    while await _line(reader):
        pass  # trailers are read and not used


async def _exactly(
    reader: asyncio.StreamReader, size: int, step: int
) -> AsyncIterator[bytes]:
    while size:
        piece = await reader.read(min(size, step))
        if not piece:
            raise Truncated(f"{size} bytes of the body are missing")
        size -= len(piece)
        yield piece


async def _chunk_size(reader: asyncio.StreamReader) -> int:
    digits = (await _line(reader)).partition(b";")[0].rstrip(b" \t")
    if not digits or not _HEX.issuperset(digits):
        raise Malformed(f"no chunk size: {digits!r}")
    return int(digits, 16)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        line = await reader.readuntil(b"\r\n")
    except asyncio.IncompleteReadError:
        raise Truncated("the connection ended between chunks") from None
    except asyncio.LimitOverrunError:
        raise Malformed("a line between chunks never ends") from None
    if len(line) > LONGEST_CHUNK_LINE:
        raise Malformed("a line between chunks is too long")
    return line[:-2]
