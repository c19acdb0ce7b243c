"""Uploads in parts that were begun and not ended, as the store knows them."""

from typing import Any, Final

from ..errors import ObjectRefused, UploadGone
from ..store import Begun, Mark, Weight
from .bucket import Answer, Bucket

_PAGE: Final = 1000


async def begun(
    bucket: Bucket, prefix: str, after: Mark | None
) -> tuple[list[Begun], Mark | None]:
    """A page of the uploads of keys under `prefix`, and where to go on.

    Raises:
        ObjectRefused: for an answer that no store of S3's kind would give:
            one that knows no such question, and will not learn it.
    """
    what = f"list uploads s3://{bucket.name}/{prefix}"
    fields: dict[str, Any] = {}
    if after is not None:
        fields["KeyMarker"], fields["UploadIdMarker"] = after
    answer = await bucket.ask(
        "list_multipart_uploads",
        what=what,
        Prefix=prefix,
        MaxUploads=_PAGE,
        **fields,
    )
    try:
        found = [
            Begun(one["Key"], one["UploadId"], one["Initiated"])
            for one in answer.get("Uploads", ())
        ]
        more = _truncated(answer, "MaxUploads")
        mark = answer.get("NextKeyMarker"), answer.get("NextUploadIdMarker")
        following = _following(after, mark) if more else None
    except (KeyError, TypeError, ValueError) as error:
        raise ObjectRefused(f"{what}: an answer that is not S3's") from error
    # What was not asked for is nobody's business, whoever names it.
    return [one for one in found if one.key.startswith(prefix)], following


def _truncated(answer: Answer, echoed: str) -> bool:
    """Whether there is more behind a page.

    rclone says so of those alone that have more; what S3 and all others
    say again is how much was asked for.

    Raises:
        KeyError: when it is no page.
    """
    if "IsTruncated" not in answer:
        return answer[echoed] is None
    return bool(answer["IsTruncated"])


def _following(
    after: Mark | None, mark: tuple[str | None, str | None]
) -> Mark:
    """Where to go on; a listing that leads nowhere is none.

    Raises:
        ValueError: when it goes back, or stays where it is.
    """
    key, upload_id = mark[0] or "", mark[1] or ""
    if after is not None and (key < after[0] or (key, upload_id) == after):
        raise ValueError
    return key, upload_id


async def weighed(
    bucket: Bucket, key: str, upload_id: str, after: int
) -> Weight | None:
    """The parts of an upload behind number `after`; None when it is gone.

    Raises:
        ObjectRefused: for an answer that no store of S3's kind would give:
            one that knows no such question, and will not learn it.
    """
    fields = {"PartNumberMarker": after} if after else {}
    try:
        answer = await bucket.ask(
            "list_parts", what=key, Key=key, UploadId=upload_id, **fields
        )
    except UploadGone:
        return None
    try:
        parts = answer.get("Parts", ())
        sizes = [one["Size"] for one in parts]
        last = max((one["LastModified"] for one in parts), default=None)
        following = 0
        if _truncated(answer, "MaxParts"):
            following = int(answer["NextPartNumberMarker"])
            if following <= after:
                raise ValueError
    except (KeyError, TypeError, ValueError) as error:
        raise ObjectRefused(f"{key}: an answer that is not S3's") from error
    return Weight(len(sizes), sum(sizes), last, following)
