"""Uploads in parts: begun, sent, completed, thrown away."""

from functools import partial
from typing import Any

from ..checksum import Algorithm, Digests, text
from ..errors import (
    BodyRefused,
    ChecksumUnsupported,
    StoreBusy,
    StoreError,
    UploadGone,
)
from ..store import Multipart, ObjectMeta, Part, Stored
from .bucket import Answer, Bucket, etag_of
from .failures import status_of
from .newness import Newness
from .proving import (
    HEADER,
    Proving,
    bare,
    checksum_fields,
    whole_checksum,
    with_digest,
)


class Multiparts:
    """S3's operations on uploads in parts; meanings are the Store's."""

    def __init__(
        self, bucket: Bucket, proving: Proving, newness: Newness
    ) -> None:
        """Send to `bucket` what `proving` and `newness` ask for."""
        self._bucket = bucket
        self._proving = proving
        self._newness = newness

    async def begin(self, meta: ObjectMeta) -> Multipart:
        """Begin an upload, without a checksum where that is refused."""
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
        own = await with_digest(digests, algorithm, body)
        what = f"{key}, part {number}"
        try:
            answer = await self._bucket.send(
                "upload_part",
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
        self._check(answer, algorithm, own, what=what)
        return Part(
            number,
            len(body),
            bare(answer["ETag"]),
            own[Algorithm.CRC64NVME],
            own[algorithm] if algorithm else None,
        )

    async def complete(
        self,
        key: str,
        upload: Multipart,
        parts: tuple[Part, ...],
        *,
        only_new: bool,
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
        send = partial(
            self._bucket.ask,
            "complete_multipart_upload",
            what=key,
            Key=key,
            UploadId=upload.upload_id,
            MultipartUpload={
                "Parts": [_named(part, header) for part in parts]
            },
            **fields,
        )
        answer = await self._newness.asked(send, only_new=only_new)
        etag = etag_of(answer, key)
        proof = self._proving.multipart_proof(
            answer, algorithm=algorithm, parts=parts, whole=whole, key=key
        )
        self._proving.settle(algorithm)
        return Stored(etag, answer.get("VersionId"), proof)

    async def abort(self, key: str, upload_id: str) -> None:
        """Throw the parts away; one that is gone already is no error."""
        try:
            await self._bucket.ask(
                "abort_multipart_upload",
                what=key,
                Key=key,
                UploadId=upload_id,
            )
        except StoreError as error:
            # Swift calls a completed upload NoSuchKey.
            if not isinstance(error, UploadGone) and status_of(error) != 404:  # noqa: PLR2004
                raise

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
        answer = await self._bucket.ask(
            "create_multipart_upload",
            what=meta.key,
            Key=meta.key,
            ContentType=meta.content_type,
            Metadata=dict(meta.metadata),
            **fields,
        )
        if not answer.get("UploadId"):
            raise StoreBusy(
                f"{meta.key}: an answer without UploadId, not S3's"
            )
        return Multipart(answer["UploadId"], algorithm)

    def _check(
        self,
        answer: Answer,
        algorithm: Algorithm | None,
        digests: Digests,
        *,
        what: str,
    ) -> None:
        if algorithm is None or algorithm is Algorithm.MD5:
            return
        answered = answer.get(HEADER[algorithm])
        if answered is None and self._proving.auto:
            self._proving.settle(Algorithm.MD5)
            raise ChecksumUnsupported(
                f"{what}: the store answered no {algorithm} checksum"
            )
        if answered not in (None, text(digests[algorithm])):
            raise BodyRefused(
                f"{what}: the store answered the checksum of other bytes"
            )


def _named(part: Part, header: str | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "PartNumber": part.number,
        "ETag": f'"{part.etag}"',
    }
    if header and part.digest is not None:
        fields[header] = text(part.digest)
    return fields
