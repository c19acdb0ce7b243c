"""An express lane beside a client: its identity, its trust, its sockets."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, Self

from aiobotocore.credentials import AioCredentials
from aiobotocore.session import AioSession
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import get_cert_path

from ..settings import Lane, Settings
from .dialling import Place
from .express import Express
from .lesson import Template
from .pool import Pool
from .resuming import Resuming
from .sigv4 import Identity
from .trust import verified_by
from .turns import Turns


class Lanes:
    """The express lanes of one client, closed at the end."""

    def __init__(
        self, session: AioSession, settings: Settings, turns: Turns
    ) -> None:
        """Sign and trust as `session` and `settings` have it."""
        self._session = session
        self._settings = settings
        self._turns = turns
        self._lanes: list[Express] = []

    def open(
        self, client: Any, bucket: str, told: Callable[[str], None]
    ) -> Express | None:
        """A lane to `bucket`, or None where none is wanted.

        Of an access point, a directory bucket and a client certificate it
        knows nothing.
        """
        session, settings = self._session, self._settings
        if settings.lane is Lane.PLAIN:
            return None
        lane = Express(
            client,
            identify=_Identities(session),
            connect=self._pool,
            told=told,
            must=settings.lane is Lane.EXPRESS,
        )
        if settings.connections <= 1:
            lane.shut("it needs a connection beside the client's")
        elif bucket.startswith("arn:") or bucket.endswith("--x-s3"):
            lane.shut(f"{bucket} is no common bucket")
        elif client.meta.config.client_cert:
            lane.shut("a client certificate is in use")
        self._lanes.append(lane)
        return lane

    async def _pool(self, template: Template) -> Pool:
        tls = None
        if template.scheme == "https":
            tls = await asyncio.to_thread(
                _context, self._session, self._settings
            )
        place = Place(template.name, template.port, tls)
        pool = Pool(place, room=lambda: self._turns.room)
        self._turns.lanes.append(pool.give_way)
        return pool

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for lane in self._lanes:
            lane.close()


def clients_share(settings: Settings) -> int:
    """How many connections the client may have: one is left to the lane."""
    if settings.lane is Lane.PLAIN:
        return settings.connections
    return max(settings.connections - 1, 1)


class _Identities:
    """Whom a session signs as: asked for each request, it may be renewed."""

    def __init__(self, session: AioSession) -> None:
        self._session = session
        self._credentials: Any = None
        self._last: tuple[object, object, object] | None = None
        self._identity: Identity | None = None

    @property
    def known(self) -> Identity | None:
        """Who it is, of keys that are the same until somebody sets others."""
        held = self._credentials
        if type(held) is not AioCredentials:  # others may be renewed
            return None
        now = (held.access_key, held.secret_key, held.token)
        if now != self._last:
            self._last, self._identity = now, Identity(*now)
        return self._identity

    async def ask(self) -> Identity:
        """Who it is now."""
        if self._credentials is None:
            found = await self._session.get_credentials()
            if found is None:
                raise NoCredentialsError
            self._credentials = found
        now = await self._credentials.get_frozen_credentials()
        return Identity(now.access_key, now.secret_key, now.token)


def _context(session: AioSession, settings: Settings) -> ssl.SSLContext:
    """TLS that believes whom the client believes."""
    verify: Any = verified_by(settings)
    if verify is None:
        verify = session.get_config_variable("ca_bundle") or True
    # As the client makes it: Python's own default is stricter since 3.13.
    context = Resuming(ssl.PROTOCOL_TLS_CLIENT)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(get_cert_path(verify))
    return context
