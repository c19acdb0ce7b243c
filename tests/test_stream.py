"""The journey of one large file: parts, proofs, and what failures do."""

import asyncio
from pathlib import Path

import pytest
from fakes import MIB, Op
from runs import Shore, held, large, touch, write

from pt5_async.checksum import Algorithm, digest
from pt5_async.errors import (
    AccessDenied,
    BodyRefused,
    ChecksumUnsupported,
    ConnectionLost,
    ObjectRefused,
    Pt5Error,
    SourceVanished,
    StoreBusy,
    StoreError,
    UploadGone,
)
from pt5_async.events import Notice, Sending
from pt5_async.examine import named_checksum
from pt5_async.journal import NoJournal
from pt5_async.model import Failed, Hold, Outcome, Uploaded
from pt5_async.objects import Encryption, ObjectOptions
from pt5_async.store import PARTS_AT_ONCE
from pt5_async.stream import window

KEY = "p/large"


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def error_of(found: dict[str, Outcome]) -> Pt5Error:
    outcome = found["large"]
    assert isinstance(outcome, Failed), outcome
    return outcome.error


async def test_a_large_file_arrives_in_parts_under_one_checksum(
    shore: Shore,
) -> None:
    body = large(shore.source)
    outcome = (await shore.run())["large"]
    assert isinstance(outcome, Uploaded)
    assert shore.store.objects[KEY].body == body
    assert outcome.checksum == named_checksum(
        digest(Algorithm.CRC64NVME, body)
    )
    assert outcome.attempts == 1
    assert shore.store.uploads == {}
    parts = [key for op, key in shore.store.requests if op is Op.PART]
    assert sorted(parts) == [f"{KEY}#{number}" for number in (1, 2, 3)]
    assert shore.known(KEY)[KEY].checksum == outcome.checksum
    with shore.journal() as memory:
        assert memory.open_upload(KEY) is None


@pytest.mark.parametrize(("size", "streams"), [(16, False), (16.1, True)])
async def test_up_to_16_mib_a_file_goes_whole(
    shore: Shore, size: float, streams: bool
) -> None:
    write(shore.source / "large", bytes(int(size * MIB)))
    await shore.run()
    assert (shore.store.count(Op.BEGIN) == 1) is streams
    assert (shore.store.count(Op.PUT) == 1) is not streams


async def test_four_parts_travel_together_and_no_more_are_in_memory(
    shore: Shore,
) -> None:
    large(shore.source, 56)
    gates = [shore.store.gate(Op.PART, f"#{n}") for n in range(1, 8)]
    task = asyncio.create_task(shore.run())
    for gate in gates[:PARTS_AT_ONCE]:
        await gate.reached.wait()
    await asyncio.sleep(0.05)
    assert not any(gate.reached.is_set() for gate in gates[PARTS_AT_ONCE:])
    for gate in gates:
        gate.let_go.set()
    await task
    assert shore.store.peak_bytes == 32 * MIB


@pytest.mark.parametrize(
    ("budget", "expected"),
    [(128 * MIB, 4), (31 * MIB, 3), (8 * MIB, 1), (1, 1)],
)
def test_a_small_budget_lets_fewer_parts_travel(
    budget: int, expected: int
) -> None:
    assert window(20 * MIB, budget) == expected


async def test_what_is_told_of_the_bytes_sent_grows_to_the_whole(
    shore: Shore,
) -> None:
    body = large(shore.source, 40)
    await shore.run()
    sent = [event.sent for event in shore.tell.of(Sending)]
    assert sent == sorted(sent)
    assert len(sent) == 5
    assert sent[-1] == len(body)


async def test_an_sha256_upload_carries_both_digests(shore: Shore) -> None:
    body = large(shore.source)
    shore.store.algorithm = Algorithm.SHA256
    outcome = (await shore.run())["large"]
    assert isinstance(outcome, Uploaded)
    assert outcome.proof.value == "sha256"
    assert outcome.checksum == named_checksum(
        digest(Algorithm.CRC64NVME, body)
    )


# ---- failures


async def test_each_request_is_tried_three_times_and_all_are_counted(
    shore: Shore,
) -> None:
    large(shore.source)
    for op, end in (
        (Op.BEGIN, ""),
        (Op.PART, "#1"),
        (Op.PART, "#3"),
        (Op.COMPLETE, ""),
    ):
        shore.store.script(op, end, StoreBusy, ConnectionLost)
    outcome = (await shore.run())["large"]
    assert isinstance(outcome, Uploaded)
    assert outcome.attempts == 9
    assert shore.store.uploads == {}


@pytest.mark.parametrize("op", [Op.PART, Op.COMPLETE])
@pytest.mark.parametrize(
    ("fault", "times"),
    [(ObjectRefused, 1), (AccessDenied, 1), (BodyRefused, 3)],
)
async def test_what_the_store_refuses_is_aborted(
    shore: Shore, op: Op, fault: type[StoreError], times: int
) -> None:
    large(shore.source)
    write(shore.source / "accepted")
    end = "#2" if op is Op.PART else "large"
    shore.store.script(op, end, *[fault] * times)
    found = await shore.run(concurrency=1)
    assert type(error_of(found)) is fault
    assert error_of(found).attempts == times
    assert shore.store.uploads == {}
    assert KEY not in shore.store.objects
    with shore.journal() as memory:
        assert memory.open_upload(KEY) is None


