"""In auto mode, the first object shows what proof an endpoint gives."""

import asyncio

import pytest
from learning import learning, proofs_sent
from servers.faults import Answer, Rule
from servers.personality import Checksums, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from stores import put

from pt5_async.checksum import Algorithm
from pt5_async.errors import (
    CredentialsRefused,
    ObjectRefused,
    StoreBusy,
)
from pt5_async.model import Proof

CRC, MD5 = Algorithm.CRC64NVME, Algorithm.MD5
QUIET = [Checksums.SILENT, Checksums.IGNORED]


async def test_a_store_that_answers_checksums_gets_them(
    scripted: ScriptedServer,
) -> None:
    async with learning(scripted) as run:
        before = run.store.wanted
        first = await put(run.store, "1")
        after = run.store.wanted
        second = await put(run.store, "2")

    assert (first.proof, second.proof) == (Proof.CRC64NVME, Proof.CRC64NVME)
    assert proofs_sent(scripted) == ["crc64nvme", "crc64nvme"]
    assert run.settled == [CRC]
    assert set(before) == {CRC, MD5}
    assert after == (CRC,)


@pytest.mark.parametrize("checksums", QUIET)
async def test_a_store_that_answers_none_has_the_first_proven_again(
    scripted: ScriptedServer, checksums: Checksums
) -> None:
    scripted.personality = Personality(checksums=checksums)

    async with learning(scripted) as run:
        first = await put(run.store, "1")
        wanted = run.store.wanted
        second = await put(run.store, "2")

    assert (first.proof, second.proof) == (Proof.MD5, Proof.MD5)
    assert proofs_sent(scripted, "1") == ["crc64nvme", "md5"]
    assert proofs_sent(scripted, "2") == ["md5"]
    assert run.settled == [MD5]
    assert set(wanted) == {CRC, MD5}


@pytest.mark.parametrize(
    "code",
    [
        "InvalidRequest",
        "InvalidArgument",
        "NotImplemented",
        "SignatureDoesNotMatch",
    ],
)
async def test_a_store_that_errs_at_checksums_gets_md5(
    scripted: ScriptedServer, code: str
) -> None:
    scripted.personality = Personality(refuses=code)

    async with learning(scripted) as run:
        first = await put(run.store, "1")
        await put(run.store, "2")

    assert first.proof is Proof.MD5
    assert proofs_sent(scripted) == ["crc64nvme", "md5", "md5"]
    assert run.settled == [MD5]


@pytest.mark.parametrize("status", [400, 501])
async def test_an_error_without_a_code_is_an_error_at_checksums_too(
    scripted: ScriptedServer, status: int
) -> None:
    scripted.script(Rule(Answer(status), Op.PUT, times=1))

    async with learning(scripted) as run:
        first = await put(run.store, "1")

    assert first.proof is Proof.MD5
    assert run.settled == [MD5]


async def test_a_wrong_secret_is_not_taken_for_a_dislike_of_checksums(
    scripted: ScriptedServer,
) -> None:
    async with learning(scripted, secret="wrong") as run:
        with pytest.raises(CredentialsRefused):
            await put(run.store, "1")

        assert run.settled == []
        assert set(run.store.wanted) == {CRC, MD5}
    assert not scripted.objects


async def test_an_object_that_is_refused_either_way_settles_nothing(
    scripted: ScriptedServer,
) -> None:
    scripted.script(Rule(Answer(400, "InvalidRequest"), Op.PUT, key="bad"))

    async with learning(scripted) as run:
        with pytest.raises(ObjectRefused):
            await put(run.store, "bad")
        unsettled = list(run.settled)
        good = await put(run.store, "good")

    assert unsettled == []
    assert good.proof is Proof.CRC64NVME


@pytest.mark.parametrize("status", [500, 503])
async def test_a_store_that_fails_for_a_moment_settles_nothing(
    scripted: ScriptedServer, status: int
) -> None:
    scripted.script(Rule(Answer(status, "InternalError"), times=1))

    async with learning(scripted) as run:
        with pytest.raises(StoreBusy):
            await put(run.store, "1")
        unsettled = list(run.settled)
        again = await put(run.store, "1")

    assert unsettled == []
    assert again.proof is Proof.CRC64NVME


@pytest.mark.parametrize("checksums", Checksums)
async def test_of_many_first_objects_one_goes_ahead(
    scripted: ScriptedServer, checksums: Checksums
) -> None:
    scripted.personality = Personality(checksums=checksums)
    gate = scripted.gate(Op.PUT)

    async with learning(scripted) as run:
        tasks = [
            asyncio.create_task(put(run.store, str(number)))
            for number in range(8)
        ]
        await gate.wait()
        await asyncio.sleep(0.1)
        ahead = scripted.peak_requests
        gate.release()
        stored = await asyncio.gather(*tasks)

    full = checksums is Checksums.FULL
    assert ahead == 1
    assert len(run.settled) == 1
    assert len({one.proof for one in stored}) == 1
    assert len(proofs_sent(scripted)) == (8 if full else 9)


async def test_when_the_first_fails_the_next_goes_ahead(
    scripted: ScriptedServer,
) -> None:
    scripted.script(Rule(Answer(503, "SlowDown"), Op.PUT, times=1))

    async with learning(scripted) as run:
        found = await asyncio.gather(
            *(put(run.store, str(number)) for number in range(4)),
            return_exceptions=True,
        )

    assert [type(one) for one in found].count(StoreBusy) == 1
    assert len(scripted.objects) == 3
    assert run.settled == [CRC]
