"""Waiting for the end of tasks, also while being cancelled."""

import asyncio
from collections.abc import Collection, Iterable
from typing import TypeVar

Answer = TypeVar("Answer")


async def to_the_end(work: Iterable[asyncio.Future[Answer]]) -> None:
    """Wait until all of `work` is done, even while being cancelled.

    Only for work that ends by itself, and soon.

    Raises:
        asyncio.CancelledError: afterwards, when that came meanwhile.
    """
    pending = set(work)
    cut: asyncio.CancelledError | None = None
    while pending:
        try:
            _, pending = await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            cut = error
    if cut is not None:
        raise cut


async def cut_off(
    work: Collection[asyncio.Future[Answer]],
) -> list[BaseException]:
    """Cancel `work` and wait for its end; what it raised by itself."""
    for one in work:
        one.cancel()
    await to_the_end(work)
    raised = (one.exception() for one in work if not one.cancelled())
    return [error for error in raised if error is not None]
