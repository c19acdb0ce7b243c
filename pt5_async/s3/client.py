"""The plain lane: one shared aiobotocore client behind the Store protocol."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any, Final
from urllib.parse import urlsplit

from aiobotocore.session import AioSession

from ..checksum import Algorithm
from ..errors import UsageError
from ..objects import ObjectOptions
from ..rate import Rate
from ..settings import (
    ChecksumChoice,
    Credentials,
    Settings,
)
from ..tasks import to_the_end
from .bucket import Bucket
from .express import Express
from .failures import translated
from .lane import Lanes, clients_share
from .manners import config_of, tame
from .moments import moment
from .newness import Newness
from .pace import Pace
from .plain import PlainStore
from .proving import Proving
from .signing import Signing
from .sockets import Sockets
from .trust import verified_by
from .turns import Turns

__all__ = ["AioSession", "Connection", "connect", "make_session"]

AMAZON: Final = "s3.amazonaws.com"
"""The journal's one name for Amazon's regional endpoints: buckets are
global, and the region in a host name says nothing of which one is meant."""


def make_session(
    credentials: Credentials | None, *, profile: str | None = None
) -> AioSession:
    """A session for `credentials`, or for AWS's own chain without them."""
    session = AioSession(profile=profile)
    if credentials is not None:
        session.set_credentials(
            credentials.access_key, credentials.secret_key, credentials.token
        )
    # botocore's own reader takes most of the time that a listing's page does.
    factory = session.get_component("response_parser_factory")
    factory.set_parser_defaults(timestamp_parser=moment)
    return session


@asynccontextmanager
async def open_client(
    settings: Settings, session: AioSession, sockets: Sockets | None = None
) -> AsyncIterator[Any]:
    """The shared S3 client, closed at the end; its sockets are `sockets`.

    Raises:
        UsageError: for a region, profile or endpoint that cannot be.
    """
    counted = sockets or Sockets()
    # Only a body on its way over TLS, to whom we know, may go unsigned.
    # AWS's own configuration may name an endpoint, too: the client tells.
    plainly = (settings.endpoint_url or "").lower().startswith("http://")
    signed = plainly or not settings.verify_ssl
    async with _client(settings, session, counted, signed=signed) as client:
        if signed or _scheme(client) == "https":
            yield client
            return
    async with _client(settings, session, counted, signed=True) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Connection:
    """The open client and its endpoint's name for the journal.

    `slots` are the turns to have one of its connections; `options` and
    `pace` go for every object.
    """

    client: Any
    endpoint: str
    checksum: ChecksumChoice
    slots: Turns
    options: ObjectOptions
    pace: Pace | None
    lanes: Lanes
    signing: Signing

    def bucket(self, name: str, lane: Express | None = None) -> Bucket:
        """The bucket `name`, not yet asked for anything."""
        return Bucket(
            self.client,
            name,
            slots=self.slots,
            options=self.options,
            pace=self.pace,
            lane=lane,
            signing=self.signing,
        )

    def store(
        self,
        bucket: str,
        *,
        remembered: str | None = None,
        remember: Callable[[Algorithm], None] = lambda _: None,
        keeps_new: bool | None = None,
        remember_new: Callable[[bool], None] = lambda _: None,
        told: Callable[[str], None] = lambda _: None,
        warned: Callable[[str], None] = lambda _: None,
    ) -> PlainStore:
        """The store, narrowed to `bucket`.

        `remembered` is the algorithm on which an earlier run settled at
        this endpoint; `remember` is told of a new one. `keeps_new` and
        `remember_new` are the same for whether `only_new` is kept to.
        `told` hears why the express lane stays closed, if it does, and
        `warned` of a wrong clock and of renewed credentials.
        """
        self.signing.warn = warned
        lane = self.lanes.open(self.client, bucket, told)
        proving = _proving(self.checksum, remembered, remember)
        return PlainStore(
            self.bucket(bucket, lane),
            endpoint=self.endpoint,
            proving=proving,
            newness=Newness(keeps_new, remember_new),
        )


