"""A peer: an upload loop as one would write it with aiobotocore.

    python tests/benchmarks/loop_aiobotocore.py TREE ENDPOINT [CA]

No journal, no verdicts, no progress, the library's own settings but for the
size of its pool; 32 workers. Credentials come from the environment.
"""

import asyncio
import os
import sys
from collections.abc import Iterator

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

WORKERS = 32


def files(root: str) -> Iterator[tuple[str, str]]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            yield path, "data/" + os.path.relpath(path, root)


async def main(root: str, endpoint: str, authority: str | None = None) -> None:
    found = files(root)

    async def work() -> None:
        for path, key in found:
            with open(path, "rb") as file:
                await client.put_object(
                    Bucket="bench", Key=key, Body=file.read()
                )

    async with get_session().create_client(
        "s3",
        endpoint_url=endpoint,
        verify=authority,
        config=AioConfig(max_pool_connections=100),
    ) as client:
        await asyncio.gather(*(work() for _ in range(WORKERS)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
