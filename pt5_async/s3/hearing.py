"""What the client sends, overheard by whom it concerns.

botocore's event before-send and our HTTP session tell of each request; a
context variable finds the task that made it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Overheard:
    """A request of the client's: its parameters, and what went out.

    `headers` have names in lower case; None until it was sent. `proxy` is
    what it went through.
    """

    operation: str
    fields: Mapping[str, Any]
    method: str = ""
    url: str = ""
    headers: Mapping[str, str] | None = None
    proxy: object = None


_listening: ContextVar[Overheard | None] = ContextVar(
    "listening", default=None
)


@contextmanager
def listening(
    operation: str, fields: Mapping[str, Any]
) -> Iterator[Overheard]:
    """Hear the request that the client makes of `fields` inside."""
    heard = Overheard(operation, fields)
    token = _listening.set(heard)
    try:
        yield heard
    finally:
        _listening.reset(token)


def overhear(request: Any, **_: Any) -> None:
    """Note what the client is about to send, if anybody listens."""
    heard = _listening.get()
    if heard is not None:
        heard.method, heard.url = request.method, request.url
        heard.headers = {
            name.lower(): _text(value)
            for name, value in request.headers.items()
        }


def overhear_proxy(proxy: object) -> None:
    """Note through what the client sends, if anybody listens."""
    heard = _listening.get()
    if heard is not None:
        heard.proxy = proxy


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
