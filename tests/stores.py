"""Lanes to a store, servers to go to, and what tests do with a store.

A further lane is a line in `LANES`, a further server one in `SERVERS`.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import pytest
from botocore.loaders import Loader
from servers.endpoint import Endpoint
from servers.scripted import BUCKET, ScriptedServer
from servers.tls import certificate

from pt5_async import settings
from pt5_async.checksum import Algorithm, digests
from pt5_async.s3.client import AioSession, connect, make_session
from pt5_async.settings import (
    Addressing,
    Credentials,
    Settings,
)
from pt5_async.store import Multipart, ObjectMeta, Part, Store, Stored

MIB: Final = 1024 * 1024
PLAIN_TEXT: Final = "text/plain"
MTIME: Final = {"mtime": "1653219387.250000000"}

_LOADER: Final = Loader()
"""botocore's descriptions of services, read from disk once for all tests."""


# ---- lanes and servers


class Opened(Protocol):
    """What a lane opens: stores at one endpoint."""

    def store(
        self,
        bucket: str,
        *,
        remembered: str | None = ...,
        remember: Callable[[Algorithm], None] = ...,
        keeps_new: bool | None = ...,
        remember_new: Callable[[bool], None] = ...,
        told: Callable[[str], None] = ...,
        warned: Callable[[str], None] = ...,
    ) -> Store: ...


Lane = Callable[
    [Settings, AioSession | None], AbstractAsyncContextManager[Opened]
]


def _by(lane: settings.Lane) -> Lane:
    return lambda rules, session: connect(replace(rules, lane=lane), session)


LANES: Final[Mapping[str, Lane]] = {
    "plain": _by(settings.Lane.PLAIN),
    "express": _by(settings.Lane.EXPRESS),
}
SERVERS: Final = ("scripted", "tls", "moto", "swift", "rclone")
ON_SERVERS: Final = tuple(f"{a}-{b}" for a in LANES for b in SERVERS)


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket on a server; `authority` makes its certificate trusted."""

    endpoint: Endpoint
    bucket: str = BUCKET
    authority: Path | None = None

    def session(self, secret: str | None = None) -> AioSession:
        """Who may write there, or somebody with another secret."""
        who = self.endpoint
        return session_of(
            Credentials(who.access_key, secret or who.secret_key),
            authority=self.authority,
        )

    def settings(self, **more: Any) -> Settings:
        """Settings that lead there; `more` as `Settings` has it."""
        usual = {
            "endpoint_url": self.endpoint.url,
            "region": self.endpoint.region,
            "addressing": Addressing.PATH,
        }
        return Settings(**{**usual, **more})


def session_of(
    credentials: Credentials | None, *, authority: Path | None = None
) -> AioSession:
    """A session that need not read botocore's data again."""
    session = make_session(credentials)
    session.register_component("data_loader", _LOADER)
    if authority is not None:
        session.set_config_variable("ca_bundle", str(authority))
    return session


@asynccontextmanager
async def opened(
    place: Place,
    *,
    lane: str = "plain",
    secret: str | None = None,
    remembered: str | None = None,
    remember: Callable[[Algorithm], None] = lambda _: None,
    keeps_new: bool | None = None,
    remember_new: Callable[[bool], None] = lambda _: None,
    **settings: Any,
) -> AsyncIterator[Store]:
    """The store of one lane; `settings` as `Settings` has them."""
    async with LANES[lane](
        place.settings(**settings), place.session(secret)
    ) as connection:
        yield connection.store(
            place.bucket,
            remembered=remembered,
            remember=remember,
            keeps_new=keeps_new,
            remember_new=remember_new,
        )


@asynccontextmanager
async def warmed(
    server: ScriptedServer, lane: str, place: Place | None = None, **more: Any
) -> AsyncIterator[Store]:
    """A store of `lane`, which is open; what led to that is forgotten.

    The client makes the first request of each kind, on every lane.
    """
    async with opened(
        place or Place(server.endpoint), lane=lane, **more
    ) as store:
        if lane != "plain":
            await put(store, "warm")
            await put_in_parts(store, "warm", [b"some bytes"])
            server.forget()
        yield store


@asynccontextmanager
async def place_of(
    server: str, request: pytest.FixtureRequest
) -> AsyncIterator[Place]:
    """A bucket on a server of that name, which is started if need be."""
    if server == "scripted":
        scripted: ScriptedServer = request.getfixturevalue(server)
        yield Place(scripted.endpoint)
    elif server == "tls":
        trust = certificate(request.getfixturevalue("tmp_path"))
        with ScriptedServer(tls=trust.server) as secure:
            yield Place(secure.endpoint, authority=trust.authority)
    else:
        endpoint = request.getfixturevalue(f"{server}_server")
        yield Place(endpoint, _shared_bucket(endpoint))


@cache
def _shared_bucket(endpoint: Endpoint) -> str:
    endpoint.make_bucket("contract")
    return "contract"


# ---- what tests do with a store


def meta(key: str, content_type: str = PLAIN_TEXT) -> ObjectMeta:
    """What an object says of itself, with a time as rclone writes it."""
    return ObjectMeta(key, content_type, MTIME)


async def put(store: Store, key: str, body: bytes = b"some bytes") -> Stored:
    """Store an object, with the digests that the store asks for."""
    return await store.put(meta(key), body, digests(store.wanted, body))


async def put_part(
    store: Store, key: str, upload: Multipart, number: int, body: bytes
) -> Part:
    """Send a part with the digests that a large file's reader works out."""
    named = {Algorithm.CRC64NVME, upload.algorithm or Algorithm.CRC64NVME}
    return await store.put_part(
        key, upload, number, body, digests(named, body)
    )


async def put_in_parts(
    store: Store, key: str, bodies: Sequence[bytes]
) -> Stored:
    """Store an object part by part."""
    upload = await store.begin(meta(key))
    parts = [
        await put_part(store, key, upload, number, body)
        for number, body in enumerate(bodies, 1)
    ]
    return await store.complete(key, upload, tuple(parts))
