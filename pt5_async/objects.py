"""What an operator may ask of every object, held against S3's rules."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import Final, TypeVar

from .errors import UsageError

Value = TypeVar("Value")
Pairs = tuple[tuple[str, str], ...]
"""Names and values, in the order in which they were given."""

MOST_TAGS: Final = 10
"""S3 takes no more tags of one object (User Guide, "object tagging")."""

LONGEST_TAG: Final = 128
LONGEST_TAG_VALUE: Final = 256

MOST_METADATA: Final = 2048
"""Bytes of all names and values of metadata together, ours included."""

_OWN_METADATA: Final = len("mtime-9999999999.123456789")
_IN_TAGS: Final = " +-=._:/@"
_TAG_WORDS: Final = f"and tags have letters, digits, blanks and {_IN_TAGS[1:]}"
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_PRINTABLE: Final = re.compile(r"[ -~]*", re.ASCII)


class Encryption(StrEnum):
    """How a store encrypts what it keeps."""

    AES256 = "AES256"
    KMS = "aws:kms"
    KMS_DSSE = "aws:kms:dsse"


class Acl(StrEnum):
    """S3's canned access control lists for objects."""

    PRIVATE = "private"
    PUBLIC_READ = "public-read"
    PUBLIC_READ_WRITE = "public-read-write"
    AUTHENTICATED_READ = "authenticated-read"
    AWS_EXEC_READ = "aws-exec-read"
    BUCKET_OWNER_READ = "bucket-owner-read"
    BUCKET_OWNER_FULL_CONTROL = "bucket-owner-full-control"


class RequestPayer(StrEnum):
    """Who pays for requests where it is not the bucket's owner."""

    REQUESTER = "requester"


@dataclass(frozen=True, slots=True)
class ObjectOptions:
    """What every object of a run gets besides its bytes; None for nothing.

    Attributes:
        storage_class: S3's name, or the store's own, of a storage class.
        sse: how the store encrypts the object.
        sse_kms_key_id: the key for that; for `Encryption.KMS*` alone.
        acl: who else may read it.
        tags: keys and values.
        metadata: names and values beside our own ``mtime``.
        request_payer: who pays for the requests.

    Raises:
        UsageError: for what no S3 store takes.
    """

    storage_class: str | None = None
    sse: Encryption | None = None
    sse_kms_key_id: str | None = None
    acl: Acl | None = None
    tags: Pairs = ()
    metadata: Pairs = ()
    request_payer: RequestPayer | None = None

    def __post_init__(self) -> None:
        _refuse("storage_class", check_storage_class, self.storage_class)
        _refuse("tags", check_tags, self.tags)
        _refuse("metadata", check_metadata, self.metadata)
        if self.sse_kms_key_id is not None:
            _refuse("sse_kms_key_id", check_key_use, self.sse)
            _refuse("sse_kms_key_id", check_key, self.sse_kms_key_id)

    @property
    def mark(self) -> str:
        """A short name for what an object gets, "" for nothing.

        An upload in parts gets it when it is begun, by whichever run.
        """
        lasting = replace(self, request_payer=None)
        if lasting == NO_OPTIONS:
            return ""
        return sha256(repr(lasting).encode()).hexdigest()[:16]


def _refuse(name: str, check: Callable[[Value], None], value: Value) -> None:
    try:
        check(value)
    except ValueError as error:
        raise UsageError(f"ObjectOptions.{name}: {error}") from error


def check_storage_class(name: str | None) -> None:
    """Raise a ValueError for what cannot name a storage class."""
    if name is not None and not _WORD.fullmatch(name):
        raise ValueError(f"{name!r} is no storage class (like STANDARD_IA)")


def check_key_use(sse: Encryption | None) -> None:
    """Raise a ValueError where no encryption by that key is asked for."""
    if sse not in {Encryption.KMS, Encryption.KMS_DSSE}:
        raise ValueError("a key needs encryption aws:kms or aws:kms:dsse")


def check_key(key: str) -> None:
    """Raise a ValueError for what cannot name a KMS key."""
    if not key or not _PRINTABLE.fullmatch(key) or " " in key:
        raise ValueError(f"{key!r} is no KMS key's id or ARN")


def check_tags(tags: Pairs) -> None:
    """Raise a ValueError for tags that S3 does not take."""
    if len(tags) > MOST_TAGS:
        raise ValueError(
            f"{len(tags)} tags are too many; S3 takes {MOST_TAGS}"
        )
    _refuse_twice([key for key, _ in tags])
    for key, value in tags:
        if not 1 <= len(key) <= LONGEST_TAG:
            raise ValueError(
                f"{key!r} has {len(key)} characters; a tag's key has"
                f" 1 to {LONGEST_TAG}"
            )
        if len(value) > LONGEST_TAG_VALUE:
            raise ValueError(
                f"the value of {key!r} has {len(value)} characters; S3"
                f" takes {LONGEST_TAG_VALUE}"
            )
        if strange := {c for c in key + value if not _in_tags(c)}:
            raise ValueError(f"{key!r} has {min(strange)!r}, {_TAG_WORDS}")
        if key.lower().startswith("aws:"):
            raise ValueError(f"{key!r}: names with aws: are Amazon's own")


def _in_tags(character: str) -> bool:
    return character.isalnum() or character in _IN_TAGS


def check_metadata(metadata: Pairs) -> None:
    """Raise a ValueError for metadata that S3 or HTTP does not take."""
    # Names of headers: "A" and "a" are one.
    names = [name.lower() for name, _ in metadata]
    _refuse_twice(names)
    if "mtime" in names:
        raise ValueError("mtime is the file's time, and set by this program")
    for name, value in metadata:
        if not _TOKEN.fullmatch(name):
            raise ValueError(
                f"{name!r} is no name of a header: letters, digits, - and _"
            )
        if not _PRINTABLE.fullmatch(value) or value != value.strip():
            raise ValueError(
                f"the value of {name!r} has to be ASCII, without control"
                " characters or blanks at its ends"
            )
    size = _OWN_METADATA + sum(len(n) + len(v) for n, v in metadata)
    if size > MOST_METADATA:
        raise ValueError(
            f"{size} bytes of metadata are too many; S3 takes {MOST_METADATA}"
        )


def _refuse_twice(names: Sequence[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} is given twice")


NO_OPTIONS: Final = ObjectOptions()
"""What most runs ask for."""
