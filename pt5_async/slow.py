"""Who waits for a disk that does not answer, and is named for it.

A read from a dead network share never ends, and nothing can end it. The run
goes on around it and stops when it is asked to; but somebody has to be told
what it waits for.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from .events import Event, Level, Notice
from .model import Job, LocalFile

SECONDS: Final = 60.0
"""So long may reading take before it is named."""

_NAMES: Final = 3
"""So many are named at a time; when a share dies, all that is open waits."""

Answer = TypeVar("Answer")

What = Job | LocalFile | str
"""What is read: a job's files, a large one, or a folder."""


class Reading:
    """What is being read, and since when."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._since: dict[int, tuple[float, What]] = {}
        self._named: set[int] = set()
        self._spare: Callable[[int], None] = lambda _: None

    def begin(self, what: What) -> None:
        """Note that `what` is being read from now on."""
        self._since[id(what)] = time.monotonic(), what

    def end(self, what: What) -> None:
        """Note that it is read, or given up."""
        self._since.pop(id(what), None)
        if self._named and id(what) in self._named:
            self._named.remove(id(what))
            self._spare(-_size(what))

    @contextmanager
    def of(self, what: What) -> Iterator[None]:
        """Note that `what` is being read in this block."""
        self.begin(what)
        try:
            yield
        finally:
            self.end(what)

    @contextmanager
    def watched(
        self,
        tell: Callable[[Event], None],
        spare: Callable[[int], None] = lambda _: None,
    ) -> Iterator[None]:
        """Name in this block, once each, what does not come back.

        `spare` is told how many bytes do not travel because of it, and of
        as many less when it does come back. One timer for all that is read,
        so that a read costs next to nothing.
        """
        limit, loop = SECONDS, asyncio.get_running_loop()
        self._spare = spare
        watching: list[asyncio.TimerHandle] = []

        def look() -> None:
            watching[:] = [loop.call_later(limit / 6, look)]
            if late := self._late(limit):
                spare(sum(_size(what) for what in late))
                tell(_notice(late, limit))

        look()
        try:
            yield
        finally:
            watching[0].cancel()

    @contextmanager
    def watched_aside(self, tell: Callable[[Notice], None]) -> Iterator[None]:
        """The same from a thread, where no event loop can be asked.

        `tell` is called there.
        """
        limit, over = SECONDS, threading.Event()

        def look() -> None:
            while not over.wait(limit / 6):
                if late := self._late(limit):
                    tell(_notice(late, limit))

        threading.Thread(target=look, name="slow", daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def _late(self, limit: float) -> list[What]:
        """What has been read for too long by now, and was not named yet."""
        due = time.monotonic() - limit
        late = {
            key: what
            for key, (since, what) in tuple(self._since.items())
            if since < due and key not in self._named
        }
        self._named.update(late)
        return list(late.values())


@contextmanager
def named(what: str, tell: Callable[[Notice], None]) -> Iterator[None]:
    """Tell, from another thread, if this block is not over in time."""
    reading = Reading()
    with reading.watched_aside(tell), reading.of(what):
        yield


async def unless_left(
    what: str,
    call: Callable[[], Answer],
    *,
    tell: Callable[[Event], None],
    leave: Callable[[], Coroutine[Any, Any, None]],
) -> Answer | None:
    """What `call` gives, from a thread of its own; `what` it looks at.

    None if `leave` returned before: the thread may hang, and is not waited
    for.
    """
    loop, reading = asyncio.get_running_loop(), Reading()
    thread = ThreadPoolExecutor(1, "pt5-look")
    leaving = asyncio.ensure_future(leave())
    try:
        with reading.watched(tell), reading.of(what):
            looking = loop.run_in_executor(thread, call)
            # What one that was left raises later is nobody's news.
            looking.add_done_callback(
                lambda one: one.cancelled() or one.exception()
            )
            await asyncio.wait(
                (looking, leaving), return_when=asyncio.FIRST_COMPLETED
            )
            return looking.result() if looking.done() else None
    finally:
        thread.shutdown(wait=False)
        leaving.cancel()
        await asyncio.wait((leaving,))


def _notice(late: list[What], limit: float) -> Notice:
    return Notice(Level.WARNING, _words([_name(one) for one in late], limit))


def _size(what: What) -> int:
    if isinstance(what, Job):
        return sum(item.file.size for item in what.items)
    return what.size if isinstance(what, LocalFile) else 0


def _name(what: What) -> str:
    if isinstance(what, Job):
        what = what.items[0].file
    return what.relative if isinstance(what, LocalFile) else what


def _words(names: list[str], limit: float) -> str:
    more = len(names) - _NAMES
    said = ", ".join(names[:_NAMES]) + (f" and {more} more" * (more > 0))
    return (
        f"{said}: not read after {limit:g} s; does the disk, or the network"
        " share, still answer?"
    )
