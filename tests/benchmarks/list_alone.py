"""The listing of a tree that was sent, by itself: in ranges, or serially.

python tests/benchmarks/list_alone.py TREE STATE ENDPOINT [--serial]

The ranges are those of `verify`, cut where the keys of TREE are.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from walk_alone import keys_of

from pt5_async import Settings
from pt5_async.model import Listed
from pt5_async.s3.client import connect
from pt5_async.verify.spans import AT_ONCE, FILES_EACH, list_all, spans


def cuts(keys: list[str], number: int) -> list[str]:
    return [keys[len(keys) * turn // number] for turn in range(1, number)]


async def ask(_: str, call: Callable[[], Awaitable[Any]]) -> tuple[Any, int]:
    return await call(), 1


async def main(tree: str, endpoint: str, *, serial: bool) -> None:
    keys = sorted(keys_of(tree))
    number = 1 if serial else min(AT_ONCE, max(len(keys) // FILES_EACH, 1))
    ranges = spans(cuts(keys, number), "", None)
    found = 0

    async def note(page: list[Listed]) -> None:
        nonlocal found
        found += len(page)

    settings = Settings(endpoint_url=endpoint, region="us-east-1")
    async with connect(settings, None) as connection:
        store = connection.store("bench")
        kit: Any = SimpleNamespace(store=store, ask=ask)
        await list_all(ranges, "data/", kit, note)
    assert found == len(keys), f"{found} of {len(keys)}"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[3], serial="--serial" in sys.argv))
