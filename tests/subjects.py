"""Stores under contract, and eyes that see what they did.

Each lane on each server is one subject, the fake is another.
"""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pytest
from aiobotocore.config import AioConfig
from fakes import MemoryStore
from stores import LANES, ON_SERVERS, Place, place_of

from pt5_async.store import Store

SUBJECTS: Final = ("memory", *ON_SERVERS)


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as others see it."""

    body: bytes = field(repr=False)
    content_type: str
    metadata: Mapping[str, str]


class Eyes(Protocol):
    """Looks at what a store did, without asking that store."""

    async def read(self, key: str) -> Seen: ...

    async def unfinished(self, prefix: str) -> list[str]:
        """The keys under `prefix` whose uploads in parts are under way."""
        ...


class BucketEyes:
    """Looks with a client of Amazon's own making."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def read(self, key: str) -> Seen:
        answer = await self._client.get_object(Bucket=self._bucket, Key=key)
        async with answer["Body"] as stream:
            body = await stream.read()
        return Seen(body, answer["ContentType"], answer["Metadata"])

    async def unfinished(self, prefix: str) -> list[str]:
        answer = await self._client.list_multipart_uploads(Bucket=self._bucket)
        keys = [found["Key"] for found in answer.get("Uploads", [])]
        return [key for key in keys if key.startswith(prefix)]


class MemoryEyes:
    """Looks into the fake."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def read(self, key: str) -> Seen:
        kept = self._store.objects[key]
        return Seen(kept.body, kept.meta.content_type, kept.meta.metadata)

    async def unfinished(self, prefix: str) -> list[str]:
        keys = [begun.meta.key for begun in self._store.uploads.values()]
        return [key for key in keys if key.startswith(prefix)]


@asynccontextmanager
async def eyes_on(place: Place) -> AsyncIterator[BucketEyes]:
    """Eyes on that bucket."""
    async with place.session().create_client(
        "s3",
        region_name=place.endpoint.region,
        endpoint_url=place.endpoint.url,
        config=AioConfig(s3={"addressing_style": "path"}),
    ) as client:
        yield BucketEyes(client, place.bucket)


@dataclass(frozen=True, slots=True)
class Subject:
    """A store under contract; a test's keys begin with `prefix`.

    `again` opens the same bucket as a later run would; `server` is the
    name of who keeps the objects.
    """

    store: Store
    again: Store
    prefix: str
    eyes: Eyes
    server: str


@asynccontextmanager
async def subject_of(
    name: str, request: pytest.FixtureRequest
) -> AsyncIterator[Subject]:
    """The subject of that name, one of `SUBJECTS`."""
    prefix = f"{uuid.uuid4().hex[:8]}/"
    if name == "memory":
        fake = MemoryStore()
        yield Subject(fake, fake, prefix, MemoryEyes(fake), name)
        return
    lane, server = name.split("-")
    async with (
        place_of(server, request) as place,
        LANES[lane](place.settings(), place.session()) as connection,
        eyes_on(place) as eyes,
    ):
        store, again = (connection.store(place.bucket) for _ in range(2))
        yield Subject(store, again, prefix, eyes, server)
