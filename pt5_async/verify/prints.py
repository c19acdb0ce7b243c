"""Checksums of local bytes, in whatever form a store may keep them.

A file is taken in pieces of one MiB, so that none is whole in memory; all
sizes of parts that are tried are whole MiB.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import Final

from ..checksum import Algorithm, combine, digest, multipart_etag
from ..disk.read import OPEN_FLAGS, check_unchanged, translated
from ..errors import SourceChanged
from ..model import LocalFile
from ..store import MIB

CRC: Final = Algorithm.CRC64NVME


class Prints:
    """Checksums of bytes that come in pieces of one MiB."""

    def __init__(
        self,
        *,
        md5: bool = False,
        parts: Iterable[int] = (),
        crc64: bytes | None = None,
    ) -> None:
        """Make the CRC64NVME, the `md5` too, and ETags of `parts`.

        `crc64` is that of bytes which came before, and need not come.
        """
        self._crc = [(digest(CRC, b"") if crc64 is None else crc64, 0)]
        self._md5 = _md5() if md5 else None
        self._parts = {size: [_md5()] for size in parts}
        self._size = 0

    def feed(self, piece: bytes) -> None:
        """Take the next piece; only the last may be shorter than a MiB."""
        self._crc = [(self._joined(piece), self._size + len(piece))]
        if self._md5 is not None:
            self._md5.update(piece)
        for size, sums in self._parts.items():
            if self._size and self._size % size == 0:
                sums.append(_md5())
            sums[-1].update(piece)
        self._size += len(piece)

    def _joined(self, piece: bytes) -> bytes:
        return combine(CRC, [*self._crc, (digest(CRC, piece), len(piece))])

    @property
    def crc64(self) -> bytes:
        """The raw CRC64NVME of all that came."""
        return self._crc[0][0]

    @property
    def md5(self) -> str:
        """The MD5 in hexadecimal; "" where it was not asked for."""
        return self._md5.hexdigest() if self._md5 else ""

    @property
    def etags(self) -> list[str]:
        """The ETag for each size of parts."""
        return [
            multipart_etag(one.digest() for one in sums)
            for sums in self._parts.values()
        ]


def _md5() -> "hashlib._Hash":
    return hashlib.md5(usedforsecurity=False)


def take_file(file: LocalFile, prints: Prints) -> Prints:
    """`prints` of all bytes of a file that is as the walk saw it; it blocks.

    Raises:
        SourceError: as `disk.read.read_together`.
    """
    with translated(file):
        handle = os.open(file.path, OPEN_FLAGS)
    try:
        check_unchanged(handle, file)
        size = 0
        with translated(file):
            for piece in _pieces(handle):
                size += len(piece)
                prints.feed(piece)
        check_unchanged(handle, file)
    finally:
        os.close(handle)
    if size != file.size:
        raise SourceChanged(f"{file.relative} changed while it was read")
    return prints


def take_bytes(data: bytes, prints: Prints) -> Prints:
    """`prints` of `data`."""
    view = memoryview(data)
    for begin in range(0, len(data), MIB):
        prints.feed(bytes(view[begin : begin + MIB]))
    return prints


def _pieces(handle: int) -> Iterator[bytes]:
    """The bytes of an open file, each piece but the last one MiB."""
    while piece := os.read(handle, MIB):
        while len(piece) < MIB and (more := os.read(handle, MIB - len(piece))):
            piece += more
        yield piece
