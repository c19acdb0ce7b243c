"""What can be remembered of a target, and the protocol to ask for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from ..errors import JournalError
from ..model import Entry
from ..store import Part


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """An upload in parts that is not complete; it may be resumed.

    `size` and `mtime_ns` are the file's when it was begun, `part_size` is
    in bytes, `algorithm` what was asked for and what its parts carry
    (``auto:crc64nvme``; where objects get more than their bytes,
    ``auto+MARK:crc64nvme`` with `ObjectOptions.mark`), `begun_ns` ns since
    1970 UTC; `parts` are those that the store has, by number.
    """

    key: str
    upload_id: str
    size: int
    mtime_ns: int
    part_size: int
    algorithm: str
    begun_ns: int
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its id, where from and where to, when it began, in ns."""

    id: str
    source: str
    prefix: str
    layout: str
    begun_ns: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """A file that a run left here: `fate` is "held" or "failed"."""

    path: str
    size: int
    fate: str
    reason: str


@dataclass(frozen=True, slots=True)
class Traits:
    """What was learnt about an endpoint; None for what is not known.

    `algorithm` names the checksum that it keeps, `etag_is_md5` says
    whether the ETag of an object sent in one piece is its MD5, `keeps_new`
    whether it keeps to If-None-Match.
    """

    algorithm: str | None = None
    etag_is_md5: bool | None = None
    keeps_new: bool | None = None


class Memory(Protocol):
    """What a run remembers of one target: endpoint and bucket.

    Any thread may call any method. `look_up` and `first_look` may wait for
    the disk, `flush` and `close` do; all others return at once: what they
    note is written within the second, in the order of the calls, and is
    seen by every later question. Questions that go to the disk raise
    JournalError when it does not answer.
    """

    @property
    def lasting(self) -> bool:
        """Whether a later run will know what this one notes."""
        ...

    @property
    def trouble(self) -> JournalError | None:
        """Why notes could not be written; None when all is well.

        What is not written is kept, and tried again by `flush`.
        """
        ...

    def look_up(self, keys: Sequence[str]) -> dict[str, Entry]:
        """The entries of those of `keys` that are known, by key."""
        ...

    def knows_all(self, files: list[tuple[str, int, int]]) -> bool:
        """Whether all of these are known just so.

        `files` are keys, sizes in bytes and mtimes in ns, sorted by key.
        It may say no where `look_up` would have said yes.
        """
        ...

    def record(self, entry: Entry) -> None:
        """Note an object; it replaces what was known of its key."""
        ...

    def touch(self, key: str, mtime_ns: int) -> None:
        """Note that the file has the same bytes under another mtime.

        A key that is not known stays unknown.
        """
        ...

    def open_upload(self, key: str) -> OpenUpload | None:
        """The upload of `key` that was begun last and not ended."""
        ...

    def begin_upload(self, upload: OpenUpload) -> None:
        """Note an upload that the store has begun."""
        ...

    def add_part(self, key: str, upload_id: str, part: Part) -> None:
        """Note a part that the store has; its number may come again.

        Nothing happens when that upload is not known (any more).
        """
        ...

    def end_upload(self, key: str, upload_id: str) -> None:
        """Note that an upload is complete, aborted or gone."""
        ...

    def stale_uploads(self, older_than_ns: int) -> list[OpenUpload]:
        """The uploads begun before a moment in ns, the oldest first."""
        ...

    def first_look(
        self, key: str, *, size: int, mtime_ns: int, now_ns: int
    ) -> int:
        """When the file was first seen with this size and mtime, in ns.

        That is `now_ns` when it was not seen so before, and when it was
        seen so only in what is now the future (the clock was put right).
        """
        ...

    def traits(self) -> Traits:
        """What is known about the endpoint, whatever the bucket."""
        ...

    def set_traits(self, traits: Traits) -> None:
        """Note what was learnt about the endpoint."""
        ...

    def knows(self, prefix: str) -> bool:
        """Whether any object below `prefix` is known; "" is the bucket."""
        ...

    def newest(self, prefix: str) -> str | None:
        """The key below `prefix` that was noted last; None for none."""
        ...

    def last_layout(self, prefix: str) -> str | None:
        """The layout of the run to `prefix` that began last."""
        ...

    def begin_run(self, run: Run) -> None:
        """Note that a run begins."""
        ...

    def end_run(
        self,
        run: str,
        *,
        ended_ns: int,
        counts: Mapping[str, int],
        error: str | None = None,
        unsent: Sequence[Unsent] = (),
    ) -> None:
        """Note that a run ended, and its counts by name.

        `error` is what ended it early, its class and its sentence;
        `unsent` are some of the files that did not go. They take the place
        of those of the run before.
        """
        ...

    def flush(self) -> None:
        """Write all that waits, and raise what stands against it."""
        ...

    def close(self) -> None:
        """Flush, then let go of the file even if that fails."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
