"""The bytes of an object, taken while the connection is still held."""

from typing import Any, Final

from ..errors import ConnectionLost
from ..store import LARGEST_PIECE, MIB

_READ: Final = MIB


async def drained(body: Any, what: str) -> bytes:
    """All that botocore's streaming `body` has.

    Raises:
        ConnectionLost: when that is more than anybody asks for.
    """
    found = bytearray()
    try:
        async for piece in body.iter_chunks(_READ):
            found += piece
            if len(found) > LARGEST_PIECE:
                raise ConnectionLost(f"{what}: an answer that does not end")
    except BaseException:
        body.close()
        raise
    return bytes(found)
