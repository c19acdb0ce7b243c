"""What is known of an endpoint is used, and given up where it fails."""

import asyncio

import pytest
from learning import learning, proofs_sent
from servers.faults import Answer, Rule, Spoil, Spoiled
from servers.personality import Checksums, Etags, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from stores import put

from pt5_async.checksum import Algorithm
from pt5_async.errors import (
    BodyRefused,
    CredentialsRefused,
)
from pt5_async.model import Proof

CRC, MD5 = Algorithm.CRC64NVME, Algorithm.MD5
QUIET = [Checksums.SILENT, Checksums.IGNORED]


async def test_what_is_remembered_is_used_from_the_start(
    scripted: ScriptedServer,
) -> None:
    async with learning(scripted, remembered=MD5) as run:
        wanted = run.store.wanted
        stored = await put(run.store, "1")

    assert set(wanted) == {CRC, MD5}
    assert stored.proof is Proof.MD5
    assert proofs_sent(scripted) == ["md5"]
    assert run.settled == []


async def test_with_a_remembered_proof_nobody_waits_for_the_first(
    scripted: ScriptedServer,
) -> None:
    gate = scripted.gate(Op.PUT)
    async with learning(scripted, remembered=CRC) as run:
        tasks = [
            asyncio.create_task(put(run.store, str(number)))
            for number in range(4)
        ]
        async with asyncio.timeout(5):
            while gate.held < 4:
                await asyncio.sleep(0.01)
        gate.release()
        await asyncio.gather(*tasks)

    assert run.settled == []
    assert set(proofs_sent(scripted)) == {"crc64nvme"}


@pytest.mark.parametrize(
    "later",
    [
        Personality(checksums=Checksums.SILENT),
        Personality(refuses="InvalidRequest"),
        Personality(refuses="NotImplemented"),
    ],
    ids=["silent", "InvalidRequest", "NotImplemented"],
)
async def test_a_store_that_changes_its_mind_gets_md5_from_then_on(
    scripted: ScriptedServer, later: Personality
) -> None:
    async with learning(scripted) as run:
        await put(run.store, "1")
        scripted.personality = later
        second = await put(run.store, "2")
        await put(run.store, "3")

    assert second.proof is Proof.MD5
    assert proofs_sent(scripted, "2") == ["crc64nvme", "md5"]
    assert proofs_sent(scripted, "3") == ["md5"]
    assert run.settled == [CRC, MD5]


async def test_a_secret_that_stops_working_is_not_a_dislike_of_checksums(
    scripted: ScriptedServer,
) -> None:
    async with learning(scripted) as run:
        await put(run.store, "1")
        scripted.script(Rule(Answer(403, "SignatureDoesNotMatch")))
        with pytest.raises(CredentialsRefused):
            await put(run.store, "2")

    assert len(proofs_sent(scripted, "2")) == 1
    assert run.settled == [CRC]


async def test_an_object_on_its_way_does_not_bring_checksums_back(
    scripted: ScriptedServer,
) -> None:
    async with learning(scripted) as run:
        await put(run.store, "1")
        gate = scripted.gate(Op.PUT, "slow")
        slow = asyncio.create_task(put(run.store, "slow"))
        await gate.wait()
        scripted.personality = Personality(refuses="InvalidRequest")
        await put(run.store, "2")
        scripted.personality = Personality()
        gate.release()

        assert (await slow).proof is Proof.CRC64NVME
        assert (await put(run.store, "3")).proof is Proof.MD5

    assert run.settled == [CRC, MD5]


@pytest.mark.parametrize("what", [Spoiled.CHECKSUM, Spoiled.BODY])
async def test_an_answer_for_other_bytes_is_an_error_that_may_pass(
    scripted: ScriptedServer, what: Spoiled
) -> None:
    scripted.script(Rule(Spoil(what), Op.PUT, times=1))

    async with learning(scripted) as run:
        with pytest.raises(BodyRefused, match=r"^x\.adc: .*crc64nvme") as bad:
            await put(run.store, "x.adc")
        unsettled = list(run.settled)
        again = await put(run.store, "x.adc")

    assert bad.value.transient
    assert unsettled == []
    assert again.proof is Proof.CRC64NVME


@pytest.mark.parametrize("what", [Spoiled.ETAG, Spoiled.BODY])
async def test_an_etag_that_should_be_the_md5_is_compared(
    scripted: ScriptedServer, what: Spoiled
) -> None:
    scripted.script(Rule(Spoil(what), Op.PUT, key="x.adc", times=1))

    async with learning(scripted, remembered=MD5) as run:
        await put(run.store, "first")
        with pytest.raises(BodyRefused, match=r"^x\.adc: .*ETag") as bad:
            await put(run.store, "x.adc")
        again = await put(run.store, "x.adc")

    assert bad.value.transient
    assert again.proof is Proof.MD5


async def test_an_etag_that_is_no_md5_is_not_compared(
    scripted: ScriptedServer,
) -> None:
    scripted.personality = Personality(
        checksums=Checksums.SILENT, etags=Etags.OPAQUE
    )

    async with learning(scripted) as run:
        stored = [await put(run.store, name) for name in ("1", "2", "3")]

    assert {one.proof for one in stored} == {Proof.MD5}
    assert stored[0].etag == scripted.objects["1"].etag


async def test_an_etag_says_nothing_beside_a_checksum(
    scripted: ScriptedServer,
) -> None:
    scripted.personality = Personality(etags=Etags.OPAQUE)

    async with learning(scripted) as run:
        stored = [await put(run.store, name) for name in ("1", "2")]

    assert {one.proof for one in stored} == {Proof.CRC64NVME}
