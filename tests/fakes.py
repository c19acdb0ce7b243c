"""Fakes that behave: a store in memory, a clock, an observer, a run's kit."""

import asyncio
import time
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Iterator,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from typing import TypeVar

from pt5_async.budget import Budget
from pt5_async.checksum import Algorithm, Digests, combine, digest
from pt5_async.errors import (
    BodyRefused,
    ObjectExists,
    ObjectRefused,
    StoreError,
    UploadGone,
)
from pt5_async.events import Event, JobDone, Notice, Observer, silent
from pt5_async.flight import Flight
from pt5_async.hops import Hops
from pt5_async.journal import Memory, NoJournal
from pt5_async.kit import Kit, Stop
from pt5_async.landmark import Landmark
from pt5_async.model import Listed, Outcome, Proof
from pt5_async.outage import Outage
from pt5_async.quota import Quota
from pt5_async.settings import Settings
from pt5_async.store import (
    Begun,
    Head,
    Mark,
    Multipart,
    ObjectMeta,
    Part,
    Stored,
    Weight,
)
from pt5_async.width import Width

MIB = 1024 * 1024
SECOND = 1_000_000_000
CRC = Algorithm.CRC64NVME

E = TypeVar("E")


class Op(StrEnum):
    """What a store can be asked."""

    PUT = "put"
    BEGIN = "begin"
    PART = "part"
    COMPLETE = "complete"
    ABORT = "abort"
    HEAD = "head"
    LIST = "list"
    PING = "ping"
    UPLOADS = "uploads"
    PARTS = "parts"
    GET = "get"


class Clock:
    """A wall clock that moves when it is told; it starts at the real time,
    because a file's ctime cannot be set."""

    def __init__(self) -> None:
        self.now_ns = time.time_ns()

    def __call__(self) -> int:
        return self.now_ns

    def advance(self, seconds: float) -> None:
        self.now_ns += int(seconds * SECOND)


