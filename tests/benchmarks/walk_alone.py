"""The walk of a tree by itself, or with the journal asked for each file.

python tests/benchmarks/walk_alone.py TREE STATE ENDPOINT [--look-up]
"""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from pt5_async.disk.walk import open_source, walk
from pt5_async.journal import Journal
from pt5_async.model import Group

AT_ONCE = 1000


def keys_of(tree: str) -> Iterator[str]:
    for found in walk(open_source(tree), recursive=True, all_files=False):
        for file in found.files if isinstance(found, Group) else ():
            yield f"data/{file.relative}"


def main(tree: str, state: str, endpoint: str, *options: str) -> None:
    if "--look-up" not in options:
        for _ in keys_of(tree):
            pass
        return
    place = {"endpoint": urlsplit(endpoint).netloc, "bucket": "bench"}
    with Journal.open(Path(state), **place) as journal:
        every = keys_of(tree)
        while keys := list(islice(every, AT_ONCE)):
            known = journal.look_up(keys)
            assert len(known) == len(keys), "the journal is of another tree"


if __name__ == "__main__":
    main(*sys.argv[1:])
