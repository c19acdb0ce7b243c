"""What becomes of an upload in parts that is not finished here."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress

from .errors import (
    ConnectionLost,
    Pt5Error,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)
from .kit import ABORT_SECONDS, Kit
from .store import Multipart
from .tasks import to_the_end


async def leave(
    key: str, upload_id: str, kit: Kit, error: BaseException
) -> None:
    """Keep it for a later run if that can go on with it, else abort it."""
    if not (kit.memory.lasting and _may_go_on(kit, error)):
        await abandon(key, upload_id, kit)


async def abandon(key: str, upload_id: str, kit: Kit) -> None:
    """Abort it, even while being cancelled; what stays behind is named."""
    kit.memory.end_upload(key, upload_id)
    abort = kit.abort(key, upload_id, by=_soon())
    await to_the_end([asyncio.ensure_future(abort)])


async def unbegin(
    key: str, asking: Awaitable[tuple[Multipart, int]], kit: Kit
) -> None:
    """Abort what the store may be about to begin."""
    by = _soon()
    with suppress(StoreError, TimeoutError):
        async with asyncio.timeout_at(by):
            upload, _ = await asking
        await kit.abort(key, upload.upload_id, by=by)


def _may_go_on(kit: Kit, error: BaseException) -> bool:
    """Whether a later run can take the upload up where it stands."""
    if isinstance(error, asyncio.CancelledError):
        return kit.stopping
    return isinstance(
        error, (StoreBusy, ConnectionLost, StoreUnreachable)
    ) or (isinstance(error, Pt5Error) and error.fatal)


def _soon() -> float:
    """When clean-up has to be through, by the event loop's clock."""
    return asyncio.get_running_loop().time() + ABORT_SECONDS
