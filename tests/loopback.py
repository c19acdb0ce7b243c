"""A guard under all of Python's sockets: nothing but loopback is reached.

Importing this module is what arms it. It stands in front of `connect` and
not in an audit hook, which would hear more (and cost at every event): while
such a hook runs, Python 3.11 refuses to install the tracer of coverage in a
thread that starts, and that thread dies before its first line. uvloop's
connections go by it; those tests have loopback addresses in their hands
anyway.
"""

import socket
from collections.abc import Callable
from typing import Any, Final

connections_outside: Final[list[str]] = []
"""Every address outside that something tried to reach, in order."""


class ReachedOut(OSError):
    """A test tried to reach another machine."""


def _guarded(
    connect: Callable[[socket.socket, Any], Any],
) -> Callable[[socket.socket, Any], Any]:
    def connect_here(connection: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and not _is_here(str(address[0])):
            connections_outside.append(f"{address[0]}:{address[1]}")
            raise ReachedOut(f"tests only reach loopback, not {address[0]}")
        return connect(connection, address)

    return connect_here


def _is_here(host: str) -> bool:
    return host.startswith("127.") or host in {"::1", "localhost"}


for name in ("connect", "connect_ex"):
    setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
