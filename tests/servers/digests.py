"""The checksums that S3 knows, over a body as it comes in.

The CRCs come from awscrt directly, not from the package under test.
"""

import base64
import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final, Protocol

from awscrt import checksums as crt


class Algorithm(StrEnum):
    """The checksums that S3 takes, as they stand in header names."""

    CRC64NVME = "crc64nvme"
    CRC32C = "crc32c"
    CRC32 = "crc32"
    SHA1 = "sha1"
    SHA256 = "sha256"

    @property
    def element(self) -> str:
        """Its name in XML."""
        return f"Checksum{self.value.upper()}"

    @property
    def header(self) -> str:
        """Its name as a header."""
        return f"x-amz-checksum-{self.value}"

    @property
    def width(self) -> int:
        """Bytes of a raw digest."""
        return _WIDTH[self]

    @property
    def combines(self) -> bool:
        """Whether parts' checksums give the whole's (FULL_OBJECT)."""
        return self in _COMBINE


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class _Crc:
    def __init__(
        self, function: Callable[[bytes, int], int], width: int
    ) -> None:
        self._function = function
        self._width = width
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._width, "big")


_NEW: Final[Mapping[Algorithm, Callable[[], _Digest]]] = {
    Algorithm.CRC64NVME: lambda: _Crc(crt.crc64nvme, 8),
    Algorithm.CRC32C: lambda: _Crc(crt.crc32c, 4),
    Algorithm.CRC32: lambda: _Crc(zlib.crc32, 4),
    Algorithm.SHA1: hashlib.sha1,
    Algorithm.SHA256: hashlib.sha256,
}

_WIDTH: Final[Mapping[Algorithm, int]] = {
    algorithm: len(new().digest()) for algorithm, new in _NEW.items()
}

_COMBINE: Final[Mapping[Algorithm, Callable[[int, int, int], int]]] = {
    Algorithm.CRC64NVME: crt.combine_crc64nvme,
    Algorithm.CRC32C: crt.combine_crc32c,
    Algorithm.CRC32: crt.combine_crc32,
}


class Intake:
    """A body as it comes in: its size, its digests, its bytes if kept.

    Bytes are let go once there are more than `keep`; digests are of all.
    """

    def __init__(self, algorithms: Iterable[Algorithm], keep: int) -> None:
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._digests = {name: _NEW[name]() for name in set(algorithms)}
        self._keep = keep
        self._pieces: list[bytes] = []

    def take(self, piece: bytes) -> None:
        """Add the next bytes."""
        self.size += len(piece)
        self._md5.update(piece)
        for digest in self._digests.values():
            digest.update(piece)
        if self.size <= self._keep:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    @property
    def data(self) -> bytes | None:
        """The bytes; None when they were too many to keep."""
        if self.size > self._keep:
            return None
        if len(self._pieces) > 1:
            self._pieces = [b"".join(self._pieces)]
        return self._pieces[0] if self._pieces else b""

    @property
    def md5(self) -> bytes:
        """The raw MD5 of all bytes."""
        return self._md5.digest()

    def digest(self, algorithm: Algorithm) -> bytes:
        """The raw digest under one of the algorithms asked for."""
        return self._digests[algorithm].digest()

    def damaged(self) -> "Intake":
        """The same body with its first bit turned, or one byte for none."""
        data = self.data
        if data is None:
            raise ValueError("only a body that is kept can be damaged")
        other = Intake(self._digests, self._keep + 1)
        other.take(bytes([data[0] ^ 1]) + data[1:] if data else b"\0")
        return other


def text(raw: bytes) -> str:
    """A digest as headers and XML carry it: base64."""
    return base64.b64encode(raw).decode("ascii")


def combined(
    algorithm: Algorithm, parts: Iterable[tuple[bytes, int]]
) -> bytes:
    """The whole's CRC from (raw digest, size in bytes) of its parts."""
    whole, join = 0, _COMBINE[algorithm]
    for raw, size in parts:
        whole = join(whole, int.from_bytes(raw, "big"), size)
    return whole.to_bytes(_WIDTH[algorithm], "big")


def composite(algorithm: Algorithm, parts: Iterable[bytes]) -> str:
    """The checksum of the parts' checksums: b64-N."""
    raws = list(parts)
    whole = _NEW[algorithm]()
    whole.update(b"".join(raws))
    return f"{text(whole.digest())}-{len(raws)}"