@asynccontextmanager
async def connect(
    settings: Settings, session: AioSession | None
) -> AsyncIterator[Connection]:
    """A connection to the endpoint that `settings` name; no request yet.

    Without `session`, AWS's own chain finds identity and region.

    Raises:
        UsageError: for a region, profile or endpoint that cannot be.
    """
    chosen = session or make_session(None, profile=settings.profile)
    sockets = Sockets()
    async with open_client(settings, chosen, sockets) as client:
        slots = Turns(
            settings.connections,
            share=clients_share(settings),
            sockets=sockets,
        )
        signing = Signing(chosen)
        client.meta.events.register("before-send.s3", signing.resign)
        with Lanes(chosen, settings, slots, signing) as lanes:
            yield Connection(
                client,
                endpoint_name(client.meta.endpoint_url),
                settings.checksum,
                slots,
                settings.objects,
                _pace(settings),
                lanes,
                signing,
            )


def _pace(settings: Settings) -> Pace | None:
    if settings.limit_rate is None:
        return None
    return Pace(Rate(settings.limit_rate), senders=settings.connections)


def endpoint_name(url: str) -> str:
    """A name for the endpoint that stays: no region, no default port."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        # Each partition has buckets of its own.
        china = ".cn" if host.endswith(".cn") else ""
        return ("us-gov." if ".us-gov-" in host else "") + AMAZON + china
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    return f"{host}{port}{parts.path.rstrip('/')}"


def _proving(
    choice: ChecksumChoice,
    remembered: str | None,
    remember: Callable[[Algorithm], None],
) -> Proving:
    if choice is ChecksumChoice.AUTO:
        known = Algorithm(remembered) if remembered else None
        return Proving(
            auto=True,
            algorithm=known or Algorithm.CRC64NVME,
            settled=known is not None,
            found=remember,
        )
    forced = None
    if choice is not ChecksumChoice.NONE:
        forced = Algorithm(choice.value)
    return Proving(
        auto=False, algorithm=forced, settled=True, found=lambda _: None
    )


@asynccontextmanager
async def _client(
    settings: Settings,
    session: AioSession,
    sockets: Sockets,
    *,
    signed: bool,
) -> AsyncIterator[Any]:
    with translated("S3 client"):
        verify = await asyncio.to_thread(_look_ahead, settings, session)
        context = session.create_client(
            "s3",
            region_name=settings.region or _fallback_region(settings, session),
            endpoint_url=settings.endpoint_url,
            config=config_of(settings, sockets, signed=signed),
            verify=verify,
        )
        try:
            client = await context.__aenter__()
        # Of AWS's own files, and of a credential_process.
        except (OSError, JSONDecodeError) as error:
            raise UsageError(
                "S3 client: AWS's own configuration cannot be used"
                f" ({error}); check ~/.aws, and what it says to run"
            ) from error
        except ValueError as error:  # so botocore calls an unusable URL
            raise UsageError(f"S3 client: {error}") from error
    try:
        tame(client)
        yield client
    finally:
        end = context.__aexit__(None, None, None)
        await to_the_end([asyncio.ensure_future(end)])


def _look_ahead(settings: Settings, session: AioSession) -> str | bool | None:
    """What the client reads from files, here: not on the event loop.

    aiobotocore would do that, too (`warm_up_loader_caches`), and read of
    pages, waiters and retries as well, which takes as long again. Returns
    whose certificates are believed.
    """
    loader = session.get_component("data_loader")
    for name in ("endpoints", "partitions", "sdk-default-configuration"):
        loader.load_data(name)
    for kind in ("service-2", "endpoint-rule-set-1"):
        loader.load_service_model("s3", kind)
    return verified_by(settings)


def _fallback_region(settings: Settings, session: AioSession) -> str | None:
    # A store with an address of its own seldom has regions; botocore
    # refuses to sign without one, and most such servers take this.
    if settings.endpoint_url and not session.get_config_variable("region"):
        return "us-east-1"
    return None


def _scheme(client: Any) -> str:
    return urlsplit(str(client.meta.endpoint_url)).scheme
