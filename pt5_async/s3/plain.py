"""PlainStore: S3's operations through the shared client, one bucket."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Final

from ..checksum import Algorithm, Digests, digest, text
from ..errors import (
    BodyRefused,
    ChecksumUnsupported,
    StoreBusy,
    StoreError,
    UploadGone,
)
from ..model import Listed, Proof
from ..store import Multipart, ObjectMeta, Part, Stored
from .body import STALL_SECONDS, Body, watched
from .failures import status_of, translated
from .proving import (
    HEADER,
    Proving,
    bare,
    checksum_fields,
    whole_checksum,
)

_PAGE: Final = 1000


class PlainStore:
    """The reference lane; works with everything that speaks S3."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        *,
        endpoint: str,
        proving: Proving,
        slots: asyncio.Semaphore,
        stall: float = STALL_SECONDS,
    ) -> None:
        """Narrow `client` to `bucket`.

        `slots` has as many as the client has connections; a body that
        moves not at all for `stall` seconds is given up.
        """
        self._client = client
        self._bucket = bucket
        self._endpoint = endpoint
        self._proving = proving
        self._slots = slots
        self._stall = stall

    @property
    def endpoint(self) -> str:
        """The endpoint's name for the journal."""
        return self._endpoint

    @property
    def wanted(self) -> tuple[Algorithm, ...]:
        """The digests that the next request can use."""
        return self._proving.wanted

    async def put(
        self, meta: ObjectMeta, body: bytes, digests: Digests
    ) -> Stored:
        """Store one object; the first of all goes alone, to learn by it."""
        proving = self._proving
        if not proving.settled:
            async with proving.gate:
                if not proving.settled:
                    return await self._prove(meta, body, digests)
        return await self._prove(meta, body, digests)

    async def begin(self, meta: ObjectMeta) -> Multipart:
        """Begin an upload in parts."""
        algorithm = self._proving.algorithm
        try:
            return await self._create(meta, algorithm)
        except StoreError as error:
            if not self._proving.disliked(algorithm, error):
                raise
        upload = await self._create(meta, Algorithm.MD5)
        self._proving.settle(Algorithm.MD5)
        return upload

    async def put_part(
        self,
        key: str,
        upload: Multipart,
        number: int,
        body: bytes,
        digests: Digests,
    ) -> Part:
        """Send one part.

        Raises:
            ChecksumUnsupported: when it turns out here that the store does
                not do what `upload` was begun with; the next one will be
                begun with something else.
        """
        algorithm = upload.algorithm
        own = await _with_digest(digests, algorithm, body)
        what = f"{key}, part {number}"
        try:
            answer = await self._send(
                self._client.upload_part,
                body,
                what=what,
                Key=key,
                UploadId=upload.upload_id,
                PartNumber=number,
                **checksum_fields(algorithm, own),
            )
        except StoreError as error:
            if self._proving.disliked(algorithm, error):
                self._proving.settle(Algorithm.MD5)
                raise ChecksumUnsupported(str(error)) from error
            raise
        self._check_part(answer, algorithm, own, what=what)
        return Part(
            number,
            len(body),
            bare(answer["ETag"]),
            own[Algorithm.CRC64NVME],
            own[algorithm] if algorithm else None,
        )

    async def complete(
        self, key: str, upload: Multipart, parts: tuple[Part, ...]
    ) -> Stored:
        """Make the object visible, with the whole's checksum and size."""
        algorithm = upload.algorithm
        header = HEADER.get(algorithm) if algorithm else None
        fields: dict[str, Any] = {"MpuObjectSize": sum(p.size for p in parts)}
        whole = ""
        if algorithm and header:
            whole = whole_checksum(algorithm, parts)
            if algorithm.combines:
                fields |= {header: whole, "ChecksumType": "FULL_OBJECT"}
        with translated(key):
            answer = await self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=upload.upload_id,
                MultipartUpload={
                    "Parts": [_named(part, header) for part in parts]
                },
                **fields,
            )
        proof = self._proving.multipart_proof(
            answer, algorithm=algorithm, parts=parts, whole=whole, key=key
        )
        self._proving.settle(algorithm)
        return _stored(answer, proof, key=key)

    async def abort(self, key: str, upload_id: str) -> None:
        """Throw the parts away; one that is gone already is no error."""
        try:
            with translated(key):
                await self._client.abort_multipart_upload(
                    Bucket=self._bucket, Key=key, UploadId=upload_id
                )
        except StoreError as error:
            # Swift calls a completed upload NoSuchKey.
            if not isinstance(error, UploadGone) and status_of(error) != 404:  # noqa: PLR2004
                raise

    async def list(
        self, prefix: str, after: str = "", *, folder: bool = False
    ) -> AsyncGenerator[list[Listed], None]:
        """Pages of objects under `prefix` whose keys sort after `after`."""
        fields: dict[str, Any] = {"Delimiter": "/"} if folder else {}
        if after:
            fields["StartAfter"] = after
        what = f"list s3://{self._bucket}/{prefix}"
        while True:
            with translated(what):
                answer = await self._client.list_objects_v2(
                    Bucket=self._bucket,
                    Prefix=prefix,
                    MaxKeys=_PAGE,
                    **fields,
                )
            if "IsTruncated" not in answer:  # S3 says so on every page
                raise StoreBusy(f"{what}: an answer that is not S3's")
            yield [
                Listed(
                    found["Key"],
                    found["Size"],
                    bare(found.get("ETag")),
                    found["LastModified"],
                )
                for found in answer.get("Contents", [])
            ]
            token = answer.get("NextContinuationToken")
            if not answer["IsTruncated"] or not token:
                return
            fields["ContinuationToken"] = token

    async def _prove(
        self, meta: ObjectMeta, body: bytes, digests: Digests
    ) -> Stored:
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
        stored = await self._put(meta, body, digests, Algorithm.MD5)
        proving.settle(Algorithm.MD5)
        return stored

    async def _put(
        self,
        meta: ObjectMeta,
        body: bytes,
        digests: Digests,
        algorithm: Algorithm | None,
    ) -> Stored:
        own = await _with_digest(digests, algorithm, body)
        answer = await self._send(
            self._client.put_object,
            body,
            what=meta.key,
            Key=meta.key,
            ContentType=meta.content_type,
            Metadata=dict(meta.metadata),
            **checksum_fields(algorithm, own),
        )
        proof = self._proving.object_proof(
            answer, algorithm=algorithm, digests=own, key=meta.key
        )
        return _stored(answer, proof, key=meta.key)

    async def _send(
        self,
        operation: Callable[..., Awaitable[dict[str, Any]]],
        data: bytes,
        *,
        what: str,
        **fields: Any,
    ) -> dict[str, Any]:
        # Who waits for a connection inside the client would seem stalled.
        async with self._slots:
            body = Body(data)
            with translated(what):
                answer = await watched(
                    operation(
                        Bucket=self._bucket,
                        Body=body,
                        ContentLength=body.size,
                        **fields,
                    ),
                    body,
                    what=what,
                    seconds=self._stall,
                )
        if not answer.get("ETag"):
            raise StoreBusy(f"{what}: an answer without ETag, not S3's")
        return answer

    async def _create(
        self, meta: ObjectMeta, algorithm: Algorithm | None
    ) -> Multipart:
        fields: dict[str, str] = {}
        if algorithm in HEADER:
            kind = "FULL_OBJECT" if algorithm.combines else "COMPOSITE"
            fields = {
                "ChecksumAlgorithm": algorithm.upper(),
                "ChecksumType": kind,
            }
        with translated(meta.key):
            answer = await self._client.create_multipart_upload(
                Bucket=self._bucket,
                Key=meta.key,
                ContentType=meta.content_type,
                Metadata=dict(meta.metadata),
                **fields,
            )
        if not answer.get("UploadId"):
            raise StoreBusy(f"{meta.key}: an answer without UploadId")
        return Multipart(answer["UploadId"], algorithm)

    def _check_part(
        self,
        answer: dict[str, Any],
        algorithm: Algorithm | None,
        digests: Digests,
        *,
        what: str,
    ) -> None:
        if algorithm is None or algorithm is Algorithm.MD5:
            return
        expected = checksum_fields(algorithm, digests)[HEADER[algorithm]]
        answered = answer.get(HEADER[algorithm])
        if answered is None and self._proving.auto:
            self._proving.settle(Algorithm.MD5)
            raise ChecksumUnsupported(
                f"{what}: the store answered no {algorithm} checksum"
            )
        if answered not in (None, expected):
            raise BodyRefused(
                f"{what}: the store answered the checksum of other bytes"
            )


async def _with_digest(
    digests: Digests, algorithm: Algorithm | None, body: bytes
) -> Digests:
    """`digests`, with the one that is missing worked out in a thread."""
    if algorithm is None or algorithm in digests:
        return digests
    return digests | {
        algorithm: await asyncio.to_thread(digest, algorithm, body)
    }


def _named(part: Part, header: str | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "PartNumber": part.number,
        "ETag": f'"{part.etag}"',
    }
    if header and part.digest is not None:
        fields[header] = text(part.digest)
    return fields


def _stored(answer: dict[str, Any], proof: Proof, *, key: str) -> Stored:
    etag = bare(answer.get("ETag"))
    if not etag:
        raise StoreBusy(f"{key}: an answer without ETag, not S3's")
    return Stored(etag, answer.get("VersionId"), proof)
