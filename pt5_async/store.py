"""The Store protocol: what a journey may ask of an object store."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from .checksum import Algorithm, Digests
from .model import Listed, Proof

MIB: Final = 1024 * 1024

LARGEST_SINGLE: Final = 16 * MIB
"""A file larger than this, in bytes, goes up in parts."""

SMALLEST_PART: Final = 8 * MIB
"""The part size, in bytes, until 10 000 parts no longer hold the file."""

MOST_PARTS: Final = 10_000
"""S3 takes no more parts of one object (User Guide, "multipart limits")."""

LARGEST_PIECE: Final = 8 * MIB
"""So many bytes can be read back at once."""

PARTS_AT_ONCE: Final = 4
"""So many parts of one file travel together."""

LARGEST_PART: Final = 5 * 1024 * MIB
"""S3 takes no larger part, in bytes (User Guide, "multipart limits")."""


def part_size(size: int) -> int:
    """The size of each part but the last, in bytes, for a file of `size`.

    Whole MiB, at least S3's 5 MiB, and 10 000 parts always suffice.
    """
    least = -(-size // MOST_PARTS)
    return max(SMALLEST_PART, -(-least // MIB) * MIB)


def window(size: int, budget: int) -> int:
    """How many parts of a file of `size` bytes `budget` bytes can hold."""
    return max(1, min(PARTS_AT_ONCE, budget // part_size(size)))


class ObjectMeta(NamedTuple):
    """What an object is called and says of itself.

    With `only_new` it replaces none, where the store keeps to that.
    """

    key: str
    content_type: str
    metadata: Mapping[str, str]
    only_new: bool = False


class Stored(NamedTuple):
    """The store's answer to a whole object."""

    etag: str
    version: str | None
    proof: Proof


@dataclass(frozen=True, slots=True)
class Head:
    """What a store says of an object.

    `etag` is bare; `crc64` is the raw CRC64NVME of the whole object, None
    where the store keeps none. A `sealed` object is encrypted with a key
    of somebody's own, so that its ETag is no MD5. `content_type` and `mtime`
    are what who sent it said of it, see `ObjectMeta`.
    """

    size: int
    etag: str
    version: str | None
    crc64: bytes | None
    sealed: bool = False
    content_type: str = ""
    mtime: str | None = None


@dataclass(frozen=True, slots=True)
class Multipart:
    """An upload in parts that the store has begun.

    `algorithm` is what its parts carry; None for none.
    """

    upload_id: str
    algorithm: Algorithm | None


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the store has: its number from 1, size in bytes, ETag.

    `crc64` is the raw CRC64NVME of its bytes, `digest` that under the
    upload's algorithm (None for none).
    """

    number: int
    size: int
    etag: str
    crc64: bytes
    digest: bytes | None


Mark = tuple[str, str]
"""How far the uploads under way were listed: a key, and an upload's id."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload in parts that was begun, at `since`, and not ended."""

    key: str
    upload_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Weight:
    """Parts of an upload: how many, their bytes, and when the last came.

    `following` is behind which number there are more; 0 for none.
    """

    parts: int
    size: int
    last: datetime | None
    following: int = 0


class Store(Protocol):
    """An object store, narrowed to one bucket.

    Every method may raise a `StoreError`; none retries by itself.
    """

    @property
    def endpoint(self) -> str:
        """The endpoint's name for the journal; no credentials in it."""
        ...

    @property
    def wanted(self) -> tuple[Algorithm, ...]:
        """The digests that `put` and `put_part` can use right now."""
        ...

    @property
    def keeps_new(self) -> bool | None:
        """Whether `only_new` is kept to; None while nobody knows."""
        ...

    async def put(
        self, meta: ObjectMeta, body: bytes, digests: Digests
    ) -> Stored:
        """Store `body` as one object, proven as far as the store can."""
        ...

    async def head(self, key: str) -> Head | None:
        """What the store says of an object; None when there is none."""
        ...

    async def get(
        self, key: str, part: tuple[int, int] | None = None
    ) -> bytes | None:
        """An object's bytes, or those of a `part`; None for no object.

        A part is given by its first byte and its length. No more than
        `LARGEST_PIECE` can be asked for at once.
        """
        ...

    async def begin(self, meta: ObjectMeta) -> Multipart:
        """Begin an upload in parts; nothing is visible yet."""
        ...

    async def put_part(
        self,
        key: str,
        upload: Multipart,
        number: int,
        body: bytes,
        digests: Digests,
    ) -> Part:
        """Send one part; sending a number again replaces it."""
        ...

    async def complete(
        self,
        key: str,
        upload: Multipart,
        parts: tuple[Part, ...],
        *,
        only_new: bool = False,
    ) -> Stored:
        """Make the object visible, proven as far as the store can.

        With `only_new`, it replaces none.
        """
        ...

    async def abort(self, key: str, upload_id: str) -> None:
        """Throw the parts away; one that is gone already is no error."""
        ...

    async def begun(
        self, prefix: str, after: Mark | None = None
    ) -> tuple[list[Begun], Mark | None]:
        """A page of what was begun under `prefix`, and where to go on."""
        ...

    async def weighed(
        self, key: str, upload_id: str, after: int = 0
    ) -> Weight | None:
        """Parts of an upload behind a number; None for no such upload."""
        ...

    async def ping(self) -> None:
        """Have the store answer anything at all, in a few bytes."""
        ...

    def list(
        self, prefix: str, after: str = "", *, folder: bool = False
    ) -> AsyncGenerator[list[Listed], None]:
        """Pages of objects under `prefix` whose keys sort after `after`.

        With `folder`, objects below a further "/" are left out.
        """
        ...
