"""S3's rules for requests: who may, on what, and what is then done."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from . import listing, multipart, objects, wishes
from .answers import Refusal
from .completing import complete
from .digests import Algorithm, Intake
from .http import Answer, Head
from .personality import Checksums
from .proofs import Claim, claim
from .routing import Op, Request
from .sigv4 import Identity, verify
from .world import Bucket, Upload, World

LONGEST_KEY: Final = 1024
"""UTF-8 bytes of a key (User Guide, "Naming Amazon S3 objects")."""

LARGEST_BODY: Final = 5 * 1024**3
"""Bytes of one PUT or part (User Guide, "multipart limits")."""

MOST_METADATA: Final = 2048
"""Bytes of all x-amz-meta-* names and values together."""

_BODIES: Final = {Op.PUT, Op.PART}


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that was let in: what it is about, what its body needs."""

    request: Request
    bucket: Bucket
    upload: Upload | None
    claim: Claim
    algorithms: frozenset[Algorithm]

    def keep(self, world: World) -> int:
        """Up to how many bytes the body is kept: a document, always."""
        return world.keep if self.request.op in _BODIES else sys.maxsize


def admit(
    world: World, identities: Mapping[str, Identity], request: Request
) -> Ticket:
    """Apply all rules that need no body.

    Raises:
        Refusal: when one of them is broken.
    """
    personality = world.personality
    names = frozenset(request.head.headers)
    if personality.refuses_checksums(request.op, names):
        raise Refusal(
            str(personality.refuses), "This store takes no checksum headers."
        )
    verify(
        request.head,
        identities,
        region=world.region,
        now=world.now(),
        content_type=personality.signs_content_type,
    )
    bucket = world.bucket(request.bucket)
    if personality.denies(request.op, request.subject):
        raise Refusal("AccessDenied", "Access Denied")
    _check_key(request.key)
    _check_head(request)
    wishes.check(request, personality)
    ours = personality.checksums is not Checksums.IGNORED
    read = ours and request.op in _BODIES
    said = claim(request.head.headers, checksums=read)
    upload = multipart.find(bucket, request)
    if upload and request.op is Op.PART and ours:
        multipart.check_kind(upload, said.algorithm)
    return Ticket(request, bucket, upload, said, _needed(said, upload))


def _needed(said: Claim, upload: Upload | None) -> frozenset[Algorithm]:
    needed = said.needs() | {Algorithm.CRC64NVME}
    if upload and upload.algorithm:
        needed |= {upload.algorithm}
    return frozenset(needed)


def _check_key(key: str) -> None:
    size = len(key.encode("utf-8"))
    if size > LONGEST_KEY:
        raise Refusal(
            "KeyTooLongError",
            "Your key is too long",
            Size=size,
            MaxSizeAllowed=LONGEST_KEY,
        )


def _check_head(request: Request) -> None:
    head = request.head
    if request.op in _BODIES:
        _check_length(head)
    metadata = sum(
        len(name) - len("x-amz-meta-") + len(value.encode("utf-8", "replace"))
        for name, value in head.headers.items()
        if name.startswith("x-amz-meta-")
    )
    if metadata > MOST_METADATA:
        raise Refusal(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=metadata,
            MaxSizeAllowed=MOST_METADATA,
        )
    if "if-match" in head.headers or request.header("if-none-match") not in {
        "",
        "*",
    }:
        raise Refusal(
            "NotImplemented",
            "A header you provided implies functionality that is not "
            "implemented: only If-None-Match: * is",
        )


def _check_length(head: Head) -> None:
    if head.chunked:
        raise Refusal(
            "NotImplemented",
            "A header you provided implies functionality that is not "
            "implemented",
            Header="Transfer-Encoding",
        )
    if "content-length" not in head.headers:
        raise Refusal(
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
        )
    if head.length > LARGEST_BODY:
        raise Refusal(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            ProposedSize=head.length,
            MaxSizeAllowed=LARGEST_BODY,
        )


def perform(world: World, ticket: Ticket, body: Intake) -> Answer:
    """Do what a request asks for, its body being as it claims.

    Raises:
        Refusal: when the rest of the rules is broken.
    """
    request, bucket = ticket.request, ticket.bucket
    if request.op is Op.PUT:
        algorithm = ticket.claim.algorithm
        return objects.put(world, bucket, request, body, algorithm)
    if request.op is Op.CREATE:
        return multipart.create(world, bucket, request)
    if ticket.upload is None:
        return _SIMPLE[request.op](world, bucket, request)
    upload = ticket.upload
    match request.op:
        case Op.PART:
            return multipart.put_part(world, upload, request, body)
        case Op.COMPLETE:
            return complete(world, bucket, upload, request, body)
        case Op.LIST_PARTS:
            return listing.parts(world, bucket, upload, request)
        case _:
            return multipart.abort(bucket, upload)


_SIMPLE: Final[Mapping[Op, Callable[[World, Bucket, Request], Answer]]] = {
    Op.HEAD: objects.head,
    Op.GET: objects.get,
    Op.DELETE: objects.delete,
    Op.HEAD_BUCKET: objects.head_bucket,
    Op.LIST: listing.objects,
    Op.LIST_UPLOADS: listing.uploads,
}
