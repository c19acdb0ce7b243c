"""Listings of a bucket, page by page."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from ..errors import StoreBusy
from ..model import Listed
from .bucket import Bucket
from .pages import Page, taking
from .proving import bare

PING_SECONDS: Final = 20.0
"""So long may the answer to a question of no interest take."""

_PAGE: Final = 1000

IDLE: Final = 100
"""So many pages in a row may bring no further name."""


async def pages(
    bucket: Bucket, prefix: str, after: str, *, folder: bool
) -> AsyncGenerator[list[Listed], None]:
    """Pages of objects under `prefix` whose keys sort after `after`.

    With `folder`, objects below a further "/" are left out.

    Raises:
        StoreBusy: for pages that no store of S3's kind would make, of
            which there may be no end.
    """
    fields: dict[str, Any] = {"Delimiter": "/"} if folder else {}
    if after:
        fields["StartAfter"] = after
    what = f"list s3://{bucket.name}/{prefix}"
    course = _Course(sorted_=not bucket.name.endswith("--x-s3"))
    while True:
        with taking() as taken:
            answer = await bucket.ask(
                "list_objects_v2",
                what=what,
                Prefix=prefix,
                MaxKeys=_PAGE,
                **fields,
            )
        try:
            page = taken.page or _page(answer)
            more = course.goes_on(page)
        except (KeyError, TypeError) as error:
            raise StoreBusy(f"{what}: an answer that is not S3's") from error
        # What was not asked for is nobody's business, whoever names it.
        yield [one for one in page.objects if one.key.startswith(prefix)]
        if not more:
            return
        if course.astray:
            raise StoreBusy(f"{what}: a listing that does not end, not S3's")
        fields["ContinuationToken"] = course.token


def _page(answer: Mapping[str, Any]) -> Page:
    """What botocore has made of a page.

    Raises:
        KeyError: when it is none; S3 says of each if it is the last.
    """
    return Page(
        answer["IsTruncated"],
        answer.get("NextContinuationToken", ""),
        [_listed(found) for found in answer.get("Contents", ())],
        [one["Prefix"] for one in answer.get("CommonPrefixes", ())],
    )


def _listed(found: Mapping[str, Any]) -> Listed:
    return Listed(
        found["Key"],
        found["Size"],
        bare(found.get("ETag")),
        found["LastModified"],
    )


class _Course:
    """How far a listing has come; `astray` when it leads nowhere.

    A directory bucket's is not sorted, so that only a token that comes
    again tells.
    """

    def __init__(self, *, sorted_: bool) -> None:
        self.token = ""
        self.astray = False
        self._sorted = sorted_
        self._last = ""
        self._idle = 0

    def goes_on(self, page: Page) -> bool:
        """Whether there is another page behind `page`."""
        again, self.token = page.token == self.token, page.token
        names = [one.key for one in page.objects]
        last = max([*names, *page.prefixes], default="")
        some = bool(names or page.prefixes)
        if last > self._last or (some and not self._sorted):
            self._idle, self._last = 0, last
        else:
            self._idle += 1
        self.astray = again or self._idle > IDLE
        return page.truncated and bool(page.token)


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
