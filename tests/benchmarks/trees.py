"""A tree of small, whole bins for measuring: a day's folder has 62 of them.

python tests/benchmarks/trees.py FOLDER BINS
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pt5_async.ifcb.names import parse_pid
from pt5_async.ifcb.synthetic import make_bin

FIRST = datetime(2006, 1, 1, tzinfo=UTC)
CADENCE = timedelta(minutes=23)


def make_tree(root: Path, bins: int) -> int:
    """Make `bins` bins below `root`; the number of files. Makes it once."""
    done = root.with_suffix(".made")
    if done.exists() and done.read_text() == str(bins):
        return 3 * bins
    members: dict[str, bytes] = {}
    for number in range(bins):
        begun = FIRST + number * CADENCE
        name = begun.strftime("D%Y%m%dT%H%M%S_IFCB104")
        # The bytes of fifty bins are alike: judged all the same.
        if number % 50 == 0:
            pid = parse_pid(name)
            assert pid is not None
            made = make_bin(pid, seed=number, rois=2, size=(8, 8))
            members = {str(k): v for k, v in made.by_kind().items()}
        folder = root / begun.strftime("%Y") / begun.strftime("D%Y%m%d")
        folder.mkdir(parents=True, exist_ok=True)
        for kind, data in members.items():
            path = folder / f"{name}.{kind}"
            path.write_bytes(data)
            os.utime(path, (begun.timestamp(),) * 2)
    done.write_text(str(bins))
    return 3 * bins


if __name__ == "__main__":
    print(make_tree(Path(sys.argv[1]), int(sys.argv[2])), "files")
