"""A large file read part by part, never whole in memory."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import aiofiles

from ..checksum import Algorithm, Digests, combine, digests
from ..errors import SourceChanged
from ..model import LocalFile
from ..slow import Reading
from ..store import part_size
from .handles import patiently
from .read import OPEN_FLAGS, check_unchanged, translated

CLOSE_SECONDS: Final = 1.0
"""So long does a cancelled run wait for a file to be closed."""


class PartReader:
    """An open file whose parts are read one at a time."""

    def __init__(
        self, file: LocalFile, handle: Any, pool: Executor, reading: Reading
    ) -> None:
        """Read `file` through aiofiles' `handle` in the threads of `pool`."""
        self._reading = reading
        self._file = file
        self._handle = handle
        self._pool = pool
        self._turn = asyncio.Lock()

    async def read(
        self, offset: int, size: int, algorithms: tuple[Algorithm, ...]
    ) -> tuple[bytes, Digests]:
        """The `size` bytes from `offset` on, and their digests.

        Raises:
            SourceChanged: when the file ends before that.
            SourceUnreadable: when the system refuses.
        """
        async with self._turn:
            with self._reading.of(self._file), translated(self._file):
                await self._handle.seek(offset)
                data = await self._handle.read(size)
        if len(data) != size:
            raise SourceChanged(f"{self._file.relative} became shorter")
        loop = asyncio.get_running_loop()
        return data, await loop.run_in_executor(
            self._pool, digests, algorithms, data
        )

    async def crc64(self) -> bytes:
        """The raw CRC64NVME of the whole file, read part by part.

        Raises:
            SourceError: as `read` and `check`.
        """
        named, size = Algorithm.CRC64NVME, part_size(self._file.size)
        parts = []
        for offset in range(0, self._file.size, size):
            length = min(size, self._file.size - offset)
            _, found = await self.read(offset, length, (named,))
            parts.append((found[named], length))
        await self.check()
        return combine(named, parts)

    async def check(self) -> None:
        """Hold the open file against the walk's look at it.

        Raises:
            SourceChanged: when its size or time differ.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(
            self._pool, check_unchanged, self._handle.fileno(), self._file
        )


@asynccontextmanager
async def open_parts(
    file: LocalFile, pool: Executor, reading: Reading | None = None
) -> AsyncIterator[PartReader]:
    """A reader of `file`, held against the walk's look at it.

    What is read is noted with `reading` as long as it takes.

    Raises:
        SourceError: as `disk.read.read_together`.
    """
    reading = reading or Reading()
    with reading.of(file), translated(file):
        handle = await patiently(lambda: _opened(file, pool))
    try:
        reader = PartReader(file, handle, pool, reading)
        await reader.check()
        yield reader
    finally:
        await _close(handle)


async def _close(handle: Any) -> None:
    """Close a handle, even while being cancelled.

    The end of the run drops what its threads have not begun. A read that
    hangs holds the handle; nobody waits long for that.
    """
    closing = asyncio.ensure_future(handle.close())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait([closing], timeout=CLOSE_SECONDS)
        raise


async def _opened(file: LocalFile, pool: Executor) -> Any:
    """A handle of aiofiles; who is cancelled leaves no open file."""
    opening = asyncio.ensure_future(
        aiofiles.open(
            file.path,
            "rb",
            opener=lambda path, _: os.open(path, OPEN_FLAGS),
            executor=pool,
        )
    )
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        with suppress(OSError):
            await (await opening).close()
        raise
