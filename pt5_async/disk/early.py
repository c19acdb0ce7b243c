"""A walk that is under way before anybody asks for what it finds."""

from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Final

from .look import Found

AHEAD: Final = 300
"""So much is found at most before it is asked for."""


class Early:
    """A walk that has begun, in a thread of its own.

    The client takes a third of a second to make, in which a slow disk, or
    a share on a network, can bring its first folders.
    """

    def __init__(
        self, walking: Generator[Found, None, None], ahead: int = AHEAD
    ) -> None:
        """Begin `walking`, which nobody else may draw from.

        So much of it is found `ahead` of who asks; 0 for nothing.
        """
        self._walking = walking
        self._taken = self._over = False
        self._thread = ThreadPoolExecutor(1, "pt5-early")
        self._first: Future[list[Found]] = self._thread.submit(
            lambda: list(self._unasked(ahead))
        )

    def found(self) -> Generator[Found, None, None]:
        """All that the walk finds; to be drawn from one other thread.

        Closing it ends the walk.
        """
        self._taken = True
        try:
            yield from self._first.result()
            yield from self._walking
        finally:
            self._walking.close()

    def _unasked(self, ahead: int) -> Iterator[Found]:
        """What is found until somebody asks, or nobody will any more."""
        for found in islice(self._walking, ahead):
            yield found
            if self._taken or self._over:
                return

    def close(self) -> None:
        """End the walk where nobody drew from it; wait for no disk."""
        self._over = True
        idle = self._first.done()
        self._thread.submit(self._end)
        self._thread.shutdown(wait=idle)

    def _end(self) -> None:
        if not self._taken:  # else whoever took it up ends it, elsewhere
            self._walking.close()


@contextmanager
def begun(
    walking: Generator[Found, None, None], ahead: int = AHEAD
) -> Iterator[Early]:
    """Begin a walk, and let go of it at the end, taken up or not."""
    early = Early(walking, ahead)
    try:
        yield early
    finally:
        early.close()