@dataclass
class Gate:
    """A request stops here: `reached` is set, and `let_go` awaited."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    when_reached: Callable[[], object] = lambda: None


@dataclass
class _Rule:
    op: Op
    end: str
    late: bool
    then: deque[type[StoreError] | Gate | None]


@dataclass(frozen=True)
class Kept:
    """An object, as everybody sees it."""

    meta: ObjectMeta
    body: bytes
    modified: datetime


@dataclass
class Hidden:
    """An upload in parts that nobody sees yet."""

    meta: ObjectMeta
    algorithm: Algorithm | None
    parts: dict[int, tuple[bytes, Part]] = field(default_factory=dict)


class MemoryStore:
    """A `Store` with S3's rules for parts, faults and gates on demand.

    `requests` is everything asked, `visible` the keys in the order in
    which they appeared, `peak` the most requests and `peak_bytes` the most
    bytes of bodies under way at a time.
    """

    def __init__(self, *, page: int = 1000) -> None:
        self.endpoint = "memory"
        self.algorithm: Algorithm | None = CRC
        self.keeps_new: bool | None = True
        self.objects: dict[str, Kept] = {}
        self.uploads: dict[str, Hidden] = {}
        self.visible: list[str] = []
        self.requests: list[tuple[Op, str]] = []
        self.latency = 0.0
        self.running = self.peak = self.bytes = self.peak_bytes = 0
        self.on_request: Callable[[], object] = lambda: None
        self._page = page
        self._numbers = count(1)
        self._rules: list[_Rule] = []

    @property
    def wanted(self) -> tuple[Algorithm, ...]:
        return tuple({CRC, self.algorithm or CRC})

    # ---- what a test arranges and asks

    def script(
        self,
        op: Op,
        end: str,
        *then: type[StoreError] | Gate | None,
        late: bool = False,
    ) -> None:
        """The next requests for keys that end so meet `then`, in turn.

        None lets one pass; `late` comes after the request had its effect.
        """
        self._rules.append(_Rule(op, end, late, deque(then)))

    def forgive(self) -> None:
        """Forget all that was scripted."""
        self._rules.clear()
        self.on_request = lambda: None

    def gate(self, op: Op, end: str, *, late: bool = False) -> Gate:
        """The next request for a key that ends so stops at this gate."""
        made = Gate()
        self.script(op, end, made, late=late)
        return made

    def count(self, op: Op) -> int:
        return sum(asked is op for asked, _ in self.requests)

    def place(self, key: str, body: bytes, modified: datetime) -> None:
        """An object that somebody else put there."""
        self.objects[key] = Kept(ObjectMeta(key, "", {}), body, modified)

    # ---- the protocol

    async def put(
        self, meta: ObjectMeta, body: bytes, digests: Digests
    ) -> Stored:
        async with self._request(Op.PUT, meta.key, body):
            if meta.only_new and meta.key in self.objects:
                raise ObjectExists("PreconditionFailed")
            self._check(body, digests)
            return self._show(meta, body)

    async def head(self, key: str) -> Head | None:
        async with self._request(Op.HEAD, key):
            kept = self.objects.get(key)
            if kept is None:
                return None
            listed = self._listed(key)
            etag, crc64 = listed.etag, None
            if self.algorithm is CRC:
                crc64 = digest(CRC, kept.body)
            else:
                etag = digest(Algorithm.MD5, kept.body).hex()
            return Head(
                listed.size,
                etag,
                None,
                crc64,
                content_type=kept.meta.content_type,
                mtime=kept.meta.metadata.get("mtime"),
            )

    async def get(
        self, key: str, part: tuple[int, int] | None = None
    ) -> bytes | None:
        async with self._request(Op.GET, key):
            kept = self.objects.get(key)
            if kept is None:
                return None
            begin, length = part or (0, len(kept.body))
            return kept.body[begin : begin + length]

    async def begin(self, meta: ObjectMeta) -> Multipart:
        async with self._request(Op.BEGIN, meta.key):
            upload_id = f"upload-{next(self._numbers)}"
            self.uploads[upload_id] = Hidden(meta, self.algorithm)
            return Multipart(upload_id, self.algorithm)

    async def put_part(
        self,
        key: str,
        upload: Multipart,
        number: int,
        body: bytes,
        digests: Digests,
    ) -> Part:
        async with self._request(Op.PART, f"{key}#{number}", body):
            begun = self._begun(key, upload.upload_id)
            self._check(body, digests)
            raw = digests[CRC]
            own = digests[begun.algorithm] if begun.algorithm else None
            part = Part(number, len(body), raw.hex(), raw, own)
            assert 1 <= number <= 10_000
            begun.parts[number] = body, part
            return part

    async def complete(
        self,
        key: str,
        upload: Multipart,
        parts: tuple[Part, ...],
        *,
        only_new: bool = False,
    ) -> Stored:
        async with self._request(Op.COMPLETE, key):
            if only_new and key in self.objects:
                raise ObjectExists("PreconditionFailed")
            begun = self._begun(key, upload.upload_id)
            numbers = [part.number for part in parts]
            if not parts or numbers != sorted(set(numbers)):
                raise UploadGone("InvalidPartOrder")
            for part in parts:
                if begun.parts.get(part.number, (b"", None))[1] != part:
                    raise UploadGone("InvalidPart")
            if any(part.size < 5 * MIB for part in parts[:-1]):
                raise ObjectRefused("EntityTooSmall")
            body = b"".join(begun.parts[number][0] for number in numbers)
            whole = combine(CRC, [(part.crc64, part.size) for part in parts])
            if whole != digest(CRC, body):
                raise BodyRefused("BadDigest")
            del self.uploads[upload.upload_id]
            return self._show(begun.meta, body)

    async def begun(
        self, prefix: str, after: Mark | None = None
    ) -> tuple[list[Begun], Mark | None]:
        async with self._request(Op.UPLOADS, prefix):
            found = sorted(
                (one.meta.key, name)
                for name, one in self.uploads.items()
                if one.meta.key.startswith(prefix)
            )
        behind = [one for one in found if after is None or one > after]
        page = behind[: self._page]
        moment = datetime.fromtimestamp(0, UTC)
        return (
            [Begun(key, name, moment) for key, name in page],
            page[-1] if len(behind) > len(page) else None,
        )

    async def weighed(
        self, key: str, upload_id: str, after: int = 0
    ) -> Weight | None:
        async with self._request(Op.PARTS, key):
            one = self.uploads.get(upload_id)
        if one is None:
            return None
        sizes = [len(body) for n, (body, _) in one.parts.items() if n > after]
        return Weight(len(sizes), sum(sizes), None)

    async def abort(self, key: str, upload_id: str) -> None:
        async with self._request(Op.ABORT, key):
            self.uploads.pop(upload_id, None)

    async def ping(self) -> None:
        async with self._request(Op.PING, ""):
            pass

    async def list(
        self, prefix: str, after: str = "", *, folder: bool = False
    ) -> AsyncGenerator[list[Listed], None]:
        while True:
            async with self._request(Op.LIST, prefix):
                keys = sorted(
                    key
                    for key in self.objects
                    if key.startswith(prefix)
                    and key > after
                    and not (folder and "/" in key[len(prefix) :])
                )
                page = [self._listed(key) for key in keys[: self._page]]
            yield page
            if len(keys) <= self._page:
                return
            after = page[-1].key

    # ---- inside

    @asynccontextmanager
    async def _request(
        self, op: Op, key: str, body: bytes = b""
    ) -> AsyncIterator[None]:
        self.requests.append((op, key))
        self.on_request()
        self.running += 1
        self.bytes += len(body)
        self.peak = max(self.peak, self.running)
        self.peak_bytes = max(self.peak_bytes, self.bytes)
        try:
            await asyncio.sleep(self.latency)
            await self._meet(op, key, late=False)
            yield
            await self._meet(op, key, late=True)
        finally:
            self.running -= 1
            self.bytes -= len(body)

    async def _meet(self, op: Op, key: str, *, late: bool) -> None:
        for rule in self._rules:
            if (rule.op, rule.late) != (op, late) or not rule.then:
                continue
            if not key.endswith(rule.end):
                continue
            met = rule.then.popleft()
            if isinstance(met, Gate):
                met.when_reached()
                met.reached.set()
                await met.let_go.wait()
            elif met is not None:
                raise met(f"{op} {key} as scripted")
            return

    def _check(self, body: bytes, digests: Digests) -> None:
        assert set(self.wanted) <= set(digests), "a digest is missing"
        for algorithm, raw in digests.items():
            if digest(algorithm, body) != raw:
                raise BodyRefused("BadDigest")

    def _begun(self, key: str, upload_id: str) -> Begun:
        begun = self.uploads.get(upload_id)
        if begun is None or begun.meta.key != key:
            raise UploadGone(f"{key}: NoSuchUpload")
        return begun

    def _show(self, meta: ObjectMeta, body: bytes) -> Stored:
        self.objects[meta.key] = Kept(meta, body, datetime.now(UTC))
        self.visible.append(meta.key)
        proof = Proof(self.algorithm.value) if self.algorithm else Proof.NONE
        return Stored(digest(CRC, body).hex(), None, proof)

    def _listed(self, key: str) -> Listed:
        kept = self.objects[key]
        etag = digest(CRC, kept.body).hex()
        return Listed(key, len(kept.body), etag, kept.modified)


class Recorder:
    """An observer that remembers everything."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.also: Observer = silent
        self._told = asyncio.Event()

    def __call__(self, event: Event, /) -> None:
        self.events.append(event)
        self.also(event)
        self._told.set()

    async def until(self, kind: type[E], count: int = 1) -> None:
        """Wait until so many events of a kind were told."""
        while len(self.of(kind)) < count:
            self._told.clear()
            await self._told.wait()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def outcomes(self) -> dict[str, Outcome]:
        """What became of each file, by its path; each has just one."""
        found: dict[str, Outcome] = {}
        for outcome in (o for done in self.of(JobDone) for o in done.outcomes):
            name = outcome.item.file.relative
            assert name not in found, f"{name} has two outcomes"
            found[name] = outcome
        return found

    def notices(self) -> list[str]:
        return [notice.text for notice in self.of(Notice)]


async def _no_pause(_: float) -> None:
    await asyncio.sleep(0)


def _a_fast_link() -> Flight:
    flight = Flight()
    flight.note(2**40)
    return flight


@contextmanager
def a_kit(
    store: MemoryStore,
    tell: Recorder,
    *,
    settings: Settings | None = None,
    memory: Memory | None = None,
    stop: Stop | None = None,
    clock: Clock | None = None,
    dry: bool = False,
    root: str = "",
) -> Iterator[Kit]:
    """A run's kit; it does not really pause between attempts."""
    rules = settings or Settings()
    with ThreadPoolExecutor(4, "fake-read") as pool:
        yield Kit(
            store=store,
            memory=memory or NoJournal(),
            settings=rules,
            budget=Budget(rules.max_memory),
            pool=pool,
            tell=tell,
            stop=stop or Stop(),
            landmark=Landmark(store, None),
            hops=Hops(pool),
            flight=_a_fast_link(),
            width=Width(rules.concurrency or 32, rules.concurrency or 100),
            root=root,
            dry=dry,
            quota=Quota(seconds=rules.max_duration, size=rules.max_transfer),
            now_ns=clock or time.time_ns,
            sleep=_no_pause,
            outage=Outage(sleep=_no_pause),
        )
