"""Uploads in parts learn, too, what proof an endpoint gives."""

from collections.abc import AsyncIterator

import pytest
from learning import Learning, learning, proofs_sent
from servers.faults import Rule, Spoil, Spoiled
from servers.personality import Checksums, Etags, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from stores import MIB, meta, put, put_in_parts, put_part

from pt5_async.checksum import Algorithm
from pt5_async.errors import (
    BodyRefused,
    ChecksumUnsupported,
    CredentialsRefused,
)
from pt5_async.model import Proof
from pt5_async.store import Stored

CRC, MD5 = Algorithm.CRC64NVME, Algorithm.MD5
PARTS = (bytes(range(256)) * (5 * MIB // 256), b"the end")
QUIET = [Checksums.SILENT, Checksums.IGNORED]
REFUSALS = ["InvalidRequest", "NotImplemented", "SignatureDoesNotMatch"]


@pytest.fixture
async def run(scripted: ScriptedServer) -> AsyncIterator[Learning]:
    async with learning(scripted) as run:
        yield run


async def sent(run: Learning, key: str = "x.roi") -> Stored:
    return await put_in_parts(run.store, key, PARTS)


async def test_parts_prove_the_whole(
    scripted: ScriptedServer, run: Learning
) -> None:
    stored = await sent(run)

    assert stored.proof is Proof.CRC64NVME
    assert run.settled == [CRC]
    checksum = scripted.objects["x.roi"].checksum
    assert checksum is not None
    assert checksum.algorithm == "crc64nvme"
    assert checksum.kind == "FULL_OBJECT"
    completed = next(log for log in scripted.log if log.op is Op.COMPLETE)
    assert completed.headers["x-amz-checksum-crc64nvme"] == checksum.value
    size = sum(len(part) for part in PARTS)
    assert completed.headers["x-amz-mp-object-size"] == str(size)


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_store_that_errs_at_the_beginning_gets_md5(
    scripted: ScriptedServer, run: Learning, code: str
) -> None:
    scripted.personality = Personality(
        refuses=code, refuses_at=frozenset({Op.CREATE})
    )

    upload = await run.store.begin(meta("y.roi"))
    settled = list(run.settled)
    stored = await sent(run)

    assert upload.algorithm is MD5
    assert settled == run.settled == [MD5]
    assert stored.proof is Proof.MD5
    assert proofs_sent(scripted, op=Op.PART) == ["md5", "md5"]
    assert [log.status for log in scripted.log if log.op is Op.CREATE][1:] == [
        200,
        200,
    ]


@pytest.mark.parametrize("code", REFUSALS)
async def test_a_store_that_errs_at_a_part_gets_md5_in_the_next_upload(
    scripted: ScriptedServer, run: Learning, code: str
) -> None:
    scripted.personality = Personality(
        refuses=code, refuses_at=frozenset({Op.PART})
    )

    with pytest.raises(ChecksumUnsupported, match=r"^x\.roi, part 1: ") as bad:
        await sent(run)
    stored = await sent(run)

    assert (bad.value.transient, bad.value.fatal) == (False, False)
    assert run.settled == [MD5]
    assert stored.proof is Proof.MD5
    assert proofs_sent(scripted, op=Op.PART) == ["crc64nvme", "md5", "md5"]


@pytest.mark.parametrize("checksums", QUIET)
async def test_a_store_that_answers_none_gets_md5_in_the_next_upload(
    scripted: ScriptedServer, run: Learning, checksums: Checksums
) -> None:
    scripted.personality = Personality(checksums=checksums)

    with pytest.raises(ChecksumUnsupported, match="answered no crc64nvme"):
        await sent(run)
    stored = await sent(run)

    assert run.settled == [MD5]
    assert stored.proof is Proof.MD5


async def test_after_a_first_object_parts_go_the_same_way(
    scripted: ScriptedServer, run: Learning
) -> None:
    scripted.personality = Personality(checksums=Checksums.SILENT)
    await put(run.store, "1")

    stored = await sent(run)

    assert stored.proof is Proof.MD5
    assert proofs_sent(scripted, op=Op.PART) == ["md5", "md5"]


async def test_a_wrong_secret_settles_nothing(
    scripted: ScriptedServer,
) -> None:
    async with learning(scripted, secret="wrong") as stranger:
        with pytest.raises(CredentialsRefused):
            await stranger.store.begin(meta("x.roi"))

    assert stranger.settled == []


async def test_a_store_that_changes_its_mind_has_the_next_begun_with_md5(
    scripted: ScriptedServer, run: Learning
) -> None:
    await put(run.store, "1")
    upload = await run.store.begin(meta("x.roi"))
    scripted.personality = Personality(checksums=Checksums.SILENT)

    with pytest.raises(ChecksumUnsupported):
        await put_part(run.store, "x.roi", upload, 1, b"some")

    assert (await run.store.begin(meta("x.roi"))).algorithm is MD5
    assert run.settled == [CRC, MD5]


async def test_parts_that_were_answered_prove_the_whole_by_themselves(
    scripted: ScriptedServer, run: Learning
) -> None:
    upload = await run.store.begin(meta("x.roi"))
    part = await put_part(run.store, "x.roi", upload, 1, b"all of it")
    scripted.personality = Personality(checksums=Checksums.SILENT)

    stored = await run.store.complete("x.roi", upload, (part,))

    assert stored.proof is Proof.CRC64NVME


async def test_an_upload_on_its_way_does_not_bring_checksums_back(
    scripted: ScriptedServer, run: Learning
) -> None:
    upload = await run.store.begin(meta("x.roi"))
    part = await put_part(run.store, "x.roi", upload, 1, b"all of it")
    scripted.personality = Personality(checksums=Checksums.SILENT)
    await put(run.store, "1")

    await run.store.complete("x.roi", upload, (part,))

    assert run.settled == [MD5]
    assert (await run.store.begin(meta("y.roi"))).algorithm is MD5


@pytest.mark.parametrize(
    ("what", "op"),
    [
        (Spoiled.CHECKSUM, Op.PART),
        (Spoiled.BODY, Op.PART),
        (Spoiled.CHECKSUM, Op.COMPLETE),
    ],
)
async def test_an_answer_for_other_bytes_is_an_error_that_may_pass(
    scripted: ScriptedServer, run: Learning, what: Spoiled, op: Op
) -> None:
    scripted.script(Rule(Spoil(what), op, times=1))

    with pytest.raises(BodyRefused, match=r"^x\.roi") as bad:
        await sent(run)
    unsettled = list(run.settled)
    stored = await sent(run)

    assert bad.value.transient
    assert unsettled == []
    assert stored.proof is Proof.CRC64NVME


async def test_an_etag_of_parts_that_should_be_their_md5s_is_compared(
    scripted: ScriptedServer,
) -> None:
    scripted.script(Rule(Spoil(Spoiled.ETAG), Op.COMPLETE, key="x.roi"))

    async with learning(scripted, remembered=MD5) as run:
        first = await sent(run, "first.roi")
        with pytest.raises(BodyRefused, match=r"^x\.roi: .*ETag"):
            await sent(run, "x.roi")

    assert first.proof is Proof.MD5


async def test_an_etag_of_parts_that_is_no_md5_is_not_compared(
    scripted: ScriptedServer,
) -> None:
    scripted.personality = Personality(etags=Etags.OPAQUE)

    async with learning(scripted, remembered=MD5) as run:
        stored = [await sent(run, name) for name in ("1", "2")]

    assert {one.proof for one in stored} == {Proof.MD5}
