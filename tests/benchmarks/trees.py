"""Trees of whole bins for measuring: a day's folder has 62 of them.

python tests/benchmarks/trees.py SHAPE BINS FOLDER
"""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

FIRST: Final = datetime(2006, 1, 1, tzinfo=UTC)
CADENCE: Final = timedelta(minutes=23)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a bin is like: so many images of about so many pixels.

    The bytes of `alike` bins are the same: each is judged and sent all the
    same, and no uploader looks for twins.
    """

    rois: int
    size: tuple[int, int]
    alike: int = 50


SHAPES: Final = {
    "small": Shape(18, (72, 60)),  # 27 KB a file
    "real": Shape(1150, (64, 56)),  # .adc 200 KB, .roi 4.5 MB
    "big": Shape(1050, (500, 400), alike=1_000),  # .roi 250 MB
    "many": Shape(2, (8, 8)),
}


class Tree(NamedTuple):
    """A tree that was made."""

    path: Path
    files: int
    size: int


def place(folder: Path, shape: str, bins: int) -> Path:
    return folder / f"{shape}-{bins}"


def made(path: Path) -> Tree | None:
    """The tree at `path`, if all of it is there."""
    done = path.with_suffix(".made")
    if not done.exists():
        return None
    files, size = done.read_text().split()
    return Tree(path, int(files), int(size))


def make(shape: Shape, bins: int, root: Path) -> None:
    """Make `bins` bins below `root`."""
    # Only here: who asks for a tree that is there stays small.
    from pt5_async.ifcb.names import parse_pid
    from pt5_async.ifcb.synthetic import make_bin

    members: dict[str, bytes] = {}
    total = 0
    for number in range(bins):
        begun = FIRST + number * CADENCE
        name = begun.strftime("D%Y%m%dT%H%M%S_IFCB104")
        if number % shape.alike == 0:
            pid = parse_pid(name)
            assert pid is not None
            bytes_ = make_bin(
                pid, seed=number, rois=shape.rois, size=shape.size
            )
            members = {str(k): v for k, v in bytes_.by_kind().items()}
        folder = root / begun.strftime("%Y") / begun.strftime("D%Y%m%d")
        folder.mkdir(parents=True, exist_ok=True)
        for kind, data in members.items():
            path = folder / f"{name}.{kind}"
            path.write_bytes(data)
            os.utime(path, (begun.timestamp(),) * 2)
            total += len(data)
    root.with_suffix(".made").write_text(f"{3 * bins} {total}")


def warm(root: Path, *, bodies: bool) -> None:
    """Have a tree in the system's cache, so that no one meets it cold."""
    buffer = bytearray(1024 * 1024)
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if not bodies:
                os.lstat(path)
                continue
            with open(path, "rb", buffering=0) as file:
                while file.readinto(buffer):
                    pass


if __name__ == "__main__":
    words = sys.argv[1:]
    count = int(words[1])
    make(SHAPES[words[0]], count, place(Path(words[2]), words[0], count))
