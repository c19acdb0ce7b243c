"""What the scripted server holds: buckets, objects, uploads and a ledger."""

import time
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5
from itertools import count

from .answers import Refusal
from .digests import Algorithm
from .personality import Etags, Personality


@dataclass(frozen=True, slots=True)
class Checksum:
    """An object's checksum: base64 text, and FULL_OBJECT or COMPOSITE."""

    algorithm: Algorithm
    value: str
    kind: str = "FULL_OBJECT"


@dataclass(frozen=True, slots=True)
class Object:
    """A visible object.

    `body` is None where it was too big to keep; `md5`, in hexadecimal, is
    "" where it cannot be known (parts that were not kept).
    """

    key: str
    size: int
    md5: str
    etag: str
    modified: float
    checksum: Checksum | None
    headers: dict[str, str]
    version: str | None
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PartIn:
    """A part that was taken in; `digest` is raw, under the upload's own."""

    number: int
    size: int
    md5: bytes
    etag: str
    modified: float
    digest: bytes
    body: bytes | None = field(repr=False)


@dataclass(slots=True)
class Upload:
    """A multipart upload under way; `kind` as in `Checksum`."""

    id: str
    key: str
    begun: float
    headers: dict[str, str]
    algorithm: Algorithm | None
    kind: str
    parts: dict[int, PartIn] = field(default_factory=dict)


@dataclass(slots=True)
class Bucket:
    """A bucket and what is in it."""

    name: str
    region: str
    objects: dict[str, Object] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    _sorted: list[str] | None = None

    def put(self, thing: Object) -> None:
        """Make an object visible."""
        if thing.key not in self.objects:
            self._sorted = None
        self.objects[thing.key] = thing

    def drop(self, key: str) -> None:
        """Remove an object, if it is there."""
        if self.objects.pop(key, None):
            self._sorted = None

    def keys(self, prefix: str, after: str) -> Iterator[str]:
        """Keys from the first with `prefix` on, those after `after`.

        They come in S3's order, that of their UTF-8 bytes, which is that
        of their code points.
        """
        if self._sorted is None:
            self._sorted = sorted(self.objects)
        keys = self._sorted
        begin = bisect_left(keys, prefix)
        if after:
            begin = max(begin, bisect_right(keys, after))
        return (keys[index] for index in range(begin, len(keys)))


@dataclass(frozen=True, slots=True)
class Logged:
    """A request that is over.

    `seq` counts requests and visible objects together, in the order in
    which they began and appeared; times are `time.monotonic()`. `op` is
    "" where the request was none of S3's. `status` is 0 where no answer
    went out in full; `code` is S3's error code, or "".
    """

    seq: int
    began: float
    ended: float
    connection: int
    method: str
    op: str
    bucket: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]
    size: int
    status: int
    code: str


@dataclass(frozen=True, slots=True)
class Visible:
    """An object that became visible; `seq` and `time` as in `Logged`."""

    seq: int
    time: float
    bucket: str
    key: str
    size: int
    md5: str
    etag: str


class Tally:
    """How many there are, at most were at once, and were in all."""

    def __init__(self) -> None:
        self.now = self.peak = self.total = 0

    def __enter__(self) -> None:
        self.now += 1
        self.total += 1
        self.peak = max(self.peak, self.now)

    def __exit__(self, *_: object) -> None:
        self.now -= 1


@dataclass(slots=True)
class World:
    """All that outlives a request.

    `keep` is the size in bytes up to which bodies are kept; `record` says
    whether requests are logged at all.
    """

    region: str
    personality: Personality
    keep: int
    record: bool = True
    buckets: dict[str, Bucket] = field(default_factory=dict)
    log: list[Logged] = field(default_factory=list)
    visible: list[Visible] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def now(self) -> float:
        """The server's clock, in seconds since 1970."""
        return time.time() + self.personality.clock_ahead

    def next_seq(self) -> int:
        """The next number of `Logged.seq` and `Visible.seq`."""
        return next(self._numbers)

    def bucket(self, name: str) -> Bucket:
        """A bucket by its name.

        Raises:
            Refusal: when it is not here, or not in this region.
        """
        bucket = self.buckets.get(name)
        if bucket is None:
            raise Refusal(
                "NoSuchBucket",
                "The specified bucket does not exist",
                BucketName=name,
            )
        if bucket.region != self.region:
            raise Refusal(
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed "
                "using the specified endpoint. Please send all future "
                "requests to this endpoint.",
                headers={"x-amz-bucket-region": bucket.region},
                Endpoint=f"{name}.s3.{bucket.region}.amazonaws.com",
                Bucket=name,
            )
        return bucket

    def etag(
        self, digest: bytes, parts: int = 0, *, hidden: bool = False
    ) -> str:
        """The ETag, without quotes, for a body of this raw MD5.

        With `hidden` it is another, as the object is encrypted.
        """
        if hidden or self.personality.etags is Etags.OPAQUE:
            digest = md5(b"not the MD5" + digest).digest()
        return f"{digest.hex()}-{parts}" if parts else digest.hex()

    def show(self, bucket: Bucket, thing: Object) -> None:
        """Make an object visible and note when it became so."""
        bucket.put(thing)
        if self.record:
            self.visible.append(
                Visible(
                    self.next_seq(),
                    time.monotonic(),
                    bucket.name,
                    thing.key,
                    thing.size,
                    thing.md5,
                    thing.etag,
                )
            )

    def version(self) -> str | None:
        """A new version id, where there are versions."""
        return uuid.uuid4().hex if self.personality.versions else None
