"""What does not come back is named, and holds up nobody who wants to leave.

A network share that is dead answers nothing at all: neither a look at SOURCE
itself, nor at a file that `inspect` wants to read.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from catalogue import row
from fakes import Recorder
from runs import names, write_bin

from pt5_async import Settings, Stop, upload_tree, verify_tree
from pt5_async.events import Notice
from pt5_async.inspect import Inspected, inspect_tree
from pt5_async.settings import Lane

Journey = Coroutine[Any, Any, object]

SOON = 0.2
TARGET = "s3://bucket/p"


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set, it lets go of all that waits for the disk."""
    monkeypatch.setattr("pt5_async.slow.SECONDS", SOON)
    answers = threading.Event()
    yield answers
    answers.set()


def hanging(
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    name: str,
    dead: threading.Event,
) -> None:
    """Have a call of the system hang for what ends with `name`."""
    really = getattr(os, call)

    def hangs(path: object, *args: object, **more: object) -> object:
        if str(path).endswith(name):
            dead.wait(30)
        return really(path, *args, **more)

    monkeypatch.setattr(os, call, hangs)


def sending(
    source: Path, rules: Settings, tell: Recorder, stop: Stop
) -> Journey:
    return upload_tree(
        source, TARGET, settings=rules, observer=tell, stop=stop
    )


def verifying(
    source: Path, rules: Settings, tell: Recorder, stop: Stop
) -> Journey:
    def hear(found: object) -> None:
        assert isinstance(found, Notice)
        tell(found)

    return verify_tree(source, TARGET, settings=rules, tell=hear, stop=stop)


@row("hung source")
@pytest.mark.parametrize("begin", [sending, verifying])
async def test_a_source_that_hangs_is_named_and_left_when_somebody_asks(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dead: threading.Event,
    begin: Callable[[Path, Settings, Recorder, Stop], Journey],
    lane: str,
) -> None:
    source, tell, stop = tmp_path / "share", Recorder(), Stop()
    rules = Settings(lane=Lane(lane))
    write_bin(source)
    hanging(monkeypatch, "stat", "share", dead)
    task = asyncio.ensure_future(begin(source, rules, tell, stop))
    async with asyncio.timeout(10):
        await tell.until(Notice)
        begun = time.monotonic()
        stop.finish()
        await task
    assert time.monotonic() - begun < 1
    dead.set()
    [notice] = tell.notices()
    assert notice.startswith(f"{source}: not read after {SOON} s; does the")


def test_inspect_names_what_it_cannot_read_and_where_it_cannot_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dead: threading.Event
) -> None:
    for number in range(3):
        write_bin(tmp_path / "share", number)
    hanging(monkeypatch, "stat", "share", dead)
    hanging(monkeypatch, "open", names(1)[2], dead)
    told: list[str] = []

    def watch(notice: Notice) -> None:
        told.append(notice.text)
        dead.set()

    findings = inspect_tree(tmp_path / "share", watch=watch)
    dead.clear()
    bins = [one for one in findings if isinstance(one, Inspected)]
    assert len(bins) == 3
    assert [text.partition(":")[0] for text in told] == [
        str(tmp_path / "share"),
        names(1)[0],
    ]
