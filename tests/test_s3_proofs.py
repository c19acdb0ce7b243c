"""Which proof each server gives of which checksum, and who refuses a lie."""

import uuid
from collections.abc import AsyncIterator, Mapping

import pytest
from stores import (
    LANES,
    MIB,
    SERVERS,
    Place,
    meta,
    opened,
    place_of,
    put,
    put_in_parts,
)

from pt5_async.checksum import Algorithm, Digests, digest
from pt5_async.errors import BodyRefused
from pt5_async.model import Proof
from pt5_async.settings import ChecksumChoice
from pt5_async.store import Store

BODY = b"what the instrument saw"
OTHER = b"what a bad cable made of it"
PARTS = (bytes(range(256)) * (5 * MIB // 256), b"the end")

_C64, _C32C, _C32, _SHA = (
    Proof.CRC64NVME,
    Proof.CRC32C,
    Proof.CRC32,
    Proof.SHA256,
)
_MD5, _NONE = Proof.MD5, Proof.NONE

STRICT = {
    ChecksumChoice.AUTO: (_C64, _C64),
    ChecksumChoice.CRC64NVME: (_C64, _C64),
    ChecksumChoice.CRC32C: (_C32C, _C32C),
    ChecksumChoice.CRC32: (_C32, _C32),
    ChecksumChoice.SHA256: (_SHA, _SHA),
    ChecksumChoice.MD5: (_MD5, _MD5),
    ChecksumChoice.NONE: (_NONE, _NONE),
}
"""Amazon answers the checksum of every object."""

NO_WHOLE = {
    ChecksumChoice.AUTO: (_C64, _C64),
    ChecksumChoice.CRC64NVME: (_C64, _NONE),
    ChecksumChoice.CRC32C: (_C32C, _NONE),
    ChecksumChoice.CRC32: (_C32, _NONE),
    ChecksumChoice.SHA256: (_SHA, _NONE),
    ChecksumChoice.MD5: (_MD5, _MD5),
    ChecksumChoice.NONE: (_NONE, _NONE),
}
"""Answers the checksums of objects and parts, not of what parts make up."""

SILENT = {
    ChecksumChoice.AUTO: (_MD5, _MD5),
    ChecksumChoice.CRC64NVME: (_NONE, _NONE),
    ChecksumChoice.CRC32C: (_NONE, _NONE),
    ChecksumChoice.CRC32: (_NONE, _NONE),
    ChecksumChoice.SHA256: (_NONE, _NONE),
    ChecksumChoice.MD5: (_MD5, _MD5),
    ChecksumChoice.NONE: (_NONE, _NONE),
}
"""Answers no checksum, whether it verified it or not."""

PROOFS: Mapping[str, Mapping[ChecksumChoice, tuple[Proof, Proof]]] = {
    "scripted": STRICT,
    "tls": STRICT,
    "moto": NO_WHOLE,
    "swift": SILENT,
    "rclone": SILENT,
}
"""The proofs of an object sent whole and of one sent in parts."""

REFUSES: Mapping[str, tuple[Algorithm, ...]] = {
    "scripted": tuple(Algorithm),
    "tls": tuple(Algorithm),
    "moto": (),
    "swift": tuple(Algorithm),
    "rclone": (Algorithm.MD5,),
}
"""Under which checksums a server finds out that a body is not the one."""


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def place(
    server: str, request: pytest.FixtureRequest
) -> AsyncIterator[Place]:
    async with place_of(server, request) as place:
        yield place


@pytest.fixture(params=LANES)
def lane(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def forged(algorithm: Algorithm) -> Digests:
    """Digests of BODY, but for one."""
    true = {Algorithm.CRC64NVME: digest(Algorithm.CRC64NVME, BODY)}
    return true | {algorithm: digest(algorithm, OTHER)}


async def listed(store: Store, prefix: str) -> list[str]:
    return [found.key async for page in store.list(prefix) for found in page]


async def test_each_server_gives_the_proof_that_it_can(
    server: str, lane: str, place: Place
) -> None:
    found = {}
    for choice in ChecksumChoice:
        key = f"{uuid.uuid4().hex}/x.roi"
        async with opened(place, lane=lane, checksum=choice) as store:
            whole = await put(store, key, BODY)
            parts = await put_in_parts(store, key, PARTS)
        found[choice] = (whole.proof, parts.proof)

    assert found == PROOFS[server]


async def test_a_body_is_not_stored_where_its_checksum_is_refused(
    server: str, lane: str, place: Place
) -> None:
    for algorithm in REFUSES[server]:
        prefix = f"{uuid.uuid4().hex}/"
        choice = ChecksumChoice(algorithm.value)
        async with opened(place, lane=lane, checksum=choice) as store:
            with pytest.raises(BodyRefused, match=f"^{prefix}x.roi: "):
                await store.put(
                    meta(f"{prefix}x.roi"), BODY, forged(algorithm)
                )

            assert await listed(store, prefix) == [], algorithm


async def test_a_part_is_not_taken_where_its_checksum_is_refused(
    server: str, lane: str, place: Place
) -> None:
    for algorithm in REFUSES[server]:
        key = f"{uuid.uuid4().hex}/x.roi"
        choice = ChecksumChoice(algorithm.value)
        async with opened(place, lane=lane, checksum=choice) as store:
            upload = await store.begin(meta(key))
            with pytest.raises(BodyRefused, match=f"^{key}, part 1: "):
                await store.put_part(key, upload, 1, BODY, forged(algorithm))
            await store.abort(key, upload.upload_id)


async def test_an_etag_shows_what_a_lenient_server_does_not_check(
    moto_server: object, request: pytest.FixtureRequest
) -> None:
    async with (
        place_of("moto", request) as place,
        opened(place, checksum=ChecksumChoice.MD5) as store,
    ):
        await put(store, "first.roi")  # shows that ETags are MD5s

        with pytest.raises(BodyRefused, match=r"^x\.roi: .*ETag"):
            await store.put(meta("x.roi"), BODY, forged(Algorithm.MD5))
