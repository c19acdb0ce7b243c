"""How a store may differ from Amazon's own, as one frozen value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .routing import Op

MIB: Final = 1024 * 1024


class Checksums(StrEnum):
    """What a store does with x-amz-checksum-* headers."""

    FULL = "verifies and answers them"
    SILENT = "verifies them, answers none"
    IGNORED = "does not look at them"


class Etags(StrEnum):
    """What ETags look like."""

    MD5 = "the quoted MD5"
    OPAQUE = "quoted, but not the MD5, as under SSE-KMS"
    BARE = "the MD5 without quotes"
    UPPER = "the quoted MD5 in upper case"


@dataclass(frozen=True, slots=True)
class Denied:
    """An operation that is answered AccessDenied below a prefix."""

    op: Op
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Personality:
    """A store's habits; the default is Amazon's, as strict as documented.

    Attributes:
        checksums: what is done with checksum headers.
        refuses: the error code that checksum headers are answered with
            (InvalidRequest, NotImplemented, SignatureDoesNotMatch...).
        refuses_at: the operations that answer so.
        etags: what ETags look like.
        lower_headers: whether header names are sent in lower case.
        denied: what the identity may not do.
        smallest_part: bytes that a part must have unless it is the last.
        versions: whether objects get version ids.
        acls: whether its bucket takes access control lists.
        keeps_new: whether If-None-Match: * is honoured, not forgotten.
        signs_content_type: whether a Content-Type must be signed.
        clock_ahead: seconds by which the server's clock is ahead.
        idle: seconds after which a connection without requests is closed.
    """

    checksums: Checksums = Checksums.FULL
    refuses: str | None = None
    refuses_at: frozenset[Op] = frozenset({Op.PUT, Op.CREATE, Op.PART})
    etags: Etags = Etags.MD5
    lower_headers: bool = False
    denied: tuple[Denied, ...] = ()
    smallest_part: int = 5 * MIB
    versions: bool = False
    acls: bool = False
    keeps_new: bool = True
    signs_content_type: bool = False
    clock_ahead: float = 0.0
    idle: float = 60.0

    def refuses_checksums(self, op: Op, names: frozenset[str]) -> bool:
        """Whether headers of these names are too new for this store."""
        return (
            self.refuses is not None
            and op in self.refuses_at
            and any("checksum" in name for name in names)
        )

    def denies(self, op: Op, subject: str) -> bool:
        """Whether `op` is not allowed on this key or prefix."""
        return any(
            denied.op is op and subject.startswith(denied.prefix)
            for denied in self.denied
        )

    def etag(self, text: str) -> str:
        """An ETag as headers and XML show it."""
        if self.etags is Etags.BARE:
            return text
        return f'"{text.upper() if self.etags is Etags.UPPER else text}"'
