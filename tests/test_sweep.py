"""Uploads in parts whose files never came back."""

import asyncio
from pathlib import Path

import pytest
from fakes import MIB, Op
from runs import Shore, large
from servers import routing
from servers.scripted import ScriptedServer
from uploads import TARGET, a_session, reaching

from pt5_async.errors import AccessDenied, StoreBusy
from pt5_async.journal import Journal, OpenUpload
from pt5_async.s3.client import endpoint_name
from pt5_async.sweep import KEPT_NS, sweep
from pt5_async.upload import upload_tree

WEEK = KEPT_NS / 1e9


@pytest.fixture
async def shore(tmp_path: Path) -> Shore:
    """One with an upload that was cut off, and whose file is gone."""
    made = Shore(tmp_path)
    large(made.source)
    made.store.script(Op.COMPLETE, "", *[StoreBusy] * 3)
    await made.run()
    (made.source / "large").unlink()
    made.store.forgive()
    assert len(made.store.uploads) == 1
    return made


async def swept(shore: Shore) -> None:
    with shore.journal() as memory, shore.kit(memory) as kit:
        await sweep(kit)


async def test_an_upload_waits_a_week_for_its_file(shore: Shore) -> None:
    shore.clock.advance(WEEK)
    await swept(shore)
    assert not shore.store.requests
    shore.clock.advance(1)
    await swept(shore)
    assert shore.store.uploads == {}
    assert shore.tell.notices() == [
        "p/large: its upload in parts was never finished; dropped"
    ]


async def test_what_was_swept_is_not_asked_for_again(shore: Shore) -> None:
    shore.clock.advance(WEEK + 1)
    await swept(shore)
    await swept(shore)
    assert not shore.store.requests


async def test_a_denied_abort_is_named_once_and_no_error(
    shore: Shore,
) -> None:
    shore.clock.advance(WEEK + 1)
    shore.store.script(Op.ABORT, "", AccessDenied)
    await swept(shore)
    assert "stay in the store" in shore.tell.notices()[0]
    await swept(shore)
    assert not shore.store.requests


async def test_a_run_that_is_stopped_sweeps_nothing(shore: Shore) -> None:
    shore.clock.advance(WEEK + 1)
    with shore.journal() as memory, shore.kit(memory) as kit:
        kit.stop.finish()
        await sweep(kit)
    assert not shore.store.requests


@pytest.mark.parametrize("dry", [True, False])
async def test_the_end_of_a_run_is_when_it_happens(
    tmp_path: Path, scripted: ScriptedServer, dry: bool
) -> None:
    (tmp_path / "tree").mkdir()
    state = tmp_path / "state"
    state.mkdir()
    with Journal.open(
        state, endpoint=endpoint_name(scripted.url), bucket="bucket"
    ) as journal:
        journal.begin_upload(
            OpenUpload("gone", "id", 20 * MIB, 1, 8 * MIB, "auto:", begun_ns=1)
        )
    async with asyncio.timeout(30):
        await upload_tree(
            tmp_path / "tree",
            TARGET,
            settings=reaching(scripted, state=state),
            session=a_session(),
            dry_run=dry,
        )
    asked = [one.op for one in scripted.log]
    assert asked == ([] if dry else [routing.Op.ABORT])
