"""The express lane: objects and parts sent without botocore's own pace.

One request through botocore costs 1.2 to 2 ms of CPU; here it is a tenth.
Everything but PutObject and UploadPart stays with the client, and so does
the first request of each, from which the lane learns.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from botocore.exceptions import ClientError
from botocore.parsers import create_parser

from ..errors import ObjectRefused, UsageError
from .failures import translated
from .hearing import Overheard, overhear
from .http1 import Message
from .lesson import Template, Unlearnable, encoded, learn
from .pace import Pace
from .pool import Pool
from .response import Answer
from .sigv4 import UNSIGNED, Identity, Signer

OPERATIONS: Final = {"put_object": "PutObject", "upload_part": "UploadPart"}
"""What goes express, by both of botocore's names for it."""

LONG_BODY: Final = 1024 * 1024
"""From this size on, in bytes, a request asks before it sends its body."""

HASH_HERE: Final = 64 * 1024
"""A longer body, in bytes, is hashed in a thread."""

_OK: Final = 200

Fields = Mapping[str, Any]


class Express:
    """The lane beside a client; each operation is open once it was learnt.

    `identify` gives the identity to sign as, each time anew; `connect` makes
    the connections to a place; `told` hears why the lane stays closed. One
    that `must` be open ends the run instead.
    """

    def __init__(
        self,
        client: Any,
        *,
        identify: Callable[[], Awaitable[Identity]],
        connect: Callable[[Template], Awaitable[Pool]],
        told: Callable[[str], None],
        must: bool = False,
    ) -> None:
        """Listen to `client`; nothing is open yet."""
        self._identify = identify
        self._connect = connect
        self._told = told
        self._must = must
        self._model = client.meta.service_model
        self._parser = create_parser("rest-xml")
        self._routes: dict[str, _Route] = {}
        self._pools: dict[tuple[str, str, int], Pool] = {}
        self._closed = False
        self.gates = {operation: asyncio.Lock() for operation in OPERATIONS}
        self._skew = 0.0
        self._names = {op: self._headers_of(op) for op in OPERATIONS}
        for name in OPERATIONS.values():
            client.meta.events.register(f"before-send.s3.{name}", overhear)

    @property
    def closed(self) -> bool:
        """Whether everything stays with the client."""
        return self._closed

    def open_for(self, operation: str) -> bool:
        """Whether `operation` was learnt."""
        return operation in self._routes

    def may_learn(self, operation: str) -> bool:
        """Whether `operation` can still be learnt."""
        return not self._closed and operation not in self._routes

    async def learn(self, heard: Overheard) -> None:
        """Open the lane by a request that was answered well, if it can be.

        Without that, all stays with the client, for good.
        """
        operation = heard.operation
        if not self.may_learn(operation):
            return
        headers, _ = self._serialized(operation, heard.fields)
        try:
            template = learn(heard, await self._identify(), headers)
            pool = await self._pool(template)
        except Unlearnable as error:
            self.shut(str(error))
            return
        self._routes[operation] = _Route(template, pool)

    def shut(self, why: str) -> None:
        """Leave everything to the client from now on, and say `why`.

        Raises:
            UsageError: when that was ruled out.
        """
        if self._must:
            raise UsageError(f"--lane express cannot be had: {why}")
        self._closed = True
        self._routes.clear()
        self._told(f"the express lane stays closed: {why}")

    async def send(
        self,
        operation: str,
        data: bytes,
        fields: Fields,
        *,
        what: str,
        pace: Pace | None,
    ) -> dict[str, Any]:
        """The answer to an operation, as botocore's client would give it.

        Raises:
            StoreError: whatever the client would have raised.
        """
        route = self._routes[operation]
        answer = await self._sent(route, operation, data, fields, what, pace)
        if answer.status == _OK:
            return _fields_of(answer)
        with translated(what):
            error = self._error(operation, answer)
            code = error.response.get("Error", {}).get("Code")
            if code != "RequestTimeTooSkewed" or not self._adjusted(answer):
                raise error
        answer = await self._sent(route, operation, data, fields, what, pace)
        if answer.status == _OK:
            return _fields_of(answer)
        with translated(what):
            raise self._error(operation, answer)

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    async def _pool(self, template: Template) -> Pool:
        place = (template.scheme, template.name, template.port)
        if place not in self._pools:
            self._pools[place] = await self._connect(template)
        return self._pools[place]

    # ---- one request

    async def _sent(
        self,
        route: "_Route",
        operation: str,
        data: bytes,
        fields: Fields,
        what: str,
        pace: Pace | None,
    ) -> Answer:
        template, pool = route.template, route.pool
        payload = UNSIGNED
        if template.signs_body:
            payload = await _hash(data)
        with translated(what):
            identity = await self._identify()
        headers, query = self._serialized(operation, fields)
        asks = pool.asks and len(data) >= LONG_BODY
        head = route.head(
            headers | {"content-length": str(len(data))},
            path=template.prefix + encoded(fields["Key"]),
            query=query,
            payload=payload,
            identity=identity,
            stamp=self._stamp(),
            asks=asks,
        )
        return await pool.exchange(Message(what, head, data, asks, pace))

    def _stamp(self) -> str:
        now = time.gmtime(time.time() + self._skew)
        return time.strftime("%Y%m%dT%H%M%SZ", now)

    def _adjusted(self, answer: Answer) -> bool:
        """Set the clock by the store's; whether there was one to go by."""
        try:
            date = parsedate_to_datetime(answer.headers.get("date", ""))
        except (TypeError, ValueError):
            return False
        self._skew = date.timestamp() - time.time()
        return True

    # ---- botocore's forms

    def _headers_of(self, operation: str) -> dict[str, str]:
        """The headers that an operation's parameters become."""
        model = self._model.operation_model(OPERATIONS[operation])
        members = model.input_shape.members.items()
        return {
            name: shape.serialization["name"].lower()
            for name, shape in members
            if shape.serialization.get("location") in {"header", "headers"}
        }

    def _serialized(
        self, operation: str, fields: Fields
    ) -> tuple[dict[str, str], str]:
        """The headers and the query that `fields` become."""
        names, headers = self._names[operation], {}
        for field, value in fields.items():
            name = names.get(field)
            if name is None:
                continue
            if field == "Metadata":
                for key, text in value.items():
                    headers[name + key.lower()] = text
            elif field != "ContentLength":
                headers[name] = str(value)
        query = ""
        if "UploadId" in fields:
            upload = encoded(fields["UploadId"]).replace("/", "%2F")
            query = f"partNumber={fields['PartNumber']}&uploadId={upload}"
        return headers, query

    def _error(self, operation: str, answer: Answer) -> ClientError:
        name = OPERATIONS[operation]
        parsed = self._parser.parse(
            {
                "headers": answer.headers,
                "status_code": answer.status,
                "body": answer.body,
                "context": {"operation_name": name},
            },
            self._model.operation_model(name).output_shape,
        )
        return ClientError(parsed, name)


