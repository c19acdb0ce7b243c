"""How a run of the library ends: failures, errors, a stop from elsewhere."""

import asyncio
from pathlib import Path

import pytest
from fakes import Recorder
from runs import pid_text, write_bin
from servers.faults import Answer, Rule
from servers.personality import Denied, Personality
from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer
from uploads import TARGET, a_session, reaching

from pt5_async import Stop, Summary, errors, upload_tree
from pt5_async.events import Event, JobDone, Stopping
from pt5_async.model import Hold


async def upload(tmp_path: Path, server: ScriptedServer) -> Summary:
    return await upload_tree(
        tmp_path / "tree",
        TARGET,
        settings=reaching(server),
        session=a_session(),
    )


async def test_failed_files_are_in_the_summary_which_raises_on_request(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    write_bin(tmp_path / "tree", 1)
    write_bin(tmp_path / "tree", 2)
    bad = f"{pid_text(2)}.roi"
    refused = Answer(400, "EntityTooLarge", "too large")
    scripted.script(Rule(refused, Op.PUT, key=f"p/{bad}"))
    summary = await upload(tmp_path, scripted)
    assert summary.failures[0].item.file.relative == bad
    with pytest.raises(errors.RunFailed, match=f"2 files failed.* {bad}: "):
        summary.raise_for_failures()
    scripted.clear()
    summary = await upload(tmp_path, scripted)
    summary.raise_for_failures()


@pytest.mark.parametrize(
    ("target", "secret", "kind"),
    [
        ("s3://nowhere/p", IDENTITY.secret_key, errors.BucketMissing),
        ("s3://far/p", IDENTITY.secret_key, errors.WrongRegion),
        (TARGET, "wrong", errors.CredentialsRefused),
    ],
)
async def test_what_ends_a_run_is_raised_bare_with_the_summary_so_far(
    tmp_path: Path,
    scripted: ScriptedServer,
    target: str,
    secret: str,
    kind: type[errors.Pt5Error],
) -> None:
    scripted.make_bucket("far", "eu-west-1")
    write_bin(tmp_path / "tree")
    with pytest.raises(errors.Pt5Error) as caught:
        await upload_tree(
            tmp_path / "tree",
            target,
            settings=reaching(scripted),
            session=a_session(secret),
        )
    assert type(caught.value) is kind
    assert isinstance(caught.value.summary, Summary)
    assert caught.value.summary.held_by[Hold.NOT_REACHED].files == 3


async def test_when_every_write_is_denied_one_error_ends_the_run(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    for number in range(50):
        write_bin(tmp_path / "tree", number)
    scripted.personality = Personality(denied=(Denied(Op.PUT),))
    with pytest.raises(errors.AccessDenied) as caught:
        await upload(tmp_path, scripted)
    assert isinstance(caught.value.summary, Summary)
    assert caught.value.summary.found.files == 150
    assert caught.value.summary.uploaded.files == 0


async def test_a_source_that_is_not_there_is_said_before_anything_else(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    with pytest.raises(errors.SourceMissing, match="nowhere"):
        await upload_tree(
            tmp_path / "nowhere",
            TARGET,
            settings=reaching(scripted),
            session=a_session(),
        )
    assert scripted.connections == 0


async def test_other_code_can_stop_a_run(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    for number in range(30):
        write_bin(tmp_path / "tree", number)
    stop, tell = Stop(), Recorder()

    def watch(event: Event) -> None:
        tell(event)
        if len(tell.of(JobDone)) == 5:
            stop.finish()

    summary = await upload_tree(
        tmp_path / "tree",
        TARGET,
        settings=reaching(scripted, concurrency=2),
        session=a_session(),
        observer=watch,
        stop=stop,
    )
    assert summary.stopped
    # Five bins, the .roi and .hdr of two, and a third of which only the
    # .adc was under way.
    assert 15 <= summary.uploaded.files <= 15 + 2 * 2 + 3
    unreached = summary.held_by[Hold.NOT_REACHED].files
    assert summary.uploaded.files + unreached == 90
    assert tell.of(Stopping)[0].at_once is False


async def test_a_stop_at_once_waits_for_nothing(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    write_bin(tmp_path / "tree")
    stop = Stop()
    gate = scripted.gate(Op.PUT)
    task = asyncio.ensure_future(
        upload_tree(
            tmp_path / "tree",
            TARGET,
            settings=reaching(scripted),
            session=a_session(),
            stop=stop,
        )
    )
    await gate.wait()
    stop.at_once()
    async with asyncio.timeout(3):
        summary = await task
    assert summary.stopped
    assert summary.held_by[Hold.NOT_REACHED].files == 3
