"""How botocore is told to behave, and what it must not do."""

from typing import Any

from aiobotocore.config import AioConfig
from botocore.handlers import add_expect_header

from ..settings import Addressing, Lane, Settings
from .lane import clients_share
from .sockets import Sockets
from .straight import LATER, StraightSession


def config_of(
    settings: Settings, sockets: Sockets, *, signed: bool
) -> AioConfig:
    """The configuration of a client whose sockets are `sockets`.

    With `signed`, the hash of each body goes into its signature.
    """
    s3: dict[str, Any] = {"payload_signing_enabled": signed}
    if settings.addressing is not Addressing.AUTO:
        s3["addressing_style"] = settings.addressing.value
    return AioConfig(
        max_pool_connections=clients_share(settings),
        connect_timeout=LATER.sock_connect,
        read_timeout=LATER.sock_read,
        # Attempts are ours: botocore's are counted against one quota for
        # the whole client, which a storm of 503 empties in seconds.
        retries={"total_max_attempts": 1, "mode": "standard"},
        # A plain header is sent instead of botocore's aws-chunked trailer,
        # which many S3-compatible stores refuse or store in the object.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        tcp_keepalive=True,
        s3=s3,
        connector_args={
            "keepalive_timeout": _kept_seconds(settings),
            "ttl_dns_cache": 10,
            "socket_factory": sockets.make,
        },
        user_agent_extra="pt5-async",
        http_session_cls=StraightSession,
    )


def _kept_seconds(settings: Settings) -> float:
    """So long is an idle connection kept; S3 closes one after 20 s.

    Beside a lane the client's own take the place of some of the lane's.
    Much less than this, and a busy machine makes one anew for each request.
    """
    return 12.0 if settings.lane is Lane.PLAIN else 2.0


def tame(client: Any) -> None:
    """Take out what botocore does to every S3 request and we do not want."""
    events = client.meta.events
    # Waiting for "100 Continue" doubles the time of a small object.
    events.unregister("before-call.s3", add_expect_header)
    events.register("before-call.s3", _expect_for_long_bodies)
    events.register("before-call.s3", _never_redirected)


def _expect_for_long_bodies(params: dict[str, Any], **_: Any) -> None:
    if getattr(params.get("body"), "asks", False):
        params["headers"]["Expect"] = "100-continue"


def _never_redirected(params: dict[str, Any], **_: Any) -> None:
    # botocore would look the bucket's region up and go there by itself,
    # once per request; that the region is wrong is for the user to know.
    context = params.setdefault("context", {})
    context.setdefault("s3_redirect", {})["redirected"] = True