async def test_a_failed_file_counts_the_attempts_of_all_its_requests(
    shore: Shore,
) -> None:
    large(shore.source)
    shore.store.script(Op.BEGIN, "", StoreBusy, StoreBusy)
    shore.store.script(Op.PART, "#2", ObjectRefused)
    assert error_of(await shore.run()).attempts == 3


async def test_without_a_journal_an_outage_leaves_no_parts_behind(
    shore: Shore,
) -> None:
    large(shore.source)
    shore.store.script(Op.PART, "#2", *[ConnectionLost] * 3)
    found = await shore.run_with(NoJournal())
    assert isinstance(error_of(found), ConnectionLost)
    assert shore.store.uploads == {}


async def test_an_answer_to_complete_that_is_lost_costs_no_second_upload(
    shore: Shore,
) -> None:
    body = large(shore.source)
    shore.store.script(Op.COMPLETE, "", ConnectionLost, late=True)
    found = await shore.run()
    assert isinstance(found["large"], Uploaded)
    assert shore.store.objects[KEY].body == body
    assert shore.store.uploads == {}
    assert shore.store.count(Op.BEGIN) == 1


async def test_an_object_that_was_to_get_more_than_its_bytes_is_sent_again(
    shore: Shore,
) -> None:
    large(shore.source)
    shore.store.script(Op.COMPLETE, "", ConnectionLost, late=True)
    found = await shore.run(objects=ObjectOptions(sse=Encryption.AES256))
    assert isinstance(found["large"], Uploaded)
    assert shore.store.count(Op.BEGIN) == 2


async def test_where_nobody_may_look_a_lost_answer_costs_a_second_upload(
    shore: Shore,
) -> None:
    write(shore.source / "accepted")
    body = large(shore.source)
    shore.store.script(Op.COMPLETE, "", ConnectionLost, late=True)
    shore.store.script(Op.HEAD, "", *[AccessDenied] * 3)
    found = await shore.run(concurrency=1)
    assert isinstance(found["large"], Uploaded)
    assert shore.store.objects[KEY].body == body
    assert shore.store.count(Op.BEGIN) == 2


async def test_another_checksum_is_tried_with_an_upload_of_its_own(
    shore: Shore,
) -> None:
    body = large(shore.source)
    shore.store.script(Op.PART, "#1", ChecksumUnsupported)
    found = await shore.run()
    assert isinstance(found["large"], Uploaded)
    assert shore.store.objects[KEY].body == body
    assert shore.store.count(Op.BEGIN) == 2
    assert shore.store.uploads == {}


@pytest.mark.parametrize("fault", [ChecksumUnsupported, UploadGone])
async def test_after_three_uploads_it_is_given_up(
    shore: Shore, fault: type[StoreError]
) -> None:
    large(shore.source)
    shore.store.script(Op.PART, "#1", *[fault] * 9)
    assert type(error_of(await shore.run())) is fault
    assert shore.store.count(Op.BEGIN) == 3
    assert shore.store.uploads == {}


async def test_a_denied_abort_is_tolerated_and_named(shore: Shore) -> None:
    large(shore.source)
    write(shore.source / "accepted")
    shore.store.script(Op.PART, "#2", ObjectRefused)
    shore.store.script(Op.ABORT, "", AccessDenied)
    found = await shore.run(concurrency=1)
    assert isinstance(error_of(found), ObjectRefused)
    [notice] = shore.tell.of(Notice)
    assert "p/large: the parts of upload upload-1 stay" in notice.text
    assert "lifecycle rule" in notice.text


# ---- the source


@pytest.mark.parametrize("end", ["#1", "#3"])
async def test_a_file_that_changes_while_it_streams_is_held_and_aborted(
    shore: Shore, end: str
) -> None:
    large(shore.source)
    path = shore.source / "large"
    gate = shore.store.gate(Op.PART, end)
    gate.when_reached = lambda: touch(path, age=7100)
    gate.let_go.set()
    assert held(await shore.run()) is Hold.SETTLING
    assert shore.store.objects == {}
    assert shore.store.uploads == {}
    with shore.journal() as memory:
        assert memory.open_upload(KEY) is None


async def test_a_file_that_becomes_shorter_is_held_and_aborted(
    shore: Shore,
) -> None:
    large(shore.source, 60)
    path = shore.source / "large"
    gate = shore.store.gate(Op.PART, "#1")
    gate.when_reached = lambda: path.write_bytes(b"short")
    gate.let_go.set()
    assert held(await shore.run()) is Hold.SETTLING
    assert shore.store.uploads == {}


async def test_a_file_that_is_gone_when_its_turn_comes_fails(
    shore: Shore,
) -> None:
    large(shore.source)
    path = shore.source / "large"
    gate = shore.store.gate(Op.LIST, "")
    gate.when_reached = path.unlink
    gate.let_go.set()
    assert isinstance(error_of(await shore.run()), SourceVanished)
    assert shore.store.count(Op.BEGIN) == 0
