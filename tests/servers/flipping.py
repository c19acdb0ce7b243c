"""A network that changes what it carries."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_SURE = 4
"""So many bytes of what is looked for at a chunk's end make it wait."""


class Flipping:
    """A way to a server on which one bit of `needle` is turned.

    That happens to the first `times` that pass (None: to all), until `quiet`
    is set; `flipped` counts them.
    """

    def __init__(
        self, url: str, needle: bytes, times: int | None = None
    ) -> None:
        self._there = urlsplit(url).hostname, urlsplit(url).port
        self._needle = needle
        self._times = times
        self.flipped = 0
        self.quiet = False
        self.url = ""

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Who waits in accept() is woken by that alone.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._there)
                for ends in ((near, far, True), (far, near, False)):
                    threading.Thread(
                        target=self._carry, args=ends, daemon=True
                    ).start()

    def _carry(
        self, source: socket.socket, sink: socket.socket, changes: bool
    ) -> None:
        kept = b""
        with suppress(OSError):
            while data := source.recv(65536):
                data = kept + data
                data = self._changed(data) if changes else data
                rest = self._begun(data) if changes else 0
                kept = data[len(data) - rest :]
                sink.sendall(data[: len(data) - rest])
            sink.sendall(kept)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _changed(self, data: bytes) -> bytes:
        at = data.find(self._needle)
        if at < 0 or self.quiet or self.flipped == self._times:
            return data
        self.flipped += 1
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    def _begun(self, data: bytes) -> int:
        """How many bytes at the end may be the first of the needle."""
        for size in range(len(self._needle) - 1, _SURE - 1, -1):
            if data.endswith(self._needle[:size]):
                return size
        return 0
