"""Listings of a bucket, page by page."""

from collections.abc import AsyncGenerator
from typing import Any, Final

from ..errors import StoreBusy
from ..model import Listed
from .bucket import Bucket
from .proving import bare

PING_SECONDS: Final = 20.0
"""So long may the answer to a question of no interest take."""

_PAGE: Final = 1000


async def pages(
    bucket: Bucket, prefix: str, after: str, *, folder: bool
) -> AsyncGenerator[list[Listed], None]:
    """Pages of objects under `prefix` whose keys sort after `after`.

    With `folder`, objects below a further "/" are left out.
    """
    fields: dict[str, Any] = {"Delimiter": "/"} if folder else {}
    if after:
        fields["StartAfter"] = after
    what = f"list s3://{bucket.name}/{prefix}"
    while True:
        answer = await bucket.ask(
            "list_objects_v2",
            what=what,
            Prefix=prefix,
            MaxKeys=_PAGE,
            **fields,
        )
        _check(answer, what)
        yield [
            Listed(
                found["Key"],
                found["Size"],
                bare(found.get("ETag")),
                found["LastModified"],
            )
            for found in answer.get("Contents", [])
        ]
        token = answer.get("NextContinuationToken")
        if not answer["IsTruncated"] or not token:
            return
        fields["ContinuationToken"] = token


async def answering(bucket: Bucket) -> None:
    """Ask for one object at most; the store may well refuse that.

    Raises:
        StoreError: when it was not the store that answered, or nobody did.
    """
    what = f"list s3://{bucket.name}/"
    answer = await bucket.ask_within(
        PING_SECONDS, "list_objects_v2", what=what, MaxKeys=1
    )
    _check(answer, what)


def _check(answer: dict[str, Any], what: str) -> None:
    if "IsTruncated" not in answer:  # S3 says so on every page
        raise StoreBusy(f"{what}: an answer that is not S3's")
