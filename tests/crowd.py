"""How many threads are at one place at the same time."""

import threading


class Crowd:
    """Entered by threads; `largest` is how many were inside at once."""

    def __init__(self) -> None:
        self.largest = 0
        self._inside = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            self.largest = max(self.largest, self._inside)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
