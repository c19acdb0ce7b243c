"""A client for tests that must see and bend every byte of a request.

Signatures are botocore's, so that they are neither the scripted server's
nor those of the package under test.
"""

import base64
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from awscrt import checksums as crt
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .endpoint import Endpoint

_SECONDS = 20.0


def b64(raw: bytes) -> str:
    """Bytes as S3's headers carry them."""
    return base64.b64encode(raw).decode("ascii")


def crc64(data: bytes) -> str:
    """The CRC64NVME of `data` as S3's headers carry it."""
    return b64(crt.crc64nvme(data).to_bytes(8, "big"))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The error's code, or ""."""
        return self.field("Code")

    @property
    def message(self) -> str:
        """The error's message, or ""."""
        return self.field("Message")

    def field(self, name: str) -> str:
        """The first XML element of that name, or ""."""
        match = re.search(f"<{name}>([^<]*)<", self.body.decode("utf-8"))
        return match[1] if match else ""


class Wire:
    """One connection to a server, byte for byte."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        parts = urlsplit(endpoint.url)
        self.host = parts.netloc
        self._socket = socket.create_connection(
            ("127.0.0.1", parts.port or 0), _SECONDS
        )
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def end(self) -> None:
        """Say that nothing more will be sent."""
        self._socket.shutdown(socket.SHUT_WR)

    def reply(self, method: str = "GET") -> Reply:
        """The next answer, whole; `method` is that of its request.

        Raises:
            ConnectionError: when it does not come, or not whole.
        """
        status = int(self._line().split(" ")[1])
        headers = {}
        while line := self._line():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        size = int(headers.get("content-length", "0"))
        body = self._file.read(0 if method == "HEAD" else size)
        if len(body) < size and method != "HEAD":
            raise ConnectionError("the answer ended too soon")
        return Reply(status, headers, body)

    def _line(self) -> str:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("no answer, or only a piece of one")
        return line[:-2].decode("utf-8")

    def head(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        region: str = "us-east-1",
        secret: str | None = None,
        host: str | None = None,
    ) -> bytes:
        """A signed request without its body; `target` is encoded."""
        signed = AWSRequest(
            method,
            f"http://{host or self.host}{target}",
            headers=dict(headers or {}),
            data=body,
        )
        who = Credentials(
            self.endpoint.access_key, secret or self.endpoint.secret_key
        )
        S3SigV4Auth(who, "s3", region).add_auth(signed)
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or self.host}"]
        lines += [f"{name}: {value}" for name, value in signed.headers.items()]
        if "transfer-encoding" not in {k.lower() for k in signed.headers}:
            lines.append(f"Content-Length: {len(body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")

    def ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        region: str = "us-east-1",
        secret: str | None = None,
        host: str | None = None,
    ) -> Reply:
        """A signed request and its answer."""
        head = self.head(
            method,
            target,
            body,
            headers,
            region=region,
            secret=secret,
            host=host,
        )
        self.send(head + body)
        return self.reply(method)

    def raw(self, method: str, target: str, body: bytes = b"") -> str:
        """The status line and headers of an answer, as they came."""
        self.send(self.head(method, target, body) + body)
        lines = []
        while line := self._line():
            lines.append(line)
        return "\n".join(lines)
