"""What a verification finds: files and bins held against the store."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..errors import Pt5Error
from ..events import FolderSeen, Notice
from ..ifcb.layout import Layout
from ..ifcb.names import Pid
from ..model import Hold, Item, Listed, Skipped


class By(StrEnum):
    """What shows that the store has the file.

    SIZE is a listing's word alone. JOURNAL: the local bytes have the
    checksum that the store proved at the upload, and the object still has
    that upload's ETag. CRC64NVME and MD5 are the store's own, DOWNLOAD are
    the bytes themselves.
    """

    SIZE = "size"
    JOURNAL = "journal"
    CRC64NVME = "crc64nvme"
    MD5 = "md5"
    DOWNLOAD = "download"


class What(StrEnum):
    """In what an object differs from its file."""

    SIZE = "size"
    CHECKSUM = "checksum"


@dataclass(frozen=True, slots=True)
class Same:
    """The store has the file, as far as `by` can show."""

    item: Item
    by: By


@dataclass(frozen=True, slots=True)
class Missing:
    """The store has no such object.

    `aged` says that the file has other bytes than were sent once.
    """

    item: Item
    aged: bool = False


@dataclass(frozen=True, slots=True)
class Differs:
    """The store has another object under that key.

    `changed` says that it is still what the journal says was sent: then it
    is the file that is another now. `aged` says that neither is what was
    sent.
    """

    item: Item
    what: What
    detail: str
    changed: bool = False
    aged: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nothing can be said: the file was not read, or the store not asked."""

    item: Item
    error: Pt5Error


Outcome = Same | Missing | Differs | Unreadable
"""What became of one file; every file that was asked for has exactly one."""


class State(StrEnum):
    """What the outcomes of a bin's files come to.

    WAITING is settling or being written, so that it need not be there yet.
    UNPROVEN has all sizes right, and no checksum to compare.
    """

    SAFE = "safe"
    UNPROVEN = "not proven"
    INCOMPLETE = "incomplete in the store"
    BROKEN = "broken here"
    CHANGED = "changed here"
    WAITING = "not due yet"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Verified:
    """A bin, or a loose file (`pid` None), held against the store.

    `held` is why an upload would leave it here for now, and in words.
    `half` says that the store has its .adc and not its .roi. `astray` are
    the layouts under whose names the store has files of it, too.
    """

    pid: Pid | None
    outcomes: tuple[Outcome, ...]
    state: State
    held: tuple[Hold, str] | None = None
    half: bool = False
    astray: tuple[Layout, ...] = ()


@dataclass(frozen=True, slots=True)
class Extra:
    """An object for which there is no file."""

    listed: Listed


@dataclass(frozen=True, slots=True)
class Half:
    """A bin that is not here: the store has its .adc and not its .roi.

    `stem` is its key without an extension.
    """

    stem: str


@dataclass(frozen=True, slots=True)
class Leftover:
    """An upload in parts that somebody has begun, and nobody ended.

    It was begun at `since`, and `touched` last when a part came, or a run
    of ours took it up. `size` are the bytes of its `parts`, None where the
    store does not say. `ours` is one that the journal knows, `doomed` one
    that is to be cleared.
    """

    key: str
    upload_id: str
    since: datetime
    touched: datetime
    size: int | None
    parts: int = 0
    ours: bool = False
    doomed: bool = False


@dataclass(frozen=True, slots=True)
class Cleared:
    """A leftover was cleared, or (not `done`) could not be."""

    what: Leftover
    done: bool


@dataclass(frozen=True, slots=True)
class Requests:
    """What the store will be asked for next, told before it is.

    There will be `least` requests of the `operation` at least and `most`
    at most (None: nobody knows); `size` bytes of bodies are read back at
    most.
    """

    operation: str
    least: int
    most: int | None
    size: int = 0


Finding = (
    Verified
    | Extra
    | Half
    | Leftover
    | Cleared
    | Requests
    | Unreadable
    | Skipped
    | FolderSeen
    | Notice
)
"""What a verification tells.

`Unreadable` by itself is a file or folder of which nothing more is known,
`Skipped` one that is rightly left alone. A `Notice` is a warning.
"""
