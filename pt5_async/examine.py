"""What is read of a job, and what its bytes say of it."""

from collections.abc import Collection, Mapping, Sequence

from .checksum import Algorithm, text
from .disk.parts import open_parts
from .disk.read import Bytes, read_together
from .ifcb.names import Kind
from .ifcb.verdict import Judgement, Verdict, judge
from .kit import Kit
from .model import Item, Job, LocalFile
from .plan import Need, Planned, thorough
from .store import LARGEST_SINGLE

Read = Mapping[Item, Bytes]
"""The files of a job as they were read, or only looked at."""


def to_read(
    planned: Planned, todo: Collection[Item], *, dry: bool
) -> list[LocalFile]:
    """The files to read whole: those to judge by, and those to send whole.

    Of a bin that is too young to go, and in a dry run, only what decides
    is read; a large file is never read here.
    """
    in_bin = planned.job.pid is not None
    sends = not (dry or (in_bin and planned.young))
    files = []
    for item, need in zip(planned.job.items, planned.needs, strict=True):
        judged = in_bin and item.file.kind is not Kind.ROI
        wanted = item in todo and (sends or need is Need.COMPARE)
        if item.file.size <= LARGEST_SINGLE and (judged or wanted):
            files.append(item.file)
    return files


async def read_job(job: Job, whole: Sequence[LocalFile], kit: Kit) -> Read:
    """All files of `job` in one hop to a thread; those of `whole` read.

    Raises:
        SourceError: as `disk.read.read_together`.
    """
    found = await kit.in_thread(
        read_together,
        [item.file for item in job.items],
        whole=whole,
        algorithms=kit.store.wanted,
    )
    return dict(zip(job.items, found, strict=True))


async def unchanged(planned: Planned, read: Read, kit: Kit) -> list[Item]:
    """The items that have another time and the bytes of the journal.

    Raises:
        SourceError: as `disk.read.read_together`; large files are read
            here, part by part.
    """
    return [
        item
        for item, need, entry in zip(
            planned.job.items, planned.needs, planned.entries, strict=True
        )
        if need is Need.COMPARE
        and entry is not None
        and named_checksum(await _crc64(read[item], kit)) == entry.checksum
    ]


async def _crc64(read: Bytes, kit: Kit) -> bytes:
    if read.data is not None:
        return read.digests[Algorithm.CRC64NVME]
    async with open_parts(read.file, kit.pool) as reader:
        return await reader.crc64()


def verdict_of(job: Job, read: Read, kit: Kit) -> Verdict | None:
    """What the bin's bytes say of it; None for a loose file."""
    if job.pid is None:
        return None
    by_kind = {item.file.kind: item for item in job.items}
    complete = len(by_kind) == len(Kind)
    judged: dict[Kind, bytes | None] = {}
    for kind in (Kind.HDR, Kind.ADC):
        item = by_kind.get(kind)
        judged[kind] = read[item].data if item else None
        if item and judged[kind] is None and not complete:
            # Too large to be read, and not what this bin lacks.
            judged[kind] = b"\n"
        elif item and judged[kind] is None:
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
        roi_size=roi.file.size if roi else None,
        thorough=thorough(job, now_ns=kit.now_ns(), settings=kit.settings),
    )


def named_checksum(crc64: bytes) -> str:
    """A raw CRC64NVME as journal and receipts write it."""
    return f"{Algorithm.CRC64NVME}:{text(crc64)}"
