"""The nouns of an upload: LocalFile, Item, Job, Target and its outcomes.

What is made for every file is a NamedTuple: a frozen dataclass of as many
fields takes six times as long to make, which was a third of a walk.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from .errors import Pt5Error, UsageError
from .ifcb.names import Kind, Pid


class LocalFile(NamedTuple):
    """A file as it looked when the walk saw it.

    `path` opens it; `relative` is its path below SOURCE with "/" between
    folders on every system; `size` is in bytes; times are nanoseconds
    since 1970, UTC; `kind` is its place in a bin, None for a loose file.
    """

    path: str
    relative: str
    size: int
    mtime_ns: int
    ctime_ns: int
    kind: Kind | None = None

    def __hash__(self) -> int:
        """By the path alone: a run looks millions of files up."""
        return hash(self.path)


@dataclass(frozen=True, slots=True)
class Group:
    """Files of one folder that belong together, as the walk found them.

    A bin's members that are there (`pid` set; in no promised order), or
    one loose file (`pid` None). `last` says that no later bin of the same
    instrument is in this folder.
    """

    pid: Pid | None
    files: tuple[LocalFile, ...]
    last: bool = False


class Item(NamedTuple):
    """A file with the key that it will have in the store."""

    file: LocalFile
    key: str

    def __hash__(self) -> int:
        """By the key alone, as for a file."""
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class Job:
    """The unit of work: one bin, or one loose file (`pid` is None).

    `items` stand in the order in which they are sent: roi, hdr, adc.
    `last` says that no later bin of this instrument is in the folder.
    `beside` are members that are here, too, and were not asked for.
    """

    pid: Pid | None
    items: tuple[Item, ...]
    last: bool = False
    beside: tuple[Item, ...] = ()

    @property
    def files(self) -> tuple[LocalFile, ...]:
        """All files of the bin that are here."""
        items = (*self.items, *self.beside) if self.beside else self.items
        return tuple([item.file for item in items])

    @property
    def full(self) -> bool:
        """Whether nothing of a bin is missing, or was not asked for."""
        return self.pid is None or len(self.items) == len(Kind)


@dataclass(frozen=True, slots=True)
class Target:
    """Where objects go: a bucket and a prefix ("" or "a/b", no end "/")."""

    bucket: str
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> "Target":
        """The target that ``s3://bucket/prefix`` names.

        Raises:
            UsageError: when `url` is not of that form.
        """
        scheme, mark, rest = url.partition("://")
        bucket, _, prefix = rest.partition("/")
        if scheme != "s3" or not mark or not bucket:
            raise UsageError(
                f"{url!r} is not a target; write s3://BUCKET/PREFIX"
            )
        return cls(bucket, prefix.strip("/"))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


class Proof(StrEnum):
    """What shows that an object holds the file's bytes.

    A checksum is named when the store verified or answered it; SIZE_DATE
    marks an object adopted from a listing; NONE one that nothing proves.
    """

    CRC64NVME = "crc64nvme"
    CRC32C = "crc32c"
    CRC32 = "crc32"
    SHA256 = "sha256"
    MD5 = "md5"
    SIZE_DATE = "size-date"
    NONE = "none"


class Entry(NamedTuple):
    """What the journal knows of one object.

    `path` is the file's path below SOURCE when it was sent or adopted;
    `checksum` is ``crc64nvme:base64`` of the file's bytes, "" for an
    object adopted from a listing; `whole` says that its bin was judged
    whole at that time; `sent_at_ns` is in nanoseconds since 1970, UTC.
    """

    key: str
    path: str
    size: int
    mtime_ns: int
    checksum: str
    etag: str
    version: str | None
    proof: Proof
    whole: bool
    sent_at_ns: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An object in a listing: the ETag bare, the time in UTC."""

    key: str
    size: int
    etag: str
    modified: datetime


class Skip(StrEnum):
    """Why a file is rightly not sent."""

    JOURNAL = "in the journal"
    CHECKED = "in the journal, and the same in the store"
    CHECKSUM = "same bytes under a new time"
    LISTING = "same size in the store, and not older"
    SIZE = "same size in the store"
    EXISTS = "in the store already"
    STORE = "same bytes in the store"
    MEMBER = "not among --members"
    DUPLICATE = "same bytes as another file of that name"
    LINK = "a link"
    SPECIAL = "not a regular file"
    SEEN = "a folder that was walked already"
    OWN = "a journal, log or receipt of this program"


class Send(StrEnum):
    """Why a file is sent."""

    NEW = "not sent before"
    UNSEEN = "not sent before, as far as can be told"
    SIZE = "another size in the store"
    OLDER = "older in the store"
    BYTES = "other bytes in the store"
    UNPROVEN = "the store shows no checksum to compare"
    GONE = "gone from the store"
    REPLACED = "another object in the store"
    OVERWRITE = "whatever is in the store"
    CHANGED_SIZE = "another size than was sent"
    CHANGED = "other bytes than were sent"
    RIVAL = "a part of its bin is in another folder"


class Hold(StrEnum):
    """Why a file is not sent now."""

    SETTLING = "settling"
    BEING_WRITTEN = "being written"
    BROKEN = "broken"
    CHANGED = "changed"
    NOT_REACHED = "not reached"


class Uploaded(NamedTuple):
    """The object is in the store.

    `checksum` is ``crc64nvme:base64`` of the whole file, `proof` what the
    store itself showed, `seconds` the time from the first attempt to the
    last answer. A dry run's outcomes have the same type, `attempts` 0 and
    no ETag: they say what would be sent. `why` says why it was.
    """

    item: Item
    checksum: str
    proof: Proof
    etag: str
    version: str | None
    attempts: int
    seconds: float
    why: Send = Send.NEW


class Skipped(NamedTuple):
    """The file needs nothing."""

    item: Item
    reason: Skip
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """The file stays here for now; `detail` says what was seen.

    `overdue` says that a later run should have sent it long ago.
    """

    item: Item
    reason: Hold
    detail: str = ""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The file could not be sent. No traceback is kept."""

    item: Item
    error: Pt5Error
    attempts: int = 0
    seconds: float = 0.0


Outcome = Uploaded | Skipped | Held | Failed
"""What became of one file; every file found has exactly one."""
