"""Objects that the journal does not know, by the store's own checksums."""

import hashlib
import re
from typing import Final

from .checksum import Algorithm, digests, multipart_etag
from .disk.parts import open_parts
from .disk.read import Bytes, Read
from .errors import AccessDenied
from .examine import crc64_of, named_checksum
from .ifcb.names import Kind
from .kit import Kit
from .meta import is_ours
from .model import Entry, Item, Job, Proof, Send
from .plan import Need, Planned
from .store import Head, Stored, part_size

_Proven = tuple[str, Stored]

_MD5: Final = re.compile("[0-9a-f]{32}")
"""What an ETag looks like that may be an MD5; one of parts has a "-"."""


Heads = dict[str, Head | None]
"""What the store said of objects, by key: none is asked after twice."""


async def proven(
    planned: Planned, read: Read, kit: Kit, heads: Heads
) -> list[tuple[Item, _Proven | Send]]:
    """What the store's own checksums say of its objects, where asked.

    What it says is in `heads` afterwards. An object with the file's bytes
    gives their checksum and the answer that it came from; a reason says why
    the file has to be sent.

    Raises:
        SourceError: as `disk.read.read_together`.
        StoreError: when the store could not be asked.
    """
    return [
        (item, await _compared(item, entry, read[item.file.path], kit, heads))
        for item, need, entry in zip(
            planned.job.items, planned.needs, planned.entries, strict=True
        )
        if need is Need.PROVE
    ]


async def published(job: Job, kit: Kit, heads: Heads) -> bool:
    """Whether a bin that is in the store may be one that we sent whole.

    Its .adc tells, which we send last (where none is here, the last that
    is). What somebody else sent was never one of our whole bins, and is
    repaired. Where nobody may look, it may be.

    Raises:
        StoreError: when the store could not be asked.
    """
    every = (*job.beside, *job.items)
    ends = [item for item in every if item.file.kind is Kind.ADC]
    item = ends[0] if ends else every[-1]
    try:
        head = await _head(item.key, kit, heads)
    except AccessDenied:
        return True
    return head is not None and is_ours(item, head)


async def _head(key: str, kit: Kit, heads: Heads) -> Head | None:
    if key not in heads:
        heads[key], _ = await kit.ask(key, lambda: kit.store.head(key))
    return heads[key]


async def _compared(
    item: Item, entry: Entry | None, read: Bytes, kit: Kit, heads: Heads
) -> _Proven | Send:
    """`entry` has the ETag that a listing showed, if one did."""
    try:
        head = await _head(item.key, kit, heads)
    except AccessDenied as error:
        kit.warn_once(
            "head",
            f"looking at objects is not allowed ({error}); what no listing"
            " shows to be the same is sent, or held as changed",
        )
        return await _by_etag(item, entry, read, kit)
    if head is None:
        return Send.GONE
    crc64 = await crc64_of(read, kit)
    if head.size != item.file.size:
        return Send.BYTES
    if head.crc64 is not None:
        stored = Stored(head.etag, head.version, Proof.CRC64NVME)
        same = head.crc64 == crc64
        return (named_checksum(crc64), stored) if same else Send.BYTES
    stored = Stored(head.etag, head.version, Proof.MD5)
    md5 = None if head.sealed else await _md5(head.etag, read, kit)
    if md5 is None:
        return Send.UNPROVEN
    return (named_checksum(crc64), stored) if md5 else Send.BYTES


async def _by_etag(
    item: Item, entry: Entry | None, read: Bytes, kit: Kit
) -> _Proven | Send:
    """What a listing's ETag says; another one may be no MD5 at all."""
    if entry is None or entry.size != item.file.size:
        return Send.UNPROVEN
    if not await _md5(entry.etag, read, kit):
        return Send.UNPROVEN
    crc64 = named_checksum(await crc64_of(read, kit))
    return crc64, Stored(entry.etag, None, Proof.MD5)


async def _md5(etag: str, read: Bytes, kit: Kit) -> bool | None:
    """Whether `etag` is the MD5 of what was read; None if it is no MD5."""
    if read.data is None:
        return await _md5_of_large(etag, read, kit)
    if not _MD5.fullmatch(etag):
        return None
    found = await kit.in_thread(digests, (Algorithm.MD5,), read.data)
    return found[Algorithm.MD5].hex() == etag


async def _md5_of_large(etag: str, read: Bytes, kit: Kit) -> bool | None:
    """The same of a file that we send in parts, and others perhaps not.

    Of parts only a fit says anything: other parts have other MD5s.
    """
    size, length = read.file.size, part_size(read.file.size)
    whole = _MD5.fullmatch(etag) is not None
    if not whole and etag.partition("-")[2] != str(-(-size // length)):
        return None
    md5, md5s = hashlib.md5(usedforsecurity=False), []
    async with open_parts(read.file, kit.pool, kit.reading) as reader:
        for offset in range(0, size, length):
            part = min(length, size - offset)
            data, found = await reader.read(offset, part, (Algorithm.MD5,))
            md5s.append(found[Algorithm.MD5])
            if whole:
                await kit.in_thread(md5.update, data)
        await reader.check()
    if whole:
        return md5.hexdigest() == etag
    return True if multipart_etag(md5s) == etag else None
