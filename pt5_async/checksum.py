"""Checksums over bytes, and how those of parts combine into a whole's.

S3's CRCs are sent as base64 of the big-endian value (Amazon S3 User Guide,
"Checking object integrity"). CRC64NVME, CRC32C and CRC32 of consecutive
parts combine into that of the whole object (FULL_OBJECT); SHA-256 does not,
S3 then keeps the hash of the parts' hashes with ``-N`` behind (COMPOSITE).
"""

import hashlib
from binascii import b2a_base64
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

from awscrt import checksums as crt


class Algorithm(StrEnum):
    """A way to prove that bytes are the same."""

    CRC64NVME = "crc64nvme"
    CRC32C = "crc32c"
    CRC32 = "crc32"
    SHA256 = "sha256"
    MD5 = "md5"

    @property
    def combines(self) -> bool:
        """Whether the checksums of parts give that of the whole."""
        return self in _COMBINE


Digests = dict[Algorithm, bytes]
"""Raw digests of the same bytes, by algorithm."""

_CRC: Final[dict[Algorithm, tuple[Callable[[bytes, int], int], int]]] = {
    Algorithm.CRC64NVME: (crt.crc64nvme, 8),
    Algorithm.CRC32C: (crt.crc32c, 4),
    Algorithm.CRC32: (crt.crc32, 4),
}

_COMBINE: Final[dict[Algorithm, Callable[[int, int, int], int]]] = {
    Algorithm.CRC64NVME: crt.combine_crc64nvme,
    Algorithm.CRC32C: crt.combine_crc32c,
    Algorithm.CRC32: crt.combine_crc32,
}


def digest(algorithm: Algorithm, data: bytes) -> bytes:
    """The raw digest of `data`; CRCs as big-endian bytes."""
    if algorithm in _CRC:
        function, width = _CRC[algorithm]
        return function(data, 0).to_bytes(width, "big")
    if algorithm is Algorithm.MD5:
        return hashlib.md5(data, usedforsecurity=False).digest()
    return hashlib.sha256(data).digest()


def digests(algorithms: Iterable[Algorithm], data: bytes) -> Digests:
    """The raw digests of `data` under each of `algorithms`."""
    return {algorithm: digest(algorithm, data) for algorithm in algorithms}


def text(raw: bytes) -> str:
    """A digest as S3's headers carry it: base64."""
    return b2a_base64(raw, newline=False).decode("ascii")


def combine(algorithm: Algorithm, parts: Iterable[tuple[bytes, int]]) -> bytes:
    """The whole's CRC from (raw digest, size in bytes) of its parts.

    Raises:
        ValueError: for an algorithm whose checksums do not combine.
    """
    if algorithm not in _COMBINE:
        raise ValueError(f"{algorithm} checksums of parts do not combine")
    function, width = _COMBINE[algorithm], _CRC[algorithm][1]
    whole = 0
    for raw, size in parts:
        whole = function(whole, int.from_bytes(raw, "big"), size)
    return whole.to_bytes(width, "big")


def composite(algorithm: Algorithm, parts: Iterable[bytes]) -> str:
    """S3's checksum of checksums for hashes that do not combine: b64-N."""
    raws = list(parts)
    return f"{text(digest(algorithm, b''.join(raws)))}-{len(raws)}"


def multipart_etag(md5s: Iterable[bytes]) -> str:
    """The ETag that S3 gives to parts with these MD5s: hex-N."""
    raws = list(md5s)
    return f"{digest(Algorithm.MD5, b''.join(raws)).hex()}-{len(raws)}"
