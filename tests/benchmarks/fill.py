"""The journal as it is after all of a tree was sent.

python tests/benchmarks/fill.py TREE STATE ENDPOINT [--sums]

With --sums it has the checksums of what is there, for who holds them against
the files.
"""

import shutil
import sys
from hashlib import md5
from pathlib import Path
from urllib.parse import urlsplit

from pt5_async.checksum import Algorithm, digest, text
from pt5_async.disk.walk import open_source, walk
from pt5_async.journal import Journal
from pt5_async.model import Entry, Group, LocalFile, Proof


def fill(tree: Path, state: Path, endpoint: str, *, sums: bool) -> None:
    shutil.rmtree(state, ignore_errors=True)
    place = {"endpoint": urlsplit(endpoint).netloc, "bucket": "bench"}
    found = walk(open_source(tree), recursive=True, all_files=False)
    with Journal.open(state, **place) as journal:
        for group in found:
            for file in group.files if isinstance(group, Group) else ():
                journal.record(_sent(file, sums=sums))


def _sent(file: LocalFile, *, sums: bool) -> Entry:
    crc64, etag = bytes(8), "0"
    if sums:
        data = Path(file.path).read_bytes()
        crc64, etag = digest(Algorithm.CRC64NVME, data), md5(data).hexdigest()
    return Entry(
        key=f"data/{file.relative}",
        path=file.relative,
        size=file.size,
        mtime_ns=file.mtime_ns,
        checksum=f"{Algorithm.CRC64NVME}:{text(crc64)}",
        etag=etag,
        version=None,
        proof=Proof.CRC64NVME,
        whole=True,
        sent_at_ns=1,
    )


if __name__ == "__main__":
    tree, state = map(Path, sys.argv[1:3])
    fill(tree, state, sys.argv[3], sums="--sums" in sys.argv)
