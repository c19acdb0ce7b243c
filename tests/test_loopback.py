"""Tests reach nothing but loopback, whichever way they try."""

import asyncio
import socket

import pytest
from loopback import ReachedOut, connections_outside

OUTSIDE = ("192.0.2.1", 443)
"""An address for documents, which no machine has (RFC 5737)."""


def test_a_socket_that_reaches_out_is_refused_and_told_of() -> None:
    with socket.socket() as connection:
        with pytest.raises(ReachedOut, match=r"not 192\.0\.2\.1"):
            connection.connect(OUTSIDE)
        with pytest.raises(ReachedOut):
            connection.connect_ex(OUTSIDE)
    assert connections_outside == ["192.0.2.1:443"] * 2
    connections_outside.clear()


async def test_so_is_a_connection_of_the_event_loop() -> None:
    with pytest.raises(ReachedOut):
        await asyncio.open_connection(*OUTSIDE)
    assert connections_outside == ["192.0.2.1:443"]
    connections_outside.clear()


def test_loopback_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    assert not connections_outside
