"""The journal as it is after all of a tree was sent.

python tests/benchmarks/fill.py TREE STATE ENDPOINT
"""

import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

from pt5_async.disk.walk import open_source, walk
from pt5_async.journal import Journal
from pt5_async.model import Entry, Group, LocalFile, Proof


def fill(tree: Path, state: Path, endpoint: str) -> None:
    shutil.rmtree(state, ignore_errors=True)
    place = {"endpoint": urlsplit(endpoint).netloc, "bucket": "bench"}
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


if __name__ == "__main__":
    fill(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
