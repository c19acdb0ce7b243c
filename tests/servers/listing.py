"""S3's listings: objects, uploads under way, and the parts of one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus

from .answers import Refusal, iso, tag, xml
from .digests import text
from .http import Answer
from .routing import Request
from .world import Bucket, Object, Upload, World

LONGEST_PAGE: Final = 1000

_ECHOED: Final = (
    ("delimiter", "Delimiter", True),
    ("start-after", "StartAfter", True),
    ("continuation-token", "ContinuationToken", False),
    ("encoding-type", "EncodingType", False),
)
"""Parameters that the answer repeats: name, element, whether encoded."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of keys and common prefixes; `last` continues it, or is ""."""

    keys: list[str]
    folders: list[str]
    last: str


def objects(world: World, bucket: Bucket, request: Request) -> Answer:
    """ListObjectsV2."""
    query, shown = request.query, _encoder(request)
    start = query.get("start-after", "")
    if "continuation-token" in query:
        start = _decode(query["continuation-token"])
    limit = _limit(request, "max-keys")
    page = _page(bucket, query, start, limit)
    parts = [
        tag("Name", bucket.name),
        tag("Prefix", shown(query.get("prefix", ""))),
        tag("KeyCount", len(page.keys) + len(page.folders)),
        tag("MaxKeys", limit),
        tag("IsTruncated", "true" if page.last else "false"),
    ]
    parts += [
        tag(element, shown(query[name]) if encoded else query[name])
        for name, element, encoded in _ECHOED
        if query.get(name)
    ]
    if page.last:
        parts.append(tag("NextContinuationToken", _encode(page.last)))
    parts += [_contents(world, bucket.objects[k], shown) for k in page.keys]
    parts += [
        tag("CommonPrefixes", "", tag("Prefix", shown(folder)))
        for folder in page.folders
    ]
    return xml("ListBucketResult", parts)


def _page(
    bucket: Bucket, query: dict[str, str], start: str, limit: int
) -> _Page:
    prefix, mark = query.get("prefix", ""), query.get("delimiter", "")
    page = _Page([], [], "")
    last = ""
    for name, is_folder in _names(bucket, prefix, mark, start):
        if len(page.keys) + len(page.folders) == limit:
            return _Page(page.keys, page.folders, last) if limit else page
        (page.folders if is_folder else page.keys).append(name)
        last = name
    return page


def _names(
    bucket: Bucket, prefix: str, mark: str, start: str
) -> Iterator[tuple[str, bool]]:
    """Keys and common prefixes after `start`, each with "is a prefix"."""
    folder = start  # one that ended the last page is not told again
    for key in bucket.keys(prefix, start):
        if not key.startswith(prefix):
            return
        cut = key.find(mark, len(prefix)) if mark else -1
        if cut < 0:
            yield key, False
        elif key[: cut + len(mark)] != folder:
            folder = key[: cut + len(mark)]
            yield folder, True


def _contents(world: World, thing: Object, shown: Callable[[str], str]) -> str:
    inner = [
        tag("Key", shown(thing.key)),
        tag("LastModified", iso(thing.modified)),
        tag("ETag", world.personality.etag(thing.etag)),
        tag("Size", thing.size),
        tag("StorageClass", "STANDARD"),
    ]
    if thing.checksum:
        inner += [
            tag("ChecksumAlgorithm", thing.checksum.algorithm.upper()),
            tag("ChecksumType", thing.checksum.kind),
        ]
    return tag("Contents", "", *inner)


