"""The library door: what `upload_tree` promises to the program around it."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable
from pathlib import Path

import pytest
from commands import asked, bodies, files_below
from fakes import Recorder
from runs import big_bin, names, write, write_bin
from servers.faults import Answer, Rule
from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer
from uploads import TARGET, a_session, reaching

from pt5_async import Summary, Target, errors, upload_tree
from pt5_async.events import Event, RunBegun, Sending
from pt5_async.ifcb.names import Kind
from pt5_async.model import Hold, Skip

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def test_a_tree_goes_up_and_the_summary_says_so(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    source = tmp_path / "tree"
    write_bin(source / "day", 1)
    write_bin(source / "day", 2, made=big_bin(20))
    write_bin(source, 3, without=(Kind.ADC,))
    write(source / "notes.txt")
    summary = await upload_tree(
        source, TARGET, settings=reaching(scripted), session=a_session()
    )
    files = files_below(source / "day")
    assert bodies(scripted, "p/day/") == files
    assert isinstance(summary, Summary)
    assert summary.uploaded.files == 6
    assert summary.uploaded.size == sum(map(len, files.values()))
    assert summary.held_by.keys() == {Hold.BROKEN}
    assert (summary.left, summary.found.files) == (1, 8)
    assert not summary.stopped


async def test_source_and_target_may_have_types_of_their_own(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    paths = write_bin(tmp_path / "tree")
    summary = await upload_tree(
        str(paths[Kind.ROI]),
        Target("bucket", "a/b"),
        settings=reaching(scripted),
        session=a_session(),
    )
    assert summary.target == Target("bucket", "a/b")
    assert set(bodies(scripted, "a/b/")) == set(names())


async def test_it_prints_nothing_and_leaves_the_process_as_it_was(
    tmp_path: Path,
    scripted: ScriptedServer,
    clean_environment: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    source = tmp_path / "tree"
    write_bin(source, 1)
    write_bin(source, 2, without=(Kind.ADC,))
    refused = Answer(400, "EntityTooLarge")
    scripted.script(Rule(refused, Op.PUT, key="*.hdr"))

    def world() -> object:
        root = logging.getLogger()
        return (
            [signal.getsignal(one) for one in SIGNALS],
            asyncio.get_event_loop_policy(),
            (root.level, list(root.handlers)),
            os.getcwd(),
            dict(os.environ),
            sys.excepthook,
        )

    before = world()
    seen = []
    summary = await upload_tree(
        source,
        TARGET,
        settings=reaching(scripted),
        session=a_session(),
        observer=lambda _: seen.append(world()),
    )
    assert summary.failed.files == 2
    assert [one for one in seen if one != before] == []
    assert world() == before
    assert capfd.readouterr() == ("", "")
    assert not files_below(clean_environment), "nothing was kept at home"


async def test_with_a_session_the_environment_has_no_say(
    tmp_path: Path, scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "tree"
    write_bin(source)
    with ScriptedServer() as trap:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "AKIATRAP",
            "AWS_SECRET_ACCESS_KEY": "trap",
            "AWS_SESSION_TOKEN": "t0ken",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": trap.url,
            "AWS_ENDPOINT_URL_S3": trap.url,
            "AWS_UPLOAD_URL": "s3://trap/trap",
            "AWS_MAX_ATTEMPTS": "9",
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_supported",
            "IFCB_DATA_DIR": "/trap",
            "PT5_STATE": str(tmp_path / "trap"),
        }.items():
            monkeypatch.setenv(name, value)
        await upload_tree(
            source, TARGET, settings=reaching(scripted), session=a_session()
        )
        assert trap.connections == 0
    assert bodies(scripted) == files_below(source)
    said = repr([one.headers for one in scripted.log])
    for word in ("AKIATRAP", "t0ken", "eu-west-1", "trap", "trailer"):
        assert word not in said
    assert not (tmp_path / "trap").exists()


async def test_without_a_session_the_environment_says_as_whom(
    tmp_path: Path, scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bin(tmp_path / "tree")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", IDENTITY.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", IDENTITY.secret_key)
    await upload_tree(tmp_path / "tree", TARGET, settings=reaching(scripted))
    assert len(scripted.objects) == 3


async def test_calls_side_by_side_do_not_meet(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    for place in ("one", "two"):
        for number in range(20):
            write_bin(tmp_path / place, number)
        write_bin(tmp_path / place, 30, made=big_bin(20))
    write_bin(tmp_path / "two", 40)
    summaries = await asyncio.gather(
        *(
            upload_tree(
                tmp_path / place,
                f"s3://bucket/{place}",
                settings=reaching(scripted, state=tmp_path / f"{place}-state"),
                session=a_session(),
            )
            for place in ("one", "two")
        )
    )
    assert [summary.uploaded.files for summary in summaries] == [63, 66]
    assert bodies(scripted, "") == {
        key: body
        for key, body in files_below(tmp_path).items()
        if "-state" not in key
    }


async def test_two_calls_with_one_journal_and_bucket_exclude_each_other(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    write_bin(tmp_path / "tree")
    settings = reaching(scripted, state=tmp_path / "state")

    def again() -> Awaitable[Summary]:
        return upload_tree(
            tmp_path / "tree", TARGET, settings=settings, session=a_session()
        )

    gate = scripted.gate(Op.PUT)
    first = asyncio.ensure_future(again())
    await gate.wait()
    with pytest.raises(errors.RunBusy, match=f"process {os.getpid()} "):
        await again()
    gate.release()
    assert (await first).uploaded.files == 3
    assert (await again()).skipped_by[Skip.JOURNAL].files == 3


async def test_without_state_a_listing_tells_what_is_there(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    write_bin(tmp_path / "tree", 1)
    settings = reaching(scripted)
    args = tmp_path / "tree", TARGET
    await upload_tree(*args, settings=settings, session=a_session())
    write_bin(tmp_path / "tree", 2)
    scripted.log.clear()
    summary = await upload_tree(*args, settings=settings, session=a_session())
    assert summary.skipped_by[Skip.LISTING].files == 3
    assert {key.removeprefix("p/") for key in asked(scripted, Op.PUT)} == set(
        names(2)
    )


async def test_the_observer_is_told_from_the_beginning_to_the_end(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    write_bin(tmp_path / "tree", made=big_bin(20))
    tell = Recorder()
    threads: set[bool] = set()

    def watch(event: Event) -> None:
        threads.add(asyncio.get_running_loop() is loop)
        tell(event)

    loop = asyncio.get_running_loop()
    summary = await upload_tree(
        tmp_path / "tree",
        TARGET,
        settings=reaching(scripted),
        session=a_session(),
        observer=watch,
    )
    assert threads == {True}
    assert isinstance(tell.events[0], RunBegun)
    assert tell.events[0].run == summary.run
    assert len(tell.outcomes()) == 3
    sent = [event.sent for event in tell.of(Sending)]
    assert sent == sorted(sent)
    assert sent[-1] == 20 * 2**20


async def test_a_dry_run_reads_and_asks_but_changes_nothing(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    write_bin(tmp_path / "tree")
    summary = await upload_tree(
        tmp_path / "tree",
        TARGET,
        settings=reaching(scripted, state=tmp_path / "state"),
        session=a_session(),
        dry_run=True,
    )
    assert summary.dry_run
    assert summary.uploaded.files == 3
    assert {one.op for one in scripted.log} == {Op.LIST}
    assert not (tmp_path / "state").exists()
