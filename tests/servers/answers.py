"""S3's XML: elements, error documents, and the refusals that carry them."""

from collections.abc import Iterable, Mapping
from time import gmtime, strftime
from typing import Final
from xml.sax.saxutils import escape

from .http import Answer

_HEADER: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE: Final = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

STATUS: Final[Mapping[str, int]] = {
    "PermanentRedirect": 301,
    "AuthorizationHeaderMalformed": 400,
    "AccessControlListNotSupported": 400,
    "BadDigest": 400,
    "EntityTooLarge": 400,
    "EntityTooSmall": 400,
    "ExpiredToken": 400,
    "IncompleteBody": 400,
    "InvalidArgument": 400,
    "InvalidDigest": 400,
    "InvalidPart": 400,
    "InvalidPartOrder": 400,
    "InvalidRange": 416,
    "InvalidRequest": 400,
    "InvalidStorageClass": 400,
    "InvalidTag": 400,
    "InvalidToken": 400,
    "InvalidURI": 400,
    "KeyTooLongError": 400,
    "MalformedXML": 400,
    "MetadataTooLarge": 400,
    "XAmzContentSHA256Mismatch": 400,
    "AccessDenied": 403,
    "InvalidAccessKeyId": 403,
    "RequestTimeTooSkewed": 403,
    "SignatureDoesNotMatch": 403,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchUpload": 404,
    "MissingContentLength": 411,
    "PreconditionFailed": 412,
    "NotImplemented": 501,
}
"""The HTTP status of every error code that this server gives of itself
(Amazon S3 API Reference, "Error responses")."""


class Refusal(Exception):
    """A request that S3's rules refuse: a code, a message and details."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        **details: object,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.details = details

    def answer(self) -> Answer:
        """The refusal as S3 sends it."""
        return error(
            STATUS[self.code],
            self.code,
            self.message,
            headers=self.headers,
            details=self.details,
        )


def error(
    status: int,
    code: str,
    message: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    details: Mapping[str, object] | None = None,
) -> Answer:
    """An error document under any status; 200 is what Complete may get."""
    parts = [tag("Code", code), tag("Message", message or code)]
    parts += [tag(name, value) for name, value in (details or {}).items()]
    text = f"{_HEADER}<Error>{''.join(parts)}</Error>"
    return Answer(
        status,
        {"Content-Type": "application/xml", **(headers or {})},
        text.encode("utf-8"),
    )


def document(root: str, parts: Iterable[str]) -> bytes:
    """An answer's body: `root` around elements that `tag` made."""
    text = f"{_HEADER}<{root}{_SPACE}>{''.join(parts)}</{root}>"
    return text.encode("utf-8")


def tag(name: str, value: object, *inner: str) -> str:
    """One element: `value` as escaped text, then elements inside it."""
    return f"<{name}>{escape(str(value))}{''.join(inner)}</{name}>"


def xml(root: str, parts: Iterable[str]) -> Answer:
    """A 200 with an XML document."""
    return Answer(
        200, {"Content-Type": "application/xml"}, document(root, parts)
    )


def iso(seconds: float) -> str:
    """A time as S3's XML tells it: UTC, whole seconds."""
    return strftime("%Y-%m-%dT%H:%M:%S.000Z", gmtime(seconds))