class _Route:
    """The way that the requests of one operation take."""

    def __init__(self, template: Template, pool: Pool) -> None:
        self.template = template
        self.pool = pool
        self._signer = Signer(template.region)

    def head(
        self,
        headers: dict[str, str],
        *,
        path: str,
        query: str,
        payload: str,
        identity: Identity,
        stamp: str,
        asks: bool,
    ) -> bytes:
        """The request line and the headers, signed."""
        headers["host"] = self.template.host
        headers["x-amz-content-sha256"] = payload
        headers["x-amz-date"] = stamp
        if identity.token:
            headers["x-amz-security-token"] = identity.token
        signed = sorted(headers.items())
        signature = self._signer.authorization(
            identity,
            signed,
            method="PUT",
            path=path,
            query=query,
            payload=payload,
            stamp=stamp,
        )
        lines = [f"PUT {path}{'?' if query else ''}{query} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in signed]
        lines.append(f"authorization: {signature}")
        lines.append(f"user-agent: {self.template.agent}")
        if asks:
            lines.append("expect: 100-continue")
        text = "\r\n".join(lines)
        if not text.isascii() or text.count("\n") != len(lines) - 1:
            raise ObjectRefused(f"{path}: a header that would not be one")
        return f"{text}\r\n\r\n".encode()


async def _hash(data: bytes) -> str:
    if len(data) <= HASH_HERE:
        return hashlib.sha256(data).hexdigest()
    return (await asyncio.to_thread(hashlib.sha256, data)).hexdigest()


def _fields_of(answer: Answer) -> dict[str, Any]:
    """An answer under botocore's names, as far as they are of use here."""
    headers = answer.headers
    fields = {"ETag": headers.get("etag"), "VersionId": None}
    for name, field in _ANSWERED.items():
        if name in headers:
            fields[field] = headers[name]
    return fields


_ANSWERED: Final = {
    "x-amz-checksum-crc32": "ChecksumCRC32",
    "x-amz-checksum-crc32c": "ChecksumCRC32C",
    "x-amz-checksum-crc64nvme": "ChecksumCRC64NVME",
    "x-amz-checksum-sha256": "ChecksumSHA256",
    "x-amz-version-id": "VersionId",
}
