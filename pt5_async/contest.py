"""Two files that come to one key: sent once if they are the same.

Where they are not, the second one fails and both are named; the object of
the first stays as it is.
"""

import os

from .disk.look import Folder
from .disk.parts import open_parts
from .errors import NameRefused
from .kit import Kit
from .model import Failed, Item, LocalFile, Outcome, Skip, Skipped
from .plan import Need, Planned, need


async def settle(planned: Planned, kit: Kit) -> dict[Item, Outcome]:
    """The outcomes of those files of a job that another one came before.

    A file that has no counterpart in the rival's folder is not among them,
    unless the journal knows it as it is.

    Raises:
        SourceError: when one of two files cannot be read.
    """
    outcomes: dict[Item, Outcome] = {}
    for item, entry in zip(planned.job.items, planned.entries, strict=True):
        other = await kit.in_thread(
            _counterpart, item, planned.rival or "", kit
        )
        if other is not None:
            outcomes[item] = await _compared(item, other, kit)
        elif need(item, entry) is Need.NOTHING:
            outcomes[item] = Skipped(item, Skip.JOURNAL)
    return outcomes


def _counterpart(item: Item, folder: str, kit: Kit) -> LocalFile | None:
    """The file of the same name in `folder`, if there is one."""
    file = item.file
    name = file.relative.rpartition("/")[2]
    # Where a link was followed, the file's own path is another's.
    path = os.path.join(kit.root, folder.replace("/", os.sep))
    follow = kit.settings.selection.follow_links
    beside = Folder(path, folder, os.lstat, follow)
    found = beside.file(name, file.kind)
    return found if isinstance(found, LocalFile) else None


async def _compared(item: Item, other: LocalFile, kit: Kit) -> Outcome:
    if other.size == item.file.size:
        digests = [await _crc64(file, kit) for file in (item.file, other)]
        if digests[0] == digests[1]:
            return Skipped(item, Skip.DUPLICATE, f"as {other.relative}")
    text = (
        f"{item.file.relative} and {other.relative} come to one key, "
        f"{item.key}, and differ; move one of them away, or keep the folders "
        "with --layout mirror"
    )
    return Failed(item, NameRefused(text))


async def _crc64(file: LocalFile, kit: Kit) -> bytes:
    async with open_parts(file, kit.pool) as reader:
        return await reader.crc64()
