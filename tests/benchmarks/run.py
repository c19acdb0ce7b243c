"""Speed and memory of the plain lane, whole processes seen from outside.

    python tests/benchmarks/run.py [--folder DIR] [--bins N] [--many N]
                                   [--rounds N] [--first]

Prints, for a tree of `--bins` small bins, files per second, CPU and memory
of `pt5-async upload` and their ratio to a plain aiobotocore loop in the
same run; then, for a tree of `--many` bins, a run that has nothing to do,
also with 0.5 ms per look at a file. With `--first`, the tree of many is
really uploaded before (an hour for a million files); else its journal is
filled from a walk. Trees are kept in the folder and used again.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

from trees import make_tree

from pt5_async.disk.walk import open_source, walk
from pt5_async.journal import Journal
from pt5_async.model import Entry, Group, LocalFile, Proof

HERE = Path(__file__).parent
COMMAND = Path(sysconfig.get_path("scripts")) / "pt5-async"
PORT = 19571
ENDPOINT = f"http://127.0.0.1:{PORT}"
KEYS = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench-secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What one process took: seconds, seconds of CPU, MB at its peak."""

    wall: float
    cpu: float
    peak: float


def take(*words: object) -> Taken:
    begun = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in words],
        env=os.environ | KEYS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{words}: {status}\n{said.decode()}")
    wall = time.perf_counter() - begun
    return Taken(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def upload(tree: Path, state: Path, *, by: tuple[object, ...]) -> Taken:
    return take(
        *by, "upload", tree, "--to", "s3://bench/data", "--quiet",
        "--endpoint-url", ENDPOINT, "--state", state,
    )  # fmt: skip


def fill(tree: Path, state: Path) -> None:
    """The journal as it is after all of `tree` was sent."""
    shutil.rmtree(state, ignore_errors=True)
    place = {"endpoint": f"127.0.0.1:{PORT}", "bucket": "bench"}
    found = walk(open_source(tree), recursive=True, all_files=False)
    with Journal.open(state, **place) as journal:
        for group in found:
            for file in group.files if isinstance(group, Group) else ():
                journal.record(_sent(file))


def _sent(file: LocalFile) -> Entry:
    return Entry(
        key=f"data/{file.relative}",
        path=file.relative,
        size=file.size,
        mtime_ns=file.mtime_ns,
        checksum="crc64nvme:AAAAAAAAAAA=",
        etag="0",
        version=None,
        proof=Proof.CRC64NVME,
        whole=True,
        sent_at_ns=1,
    )


def row(what: str, files: int, taken: list[Taken]) -> float:
    wall = statistics.median(one.wall for one in taken)
    cpu = statistics.median(one.cpu for one in taken)
    peak = max(one.peak for one in taken)
    print(
        f"{what:34} {wall:8.1f} s {files / wall:8.0f} files/s "
        f"{cpu / files * 1e6:7.0f} us CPU/file {peak:6.0f} MB",
        flush=True,
    )
    return wall


def small(folder: Path, bins: int, rounds: int) -> None:
    tree, state = folder / f"tree-{bins}", folder / "state"
    files = make_tree(tree, bins)
    ours, peers = [], []
    for _ in range(rounds):
        shutil.rmtree(state, ignore_errors=True)
        ours.append(upload(tree, state, by=(COMMAND,)))
        peers.append(take(sys.executable, HERE / "peer.py", tree, ENDPOINT))
    mine = row("pt5-async, plain lane", files, ours)
    theirs = row("an aiobotocore loop", files, peers)
    print(f"{'ratio of files/s':34} {theirs / mine:8.2f}")


def many(folder: Path, bins: int, *, first: bool) -> None:
    tree, state = folder / f"tree-{bins}", folder / "state-many"
    files = make_tree(tree, bins)
    if first:
        shutil.rmtree(state, ignore_errors=True)
        row("first run", files, [upload(tree, state, by=(COMMAND,))])
    else:
        fill(tree, state)
    slow = (sys.executable, HERE / "slow_stat.py")
    row("again", files, [upload(tree, state, by=(COMMAND,))])
    row("again, 0.5 ms a look", files, [upload(tree, state, by=slow)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/pt5-bench"))
    parser.add_argument("--bins", type=int, default=3_334)
    parser.add_argument("--many", type=int, default=333_334)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--first", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    sink = subprocess.Popen(
        [sys.executable, HERE / "sink.py", str(PORT)], stdout=subprocess.PIPE
    )
    try:
        assert sink.stdout is not None
        sink.stdout.readline()
        small(given.folder, given.bins, given.rounds)
        many(given.folder, given.many, first=given.first)
    finally:
        sink.terminate()
        sink.wait()


if __name__ == "__main__":
    main()
