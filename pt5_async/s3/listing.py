"""Listings of a bucket, page by page."""

from collections.abc import AsyncGenerator
from typing import Any, Final

from ..errors import StoreBusy
from ..model import Listed
from .bucket import Bucket
from .proving import bare

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
        if "IsTruncated" not in answer:  # S3 says so on every page
            raise StoreBusy(f"{what}: an answer that is not S3's")
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
