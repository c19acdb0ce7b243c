"""Which S3 operation a request's method, path, Host and query ask for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes

from .answers import Refusal
from .http import Head


class Op(StrEnum):
    """The operations that the scripted server knows, by S3's names."""

    HEAD_BUCKET = "HeadBucket"
    LIST = "ListObjectsV2"
    LIST_UPLOADS = "ListMultipartUploads"
    PUT = "PutObject"
    HEAD = "HeadObject"
    GET = "GetObject"
    DELETE = "DeleteObject"
    CREATE = "CreateMultipartUpload"
    PART = "UploadPart"
    LIST_PARTS = "ListParts"
    COMPLETE = "CompleteMultipartUpload"
    ABORT = "AbortMultipartUpload"


_ROUTES: Final = {
    ("HEAD", False, ""): Op.HEAD_BUCKET,
    ("GET", False, "list-type"): Op.LIST,
    ("GET", False, "uploads"): Op.LIST_UPLOADS,
    ("PUT", True, ""): Op.PUT,
    ("HEAD", True, ""): Op.HEAD,
    ("GET", True, ""): Op.GET,
    ("DELETE", True, ""): Op.DELETE,
    ("POST", True, "uploads"): Op.CREATE,
    ("PUT", True, "uploadId"): Op.PART,
    ("GET", True, "uploadId"): Op.LIST_PARTS,
    ("POST", True, "uploadId"): Op.COMPLETE,
    ("DELETE", True, "uploadId"): Op.ABORT,
}

_MARKS: Final = ("uploads", "uploadId", "list-type")

_PARAMETERS: Final = {
    Op.LIST: {
        "prefix",
        "delimiter",
        "start-after",
        "continuation-token",
        "max-keys",
        "encoding-type",
        "fetch-owner",
    },
    Op.LIST_UPLOADS: {
        "prefix",
        "key-marker",
        "upload-id-marker",
        "max-uploads",
        "encoding-type",
    },
    Op.LIST_PARTS: {"max-parts", "part-number-marker"},
    Op.PART: {"partNumber"},
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request that S3 understands: the operation and what it is about.

    `key` is "" where the operation is about the bucket.
    """

    head: Head
    op: Op
    bucket: str
    key: str
    query: dict[str, str]

    @property
    def subject(self) -> str:
        """The key, or the prefix that a listing asks for."""
        return self.key or self.query.get("prefix", "")

    def header(self, name: str, default: str = "") -> str:
        """A header's value; `name` in lower case."""
        return self.head.headers.get(name, default)


def route(head: Head, domain: str) -> Request:
    """The operation that `head` asks for.

    A Host below `domain` names the bucket (virtual-host style); else the
    path's first step does.

    Raises:
        Refusal: when it is none that this server has.
    """
    bucket, key = _name(head, domain)
    query = dict(parse_qsl(head.query, keep_blank_values=True))
    marks = [mark for mark in _MARKS if mark in query]
    mark = marks[0] if marks else ""
    op = _ROUTES.get((head.method, bool(key), mark)) if bucket else None
    if op is None or len(marks) > 1:
        raise _unknown(f"{head.method} {head.path}?{head.query}")
    # Every parameter changes what is asked for: none may be overlooked.
    allowed = _PARAMETERS.get(op, set()) | {mark, "x-id"}
    if strange := query.keys() - allowed:
        raise _unknown(f"{op} with {', '.join(sorted(strange))}")
    return Request(head, op, bucket, key, query)


def _unknown(what: str) -> Refusal:
    return Refusal(
        "NotImplemented",
        "A header or query you provided implies functionality that is not "
        f"implemented: {what}",
    )


def _name(head: Head, domain: str) -> tuple[str, str]:
    host = head.headers.get("host", "").rsplit(":", 1)[0]
    try:
        path = unquote_to_bytes(head.path).decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(
            "InvalidURI", "Couldn't parse the specified URI."
        ) from None
    if host.endswith(f".{domain}"):
        return host.removesuffix(f".{domain}"), path[1:]
    bucket, _, key = path[1:].partition("/")
    return bucket, key
