"""The journey of one job: read, judge, send .roi and .hdr, then .adc."""

import asyncio
import time
from typing import Final

from .checksum import Algorithm, text
from .disk.read import Bytes, read_together
from .errors import (
    MemberMissing,
    Pt5Error,
    SourceChanged,
    SourceError,
)
from .events import JobDone, Level, Notice
from .ifcb.names import Kind
from .ifcb.verdict import Judgement, Verdict, judge
from .kit import Kit
from .model import (
    Entry,
    Failed,
    Held,
    Hold,
    Item,
    LocalFile,
    Outcome,
    Proof,
    Skip,
    Skipped,
    Uploaded,
)
from .plan import Need, Planned, hold, thorough
from .store import LARGEST_SINGLE, ObjectMeta, part_size
from .stream import stream, window

CONTENT_TYPES: Final = {
    Kind.ROI: "application/octet-stream",
    Kind.HDR: "text/plain",
    Kind.ADC: "text/csv",
}
"""Always explicit: what a client adds by itself may go unsigned, and some
servers refuse the request for that. (Loose files are octet streams, too.)"""


class Delivery:
    """One job on its way; `done` tells at any time how far it came."""

    def __init__(self, planned: Planned, kit: Kit) -> None:
        """Deliver `planned` with the run's `kit`."""
        self._planned = planned
        self._job = planned.job
        self._kit = kit
        self._verdict: Verdict | None = None
        self._outcomes: dict[Item, Outcome] = {}
        self._needs = dict(zip(planned.job.items, planned.needs, strict=True))

    def done(self) -> JobDone:
        """One outcome for each file; what was not begun is not reached."""
        outcomes = tuple(
            self._outcomes.get(item, Held(item, Hold.NOT_REACHED))
            for item in self._job.items
        )
        return JobDone(self._job, outcomes, self._verdict)

    async def run(self) -> None:
        """Bring the job as far as it goes.

        Raises:
            Pt5Error: one after which other jobs need not be tried.
        """
        for item, need in self._needs.items():
            if need is Need.NOTHING:
                self._outcomes[item] = Skipped(item, Skip.JOURNAL)
            elif need is Need.ADOPT:
                self._outcomes[item] = Skipped(item, Skip.LISTING)
        if not self._kit.stopping:
            async with self._kit.budget.hold(self._cost()):
                if not self._kit.stopping:
                    await self._run()

    @property
    def _open(self) -> list[Item]:
        """The items that have no outcome yet, in the order of sending."""
        return [i for i in self._job.items if i not in self._outcomes]

    async def _run(self) -> None:
        try:
            read = await self._read()
        except SourceChanged as error:
            self._hold_open(Hold.SETTLING, str(error))
            return
        except SourceError as error:
            self._fail_open(error)
            return
        if self._settled_by(read):
            return
        if self._job.pid is not None:
            self._verdict = self._judge(read)
            held = hold(
                self._job,
                self._verdict,
                young=self._planned.young,
                now_ns=self._kit.now_ns(),
                settings=self._kit.settings,
            )
            if held is not None:
                self._hold_open(*held)
                return
            self._warn(self._verdict)
        elif self._planned.young:
            self._hold_open(Hold.SETTLING, "changed a moment ago")
            return
        await self._send(read)

    # ---- reading and judging

    def _cost(self) -> int:
        """The bytes that the job may hold in memory at once."""
        small = sum(file.size for file in self._to_read())
        streams = [
            window(item.file.size, self._kit.budget.size)
            * part_size(item.file.size)
            for item in self._open
            if item.file.size > LARGEST_SINGLE
        ]
        return small + max(streams, default=0)

    def _to_read(self) -> list[LocalFile]:
        """What is read whole: what is judged by, and what is sent whole."""
        bin_here = self._job.pid is not None
        sends = not (self._kit.dry or (bin_here and self._planned.young))
        files = []
        for item in self._job.items:
            file = item.file
            needed = item not in self._outcomes and (
                sends or self._needs[item] is Need.COMPARE
            )
            judged = bin_here and file.kind is not Kind.ROI
            if file.size <= LARGEST_SINGLE and (needed or judged):
                files.append(file)
        return files

    async def _read(self) -> dict[Item, Bytes]:
        files = [item.file for item in self._job.items]
        found = await self._kit.in_thread(
            read_together,
            files,
            whole=self._to_read(),
            algorithms=self._kit.store.wanted,
        )
        return dict(zip(self._job.items, found, strict=True))

    def _settled_by(self, read: dict[Item, Bytes]) -> bool:
        """Compare what has another time; whether all is decided by that."""
        planned = self._planned
        for item, entry in zip(self._job.items, planned.entries, strict=True):
            if self._needs[item] is not Need.COMPARE or entry is None:
                continue
            crc64 = read[item].digests.get(Algorithm.CRC64NVME)
            if crc64 and entry.checksum == _named(crc64):
                self._outcomes[item] = Skipped(item, Skip.CHECKSUM)
                if not self._kit.dry:
                    self._kit.memory.touch(item.key, item.file.mtime_ns)
        if not self._open:
            return True
        if planned.sent_whole and not self._kit.settings.replace_changed:
            names = ", ".join(i.file.kind or "" for i in self._open)
            self._hold_open(
                Hold.CHANGED,
                f"{names}: not the bytes that were sent whole before; "
                "--replace-changed sends them",
            )
            return True
        return False

    def _judge(self, read: dict[Item, Bytes]) -> Verdict:
        pid = self._job.pid
        assert pid is not None  # noqa: S101 - a bin has one
        by_kind = {item.file.kind: item for item in self._job.items}
        data: dict[Kind, bytes | None] = {}
        for kind in (Kind.HDR, Kind.ADC):
            item = by_kind.get(kind)
            data[kind] = read[item].data if item else None
            if item and data[kind] is None:
                return Verdict(
                    Judgement.SUSPICIOUS,
                    f"its .{kind} is larger than any instrument writes and "
                    "was not judged",
                    has_counts=False,
                )
        roi = by_kind.get(Kind.ROI)
        return judge(
            pid,
            hdr=data[Kind.HDR],
            adc=data[Kind.ADC],
            roi_size=roi.file.size if roi else None,
            thorough=thorough(
                self._job,
                now_ns=self._kit.now_ns(),
                settings=self._kit.settings,
            ),
        )

    def _warn(self, verdict: Verdict) -> None:
        if verdict.judgement is Judgement.SUSPICIOUS:
            self._kit.tell(
                Notice(Level.WARNING, f"{self._job.pid}: {verdict.reason}")
            )

    # ---- sending

    async def _send(self, read: dict[Item, Bytes]) -> None:
        first = [i for i in self._open if i.file.kind is not Kind.ADC]
        last = [i for i in self._open if i.file.kind is Kind.ADC]
        # What goes whole first: its answer shows what kind of proof the
        # store gives before a large file is begun with another.
        for group in (
            [i for i in first if i.file.size <= LARGEST_SINGLE],
            [i for i in first if i.file.size > LARGEST_SINGLE],
            last,
        ):
            if self._kit.stopping or any(
                isinstance(self._outcomes.get(item), Failed | Held)
                for item in first
            ):
                break
            await self._send_group(group, read)
        self._drop_the_rest(first)

    async def _send_group(
        self, items: list[Item], read: dict[Item, Bytes]
    ) -> None:
        if len(items) == 1:
            await self._send_one(items[0], read[items[0]])
        elif items:
            results = await asyncio.gather(
                *(self._send_one(item, read[item]) for item in items),
                return_exceptions=True,
            )
            errors = [r for r in results if isinstance(r, BaseException)]
            if errors:
                raise errors[0]

    def _drop_the_rest(self, first: list[Item]) -> None:
        """After a member failed or changed, nothing goes on top of it."""
        outcomes = [self._outcomes.get(item) for item in first]
        changed = [o for o in outcomes if isinstance(o, Held)]
        failed = [o for o in outcomes if isinstance(o, Failed)]
        if changed:
            self._hold_open(changed[0].reason, changed[0].detail)
        elif failed:
            name = failed[0].item.file.relative
            error = MemberMissing(f"not sent, because {name} failed")
            for item in self._open:
                self._outcomes[item] = Failed(item, error)

    async def _send_one(self, item: Item, read: Bytes) -> None:
        begun = time.monotonic()
        outcome: Outcome
        try:
            outcome = await self._put(item, read, begun)
        except SourceChanged as error:
            outcome = Held(item, Hold.SETTLING, str(error))
        except Pt5Error as error:
            seconds = time.monotonic() - begun
            self._outcomes[item] = Failed(
                item, _without_frames(error), 1, seconds
            )
            if self._kit.ends_run(error):
                raise
            return
        self._outcomes[item] = outcome

    async def _put(self, item: Item, read: Bytes, begun: float) -> Uploaded:
        kit = self._kit
        meta = object_meta(item)
        if kit.dry:
            return Uploaded(
                item, "", Proof.NONE, "", None, 0, 0.0, self._why(item)
            )
        if read.data is None:
            streamed = await stream(item, meta, kit)
            stored, attempts = streamed.stored, streamed.attempts
            checksum = _named(streamed.crc64)
        else:
            data, digests = read.data, read.digests
            stored, attempts = await kit.ask(
                item.key, lambda: kit.store.put(meta, data, digests)
            )
            checksum = _named(digests[Algorithm.CRC64NVME])
        kit.health.accepted = True
        self._record(item, checksum, stored.etag, stored.version, stored.proof)
        seconds = time.monotonic() - begun
        return Uploaded(
            item,
            checksum,
            stored.proof,
            stored.etag,
            stored.version,
            attempts,
            seconds,
            self._why(item),
        )

    def _record(
        self,
        item: Item,
        checksum: str,
        etag: str,
        version: str | None,
        proof: Proof,
    ) -> None:
        file = item.file
        self._kit.memory.record(
            Entry(
                item.key,
                file.relative,
                file.size,
                file.mtime_ns,
                checksum,
                etag,
                version,
                proof,
                self._verdict is None or self._verdict.whole,
                self._kit.now_ns(),
            )
        )

    def _why(self, item: Item) -> str:
        entry = dict(zip(self._job.items, self._planned.entries, strict=True))[
            item
        ]
        if entry is None:
            return "not sent before"
        if entry.size != item.file.size:
            return "another size than was sent"
        return "other bytes than were sent"

    # ---- outcomes

    def _hold_open(self, reason: Hold, detail: str) -> None:
        for item in self._open:
            self._outcomes[item] = Held(item, reason, detail)

    def _fail_open(self, error: SourceError) -> None:
        for item in self._open:
            self._outcomes[item] = Failed(item, error)


def object_meta(item: Item) -> ObjectMeta:
    """What the object is called and says of itself.

    `mtime` is the file's time in seconds since 1970 with its nanoseconds,
    as rclone writes and reads it.
    """
    seconds, rest = divmod(item.file.mtime_ns, 1_000_000_000)
    kind = item.file.kind
    return ObjectMeta(
        item.key,
        CONTENT_TYPES[kind] if kind else "application/octet-stream",
        {"mtime": f"{seconds}.{rest:09d}"},
    )


def _named(crc64: bytes) -> str:
    return f"{Algorithm.CRC64NVME}:{text(crc64)}"


def _without_frames(error: Pt5Error) -> Pt5Error:
    """`error` without the frames, and so the bodies, that it kept alive."""
    error.__traceback__ = None
    error.__cause__ = None
    error.__context__ = None
    return error
