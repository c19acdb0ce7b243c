"""Operations on whole objects, and what answers say of one."""

import re
from email.utils import formatdate

from .answers import Refusal
from .digests import Algorithm, Intake, text
from .http import Answer
from .personality import Checksums
from .routing import Request
from .wishes import ENCRYPTION, hides_md5
from .world import Bucket, Checksum, Object, World

_KEPT = (
    "content-type",
    "content-encoding",
    "cache-control",
    "x-amz-storage-class",
)
_KEPT_ALL = ("x-amz-meta-", ENCRYPTION)


def put(
    world: World,
    bucket: Bucket,
    request: Request,
    body: Intake,
    algorithm: Algorithm | None,
) -> Answer:
    """PutObject; `algorithm` is what the client proved the body with."""
    check_absent(world, bucket, request)
    # S3 computes a CRC64NVME of its own where the client sent nothing.
    algorithm = algorithm or Algorithm.CRC64NVME
    checksum = Checksum(algorithm, text(body.digest(algorithm)))
    kept = world.personality.checksums is not Checksums.IGNORED
    headers = kept_headers(request)
    thing = Object(
        key=request.key,
        size=body.size,
        md5=body.md5.hex(),
        etag=world.etag(body.md5, hidden=hides_md5(headers)),
        modified=world.now(),
        checksum=checksum if kept else None,
        headers=headers,
        version=world.version(),
        body=body.data,
    )
    world.show(bucket, thing)
    return Answer(200, describe(world, thing))


def check_absent(world: World, bucket: Bucket, request: Request) -> None:
    """Honour If-None-Match: *, if this store does.

    Raises:
        Refusal: PreconditionFailed, when the key is taken.
    """
    keeps = world.personality.keeps_new
    if keeps and "if-none-match" in request.head.headers:
        if request.key not in bucket.objects:
            return
        raise Refusal(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            Condition="If-None-Match",
        )


def kept_headers(request: Request) -> dict[str, str]:
    """The headers that an object keeps and that HEAD answers."""
    kept = {
        name: value
        for name, value in request.head.headers.items()
        if name in _KEPT or name.startswith(_KEPT_ALL)
    }
    return {"content-type": "binary/octet-stream"} | kept


def describe(
    world: World, thing: Object, *, checksum: bool = True
) -> dict[str, str]:
    """The headers that say what an object is: ETag, checksum, version."""
    said = {"ETag": world.personality.etag(thing.etag)}
    answers = world.personality.checksums is Checksums.FULL
    if checksum and answers and thing.checksum:
        said[thing.checksum.algorithm.header] = thing.checksum.value
        said["x-amz-checksum-type"] = thing.checksum.kind
    if thing.version:
        said["x-amz-version-id"] = thing.version
    return said


def head(world: World, bucket: Bucket, request: Request) -> Answer:
    """HeadObject; checksums only where x-amz-checksum-mode asks for them."""
    thing = bucket.objects.get(request.key)
    if thing is None:
        raise Refusal(
            "NoSuchKey",
            "The specified key does not exist.",
            Key=request.key,
        )
    wanted = request.header("x-amz-checksum-mode").upper() == "ENABLED"
    return Answer(
        200,
        {
            **describe(world, thing, checksum=wanted),
            **thing.headers,
            "Last-Modified": formatdate(thing.modified, usegmt=True),
            "Content-Length": str(thing.size),
        },
    )


def get(world: World, bucket: Bucket, request: Request) -> Answer:
    """GetObject; of ranges, those with both ends (RFC 9110, 14.2)."""
    answer = head(world, bucket, request)
    body = bucket.objects[request.key].body
    asked = request.header("range")
    both = re.fullmatch(r"bytes=([0-9]+)-([0-9]+)", asked)
    if body is None or (asked and not both):
        raise Refusal(
            "NotImplemented", "Only objects that were kept are sent."
        )
    answer.body = body
    if both:
        begin, last = int(both[1]), min(int(both[2]), len(body) - 1)
        if begin > last:
            raise Refusal(
                "InvalidRange", "The requested range is not satisfiable"
            )
        answer.status = 206
        answer.body = body[begin : last + 1]
        answer.headers["Content-Length"] = str(len(answer.body))
        answer.headers["Content-Range"] = f"bytes {begin}-{last}/{len(body)}"
    return answer


def delete(_: World, bucket: Bucket, request: Request) -> Answer:
    """DeleteObject; that nothing was there is no error."""
    bucket.drop(request.key)
    return Answer(204)


def head_bucket(world: World, _: Bucket, __: Request) -> Answer:
    """HeadBucket: the bucket is here, and this is the region."""
    return Answer(200, {"x-amz-bucket-region": world.region})
