"""Two files that come to one key: sent once if they are the same.

Where they are not, the second one fails and both are named; the object of
the first stays as it is. A bin that has a file which its rivals lack goes
as a whole, with the files that they share: a rival itself may be held for
ever.
"""

import os

from .disk.look import Folder
from .disk.parts import open_parts
from .errors import NameRefused
from .examine import named_checksum
from .kit import Kit
from .model import Failed, Item, LocalFile, Outcome, Skip, Skipped
from .plan import Need, Planned, need


async def settle(planned: Planned, kit: Kit) -> list[Outcome]:
    """The outcomes of those files of a job that another one came before.

    A file that has no counterpart in a rival's folder is not among them,
    unless the journal knows it as it is. Nor are then those that have one,
    until they are in the store.

    Raises:
        SourceError: when one of two files cannot be read.
    """
    outcomes: list[Outcome] = []
    copies: list[Outcome] = []
    alone = False
    for item, entry in zip(planned.job.items, planned.entries, strict=True):
        other = await kit.in_thread(_counterpart, item, planned.rivals, kit)
        if other is not None:
            checksum = await _common(item.file, other, kit)
            if checksum is None:
                outcomes.append(_refused(item, other))
                continue
            there = entry is not None and entry.checksum == checksum
            copy = Skipped(item, Skip.DUPLICATE, f"as {other.relative}")
            (outcomes if there else copies).append(copy)
        elif need(item, entry) is Need.NOTHING:
            outcomes.append(Skipped(item, Skip.JOURNAL))
        else:
            alone = True
    return outcomes if alone else outcomes + copies


def _counterpart(
    item: Item, folders: tuple[str, ...], kit: Kit
) -> LocalFile | None:
    """The file of the same name in the first of `folders` that has one."""
    file = item.file
    name = file.relative.rpartition("/")[2]
    follow = kit.settings.selection.follow_links
    for folder in folders:
        # Where a link was followed, the file's own path is another's.
        path = os.path.join(kit.root, folder.replace("/", os.sep))
        beside = Folder(path, folder, os.lstat, follow)
        found = beside.file(name, file.kind)
        if isinstance(found, LocalFile):
            return found
    return None


async def _common(one: LocalFile, other: LocalFile, kit: Kit) -> str | None:
    """The checksum of both files; None where they differ."""
    if other.size != one.size:
        return None
    digests = [await _crc64(file, kit) for file in (one, other)]
    return named_checksum(digests[0]) if digests[0] == digests[1] else None


def _refused(item: Item, other: LocalFile) -> Failed:
    text = (
        f"{item.file.relative} and {other.relative} come to one key, "
        f"{item.key}, and differ; move one of them away, or keep the folders "
        "with --layout mirror"
    )
    return Failed(item, NameRefused(text))


async def _crc64(file: LocalFile, kit: Kit) -> bytes:
    async with open_parts(file, kit.pool, kit.reading) as reader:
        return await reader.crc64()
