"""The client's HTTP session, which goes where it is sent, at its pace.

aiohttp follows a redirect by itself, and aiobotocore does not tell it not
to: whatever sits between us and the store (a captive portal, say) could
have a file and the session's token sent to any host.
"""

from collections.abc import Mapping
from typing import Any

from aiobotocore.httpsession import AIOHTTPSession
from aiohttp import ClientResponse, ClientSession

from .body import Body
from .hearing import overhear
from .pace import PacedPayload


class StraightSession(AIOHTTPSession):  # type: ignore[misc]  # no types
    """aiobotocore's own session, whose redirects are answers like others."""

    async def _get_session(self, proxy_url: str | None) -> "_Straight":
        return _Straight(await super()._get_session(proxy_url))


class _Straight:
    """What aiobotocore uses of an aiohttp session."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

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
        return await self._session.request(
            method,
            url,
            headers=headers,
            data=data,
            proxy=proxy,
            allow_redirects=False,
            **options,
        )
