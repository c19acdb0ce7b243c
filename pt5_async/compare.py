"""Objects that the journal does not know, by the store's own checksums."""

import re
from typing import Final

from .checksum import Algorithm, digests
from .disk.read import Bytes, Read
from .errors import AccessDenied
from .examine import crc64_of, named_checksum
from .kit import Kit
from .model import Item, Proof, Send
from .plan import Need, Planned
from .store import Stored

_Proven = tuple[str, Stored]

_MD5: Final = re.compile("[0-9a-f]{32}")
"""What an ETag looks like that may be an MD5; one of parts has a "-"."""


async def proven(
    planned: Planned, read: Read, kit: Kit
) -> list[tuple[Item, _Proven | Send]]:
    """What the store's own checksums say of its objects, where asked.

    An object with the file's bytes gives their checksum and the answer that
    it came from; a reason says why the file has to be sent.

    Raises:
        SourceError: as `disk.read.read_together`.
        StoreError: when the store could not be asked.
    """
    return [
        (item, await _compared(item, read[item.file.path], kit))
        for item, need in zip(planned.job.items, planned.needs, strict=True)
        if need is Need.PROVE
    ]


async def _compared(item: Item, read: Bytes, kit: Kit) -> _Proven | Send:
    try:
        head, _ = await kit.ask(item.key, lambda: kit.store.head(item.key))
    except AccessDenied as error:
        kit.warn_once(
            "head",
            f"looking at objects is not allowed ({error}); what the journal"
            " does not know is sent",
        )
        return Send.UNPROVEN
    if head is None:
        return Send.GONE
    crc64 = await crc64_of(read, kit)
    proof = Proof.CRC64NVME
    same: bool = head.crc64 == crc64
    if head.crc64 is None:
        if read.data is None or not _MD5.fullmatch(head.etag):
            return Send.UNPROVEN
        proof = Proof.MD5
        found = await kit.in_thread(digests, (Algorithm.MD5,), read.data)
        same = found[Algorithm.MD5].hex() == head.etag
    if head.size != item.file.size or not same:
        return Send.BYTES
    return named_checksum(crc64), Stored(head.etag, head.version, proof)
