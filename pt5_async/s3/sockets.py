"""The sockets that lead to a store: how they are made, how many there are."""

import errno
import socket
import weakref
from typing import Any, Final

_UNSENT_BYTES: Final = 128 * 1024

NONE_LEFT: Final = frozenset({errno.EMFILE, errno.ENFILE})
"""What the system says when there may be no more open files, sockets among
them: others are about to end, and the store has no part in it."""


class Sockets:
    """The sockets of one lane, counted while they are open."""

    def __init__(self) -> None:
        """None was made yet."""
        self._made: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def make(self, address: tuple[Any, ...]) -> socket.socket:
        """A socket that keeps little unsent data in the kernel.

        Otherwise a slow link's megabytes of buffer hide for minutes whether
        anything moves. `address` is one of `getaddrinfo`'s.
        """
        family, kind, protocol = address[:3]
        made = socket.socket(family, kind, protocol)
        option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
        if option is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, _UNSENT_BYTES)
        self._made.add(made)
        return made

    @property
    def open(self) -> int:
        """How many are open now."""
        return sum(made.fileno() != -1 for made in self._made)
