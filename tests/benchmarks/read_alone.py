"""All files of a tree read, by itself: what the disk gives, or the cache.

python tests/benchmarks/read_alone.py TREE STATE ENDPOINT
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from pt5_async.disk.walk import open_source, walk
from pt5_async.model import Group

PIECE = 1024 * 1024
THREADS = 8


def read(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        while os.read(handle, PIECE):
            pass
    finally:
        os.close(handle)


def main(tree: str) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for found in walk(open_source(tree), recursive=True, all_files=False):
            for file in found.files if isinstance(found, Group) else ():
                pool.submit(read, file.path)


if __name__ == "__main__":
    main(sys.argv[1])
