"""Whether a store keeps to If-None-Match, found out once and without harm."""

from dataclasses import replace

import pytest
from learning import learning
from servers.faults import Answer, Cut, Rule, Stage
from servers.personality import Checksums, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from stores import LANES, meta, put_part

from pt5_async.checksum import digests
from pt5_async.errors import ObjectExists, ObjectRefused
from pt5_async.model import Proof
from pt5_async.s3.newness import SMALL
from pt5_async.store import Store, Stored

FORGETFUL = Personality(keeps_new=False)


@pytest.fixture(params=LANES)
def lane(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def put_new(store: Store, key: str, body: bytes = b"bytes") -> Stored:
    """Store an object that must replace none."""
    only = meta(key)._replace(only_new=True)
    return await store.put(only, body, digests(store.wanted, body))


def sent(server: ScriptedServer, op: Op = Op.PUT) -> list[tuple[str, bool]]:
    """Each such request's key, and whether it was to replace nothing."""
    return [
        (one.key, "if-none-match" in one.headers)
        for one in sorted(server.log, key=lambda logged: logged.seq)
        if one.op is op
    ]


async def test_a_store_that_keeps_to_it_refuses_our_own_object_once(
    scripted: ScriptedServer, lane: str
) -> None:
    scripted.personality = Personality(versions=True)
    async with learning(scripted, lane=lane) as run:
        before = run.store.keeps_new
        first = await put_new(run.store, "1")
        await put_new(run.store, "2")
        assert (before, run.store.keeps_new) == (None, True)
        with pytest.raises(ObjectExists):
            await put_new(run.store, "1", b"other")
    assert run.kept == [True]
    assert sent(scripted) == [("1", True)] * 2 + [("2", True), ("1", True)]
    assert scripted.objects["1"].version == first.version
    assert scripted.objects["1"].body == b"bytes"


async def test_a_store_that_forgets_it_is_noticed_by_our_own_object(
    scripted: ScriptedServer, lane: str
) -> None:
    scripted.personality = replace(FORGETFUL, versions=True)
    async with learning(scripted, lane=lane) as run:
        first = await put_new(run.store, "1")
        await put_new(run.store, "2")
        assert run.store.keeps_new is False
    assert run.kept == [False]
    assert sent(scripted) == [("1", True)] * 2 + [("2", True)]
    assert scripted.objects["1"].version == first.version


async def test_one_that_knows_no_such_condition_gets_none(
    scripted: ScriptedServer, lane: str
) -> None:
    scripted.script(Rule(Answer(501, "NotImplemented"), Op.PUT, times=1))
    async with learning(scripted, lane=lane) as run:
        first = await put_new(run.store, "1")
        await put_new(run.store, "2")
        assert run.store.keeps_new is False
    assert first.proof is Proof.CRC64NVME
    assert sent(scripted) == [("1", True), ("1", False), ("2", False)]


async def test_what_is_refused_either_way_says_nothing_of_the_condition(
    scripted: ScriptedServer, lane: str
) -> None:
    scripted.script(Rule(Answer(501, "NotImplemented"), Op.PUT, key="bad"))
    async with learning(scripted, lane=lane) as run:
        with pytest.raises(ObjectRefused):
            await put_new(run.store, "bad")
        assert run.store.keeps_new is None
        assert run.kept == []


@pytest.mark.parametrize("known", [True, False])
async def test_what_is_remembered_is_not_tried_again(
    scripted: ScriptedServer, lane: str, known: bool
) -> None:
    async with learning(scripted, lane=lane, keeps_new=known) as run:
        await put_new(run.store, "1")
        assert run.store.keeps_new is known
        assert sent(scripted) == [("1", True)]
        with pytest.raises(ObjectExists):
            await put_new(run.store, "1")
        assert run.store.keeps_new is True
    assert run.kept == ([] if known else [True])


async def test_nothing_is_tried_with_what_is_large_or_may_be_replaced(
    scripted: ScriptedServer, lane: str
) -> None:
    async with learning(scripted, lane=lane) as run:
        await put_new(run.store, "1", b"x" * (SMALL + 1))
        body = b"may be replaced"
        await run.store.put(meta("2"), body, digests(run.store.wanted, body))
        assert run.store.keeps_new is None
    assert sent(scripted) == [("1", True), ("2", False)]


async def test_a_trial_without_an_answer_does_not_fail_the_object(
    scripted: ScriptedServer, lane: str
) -> None:
    scripted.script(Rule(Answer(503, "SlowDown"), Op.PUT, skip=1, times=1))
    async with learning(scripted, lane=lane) as run:
        await put_new(run.store, "1")
        assert run.store.keeps_new is None
        await put_new(run.store, "2")
        assert run.store.keeps_new is True
    assert [key for key, _ in sent(scripted)] == ["1", "1", "2", "2"]


async def test_the_trial_goes_with_the_proof_that_the_store_gives(
    scripted: ScriptedServer, lane: str
) -> None:
    scripted.personality = Personality(
        checksums=Checksums.SILENT, keeps_new=False
    )
    async with learning(scripted, lane=lane) as run:
        assert (await put_new(run.store, "1")).proof is Proof.MD5
        assert run.store.keeps_new is False


async def test_an_upload_in_parts_replaces_nothing_either(
    scripted: ScriptedServer, lane: str
) -> None:
    async with learning(scripted, lane=lane) as run:
        await put_new(run.store, "1", b"there")
        upload = await run.store.begin(meta("1"))
        part = await put_part(run.store, "1", upload, 1, b"parts")
        with pytest.raises(ObjectExists):
            await run.store.complete("1", upload, (part,), only_new=True)
        assert scripted.objects["1"].body == b"there"
        await run.store.complete("1", upload, (part,))
    assert sent(scripted, Op.COMPLETE) == [("1", True), ("1", False)]


@pytest.mark.parametrize("body", [b"", b"bytes", b"x" * SMALL * 3])
async def test_who_is_refused_knows_whether_the_client_sent_it_twice(
    scripted: ScriptedServer, lane: str, body: bytes
) -> None:
    async with learning(scripted, lane=lane, keeps_new=True) as run:
        await put_new(run.store, "1", body)
        with pytest.raises(ObjectExists) as refused:
            await put_new(run.store, "1", body)
        assert not refused.value.resent
        # The connection was kept, so that either lane tries again by itself.
        scripted.script(Rule(Cut(Stage.DONE), Op.PUT, times=1))
        with pytest.raises(ObjectExists) as refused:
            await put_new(run.store, "2", body)
        assert refused.value.resent
