"""One request of the express lane, as the client would have written it."""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError, create_parser

from ..errors import ObjectRefused
from .lesson import Template, encoded
from .response import Answer, explodes
from .sigv4 import Identity, Signer, trimmed

OPERATIONS: Final = {"put_object": "PutObject", "upload_part": "UploadPart"}
"""What goes express, by both of botocore's names for it."""

Fields = Mapping[str, Any]

_ANSWERED: Final = {
    "etag": "ETag",
    "x-amz-checksum-crc32": "ChecksumCRC32",
    "x-amz-checksum-crc32c": "ChecksumCRC32C",
    "x-amz-checksum-crc64nvme": "ChecksumCRC64NVME",
    "x-amz-checksum-sha256": "ChecksumSHA256",
    "x-amz-version-id": "VersionId",
}
"""What is of use here in an answer, by botocore's name for it."""


class Forms:
    """botocore's own model of what is sent, and its parser for errors."""

    def __init__(self, client: Any) -> None:
        """Write as `client` does."""
        self._model = client.meta.service_model
        self._parser = create_parser("rest-xml")
        self._names = {op: self._headers_of(op) for op in OPERATIONS}

    def serialized(
        self, operation: str, fields: Fields
    ) -> tuple[dict[str, str], str]:
        """The headers and the query that `fields` become."""
        names, headers = self._names[operation], {}
        for field, value in fields.items():
            name = names.get(field)
            if name is None or field == "ContentLength":
                continue
            if field == "Metadata":
                for key, text in value.items():
                    headers[name + key.lower()] = text
            else:
                headers[name] = str(value)
        query = ""
        if "UploadId" in fields:
            upload = encoded(fields["UploadId"]).replace("/", "%2F")
            query = f"partNumber={fields['PartNumber']}&uploadId={upload}"
        return headers, query

    def error(self, operation: str, answer: Answer) -> ClientError:
        """What an answer that is none of success would have raised.

        Raises:
            ResponseParserError: when it is none of a store's.
        """
        name = OPERATIONS[operation]
        if explodes(answer.body):
            raise ResponseParserError("it defines entities, not S3's")
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

    def _headers_of(self, operation: str) -> dict[str, str]:
        """The headers that an operation's parameters become."""
        model = self._model.operation_model(OPERATIONS[operation])
        members = model.input_shape.members.items()
        return {
            name: shape.serialization["name"].lower()
            for name, shape in members
            if shape.serialization.get("location") in {"header", "headers"}
        }


def fields_of(answer: Answer) -> dict[str, Any]:
    """An answer of success under botocore's names."""
    headers = answer.headers
    return {
        field: headers[name]
        for name, field in _ANSWERED.items()
        if name in headers
    }


class Route:
    """The way that the requests of one operation take."""

    def __init__(self, template: Template) -> None:
        """Go by `template`."""
        self.template = template
        self._signer = Signer(template.region)
        self._shapes: dict[tuple[str, ...], _Shape] = {}

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
        """The request line and the headers, signed.

        Raises:
            ObjectRefused: when a header's value would end its line.
        """
        headers["host"] = self.template.host
        headers["x-amz-content-sha256"] = payload
        headers["x-amz-date"] = stamp
        if identity.token:
            headers["x-amz-security-token"] = identity.token
        names = tuple(headers)
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = _Shape(names)
        values = shape.pick(headers)
        signature = self._signer.signed(
            identity,
            f"PUT\n{path}\n{query}\n{shape.canonical % _sound(values, path)}"
            f"\n{shape.names}\n{payload}",
            signed=shape.names,
            stamp=stamp,
        )
        asking = "expect: 100-continue\r\n" if asks else ""
        return (
            f"PUT {path}{'?' if query else ''}{query} HTTP/1.1\r\n"
            f"{shape.head % values}authorization: {signature}\r\n"
            f"user-agent: {self.template.agent}\r\n{asking}\r\n"
        ).encode("ascii")


class _Shape:
    """What the requests with the same headers have in common.

    `pick` takes their values in the order in which they are signed, which
    `canonical` and `head` fill in.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        ordered = sorted(names)
        self.names = ";".join(ordered)
        self.pick: Callable[[dict[str, str]], tuple[str, ...]]
        self.pick = itemgetter(*ordered)
        sound = [name.replace("%", "%%") for name in ordered]
        self.canonical = "".join(f"{name}:%s\n" for name in sound)
        self.head = "".join(f"{name}: %s\r\n" for name in sound)


def _sound(values: tuple[str, ...], path: str) -> tuple[str, ...]:
    """The values as they are signed, none of which may end its line."""
    joined = f"|{'|'.join(values)}|"
    if not (joined.isascii() and joined.isprintable()):
        raise ObjectRefused(f"{path}: a header that would not be one")
    if "  " in joined or "| " in joined or " |" in joined:
        return tuple(map(trimmed, values))
    return values
