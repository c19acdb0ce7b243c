"""Lines written behind a run's back, so that no disk makes the run wait."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

MOST: Final = 20_000
"""So many lines wait for the disk at most, some 3 MB; more are lost."""

_PAUSE_SECONDS: Final = 0.2
_LAST_SECONDS: Final = 5.0
"""What a disk gets, at the end, to take the last lines."""


class Behind:
    """Hands lines to `write` in batches, in a thread of its own.

    What cannot be written is lost and counted; `gap` makes of the count
    the line that stands in its place once writing works again.

    Attributes:
        trouble: the first error, if there was one.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        *,
        gap: Callable[[int], str],
        most: int = MOST,
    ) -> None:
        self.trouble: OSError | None = None
        self._write = write
        self._gap = gap
        self._most = most
        self._lines: deque[str] = deque()
        # Each has one thread that adds to it: a sum needs no lock so.
        self._dropped = self._failed = self._told = 0
        self._some = threading.Event()
        self._end = threading.Event()
        # A daemon: a dead network share must not keep the process alive.
        self._thread = threading.Thread(
            target=self._work, name="pt5-log", daemon=True
        )
        self._thread.start()

    def put(self, line: str) -> None:
        """Let `line`, without its end, be written soon; never waits."""
        if len(self._lines) >= self._most:
            self._dropped += 1
            return
        self._lines.append(line)
        if not self._some.is_set():
            self._some.set()

    def close(self, seconds: float = _LAST_SECONDS) -> None:
        """Write what is left; a disk that hangs is not waited for."""
        self._end.set()
        self._some.set()
        self._thread.join(seconds)
        if self._thread.is_alive():
            self.trouble = self.trouble or TimeoutError(
                0, "the disk does not answer"
            )

    def _work(self) -> None:
        while True:
            self._some.wait()
            self._end.wait(_PAUSE_SECONDS)
            # In this order: who ends it after the look wakes it once more.
            self._some.clear()
            last = self._end.is_set()
            self._flush()
            if last:
                return

    def _flush(self) -> None:
        batch = [self._lines.popleft() for _ in range(len(self._lines))]
        gone = self._dropped + self._failed
        if gone > self._told:
            batch.append(self._gap(gone - self._told))
        if not batch:
            return
        text = "\n".join(batch) + "\n"
        try:
            self._write(text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            self._failed += len(batch) - (gone > self._told)
            self.trouble = self.trouble or error
        else:
            self._told = gone
