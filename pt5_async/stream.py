"""The journey of one large file: in parts, resumable, never whole in memory.

A multipart upload that is cut off is kept where the journal remembers it
and goes on in a later run, if the file is still the same; otherwise it is
aborted at the store, within five seconds and whatever happens.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .abandon import abandon, leave, unbegin
from .checksum import Algorithm, combine, multipart_etag
from .disk.parts import PartReader, open_parts
from .errors import (
    BodySpoiled,
    ChecksumUnsupported,
    ObjectExists,
    ObjectRefused,
    Pt5Error,
    StoreUnreachable,
    UploadGone,
)
from .events import Level, Notice, Sending
from .journal import OpenUpload
from .kit import Kit
from .lost import ours
from .model import Item
from .store import (
    LARGEST_PART,
    MOST_PARTS,
    Multipart,
    ObjectMeta,
    Part,
    Stored,
    part_size,
    window,
)
from .tasks import cut_off, to_the_end


@dataclass(frozen=True, slots=True)
class Streamed:
    """A file that is in the store: the answer and its raw CRC64NVME.

    `attempts` is 1 plus the retries of all its requests.
    """

    stored: Stored
    crc64: bytes
    attempts: int


async def stream(
    item: Item, meta: ObjectMeta, kit: Kit, *, spoiled: Callable[[], None]
) -> Streamed:
    """Send a large file part by part.

    `spoiled` is called when the object turns out to have other bytes.

    Raises:
        SourceError: when the file changed, vanished or cannot be read.
        StoreError: when the store did not take it, or no store can.
    """
    if item.file.size > MOST_PARTS * LARGEST_PART:
        raise ObjectRefused(
            f"{item.file.relative} has {item.file.size:,} bytes, more than "
            "any S3 object can have"
        )
    before = 0
    for last in (False, False, True):
        # A file of its own for each try: a read that was cut may go on.
        async with open_parts(item.file, kit.pool, kit.reading) as reader:
            journey = _Journey(item, meta, kit, reader, before)
            try:
                return await journey.run(spoiled)
            except (ChecksumUnsupported, UploadGone) as error:
                # The next upload begins anew: with what the store has now
                # shown to like, or because it forgot this one.
                if last:
                    raise
                meta, before = journey.meta, error.attempts
    raise AssertionError("the last try returns or raises")


class _Journey:
    """One multipart upload of one file, from its first part or a later."""

    def __init__(
        self,
        item: Item,
        meta: ObjectMeta,
        kit: Kit,
        reader: PartReader,
        before: int,
    ) -> None:
        self._item, self.meta, self._kit = item, meta, kit
        self._reader = reader
        self._size = item.file.size
        self._part = part_size(self._size)
        self._parts: dict[int, Part] = {}
        self._attempts = 1 + before

    async def run(self, spoiled: Callable[[], None]) -> Streamed:
        key = self.meta.key
        upload = await self._resumed() or await self._begun()
        try:
            # On the disk before its parts are in the store: one that no
            # later run knows of would never be ended, or aborted.
            await self._kit.in_thread(self._kit.memory.flush)
            await self._send(upload)
            await self._reader.check()
            stored = await self._complete(upload, spoiled)
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, Pt5Error):
                error.attempts += self._attempts - 1
            await leave(key, upload.upload_id, self._kit, error)
            raise
        self._kit.memory.end_upload(key, upload.upload_id)
        return Streamed(stored, self._crc64(), self._attempts)

    async def _resumed(self) -> Multipart | None:
        kit, key = self._kit, self.meta.key
        known = await kit.in_thread(kit.memory.open_upload, key)
        if known is None:
            return None
        choice, _, named = known.algorithm.partition(":")
        if (known.size, known.mtime_ns, known.part_size, choice) != (
            self._size,
            self._item.file.mtime_ns,
            self._part,
            self._choice,
        ):
            await abandon(key, known.upload_id, kit)
            return None
        for part in known.parts:
            if await self._still(part):
                self._parts[part.number] = part
        # It was taken up: from now on it waits a week again.
        parts = tuple(self._parts.values())
        again = replace(known, begun_ns=kit.now_ns(), parts=parts)
        kit.memory.begin_upload(again)
        kit.tell(
            Notice(
                Level.INFO,
                f"{key}: goes on after {len(self._parts)} parts of "
                f"{self._count} that an earlier run sent",
            )
        )
        return Multipart(known.upload_id, Algorithm(named) if named else None)

    async def _still(self, part: Part) -> bool:
        """Whether the file has the bytes that were sent as `part`.

        Its size and time may be the same after a repair; only reading it
        tells, and costs no network.
        """
        offset = (part.number - 1) * self._part
        named = (Algorithm.CRC64NVME,)
        _, digests = await self._reader.read(offset, part.size, named)
        return digests[Algorithm.CRC64NVME] == part.crc64

    async def _begun(self) -> Multipart:
        kit, key = self._kit, self.meta.key
        asking = asyncio.ensure_future(
            kit.ask(key, lambda: kit.store.begin(self.meta))
        )
        try:
            upload, attempts = await asyncio.shield(asking)
        except asyncio.CancelledError:
            await to_the_end(
                [asyncio.ensure_future(unbegin(key, asking, kit))]
            )
            raise
        self._attempts += attempts - 1
        kit.memory.begin_upload(
            OpenUpload(
                key,
                upload.upload_id,
                self._size,
                self._item.file.mtime_ns,
                self._part,
                self._named(upload),
                kit.now_ns(),
            )
        )
        return upload

    def _named(self, upload: Multipart) -> str:
        """What was asked for and what it came to: ``auto:crc64nvme``.

        Only where both are the same does a later run know what the answers
        to the parts were worth.
        """
        return f"{self._choice}:{upload.algorithm or ''}"

    @property
    def _choice(self) -> str:
        """The checksum asked for, and what objects get at their begin."""
        rules = self._kit.settings
        mark = rules.objects.mark
        return f"{rules.checksum}+{mark}" if mark else rules.checksum.value

    @property
    def _count(self) -> int:
        return max(1, -(-self._size // self._part))

    async def _send(self, upload: Multipart) -> None:
        numbers = iter(
            [n for n in range(1, self._count + 1) if n not in self._parts]
        )
        # No TaskGroup: before Python 3.13, an error in one leaves its mark
        # on the consumer's task, and a cancellation beside an error is lost.
        lanes = [
            asyncio.ensure_future(self._lane(upload, numbers))
            for _ in range(window(self._size, self._kit.budget.size))
        ]
        try:
            await asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            errors = await cut_off(lanes)
        if errors:
            raise max(errors, key=_weight)

    async def _lane(self, upload: Multipart, numbers: Iterator[int]) -> None:
        for number in numbers:
            await self._send_one(upload, number)

    async def _send_one(self, upload: Multipart, number: int) -> None:
        kit, key = self._kit, self.meta.key
        offset = (number - 1) * self._part
        size = min(self._part, self._size - offset)
        named = tuple(
            {Algorithm.CRC64NVME, upload.algorithm or Algorithm.CRC64NVME}
        )
        data, digests = await self._reader.read(offset, size, named)
        part, attempts = await kit.ask(
            key,
            lambda: kit.store.put_part(key, upload, number, data, digests),
        )
        self._attempts += attempts - 1
        self._parts[number] = part
        kit.arrived(size)
        kit.memory.add_part(key, upload.upload_id, part)
        kit.tell(Sending(self._item, sum(p.size for p in self._in_order())))

    async def _complete(
        self, upload: Multipart, spoiled: Callable[[], None]
    ) -> Stored:
        kit, key, parts = self._kit, self.meta.key, self._in_order()

        async def complete() -> Stored:
            new = self.meta.only_new
            try:
                return await kit.store.complete(
                    key, upload, parts, only_new=new
                )
            except BodySpoiled:
                # What is there now is ours, and may be replaced.
                self.meta = self.meta._replace(only_new=False)
                raise

        try:
            stored, attempts = await kit.ask(key, complete, spoiled=spoiled)
        except (ObjectExists, UploadGone) as error:
            if (found := await self._found(upload, error)) is None:
                raise
            stored, attempts = found, error.attempts
            # It may be that of an earlier upload, and this one still open.
            await abandon(key, upload.upload_id, kit)
        self._attempts += attempts - 1
        return stored

    async def _found(
        self, upload: Multipart, error: ObjectExists | UploadGone
    ) -> Stored | None:
        """The object, if an answer about it may have been lost.

        Of an upload that is gone, that may have been a run's before. An
        object that was to get something besides its bytes may be an older
        one that has it not, so it is sent again.
        """
        first = error.attempts + self._attempts - 1 < 2  # noqa: PLR2004
        gone = isinstance(error, UploadGone)
        if self._kit.settings.objects.mark if gone else first:
            return None
        etag = ""
        if upload.algorithm is Algorithm.MD5:
            md5s = (part.digest or b"" for part in self._in_order())
            etag = multipart_etag(md5s)
        return await ours(
            self.meta.key,
            self._kit,
            size=self._size,
            crc64=self._crc64(),
            etag=etag,
        )

    def _in_order(self) -> tuple[Part, ...]:
        return tuple(self._parts[number] for number in sorted(self._parts))

    def _crc64(self) -> bytes:
        return combine(
            Algorithm.CRC64NVME,
            [(part.crc64, part.size) for part in self._in_order()],
        )


def _weight(error: BaseException) -> tuple[bool, bool, bool]:
    """Which of several errors is raised: that which says most of the run."""
    return (
        isinstance(error, Pt5Error) and error.fatal,
        isinstance(error, StoreUnreachable),
        isinstance(error, Pt5Error),
    )
