"""ListObjectsV2 of a tree that counts as uploaded: sizes and dates right.

Names are those of bins, in which nothing has to be escaped.
"""

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import md5
from math import ceil
from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = 1000

_BEHIND: Final = "\U0010ffff"
"""Sorts after all that a key may go on with."""


class Object(NamedTuple):
    key: str
    size: int
    mtime: float
    etag: str = "0"


def objects_of(root: str, prefix: str, *, sums: bool = False) -> list[Object]:
    """An object for each file below `root`, in the order of keys.

    With `sums` its ETag is the MD5 of that.
    """
    found = sorted(_below(root, prefix))
    if not sums:
        return found
    paths = (os.path.join(root, one.key[len(prefix) :]) for one in found)
    return [
        one._replace(etag=md5(Path(path).read_bytes()).hexdigest())
        for one, path in zip(found, paths, strict=True)
    ]


def _below(folder: str, prefix: str) -> Iterator[Object]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, f"{prefix}{entry.name}/")
            else:
                seen = entry.stat(follow_symlinks=False)
                yield Object(prefix + entry.name, seen.st_size, seen.st_mtime)


def page(objects: list[Object], asked: Mapping[str, str]) -> str:
    """The page of `objects` that a query asks for.

    A continuation token is the last key, or group of keys, that was told.
    """
    prefix = asked.get("prefix", "")
    delimiter = asked.get("delimiter", "")
    limit = min(int(asked.get("max-keys", PAGE)), PAGE)
    after = asked.get("continuation-token") or asked.get("start-after", "")
    entries: list[str] = []
    last, more = "", False
    for name, entry in _entries(objects, prefix, delimiter, after):
        if len(entries) == limit:
            more = True
            break
        entries.append(entry)
        last = name
    token = f"<NextContinuationToken>{last}</NextContinuationToken>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>'
        f"<Name>bench</Name><Prefix>{prefix}</Prefix>"
        f"<MaxKeys>{limit}</MaxKeys><KeyCount>{len(entries)}</KeyCount>"
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
        f"{token if more else ''}{''.join(entries)}</ListBucketResult>"
    )


def _entries(
    objects: list[Object], prefix: str, delimiter: str, after: str
) -> Iterator[tuple[str, str]]:
    """Each object or common prefix behind `after`: its name, its XML."""
    at = bisect_left(objects, (prefix,))
    if after:
        # Behind a common prefix lies what is behind all of its keys.
        behind = after + _BEHIND if delimiter and after[-1] == "/" else after
        at = max(at, bisect_right(objects, (behind, float("inf"))))
    while at < len(objects) and objects[at].key.startswith(prefix):
        one = objects[at]
        cut = one.key.find(delimiter, len(prefix)) if delimiter else -1
        if cut < 0:
            yield one.key, _contents(one)
            at += 1
            continue
        common = one.key[: cut + len(delimiter)]
        yield (
            common,
            f"<CommonPrefixes><Prefix>{common}</Prefix></CommonPrefixes>",
        )
        at = bisect_left(objects, (common + _BEHIND,))


@lru_cache(maxsize=64)  # a bin's members have one date
def _date(second: int) -> str:
    at = datetime.fromtimestamp(second, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def _contents(one: Object) -> str:
    # An object is never older than the file that it was made of.
    return (
        f"<Contents><Key>{one.key}</Key>"
        f"<LastModified>{_date(ceil(one.mtime))}</LastModified>"
        f"<ETag>&quot;{one.etag}&quot;</ETag><Size>{one.size}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )
