"""PlainStore: S3's operations through the shared client, one bucket."""

from collections.abc import AsyncGenerator
from functools import partial

from ..checksum import Algorithm, Digests
from ..errors import BodyRefused, ObjectExists, StoreError
from ..model import Listed, Proof
from ..store import (
    Begun,
    Head,
    Mark,
    Multipart,
    ObjectMeta,
    Part,
    Stored,
    Weight,
)
from .begun import begun, weighed
from .bucket import Bucket
from .heading import fetch, look
from .listing import answering, pages
from .multipart import Multiparts
from .newness import Newness
from .proving import Proving, bare, checksum_fields, with_digest


class PlainStore:
    """The reference lane; works with everything that speaks S3."""

    def __init__(
        self,
        bucket: Bucket,
        *,
        endpoint: str,
        proving: Proving,
        newness: Newness,
    ) -> None:
        """Keep objects in `bucket`, as `proving` and `newness` find out."""
        self._bucket = bucket
        self._endpoint = endpoint
        self._proving = proving
        self._newness = newness
        self._multiparts = Multiparts(bucket, proving, newness)

    @property
    def endpoint(self) -> str:
        """The endpoint's name for the journal."""
        return self._endpoint

    @property
    def wanted(self) -> tuple[Algorithm, ...]:
        """The digests that the next request can use."""
        wanted = self._proving.wanted
        if self._bucket.hashes and Algorithm.SHA256 not in wanted:
            return (*wanted, Algorithm.SHA256)
        return wanted

    @property
    def keeps_new(self) -> bool | None:
        """Whether `only_new` is kept to; None while nobody knows."""
        return self._newness.kept

    async def put(
        self, meta: ObjectMeta, body: bytes, digests: Digests
    ) -> Stored:
        """Store one object; the first of all goes alone, to learn by it."""
        proving, newness = self._proving, self._newness
        asks = meta.only_new and newness.asks(len(body))
        if proving.settled and not asks:
            return await self._prove(meta, body, digests)
        stored = await self._first_or_later(meta, body, digests)
        if asks:
            async with newness.gate:
                if newness.asks(len(body)):
                    again = await self._again(meta, body, digests)
                    return again or stored
        return stored

    async def head(self, key: str) -> Head | None:
        """What the store says of an object; None when there is none."""
        return await look(self._bucket, key)

    async def get(
        self, key: str, part: tuple[int, int] | None = None
    ) -> bytes | None:
        """An object's bytes, or those of a part; None for no object."""
        return await fetch(self._bucket, key, part)

    async def begin(self, meta: ObjectMeta) -> Multipart:
        """Begin an upload in parts."""
        return await self._multiparts.begin(meta)

    async def put_part(
        self,
        key: str,
        upload: Multipart,
        number: int,
        body: bytes,
        digests: Digests,
    ) -> Part:
        """Send one part; `ChecksumUnsupported` asks for another upload."""
        return await self._multiparts.put_part(
            key, upload, number, body, digests
        )

    async def complete(
        self,
        key: str,
        upload: Multipart,
        parts: tuple[Part, ...],
        *,
        only_new: bool = False,
    ) -> Stored:
        """Make the object visible."""
        return await self._multiparts.complete(
            key, upload, parts, only_new=only_new
        )

    async def abort(self, key: str, upload_id: str) -> None:
        """Throw the parts away; one that is gone already is no error."""
        await self._multiparts.abort(key, upload_id)

    async def begun(
        self, prefix: str, after: Mark | None = None
    ) -> tuple[list[Begun], Mark | None]:
        """A page of what was begun under `prefix`, and where to go on."""
        return await begun(self._bucket, prefix, after)

    async def weighed(
        self, key: str, upload_id: str, after: int = 0
    ) -> Weight | None:
        """Parts of an upload behind a number; None for no such upload."""
        return await weighed(self._bucket, key, upload_id, after)

    async def ping(self) -> None:
        """Have the store answer anything at all, in a few bytes."""
        await answering(self._bucket)

    def list(
        self, prefix: str, after: str = "", *, folder: bool = False
    ) -> AsyncGenerator[list[Listed], None]:
        """Pages of objects under `prefix` whose keys sort after `after`."""
        return pages(self._bucket, prefix, after, folder=folder)

    async def _first_or_later(
        self, meta: ObjectMeta, body: bytes, digests: Digests
    ) -> Stored:
        proving = self._proving
        if not proving.settled:
            # Who waited follows the first; if that failed, all go at once.
            waited = proving.gate.locked()
            async with proving.gate:
                if not (waited or proving.settled):
                    return await self._prove(meta, body, digests)
        return await self._prove(meta, body, digests)

    async def _prove(
        self, meta: ObjectMeta, body: bytes, digests: Digests
    ) -> Stored:
        """Send with what is settled, or tried; with MD5 where it fails."""
        proving, algorithm = self._proving, self._proving.algorithm
        try:
            stored = await self._put(meta, body, digests, algorithm)
        except StoreError as error:
            if not proving.disliked(algorithm, error):
                raise
        else:
            if stored.proof is not Proof.NONE or not proving.auto:
                proving.settle(algorithm)
                return stored
            # The first try has made an object, which is ours.
            meta = meta._replace(only_new=False)
        stored = await self._put(meta, body, digests, Algorithm.MD5)
        proving.settle(Algorithm.MD5)
        return stored

    async def _again(
        self, meta: ObjectMeta, body: bytes, digests: Digests
    ) -> Stored | None:
        """Find out with our own object whether `only_new` is kept to.

        Returns the newer answer where it is not.
        """
        try:
            stored = await self._put(
                meta, body, digests, self._proving.algorithm
            )
        except ObjectExists:
            return None
        except BodyRefused:
            raise
        except StoreError:
            self._newness.gave_up()
            return None
        self._newness.settle(kept=False)
        return stored

    async def _put(
        self,
        meta: ObjectMeta,
        body: bytes,
        digests: Digests,
        algorithm: Algorithm | None,
    ) -> Stored:
        own = digests
        if algorithm is not None and algorithm not in digests:
            own = await with_digest(digests, algorithm, body)
        fields = checksum_fields(algorithm, own)
        fields["Key"] = meta.key
        fields["ContentType"] = meta.content_type
        fields["Metadata"] = meta.metadata
        send = partial(
            self._bucket.send,
            "put_object",
            body,
            what=meta.key,
            sha256=digests.get(Algorithm.SHA256),
        )
        if meta.only_new:
            asking = partial(send, **fields)
            answer = await self._newness.asked(asking, only_new=True)
        else:
            answer = await send(**fields)
        proof = self._proving.object_proof(
            answer, algorithm=algorithm, digests=own, key=meta.key
        )
        return Stored(bare(answer["ETag"]), answer.get("VersionId"), proof)
