"""Which checksum goes with the next object, and what an answer proves."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..checksum import (
    Algorithm,
    Digests,
    combine,
    composite,
    digest,
    multipart_etag,
    text,
)
from ..errors import BodySpoiled, CredentialsRefused, StoreError
from ..model import Proof
from ..store import Part
from .failures import code_of, status_of

HEADER: Final[dict[Algorithm, str]] = {
    Algorithm.CRC64NVME: "ChecksumCRC64NVME",
    Algorithm.CRC32C: "ChecksumCRC32C",
    Algorithm.CRC32: "ChecksumCRC32",
    Algorithm.SHA256: "ChecksumSHA256",
}
"""botocore's names for the x-amz-checksum-* headers."""

_CRC64NVME: Final = (Algorithm.CRC64NVME,)
_NAMES: Final = {algorithm: algorithm.upper() for algorithm in HEADER}
_PROOFS: Final = {algorithm: Proof(algorithm.value) for algorithm in HEADER}

_UNLIKED_CODES: Final = frozenset(
    {
        "400",  # so botocore calls an answer without a code
        "BadRequest",
        "InvalidArgument",
        "InvalidRequest",
        "MalformedTrailerError",
        "NotImplemented",
        "SignatureDoesNotMatch",
    }
)


class Proving:
    """The kind of proof that this endpoint gives, found on its first object.

    With `auto`, CRC64NVME is tried first. A store that answers an error to
    it, or a 200 without a checksum, gets Content-MD5 from the next object
    on. `found` is told when that is settled.
    """

    def __init__(
        self,
        *,
        auto: bool,
        algorithm: Algorithm | None,
        settled: bool,
        found: Callable[[Algorithm], None],
    ) -> None:
        """Start with what the journal remembers (`settled`), or nothing."""
        self.auto = auto
        self.algorithm = algorithm
        self.settled = settled or not auto
        self.gate = asyncio.Lock()
        self._found = found
        self._etag_is_md5: bool | None = None
        self._multipart_etag_is_md5: bool | None = None

    @property
    def wanted(self) -> tuple[Algorithm, ...]:
        """CRC64NVME for the journal, and what the store is to be sent."""
        if self.settled and self.algorithm in _CRC64NVME:
            return _CRC64NVME
        spare = None if self.settled else Algorithm.MD5
        named = (Algorithm.CRC64NVME, self.algorithm, spare)
        return tuple(dict.fromkeys(a for a in named if a is not None))

    def settle(self, algorithm: Algorithm | None) -> None:
        """Send `algorithm` with all that follows.

        From MD5 there is no way back: what was begun with a checksum may
        end after the store was seen to do without.
        """
        if algorithm is None or not self.auto:
            return
        known = self.algorithm if self.settled else None
        if known is Algorithm.MD5 or algorithm is known:
            return
        self.algorithm, self.settled = algorithm, True
        self._found(algorithm)

    def disliked(self, algorithm: Algorithm | None, error: StoreError) -> bool:
        """Whether `error` may well be this store's answer to a checksum.

        A signature that does not match is not, once one did.
        """
        if not self.auto or algorithm is not Algorithm.CRC64NVME:
            return False
        if self.settled and isinstance(error, CredentialsRefused):
            return False
        return code_of(error) in _UNLIKED_CODES or status_of(error) == 501  # noqa: PLR2004

    def object_proof(
        self,
        answer: Mapping[str, Any],
        *,
        algorithm: Algorithm | None,
        digests: Digests,
        key: str,
    ) -> Proof:
        """What the answer to a PutObject proves.

        Raises:
            BodySpoiled: when it names another checksum or ETag than the
                bytes that were sent have.
        """
        if algorithm is None:
            return Proof.NONE
        if algorithm is Algorithm.MD5:
            same = bare(answer.get("ETag")) == digests[algorithm].hex()
            if self._etag_is_md5 is None:
                self._etag_is_md5 = same
            if self._etag_is_md5 and not same:
                raise _differs(key, "ETag", answer.get("ETag"))
            return Proof.MD5
        answered = answer.get(HEADER[algorithm])
        if answered is None:
            return Proof.NONE
        if answered != text(digests[algorithm]):
            raise _differs(key, algorithm, answered)
        return _PROOFS[algorithm]

    def multipart_proof(
        self,
        answer: Mapping[str, Any],
        *,
        algorithm: Algorithm | None,
        parts: tuple[Part, ...],
        whole: str,
        key: str,
    ) -> Proof:
        """What the answer to a CompleteMultipartUpload proves.

        `whole` is the checksum that the object should have. In auto mode
        every part's answer was compared already, so that a store which
        keeps silent here has proven the bytes all the same.

        Raises:
            BodySpoiled: as `object_proof`.
        """
        if algorithm is None:
            return Proof.NONE
        if algorithm is Algorithm.MD5:
            etag = multipart_etag(part.digest or b"" for part in parts)
            same = bare(answer.get("ETag")) == etag
            if self._multipart_etag_is_md5 is None:
                self._multipart_etag_is_md5 = same
            if self._multipart_etag_is_md5 and not same:
                raise _differs(key, "ETag", answer.get("ETag"))
            return Proof.MD5
        answered = answer.get(HEADER[algorithm])
        if answered is None:
            return Proof(algorithm.value) if self.auto else Proof.NONE
        if answered != whole:
            raise _differs(key, algorithm, answered)
        return Proof(algorithm.value)


async def with_digest(
    digests: Digests, algorithm: Algorithm | None, body: bytes
) -> Digests:
    """`digests`, with the one that is missing worked out in a thread."""
    if algorithm is None or algorithm in digests:
        return digests
    return digests | {
        algorithm: await asyncio.to_thread(digest, algorithm, body)
    }


def checksum_fields(
    algorithm: Algorithm | None, digests: Digests
) -> dict[str, Any]:
    """The fields of a request that carry the checksum of its body."""
    if algorithm is None:
        return {}
    raw = text(digests[algorithm])
    if algorithm is Algorithm.MD5:
        return {"ContentMD5": raw}
    # Some servers ignore the header unless its name stands beside it.
    return {HEADER[algorithm]: raw, "ChecksumAlgorithm": _NAMES[algorithm]}


def whole_checksum(algorithm: Algorithm, parts: tuple[Part, ...]) -> str:
    """The object's checksum, as S3 computes it from its parts'."""
    if algorithm.combines:
        return text(
            combine(algorithm, [(p.digest or b"", p.size) for p in parts])
        )
    return composite(algorithm, [p.digest or b"" for p in parts])


def bare(etag: object) -> str:
    """An ETag without its quotes; servers differ in sending them."""
    return str(etag or "").strip('"')


def _differs(key: str, what: str, answered: object) -> BodySpoiled:
    return BodySpoiled(
        f"{key}: the store answered the {what} {answered} of other bytes"
    )
