"""A guard under all of Python's sockets: nothing but loopback is reached.

It hears of every connection through an audit hook, which can not be taken
out again, so importing this module is what arms it. uvloop's connections
go by it; those tests have loopback addresses in their hands anyway.
"""

import sys
from typing import Final

connections_outside: Final[list[str]] = []
"""Every address outside that something tried to reach, in order."""


class ReachedOut(OSError):
    """A test tried to reach another machine."""


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_here(str(address[0])):
        connections_outside.append(f"{address[0]}:{address[1]}")
        raise ReachedOut(f"tests only reach loopback, not {address[0]}")


def _is_here(host: str) -> bool:
    return host.startswith("127.") or host in {"::1", "localhost"}


sys.addaudithook(_hear)
