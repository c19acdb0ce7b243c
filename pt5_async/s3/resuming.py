"""TLS that goes on where the last connection to the host left off.

A resumed session spares the server's certificate, and half of the work, for
each further connection. asyncio and uvloop know nothing of that, but both
ask the context to wrap their buffers.
"""

import ssl


class Resuming(ssl.SSLContext):
    """A client's context for one host, which offers the last session."""

    _last: ssl.SSLSession | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """A connection's TLS, as asyncio asks for it."""
        return super().wrap_bio(
            incoming,
            outgoing,
            server_side,
            server_hostname,
            session or self._last,
        )

    def learn(self, spoken: ssl.SSLObject | None) -> None:
        """Take the session of a connection on which an answer came.

        Only then: TLS 1.3 sends what a session needs behind its handshake.
        """
        session = spoken.session if spoken else None
        self._last = session or self._last
