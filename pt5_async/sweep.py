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
    """Abort what was begun more than a week ago and is not complete.

    To be called when a run has come to its end by itself. What cannot be
    aborted is named, and no error.
    """
    loop = asyncio.get_running_loop()
    for upload in kit.memory.stale_uploads(kit.now_ns() - KEPT_NS):
        if kit.stopping:
            return
        kit.memory.end_upload(upload.key, upload.upload_id)
        await kit.abort(
            upload.key, upload.upload_id, by=loop.time() + ABORT_SECONDS
        )
        text = f"{upload.key}: its upload in parts was never finished; dropped"
        kit.tell(Notice(Level.INFO, text))
