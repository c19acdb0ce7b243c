"""Whether the object that is in the way is ours: its answer was lost.

A request that must replace nothing is refused when an earlier attempt of
ours arrived and only its answer did not. The store says by its own account
which bytes it has.
"""

from contextlib import aclosing

from .errors import AccessDenied
from .kit import Kit
from .model import Proof
from .store import Head, Stored


async def ours(
    key: str, kit: Kit, *, size: int, crc64: bytes, etag: str = ""
) -> Stored | None:
    """The object at `key`, if it is shown to have these bytes.

    `etag` is what it is called where ETags are made of MD5s; "" where that
    is not known. A store that does not let us look at an object may still
    list it.

    Raises:
        StoreError: when the store could not be asked.
    """
    try:
        head, _ = await kit.ask(key, lambda: kit.store.head(key))
    except AccessDenied:
        head = await _listed(key, kit)
    if head is None or head.size != size:
        return None
    if head.crc64 is not None:
        proof, same = Proof.CRC64NVME, head.crc64 == crc64
    else:
        proof, same = Proof.MD5, bool(etag) and head.etag == etag
    return Stored(head.etag, head.version, proof) if same else None


async def _listed(key: str, kit: Kit) -> Head | None:
    """What a listing says of the object; None where that is denied, too."""

    async def look() -> Head | None:
        async with aclosing(kit.store.list(key, folder=True)) as pages:
            async for page in pages:
                for one in page:
                    if one.key == key:
                        return Head(one.size, one.etag, None, None)
                break  # nothing sorts before the key itself
        return None

    try:
        found, _ = await kit.ask(key, look)
    except AccessDenied:
        return None
    return found
