"""A sink that costs less than any client: it keeps nothing.

    python tests/benchmarks/sink.py PORT [--certificate PEM --key PEM]
        [--delay SECONDS] [--tree FOLDER --prefix PREFIX [--sums]]

It answers what S3 answers to PutObject, to uploads in parts and to a
listing, on 127.0.0.1 alone, and echoes the checksum that it was sent. The
listing is empty, or that of `--tree` as if it had been uploaded, with the
MD5 of each file for its ETag if `--sums` are asked for. Every
answer comes `--delay` after its request. What it says proves nothing; it is
there to measure clients with.

For each line on its standard input it says what happened so far: requests,
objects that were sent, and its own seconds of CPU. It ends with its input.
"""

import argparse
import asyncio
import ssl
import sys
import time
from typing import Final
from urllib.parse import parse_qsl

import httptools
import uvloop
from answers import BEGUN, COMPLETED, EMPTY, ETAG
from listing import Object, objects_of, page

_BUFFER: Final = memoryview(bytearray(512 * 1024))
"""One for all connections: what is read into it is parsed at once."""

_ECHOED: Final = b"x-amz-checksum-"
_STORED: Final = f"HTTP/1.1 200 OK\r\nETag: {ETAG}\r\n".encode()
_EMPTY_BODY: Final = b"Content-Length: 0\r\n\r\n"
_ABSENT: Final = b"HTTP/1.1 404 Not Found\r\n" + _EMPTY_BODY
_PRESENT: Final = (
    b"HTTP/1.1 200 OK\r\nx-amz-bucket-region: us-east-1\r\n" + _EMPTY_BODY
)


class World:
    """What all connections share."""

    def __init__(self, objects: list[Object], delay: float) -> None:
        self.objects = objects
        self.delay = delay
        self.requests = 0
        self.sent = 0
        self.left = asyncio.Event()

    def answer(self, method: bytes, url: bytes, echo: bytes) -> bytes:
        self.requests += 1
        path, _, query = url.partition(b"?")
        if method == b"PUT":
            # Parts are no objects, and s5cmd says "?x-id=PutObject".
            self.sent += b"uploadId=" not in query
            return _STORED + echo + _EMPTY_BODY
        if method == b"POST":
            begins = query.startswith(b"uploads")
            self.sent += not begins
            return _xml(BEGUN if begins else COMPLETED)
        if method == b"GET" and b"list-type=2" in query:
            asked = dict(parse_qsl(query.decode(), keep_blank_values=True))
            return _xml(page(self.objects, asked) if self.objects else EMPTY)
        bucket = b"/" not in path.strip(b"/")
        return _PRESENT if bucket or method == b"DELETE" else _ABSENT

    def told(self) -> None:
        if sys.stdin.readline():
            print(self.requests, self.sent, time.process_time(), flush=True)
        else:
            self.left.set()


def _xml(body: str) -> bytes:
    data = body.encode()
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(data), data)
    )


class Sink(asyncio.BufferedProtocol):
    """One connection: headers are read, bodies dropped without a copy."""

    def __init__(self, world: World) -> None:
        self._world = world
        # It has no on_body, so that nobody makes objects of bodies.
        self._parser = httptools.HttpRequestParser(self)
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def get_buffer(self, _: int) -> memoryview:
        return _BUFFER

    def buffer_updated(self, size: int) -> None:
        try:
            self._parser.feed_data(_BUFFER[:size])
        except httptools.HttpParserError:
            self._transport.abort()

    def on_message_begin(self) -> None:
        self._url = self._echo = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        lower = name.lower()
        if lower.startswith(_ECHOED):
            self._echo += b"%s: %s\r\n" % (lower, value)
        elif lower == b"expect":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_message_complete(self) -> None:
        answer = self._world.answer(
            self._parser.get_method(), self._url, self._echo
        )
        if self._world.delay:
            self._loop.call_later(self._world.delay, self._write, answer)
        else:
            self._transport.write(answer)

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def main(given: argparse.Namespace) -> None:
    tree: list[Object] = []
    if given.tree:
        tree = objects_of(given.tree, given.prefix, sums=given.sums)
    world = World(tree, given.delay)
    context = None
    if given.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(given.certificate, given.key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Sink(world), "127.0.0.1", given.port, ssl=context,
        backlog=1024,
    )  # fmt: skip
    loop.add_reader(sys.stdin, world.told)
    print("ready", flush=True)
    await world.left.wait()
    loop.remove_reader(sys.stdin)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--tree")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--sums", action="store_true")
    uvloop.run(main(parser.parse_args()))
