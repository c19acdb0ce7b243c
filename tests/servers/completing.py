"""The end of an upload in parts: every rule before the object is visible."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from .answers import Refusal, tag, xml
from .digests import Algorithm, Intake, combined, composite, text
from .http import Answer
from .multipart import invalid
from .objects import check_absent, describe
from .personality import Checksums
from .proofs import declared, mismatch
from .routing import Request
from .wishes import hides_md5
from .world import Bucket, Checksum, Object, PartIn, Upload, World


@dataclass(frozen=True, slots=True)
class _Named:
    """A part as the request to complete names it."""

    number: int
    etag: str
    checksums: dict[str, str]


def complete(
    world: World,
    bucket: Bucket,
    upload: Upload,
    request: Request,
    body: Intake,
) -> Answer:
    """CompleteMultipartUpload: the object is checked and made visible."""
    named = _named(body.data or b"")
    _check_order(named)
    parts = [_match(upload, one) for one in named]
    _check_sizes(world, parts)
    size = sum(part.size for part in parts)
    _check_size(request, size)
    checksum = None
    if world.personality.checksums is not Checksums.IGNORED:
        checksum = _whole(upload, parts)
        _check_whole(request, checksum, len(parts))
    check_absent(world, bucket, request)
    thing = _assemble(world, upload, parts, checksum)
    del bucket.uploads[upload.id]
    world.show(bucket, thing)
    return _completed(world, bucket, thing)


def _named(document: bytes) -> list[_Named]:
    try:
        root = ET.fromstring(document)
        named = [
            _Named(
                int(fields.pop("PartNumber")),
                fields.pop("ETag").strip('"').lower(),
                fields,
            )
            for part in root
            if (fields := {_bare(e.tag): e.text or "" for e in part})
        ]
    except (ET.ParseError, KeyError, ValueError):
        named = []
    if not named:
        raise Refusal(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate "
            "against our published schema",
        )
    return named


def _bare(name: str) -> str:
    return name.rpartition("}")[2]


def _match(upload: Upload, named: _Named) -> PartIn:
    part = upload.parts.get(named.number)
    algorithm = upload.algorithm
    if part is not None and part.etag == named.etag:
        sent = named.checksums.get(algorithm.element) if algorithm else None
        if algorithm and sent is None and upload.kind == "COMPOSITE":
            raise invalid(
                f"The upload was created using a {algorithm} checksum. The "
                "complete request must include the checksum for each part. "
                f"It was missing for part {named.number} in the request."
            )
        if sent is None or sent == text(part.digest):
            return part
    raise Refusal(
        "InvalidPart",
        "One or more of the specified parts could not be found. The part "
        "may not have been uploaded, or the specified entity tag may not "
        "match the part's entity tag.",
        UploadId=upload.id,
        PartNumber=named.number,
        ETag=named.etag,
    )


def _check_order(named: Sequence[_Named]) -> None:
    numbers = [one.number for one in named]
    if numbers != sorted(set(numbers)):
        raise Refusal(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. The parts list "
            "must be specified in order by part number.",
        )


def _check_sizes(world: World, parts: Sequence[PartIn]) -> None:
    smallest = world.personality.smallest_part
    for part in parts[:-1]:
        if part.size < smallest:
            raise Refusal(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed "
                "size",
                ETag=part.etag,
                MinSizeAllowed=smallest,
                ProposedSize=part.size,
                PartNumber=part.number,
            )


def _check_size(request: Request, size: int) -> None:
    said = request.header("x-amz-mp-object-size", str(size))
    if said != str(size):
        raise invalid(
            f"The provided 'x-amz-mp-object-size' header value {said} does "
            f"not match what was computed: {size}"
        )


def _whole(upload: Upload, parts: Sequence[PartIn]) -> Checksum:
    algorithm = upload.algorithm or Algorithm.CRC64NVME
    if upload.kind == "COMPOSITE":
        value = composite(algorithm, (part.digest for part in parts))
        return Checksum(algorithm, value, upload.kind)
    bodies = [part.body for part in parts if part.body is not None]
    if len(bodies) == len(parts):
        # From the bytes themselves: a wrong way of combining the parts'
        # checksums would be wrong here and there alike.
        intake = Intake({algorithm}, keep=0)
        for body in bodies:
            intake.take(body)
        return Checksum(algorithm, text(intake.digest(algorithm)))
    raw = combined(algorithm, ((part.digest, part.size) for part in parts))
    return Checksum(algorithm, text(raw))


def _check_whole(request: Request, checksum: Checksum, parts: int) -> None:
    kind = request.header("x-amz-checksum-type", checksum.kind)
    if kind.upper() != checksum.kind:
        raise Refusal(
            "BadDigest",
            f"The upload was created using the {checksum.kind} checksum "
            "mode. The complete request must use the same checksum mode.",
        )
    many = parts if checksum.kind == "COMPOSITE" else 0
    sent = declared(request.head.headers, parts=many)
    if sent not in {None, checksum.algorithm}:
        raise invalid(
            "Checksum Type mismatch occurred, expected checksum Type: "
            f"{checksum.algorithm}, actual checksum Type: {sent}"
        )
    if sent and request.header(sent.header) != checksum.value:
        raise mismatch(sent)


def _assemble(
    world: World,
    upload: Upload,
    parts: Sequence[PartIn],
    checksum: Checksum | None,
) -> Object:
    bodies = [part.body for part in parts if part.body is not None]
    body = b"".join(bodies) if len(bodies) == len(parts) else None
    md5s = b"".join(part.md5 for part in parts)
    etag = world.etag(
        hashlib.md5(md5s).digest(),
        len(parts),
        hidden=hides_md5(upload.headers),
    )
    return Object(
        key=upload.key,
        size=sum(part.size for part in parts),
        md5="" if body is None else hashlib.md5(body).hexdigest(),
        etag=etag,
        modified=world.now(),
        checksum=checksum,
        headers=upload.headers,
        version=world.version(),
        body=body,
    )


def _completed(world: World, bucket: Bucket, thing: Object) -> Answer:
    said = describe(world, thing)
    parts = [
        tag("Location", f"/{bucket.name}/{thing.key}"),
        tag("Bucket", bucket.name),
        tag("Key", thing.key),
        tag("ETag", said["ETag"]),
    ]
    if thing.checksum and thing.checksum.algorithm.header in said:
        parts += [
            tag(thing.checksum.algorithm.element, thing.checksum.value),
            tag("ChecksumType", thing.checksum.kind),
        ]
    answer = xml("CompleteMultipartUploadResult", parts)
    if thing.version:
        answer.headers["x-amz-version-id"] = thing.version
    return answer
