"""What is read of a job, and what its bytes say of it."""

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from .checksum import Algorithm, text
from .disk.cached import NotCached
from .disk.handles import patient
from .disk.parts import open_parts
from .disk.read import Bytes, Read, Take, read_together
from .errors import SourceUnreadable
from .ifcb.names import Kind
from .ifcb.verdict import Judgement, Verdict, judge
from .kit import Kit
from .model import Hold, Item, Job, LocalFile
from .plan import Need, Planned
from .settings import Settings
from .store import LARGEST_SINGLE, part_size, window
from .waiting import hold, thorough


@dataclass(frozen=True, slots=True)
class Seen:
    """A job as its bytes show it at one moment.

    `read` has all its files, `verdict` is that of its bin (None for a loose
    file); `held` says why, and in words, it stays here for now.
    """

    read: Read
    verdict: Verdict | None
    held: tuple[Hold, str] | None


_JUDGED: Final = frozenset({Kind.HDR, Kind.ADC})


def to_judge(planned: Planned) -> list[LocalFile]:
    """The files that are read first: to judge by, or to compare.

    A large file is never read whole.
    """
    job = planned.job
    compared = [
        item.file
        for item, need in zip(job.items, planned.needs, strict=True)
        if need in {Need.COMPARE, Need.PROVE}
    ]
    return [
        file
        for file in job.files
        if file.size <= LARGEST_SINGLE
        and (file.kind in _JUDGED or file in compared)
    ]


def to_send(planned: Planned, todo: Collection[Item]) -> list[LocalFile]:
    """The files that are read only if the job goes: the rest of `todo`."""
    judged = to_judge(planned)
    return [
        item.file
        for item in todo
        if item.file.size <= LARGEST_SINGLE and item.file not in judged
    ]


def cost(planned: Planned, todo: Collection[Item], kit: Kit) -> int:
    """The bytes that a job may hold in memory at once, to send `todo`."""
    job = planned.job
    sizes = [item.file.size for item in job.items]
    usual = len(todo) == len(sizes) and not (job.beside or kit.dry)
    if usual and max(sizes) <= LARGEST_SINGLE:
        return sum(sizes)
    small = sum(file.size for file in to_judge(planned))
    if not kit.dry:
        small += sum(file.size for file in to_send(planned, todo))
    streams = [
        window(item.file.size, kit.budget.size) * part_size(item.file.size)
        for item in todo
        if item.file.size > LARGEST_SINGLE
    ]
    return small + max(streams, default=0)


async def see(planned: Planned, todo: Collection[Item], kit: Kit) -> Seen:
    """`look_at`, in one hop to a thread unless all is in the cache.

    A dry run reads what decides only.

    Raises:
        SourceError: as `disk.read.read_together`.
    """
    look = partial(
        look_at,
        planned,
        () if kit.dry else todo,
        settings=kit.settings,
        now_ns=kit.now_ns,
        algorithms=kit.store.wanted,
    )
    if kit.cached.has(sum([file.size for file in planned.job.files])):
        begun = time.monotonic()
        try:
            seen = look(take=kit.cached.take)
        except (NotCached, SourceUnreadable):
            # The thread meets it again, and may wait until it passes.
            kit.cached.missed()
        else:
            kit.cached.took(time.monotonic() - begun)
            return seen
    kit.reading.begin(planned.job)
    try:
        return await kit.hops.run(patient(look))
    finally:
        kit.reading.end(planned.job)


def look_at(
    planned: Planned,
    todo: Collection[Item] = (),
    *,
    settings: Settings,
    now_ns: Callable[[], int],
    algorithms: Iterable[Algorithm] = (),
    take: Take | None = None,
) -> Seen:
    """Read what decides on a job, judge, and read what `todo` needs.

    Of a job that is held, only what decides is read. It blocks. Upload and
    inspection both judge here, and so cannot disagree.

    Args:
        planned: the job, with its age.
        todo: what is to be sent if it may go; nothing by default.
        settings: its ages, `members` and `allow_incomplete`.
        now_ns: the wall clock in ns since 1970, UTC.
        algorithms: the checksums to make of all that is read.
        take: how to read, as in `disk.read.read_together`.

    Raises:
        SourceError: as `disk.read.read_together`.
    """
    verdict: Verdict | None = None
    held: tuple[Hold, str] | None = None

    def rest(read: Read) -> list[LocalFile]:
        nonlocal verdict, held
        now = now_ns()
        exact = thorough(planned, now_ns=now, settings=settings)
        verdict = verdict_of(
            planned.job, read, expected=settings.members, thorough=exact
        )
        held = hold(planned, verdict, now_ns=now, settings=settings)
        return [] if held else to_send(planned, todo)

    read = read_together(
        planned.job.files,
        first=to_judge(planned),
        rest=rest,
        algorithms=algorithms,
        take=take,
    )
    return Seen(read, verdict, held)


async def unchanged(planned: Planned, read: Read, kit: Kit) -> list[Item]:
    """The items that have another time and the bytes of the journal.

    Raises:
        SourceError: as `disk.read.read_together`; large files are read
            here, part by part.
    """
    if Need.COMPARE not in planned.needs:
        return []
    return [
        item
        for item, need, entry in zip(
            planned.job.items, planned.needs, planned.entries, strict=True
        )
        if need is Need.COMPARE
        and entry is not None
        and named_checksum(await crc64_of(read[item.file.path], kit))
        == entry.checksum
    ]


async def crc64_of(read: Bytes, kit: Kit) -> bytes:
    """The raw CRC64NVME of a file; a large one is read here, in parts.

    Raises:
        SourceError: as `disk.read.read_together`.
    """
    if read.data is not None:
        return read.digests[Algorithm.CRC64NVME]
    async with open_parts(read.file, kit.pool, kit.reading) as reader:
        return await reader.crc64()


def verdict_of(
    job: Job, read: Read, *, expected: Collection[Kind], thorough: bool
) -> Verdict | None:
    """What the bin's bytes say of it; None for a loose file.

    Its members that are not `expected` may be missing.
    """
    if job.pid is None:
        return None
    by_kind = {file.kind: file for file in job.files}
    complete = len(by_kind) == len(Kind)
    judged: dict[Kind, bytes | None] = {}
    for kind in (Kind.HDR, Kind.ADC):
        file = by_kind.get(kind)
        judged[kind] = read[file.path].data if file else None
        if file and judged[kind] is None and not complete:
            # Too large to be read, and not what this bin lacks.
            judged[kind] = b"\n"
        elif file and judged[kind] is None:
            return Verdict(
                Judgement.SUSPICIOUS,
                f"its .{kind} is larger than any instrument writes and was "
                "not judged",
                has_counts=False,
            )
    roi = by_kind.get(Kind.ROI)
    return judge(
        job.pid,
        hdr=judged[Kind.HDR],
        adc=judged[Kind.ADC],
        roi_size=roi.size if roi else None,
        expected=expected,
        thorough=thorough,
    )


def named_checksum(crc64: bytes) -> str:
    """A raw CRC64NVME as journal and receipts write it."""
    return f"{Algorithm.CRC64NVME}:{text(crc64)}"
