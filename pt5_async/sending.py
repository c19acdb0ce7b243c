"""One file sent: whole or in parts, and known again if its answer was lost."""

from collections.abc import Callable
from typing import Final

from .checksum import Algorithm, Digests, digests
from .disk.read import Bytes
from .errors import BodySpoiled, ObjectExists
from .examine import named_checksum
from .kit import Kit
from .lost import ours
from .model import Item
from .store import ObjectMeta, Stored
from .stream import stream

_IGNORED: Final = (
    "this store does not keep to If-None-Match: --existing skip leaves what"
    " its listings show, but what comes there after the listing of its folder"
    " may be replaced"
)

Sent = tuple[Stored, int, str]
"""The store's answer, how many attempts it took, and the checksum."""


async def send(
    item: Item,
    meta: ObjectMeta,
    read: Bytes,
    kit: Kit,
    *,
    spoiled: Callable[[], None],
) -> Sent:
    """Send a file that was `read`, or that is too large to be.

    `spoiled` is called when the object turns out to have other bytes.

    Raises:
        ObjectExists: when there is an object of somebody else, and `meta`
            is not to replace one.
        SourceError: when the file changed, vanished or cannot be read.
        StoreError: when the store did not take it.
    """
    data, known = read.data, read.digests
    if data is None:
        streamed = await stream(item, meta, kit, spoiled=spoiled)
        stored, attempts = streamed.stored, streamed.attempts
        crc64 = streamed.crc64
    else:
        crc64 = known[Algorithm.CRC64NVME]
        if meta.only_new:
            stored, attempts = await _new(meta, data, known, kit, spoiled)
        else:
            stored, attempts = await kit.ask(
                meta.key,
                lambda: kit.store.put(meta, data, known),
                spoiled=spoiled,
            )
        kit.arrived(len(data))
    if meta.only_new and kit.store.keeps_new is False:
        kit.warn_once("new", _IGNORED)
    return stored, attempts, named_checksum(crc64)


async def _new(
    meta: ObjectMeta,
    data: bytes,
    known: Digests,
    kit: Kit,
    spoiled: Callable[[], None],
) -> tuple[Stored, int]:
    """Send what may replace nothing but an object of our own."""
    key, crc64 = meta.key, known[Algorithm.CRC64NVME]

    async def put() -> Stored:
        nonlocal meta
        try:
            return await kit.store.put(meta, data, known)
        except BodySpoiled:
            # What is there now is ours, and may be replaced.
            meta = meta._replace(only_new=False)
            raise

    try:
        return await kit.ask(key, put, spoiled=spoiled)
    except ObjectExists as error:
        if error.attempts == 1 and not error.resent:
            raise  # no answer can have been lost before
        md5 = await kit.in_thread(digests, (Algorithm.MD5,), data)
        etag = md5[Algorithm.MD5].hex()
        found = await ours(key, kit, size=len(data), crc64=crc64, etag=etag)
        if found is None:
            raise
        return found, error.attempts
