"""What the demo tells, step by step, for a terminal of 80 columns; pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from ..model import Hold, Target
from .amounts import files, size
from .demo_folder import DemoFolder
from .demo_tree import HOLDS, NAME, DemoBin, Fate, to_be_sent
from .words import Said, Tone

_MEANS: Final = {
    Hold.BROKEN: "stays here until mended; --allow-incomplete sends it",
    Hold.BEING_WRITTEN: "a later run sends it, when it is whole",
    Hold.SETTLING: "a later run sends it, a minute after its last change",
}

_SHOWN: Final = 20
"""So many troubles are told; a full disk has one for each file."""


def opening(folder: DemoFolder) -> Iterator[Said]:
    """What is going to be shown."""
    yield Said("An instrument's last weeks go into an S3 store.")
    yield Said("It needs no account and no network; the bins are invented.")
    yield Said(f"Everything is in {folder.root}")


def made(
    folder: DemoFolder, bins: Sequence[DemoBin], total: int
) -> Iterator[Said]:
    """The bins on the disk."""
    count = sum(len(one.files) for one in bins)
    fates = Counter(one.fate for one in bins)
    held = sum(count for fate, count in fates.items() if fate in HOLDS)
    yield Said("")
    yield Said("1. An instrument's bins", Tone.STRONG)
    yield Said(f"   {len(bins)} bins of {NAME}, in {folder.tree}")
    yield Said(f"   {files(count)}, {size(total)}; the largest is of a bloom")
    yield Said(f"   {fates[Fate.EMPTY]} without an image: nothing came by")
    yield Said(f"   {held} not right, or not yet: cut off, a file lost,")
    yield Said("   copied a moment ago, still being written")


def served(folder: DemoFolder, url: str) -> Iterator[Said]:
    """The server."""
    yield Said("")
    yield Said("2. An S3 server", Tone.STRONG)
    yield Said(f"   rclone at {url}, for as long as this demo runs")
    yield Said(f"   Its objects are files, in {folder.store}")


def before_first(folder: DemoFolder, target: Target) -> Iterator[Said]:
    """The first upload, as one would type it."""
    yield Said("")
    yield Said("3. Every bin that is whole goes up", Tone.STRONG)
    yield _command(folder, target)


def after_first(bins: Sequence[DemoBin]) -> Iterator[Said]:
    """What it means that bins are held."""
    yield Said("")
    yield Said("   What was held goes up only when it is right:")
    counts = Counter(HOLDS[one.fate] for one in bins if one.fate in HOLDS)
    for hold, count in counts.most_common():
        what = "bin " if count == 1 else "bins"
        yield Said(f"   {count} {what} {hold.value:13}  {_MEANS[hold]}")


def before_second(folder: DemoFolder, target: Target) -> Iterator[Said]:
    """The second upload, which is the same command."""
    yield Said("")
    yield Said("4. The same once more: nothing is sent twice", Tone.STRONG)
    yield _command(folder, target)


def _command(folder: DemoFolder, target: Target) -> Said:
    # The server's address and keys would come from .env.
    return Said(f"   $ pt5-async upload {folder.tree} --to {target}")


def before_verify(folder: DemoFolder, target: Target) -> Iterator[Said]:
    """The verification, as one would type it."""
    yield Said("")
    yield Said("5. Is everything really there?", Tone.STRONG)
    yield Said(f"   $ pt5-async verify {folder.tree} --to {target}")


def before_report(folder: DemoFolder) -> Iterator[Said]:
    """The report, as one would type it."""
    yield Said("")
    yield Said("6. A picture of it", Tone.STRONG)
    yield Said(f"   $ pt5-async report {folder.tree} --html {folder.report}")


def no_report(way_out: str) -> Iterator[Said]:
    """That there is none, and how to have one."""
    yield Said("   Not drawn: the plotting library is not installed.")
    yield Said(f"   {way_out}")


def well(bins: Sequence[DemoBin]) -> Iterator[Said]:
    """All is as it should be."""
    count = len(to_be_sent(bins))
    held = sum(one.fate in HOLDS for one in bins)
    yield Said("")
    yield Said("7. All was checked", Tone.STRONG)
    yield Said(f"   {files(count)} in the store, the same to the last bit,")
    yield Said(f"   and nothing of the {held} bins that are held.")
    yield Said("   The second run sent nothing.", Tone.GOOD)


def wrong(troubles: Sequence[str]) -> Iterator[Said]:
    """What is not as it should be."""
    yield Said("The demo did not go as it should:", Tone.BAD)
    for trouble in troubles[:_SHOWN]:
        yield Said(f"  {trouble}", Tone.BAD)
    if (more := len(troubles) - _SHOWN) > 0:
        yield Said(f"  and {more} more", Tone.BAD)
    yield Said("Please report this.")


def ending(folder: DemoFolder, target: Target) -> Iterator[Said]:
    """Where to look, and how to go on."""
    objects = folder.store / target.bucket / target.prefix
    yield Said("")
    yield Said("Look for yourself", Tone.STRONG)
    yield Said(f"   the bins      {folder.tree}")
    yield Said(f"   the objects   {objects}")
    yield Said(f"   the journal   {folder.state}")
    if folder.report.exists():
        yield Said(f"   the report    {folder.report}", Tone.GOOD)
    yield Said(f"   The server has ended. {folder.root} may be deleted.")
    yield Said("")
    yield Said("Your own bins, at first only to see what would be sent")
    yield Said("   pt5-async upload FOLDER --to s3://BUCKET/PREFIX --dry-run")
