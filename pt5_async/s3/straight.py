"""The client's HTTP session, which goes where it is sent, at its pace.

aiohttp follows a redirect by itself, and aiobotocore does not tell it not
to: whatever sits between us and the store (a captive portal, say) could
have a file and the session's token sent to any host. Nor does either of
them mind how long an answer is, or how long it takes.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from aiobotocore.httpsession import AIOHTTPSession
from aiohttp import (
    ClientResponse,
    ClientSession,
    ClientTimeout,
    StreamReader,
)

from ..errors import ConnectionLost
from .body import Body
from .hearing import overhear
from .pace import PacedPayload
from .pages import take
from .response import explodes

FIRST: Final = ClientTimeout(sock_connect=4, sock_read=60)
"""In seconds. While nothing ever answered, three attempts to connect take
some 12 s: enough for a satellite, and a mistaken address is known soon."""

LATER: Final = ClientTimeout(sock_connect=10, sock_read=60)
"""Later, when a link may be full of our own bytes, there is more time."""

ASKED_SECONDS: Final = 300.0
"""So long may a request without a file's bytes take, answer and all."""

COMPLETED_SECONDS: Final = 900.0
"""To complete an upload in parts takes S3 minutes, in which it sends a
blank now and then."""

READ_SECONDS: Final = 60.0
"""So long may the body of the answer to a file's bytes take."""

BODY_BYTES: Final = 8 * 1024 * 1024
"""An answer's body is no longer: a listing's page of a thousand names of
1024 bytes each takes half of that."""


class StraightSession(AIOHTTPSession):  # type: ignore[misc]  # no types
    """aiobotocore's own session, whose redirects are answers like others."""

    answered = False

    async def _get_session(self, proxy_url: str | None) -> "_Straight":
        return _Straight(await super()._get_session(proxy_url), self)


class _Straight:
    """What aiobotocore uses of an aiohttp session."""

    def __init__(self, session: ClientSession, owner: StraightSession) -> None:
        self._session = session
        self._owner = owner

    async def request(
        self,
        method: str,
        url: Any,
        *,
        headers: Mapping[str, str],
        data: Any = None,
        proxy: str | None = None,
        **options: Any,
    ) -> "_Answer":
        overhear(method, url, headers, proxy)
        total, seconds = _limits(method, data)
        if isinstance(data, Body):
            data.begun = 0  # it was read before, to be signed
            data = data if data.pace is None else PacedPayload(data)
        usual = LATER if self._owner.answered else FIRST
        limits = ClientTimeout(
            total=total,
            sock_connect=usual.sock_connect,
            sock_read=usual.sock_read,
        )
        options.setdefault("timeout", limits)
        response = await self._session.request(
            method,
            url,
            headers=headers,
            data=data,
            proxy=proxy,
            allow_redirects=False,
            **options,
        )
        self._owner.answered = True
        return _Answer(response, seconds)


def _limits(method: str, data: object) -> tuple[float | None, float]:
    """Seconds for all of a request, and for the body of its answer."""
    if isinstance(data, Body):  # a body on its way is watched as it goes
        return None, READ_SECONDS
    whole = COMPLETED_SECONDS if method == "POST" else ASKED_SECONDS
    return whole, whole


class _Answer:
    """What aiobotocore uses of an answer, whose body has to have an end."""

    def __init__(self, response: ClientResponse, seconds: float) -> None:
        self.url = response.url
        self.status = response.status
        self.raw_headers = response.raw_headers
        self._response = response
        self._seconds = seconds

    @property
    def content(self) -> StreamReader:
        """An object's body, for who takes it piece by piece."""
        return self._response.content

    def close(self) -> None:
        """Let go of a body that is not taken to its end."""
        self._response.close()

    async def read(self) -> bytes:
        """The whole body.

        Raises:
            ConnectionLost: when it is none of a store's.
        """
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._whole()
        except TimeoutError as error:
            raise self._refused("whose body does not end") from error
        if explodes(body):
            raise self._refused("that defines entities")
        return take(self.status, bytes(body))

    async def _whole(self) -> bytearray:
        body = bytearray()
        try:
            async for piece in self._response.content.iter_any():
                body += piece
                if len(body) > BODY_BYTES:
                    raise self._refused("whose body does not end")
            await self._response.read()  # nothing is left; it lets go
        except BaseException:
            self._response.close()
            raise
        return body

    def _refused(self, what: str) -> ConnectionLost:
        who = f"{self.url.scheme}://{self.url.authority}"
        return ConnectionLost(
            f"no answer from {who} (an answer {what}, not S3's)"
        )
