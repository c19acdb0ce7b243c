"""One connection, and how the script ends it."""

import asyncio
import socket
import struct
from dataclasses import dataclass
from typing import Final, NoReturn

_NO_LINGER: Final = struct.pack("ii", 1, 0)
"""SO_LINGER with which a close is a reset."""


class Severed(Exception):
    """The script ended the connection."""


@dataclass(slots=True)
class Link:
    """A connection: its two directions and its number, from 1."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    number: int = 0

    def cut(self, *, clean: bool) -> NoReturn:
        """End the connection now, by a reset unless `clean`.

        Raises:
            Severed: always, for the request to end with it.
        """
        if clean:
            self.writer.close()
        else:
            sock = self.writer.get_extra_info("socket")
            if sock is not None:  # else it is gone, under TLS
                sock.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER
                )
            self.writer.transport.abort()
        raise Severed
