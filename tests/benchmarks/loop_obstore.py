"""A peer: a bare loop with obstore (Rust), files read inline.

    python tests/benchmarks/loop_obstore.py WORKERS TREE ENDPOINT [CA]

No journal, no verdicts, no progress. Credentials come from the environment.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from obstore.store import S3Store


def files(root: str) -> Iterator[tuple[str, str]]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            yield path, "data/" + os.path.relpath(path, root)


async def main(
    workers: int, root: str, endpoint: str, authority: str | None = None
) -> None:
    trust = Path(authority).read_bytes() if authority else None
    store = S3Store(
        "bench",
        endpoint=endpoint,
        region="us-east-1",
        virtual_hosted_style_request=False,
        client_options={"root_certificate": trust}
        if trust
        else {"allow_http": True},
    )
    found = files(root)

    async def work() -> None:
        for path, key in found:
            with open(path, "rb", buffering=0) as file:
                await store.put_async(key, file.read())

    await asyncio.gather(*(work() for _ in range(workers)))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
    # Its threads may still be there when Python goes, and abort it then.
    os._exit(0)
