"""An answer as it comes in: bounded in size, and whole at its own end.

httptools (the parser of Node.js) reads it; RFC 9112 has the rules. What
comes behind an answer is none of it, whatever it looks like.
"""

from typing import Any, Final, NamedTuple

import httptools

HEAD_BYTES: Final = 64 * 1024
"""An answer's status line and headers are no longer."""

BODY_BYTES: Final = 1024 * 1024
"""Nor is its body: those of the requests made here are a few lines."""

ENTITY: Final = b"<!ENTITY"
"""What no answer of a store's has: a few of these, each made of others,
become gigabytes in a parser."""

_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
"""What begins so is read two bytes a letter, and would hide such a word."""

INTERIM: Final = 20
"""Nor does it come after more answers like 100 Continue."""

_CONTINUE: Final = 100
_FINAL: Final = 200


_NAMES: Final[dict[bytes, str]] = {}
"""Names of headers that stores send, as they are written, and as a key."""

_MOST_NAMES: Final = 256


class Answer(NamedTuple):
    """What came back; names of headers in lower case.

    `resent` says that the request went out once before, unanswered.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    resent: bool = False


class Reader:
    """What is known of one answer so far.

    It has `begun` with its first byte, and is `whole` at its end; then
    the connection `keeps`, or not. `leave` to send the body was given by a
    100 Continue. With `trouble`, which says what it is, there will be none.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._parser: Any = httptools.HttpResponseParser(self)
        self.begin()

    def begin(self) -> None:
        """Expect the next answer, where the last was whole and kept."""
        self._headers: dict[str, str] = {}
        self._body: bytes | bytearray = b""
        self._raw = self._lines = self._status = self._interims = 0
        self._headed = False
        self.begun = self.whole = self.keeps = self.leave = False
        self.trouble = ""

    @property
    def ends_with_connection(self) -> bool:
        """Whether the body has no end of its own, and has begun."""
        headers = self._headers
        chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        framed = chunked or "content-length" in headers
        return self._headed and not framed and not self.trouble

    @property
    def answering(self) -> bool:
        """Whether it has begun, as far as is not an interim answer."""
        return self._headed or self._raw > 0

    def feed(self, data: bytes) -> None:
        """Read on."""
        self.begun = True
        self._raw += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as e:
            self.keeps = False
            if not self.whole:
                self.trouble = f"what answered is no HTTP server ({e})"
            return
        small = self._raw <= HEAD_BYTES >= self._lines
        if not small and (part := self._too_long()):
            self.trouble = f"an answer whose {part} does not end, not S3's"
        elif self._interims > INTERIM:
            self.trouble = "nothing but interim answers, not S3's"

    def release(self) -> None:
        """Read no more: the parser and this hold on to each other."""
        self._parser = None

    def answer(self) -> Answer:
        """The answer, which is whole."""
        return Answer(self._status, self._headers, bytes(self._body))

    def _too_long(self) -> str:
        if self._lines > HEAD_BYTES:
            return "header"
        if self._raw > HEAD_BYTES and not self._headed:
            return "header"
        if len(self._body) > BODY_BYTES:
            return "body"
        if self._raw > BODY_BYTES and not self.whole:
            return "body"
        return ""

    # ---- httptools' side

    def on_message_begin(self) -> None:
        """Another message; after the answer there may be none."""
        if self.whole:
            self.keeps = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; one that comes twice is joined, a trailer is none."""
        if self._headed:
            return
        self._lines += len(name) + len(value)
        key = _NAMES.get(name) or _key(name)
        text = value.decode("latin-1")
        before = self._headers.get(key)
        self._headers[key] = f"{before}, {text}" if before else text

    def on_headers_complete(self) -> None:
        """The status and all headers are there."""
        if self.whole:
            return
        self._status = self._parser.get_status_code()
        self._headed = self._status >= _FINAL
        self._raw = 0

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if not self.whole:
            # No answer to a body that was stored has one itself.
            self._body = self._body or bytearray()
            self._body += data

    def on_message_complete(self) -> None:
        """The end of an answer, or of an interim one."""
        if self.whole:
            return
        if not self._headed:
            self._interims += 1
            self.leave = self.leave or self._status == _CONTINUE
            self._headers.clear()
            self._lines = 0
            return
        self.whole = True
        self.keeps = self._parser.should_keep_alive()


def _key(name: bytes) -> str:
    """A header's name in lower case, remembered: they are always the same."""
    key = name.decode("latin-1").lower()
    if len(_NAMES) < _MOST_NAMES:
        _NAMES[name] = key
    return key


def explodes(body: bytes | bytearray) -> bool:
    """Whether a parser could make more of a body than there is in it."""
    return ENTITY in body or body[:2] in _UTF_16
