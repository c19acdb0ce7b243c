"""Uploads in parts that one run began and a later one ends."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import Op
from runs import Shore, large, touch

from pt5_async.errors import (
    ConnectionLost,
    CredentialsRefused,
    StoreBusy,
    StoreError,
)
from pt5_async.model import Failed, Uploaded
from pt5_async.objects import Encryption, ObjectOptions, RequestPayer

KEY = "p/large"


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


@pytest.mark.parametrize("fault", [StoreBusy, ConnectionLost])
async def test_with_a_journal_the_next_run_sends_the_missing_parts(
    shore: Shore, fault: type[StoreError]
) -> None:
    body = large(shore.source)
    shore.store.script(Op.PART, "#2", *[fault] * 3)
    found = await shore.run()
    outcome = found["large"]
    assert isinstance(outcome, Failed)
    assert type(outcome.error) is fault
    [begun] = shore.store.uploads.values()
    there = set(begun.parts)
    assert 2 not in there
    found = await shore.run()
    assert isinstance(found["large"], Uploaded)
    sent = {key for op, key in shore.store.requests if op is Op.PART}
    assert sent == {f"{KEY}#{n}" for n in {1, 2, 3} - there}
    assert shore.store.count(Op.BEGIN) == shore.store.count(Op.ABORT) == 0
    assert shore.store.objects[KEY].body == body
    assert shore.store.uploads == {}
    assert any("goes on after" in text for text in shore.tell.notices())


async def test_a_lost_complete_is_all_that_the_next_run_asks_for(
    shore: Shore,
) -> None:
    body = large(shore.source)
    shore.store.script(Op.COMPLETE, "", *[StoreBusy] * 3)
    await shore.run()
    await shore.run()
    assert [op for op, _ in shore.store.requests] == [Op.LIST, Op.COMPLETE]
    assert shore.store.objects[KEY].body == body


async def test_a_fatal_error_keeps_the_parts_for_better_days(
    shore: Shore,
) -> None:
    large(shore.source)
    shore.store.script(Op.PART, "#3", CredentialsRefused)
    with pytest.raises(CredentialsRefused):
        await shore.run()
    assert len(shore.store.uploads) == 1
    assert isinstance((await shore.run())["large"], Uploaded)
    assert shore.store.count(Op.BEGIN) == 0


@pytest.mark.parametrize("size", [20, 28])
async def test_parts_of_another_file_are_aborted_and_all_begins_anew(
    shore: Shore, size: int
) -> None:
    large(shore.source)
    shore.store.script(Op.COMPLETE, "", *[StoreBusy] * 3)
    await shore.run()
    body = large(shore.source, size)
    touch(shore.source / "large", age=7000)
    found = await shore.run()
    assert isinstance(found["large"], Uploaded)
    assert shore.store.objects[KEY].body == body
    assert shore.store.count(Op.ABORT) == shore.store.count(Op.BEGIN) == 1
    assert shore.store.uploads == {}


async def test_what_was_begun_without_encryption_is_not_ended_with_it(
    shore: Shore,
) -> None:
    large(shore.source)
    shore.store.script(Op.PART, "#2", *[StoreBusy] * 6)
    await shore.run()
    secret = ObjectOptions(sse=Encryption.AES256)
    await shore.run(objects=secret)
    requests = [op for op, _ in shore.store.requests]
    assert Op.ABORT in requests
    assert Op.BEGIN in requests
    again = replace(secret, request_payer=RequestPayer.REQUESTER)
    await shore.run(objects=again)
    assert shore.store.count(Op.BEGIN) == shore.store.count(Op.ABORT) == 0
    assert KEY in shore.store.objects


async def test_an_upload_that_the_store_forgot_begins_anew(
    shore: Shore,
) -> None:
    body = large(shore.source)
    shore.store.script(Op.COMPLETE, "", *[StoreBusy] * 3)
    await shore.run()
    shore.store.uploads.clear()
    found = await shore.run()
    assert isinstance(found["large"], Uploaded)
    assert shore.store.objects[KEY].body == body
    assert shore.store.count(Op.PART) == 3
