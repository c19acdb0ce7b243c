"""The store and the journal of one run: opened together, closed at its end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .events import Event, Level, Notice
from .journal import Journal, Memory, NoJournal
from .lock import hold
from .model import Target
from .settings import Settings
from .store import Store
from .tasks import to_the_end

if TYPE_CHECKING:
    from .s3.client import AioSession


@asynccontextmanager
async def opened(
    settings: Settings,
    target: Target,
    session: "AioSession | None",
    tell: Callable[[Event], None],
    *,
    dry_run: bool,
) -> AsyncIterator[tuple[Store, Memory]]:
    """The store and the journal of one run, closed at its end.

    Raises:
        Pt5Error: when one of them cannot be had.
    """
    # aiobotocore takes a third of a second to import: not on the loop.
    client = await asyncio.to_thread(import_module, f"{__package__}.s3.client")
    async with AsyncExitStack() as stack:
        connection = await stack.enter_async_context(
            client.connect(settings, session)
        )
        # The journal opens and closes in a thread: its disk may be slow.
        disk = ExitStack()
        stack.push_async_callback(asyncio.to_thread, disk.close)
        place = (settings.state, connection.endpoint, target.bucket)
        opening = asyncio.ensure_future(
            asyncio.to_thread(_remember, disk, *place, dry_run=dry_run)
        )
        # What a cancelled run has half opened could not be closed.
        await to_the_end([opening])
        memory = opening.result()
        store = connection.store(
            target.bucket,
            remembered=memory.traits().algorithm,
            remember=lambda algorithm: memory.set_traits(
                replace(memory.traits(), algorithm=algorithm.value)
            ),
            keeps_new=memory.traits().keeps_new,
            remember_new=lambda kept: memory.set_traits(
                replace(memory.traits(), keeps_new=kept)
            ),
            told=lambda text: tell(Notice(Level.DETAIL, text)),
            warned=lambda text: tell(Notice(Level.WARNING, text)),
        )
        yield store, memory


def exposed(settings: Settings, memory: Memory) -> str | None:
    """What to say of files that go where anybody on the way can read them.

    It is said until the journal knows that store, and so once: many a store
    beside the instrument speaks nothing else.
    """
    if memory.traits().algorithm is not None or not memory.lasting:
        return None
    url = settings.endpoint_url or ""
    parts = urlsplit(url)
    host = parts.hostname or ""
    here = host in {"localhost", "::1"} or host.startswith("127.")
    if parts.scheme != "http" or here:
        return None
    return (
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}: everybody on"
        " the way can read what is sent there; say https:// if the store"
        " speaks it"
    )


def _remember(
    disk: ExitStack,
    folder: Path | None,
    endpoint: str,
    bucket: str,
    *,
    dry_run: bool,
) -> Memory:
    if folder is None:
        return NoJournal()
    if not dry_run:
        disk.enter_context(hold(folder, endpoint=endpoint, bucket=bucket))
    return disk.enter_context(
        Journal.open(
            folder, endpoint=endpoint, bucket=bucket, read_only=dry_run
        )
    )
