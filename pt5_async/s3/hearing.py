"""What the client sends, overheard by whom it concerns.

Our HTTP session tells of each request, behind every hook of botocore's
that may have changed it; a context variable finds the task that made it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Overheard:
    """A request of the client's: its parameters, and what went out.

    `headers` have names in lower case; None until it was sent. `proxy` is
    what it went through.
    """

    operation: str
    fields: Mapping[str, Any] = field(repr=False)
    method: str = ""
    url: str = ""
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    proxy: object = field(default=None, repr=False)  # with its password


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


def overhear(
    method: str, url: object, headers: Mapping[str, str], proxy: object
) -> None:
    """Note what the client sends now, if anybody listens."""
    heard = _listening.get()
    if heard is not None:
        heard.method, heard.url, heard.proxy = method, str(url), proxy
        heard.headers = {name.lower(): text for name, text in headers.items()}
