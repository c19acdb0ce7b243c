"""A PUT sink that costs less than any client: it keeps nothing.

    python tests/benchmarks/sink.py PORT

It answers what S3 answers to PutObject and to a listing of an empty
bucket, on 127.0.0.1 alone, and echoes the checksum that it was sent. What
it says proves nothing; it is there to measure clients with.
"""

import asyncio
import sys

import uvloop

_EMPTY = (
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>'
    b"<IsTruncated>false</IsTruncated><KeyCount>0</KeyCount>"
    b"</ListBucketResult>"
)
_CHECKSUM = b"x-amz-checksum-crc64nvme:"


class Sink(asyncio.Protocol):
    """One connection: headers are read, bodies are counted and dropped."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._body = 0
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        while data:
            if self._body:
                taken = min(self._body, len(data))
                self._body -= taken
                data = data[taken:]
                if not self._body:
                    self._transport.write(self._answer)
                continue
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._head[:end])
            data = bytes(self._head[end + 4 :])
            self._head.clear()
            self._begin(head)

    def _begin(self, head: bytes) -> None:
        lines = head.split(b"\r\n")
        size, checksum = 0, b""
        for line in lines[1:]:
            lower = line.lower()
            if lower.startswith(b"content-length:"):
                size = int(lower[15:])
            elif lower.startswith(_CHECKSUM):
                checksum = line + b"\r\n"
            elif lower.startswith(b"expect:"):
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        listing = lines[0].startswith(b"GET")
        body = _EMPTY if listing else b""
        self._answer = (
            b'HTTP/1.1 200 OK\r\nETag: "0"\r\n%sContent-Length: %d\r\n\r\n%s'
            % (checksum, len(body), body)
        )
        self._body = size
        if not size:
            self._transport.write(self._answer)


async def main(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