def uploads(_: World, bucket: Bucket, request: Request) -> Answer:
    """ListMultipartUploads, by key and then by id."""
    query, shown = request.query, _encoder(request)
    after = (query.get("key-marker", ""), query.get("upload-id-marker", ""))
    limit = _limit(request, "max-uploads")
    found = sorted(
        (upload.key, upload.id)
        for upload in bucket.uploads.values()
        if upload.key.startswith(query.get("prefix", ""))
        and _follows((upload.key, upload.id), after)
    )
    page = found[:limit]
    parts = [
        tag("Bucket", bucket.name),
        tag("KeyMarker", shown(after[0])),
        tag("UploadIdMarker", after[1]),
        tag("MaxUploads", limit),
        tag("IsTruncated", "true" if len(found) > limit else "false"),
    ]
    if len(found) > limit and page:
        parts.append(tag("NextKeyMarker", shown(page[-1][0])))
        parts.append(tag("NextUploadIdMarker", page[-1][1]))
    if "encoding-type" in query:
        parts.append(tag("EncodingType", query["encoding-type"]))
    parts += (_upload(bucket.uploads[name], shown) for _, name in page)
    return xml("ListMultipartUploadsResult", parts)


def _follows(this: tuple[str, str], marker: tuple[str, str]) -> bool:
    key, name = marker
    # Without an upload-id-marker, all uploads of the key itself are past.
    return this > marker if name else this[0] > key


def _upload(upload: Upload, shown: Callable[[str], str]) -> str:
    inner = [
        tag("Key", shown(upload.key)),
        tag("UploadId", upload.id),
        tag("Initiated", iso(upload.begun)),
        tag("StorageClass", "STANDARD"),
        *_proof(upload),
    ]
    return tag("Upload", "", *inner)


def _proof(upload: Upload) -> Iterable[str]:
    if upload.algorithm:
        yield tag("ChecksumAlgorithm", upload.algorithm.upper())
        yield tag("ChecksumType", upload.kind)


def parts(
    world: World, bucket: Bucket, upload: Upload, request: Request
) -> Answer:
    """ListParts, by number."""
    after = _number(request, "part-number-marker", 0)
    limit = _limit(request, "max-parts")
    numbers = sorted(n for n in upload.parts if n > after)
    page = numbers[:limit]
    inner = [
        tag("Bucket", bucket.name),
        tag("Key", upload.key),
        tag("UploadId", upload.id),
        tag("PartNumberMarker", after),
        tag("NextPartNumberMarker", page[-1] if page else 0),
        tag("MaxParts", limit),
        tag("IsTruncated", "true" if len(numbers) > limit else "false"),
        *_proof(upload),
    ]
    for number in page:
        part = upload.parts[number]
        fields = [
            tag("PartNumber", number),
            tag("LastModified", iso(part.modified)),
            tag("ETag", world.personality.etag(part.etag)),
            tag("Size", part.size),
        ]
        if upload.algorithm:
            fields.append(tag(upload.algorithm.element, text(part.digest)))
        inner.append(tag("Part", "", *fields))
    return xml("ListPartsResult", inner)


def _limit(request: Request, name: str) -> int:
    return min(_number(request, name, LONGEST_PAGE), LONGEST_PAGE)


def _number(request: Request, name: str, usual: int) -> int:
    sent = request.query.get(name) or str(usual)
    if not (sent.isascii() and sent.isdigit()):
        raise Refusal(
            "InvalidArgument",
            f"Provided {name} not an integer or within integer range",
            ArgumentName=name,
            ArgumentValue=sent,
        )
    return int(sent)


def _encoder(request: Request) -> Callable[[str], str]:
    kind = request.query.get("encoding-type", "")
    if kind not in {"", "url"}:
        raise Refusal("InvalidArgument", "Invalid Encoding Method specified")
    return _url if kind else str


def _url(text: str) -> str:
    return quote_plus(text, safe="/*-._")


def _encode(key: str) -> str:
    """A continuation token; opaque to clients, as S3's are."""
    return key.encode("utf-8").hex()[::-1] + "="


def _decode(token: str) -> str:
    try:
        if not token.endswith("="):
            raise ValueError
        return bytes.fromhex(token[-2::-1]).decode("utf-8")
    except ValueError:
        raise Refusal(
            "InvalidArgument",
            "The continuation token provided is incorrect",
            ArgumentName="continuation-token",
        ) from None
