"""The client's HTTP session, which goes where it is sent, at its pace.

aiohttp follows a redirect by itself, and aiobotocore does not tell it not
to: whatever sits between us and the store (a captive portal, say) could
have a file and the session's token sent to any host.
"""

from collections.abc import Mapping
from typing import Any, Final

from aiobotocore.httpsession import AIOHTTPSession
from aiohttp import ClientResponse, ClientSession, ClientTimeout

from .body import Body
from .hearing import overhear
from .pace import PacedPayload

FIRST: Final = ClientTimeout(sock_connect=4, sock_read=60)
"""While nothing ever answered, three attempts to connect take some 12 s:
enough for a satellite, and a mistaken address is known soon. Later, when a
link may be full of our own bytes, there is more time."""


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
    ) -> ClientResponse:
        overhear(method, url, headers, proxy)
        if isinstance(data, Body):
            data.begun = 0  # it was read before, to be signed
            data = data if data.pace is None else PacedPayload(data)
        if not self._owner.answered:
            options.setdefault("timeout", FIRST)
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
        return response
