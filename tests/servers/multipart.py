"""S3's rules for uploads in parts, up to their completion.

Facts are from "Uploading and copying objects using multipart upload" and
"Checking object integrity" (Amazon S3 User Guide) and from the errors that
users of real S3 report (reference/uploaders.md section 3).
"""

import uuid
from typing import Final

from .answers import Refusal, tag, xml
from .digests import Algorithm, Intake, text
from .http import Answer
from .objects import kept_headers
from .personality import Checksums
from .routing import Op, Request
from .wishes import hides_md5
from .world import Bucket, PartIn, Upload, World

MOST_PARTS: Final = 10_000


def find(bucket: Bucket, request: Request) -> Upload | None:
    """The upload that a request is about; None when it is about none.

    Raises:
        Refusal: NoSuchUpload, or InvalidArgument for a part's number.
    """
    if "uploadId" not in request.query:
        return None
    upload = bucket.uploads.get(request.query["uploadId"])
    if upload is None or upload.key != request.key:
        raise Refusal(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be "
            "invalid, or the upload may have been aborted or completed.",
            UploadId=request.query["uploadId"],
        )
    if request.op is Op.PART:
        _part_number(request)
    return upload


def _part_number(request: Request) -> int:
    sent = request.query.get("partNumber", "")
    number = int(sent) if sent.isascii() and sent.isdigit() else 0
    if not 1 <= number <= MOST_PARTS:
        raise Refusal(
            "InvalidArgument",
            "Part number must be an integer between 1 and 10000, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=sent,
        )
    return number


def create(world: World, bucket: Bucket, request: Request) -> Answer:
    """CreateMultipartUpload: fixes the checksum that parts will carry."""
    algorithm, kind = None, "FULL_OBJECT"
    if world.personality.checksums is not Checksums.IGNORED:
        algorithm, kind = _declared(request)
    upload = Upload(
        id=uuid.uuid4().hex,
        key=request.key,
        begun=world.now(),
        headers=kept_headers(request),
        algorithm=algorithm,
        kind=kind,
    )
    bucket.uploads[upload.id] = upload
    answer = xml(
        "InitiateMultipartUploadResult",
        (
            tag("Bucket", bucket.name),
            tag("Key", request.key),
            tag("UploadId", upload.id),
        ),
    )
    if algorithm:
        answer.headers["x-amz-checksum-algorithm"] = algorithm.upper()
        answer.headers["x-amz-checksum-type"] = kind
    return answer


def _declared(request: Request) -> tuple[Algorithm | None, str]:
    name = request.header("x-amz-checksum-algorithm").lower()
    kind = request.header("x-amz-checksum-type").upper()
    if not name:
        if kind:
            raise invalid(
                "The x-amz-checksum-type header can only be used with the "
                "x-amz-checksum-algorithm header."
            )
        return None, "FULL_OBJECT"
    if name not in set(Algorithm):
        raise invalid(
            "Checksum algorithm provided is unsupported. Please try again "
            "with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, "
            "SHA256]"
        )
    algorithm = Algorithm(name)
    usual = algorithm is Algorithm.CRC64NVME
    kind = kind or ("FULL_OBJECT" if usual else "COMPOSITE")
    allowed = {"FULL_OBJECT": algorithm.combines, "COMPOSITE": not usual}
    if not allowed.get(kind):
        raise invalid(
            f"The {kind} checksum type cannot be used with the {name} "
            "checksum algorithm."
        )
    return algorithm, kind


def invalid(message: str) -> Refusal:
    """An InvalidRequest."""
    return Refusal("InvalidRequest", message)


def check_kind(upload: Upload, sent: Algorithm | None) -> None:
    """Compare a part's kind of checksum with what its upload declared.

    Raises:
        Refusal: InvalidRequest; only FULL_OBJECT lets one be left out.
    """
    optional = upload.algorithm is None or upload.kind == "FULL_OBJECT"
    if sent is upload.algorithm or (sent is None and optional):
        return
    raise invalid(
        "Checksum Type mismatch occurred, expected checksum Type: "
        f"{upload.algorithm or 'null'}, actual checksum Type: "
        f"{sent or 'null'}"
    )


def put_part(
    world: World, upload: Upload, request: Request, body: Intake
) -> Answer:
    """UploadPart; a number that is there already is replaced."""
    number, algorithm = _part_number(request), upload.algorithm
    part = PartIn(
        number=number,
        size=body.size,
        md5=body.md5,
        etag=world.etag(body.md5, hidden=hides_md5(upload.headers)),
        modified=world.now(),
        digest=body.digest(algorithm or Algorithm.CRC64NVME),
        body=body.data,
    )
    upload.parts[number] = part
    answer = Answer(200, {"ETag": world.personality.etag(part.etag)})
    if algorithm and world.personality.checksums is Checksums.FULL:
        answer.headers[algorithm.header] = text(part.digest)
    return answer


def abort(bucket: Bucket, upload: Upload) -> Answer:
    """AbortMultipartUpload: the parts are gone."""
    del bucket.uploads[upload.id]
    return Answer(204)
