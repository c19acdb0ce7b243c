"""Uploads in parts that no run took up again, aborted after a week.

Their files vanished, shrank or came into the store in another way; the
store would keep their parts, and charge for them, for ever.
"""

import asyncio
from typing import Final

from .events import Level, Notice
from .kit import ABORT_SECONDS, Kit

KEPT_NS: Final = 7 * 24 * 3600 * 1_000_000_000
"""So long, in ns, does an upload that was cut off wait for its file."""


async def sweep(kit: Kit) -> None:
    """Abort what was taken up last more than a week ago.

    To be called when a run has come to its end by itself. It takes five
    seconds at most; what it does not come to is left to the next run. What
    cannot be aborted is named, and no error.
    """
    by = asyncio.get_running_loop().time() + ABORT_SECONDS
    for upload in kit.memory.stale_uploads(kit.now_ns() - KEPT_NS):
        if kit.stopping or asyncio.get_running_loop().time() >= by:
            return
        kit.memory.end_upload(upload.key, upload.upload_id)
        if await kit.abort(upload.key, upload.upload_id, by=by):
            text = f"{upload.key}: its upload in parts was never finished"
            kit.tell(Notice(Level.INFO, f"{text}; dropped"))
