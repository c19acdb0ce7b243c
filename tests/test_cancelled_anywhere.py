"""`upload_tree` cancelled at any of its awaits leaves nothing behind."""

import asyncio
import random
import tempfile
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from commands import bodies, files_below, until
from runs import big_bin, open_files, write_bin
from servers.faults import Answer, Delay, Rule
from servers.routing import Op
from servers.scripted import ScriptedServer
from uploads import TARGET, a_session, reaching

from pt5_async import Settings, Summary, upload_tree
from pt5_async.s3.client import AioSession

Anything = Coroutine[Any, Any, Any]


class Meter:
    """Counts how often anything of a run waits; at `strike` it cancels."""

    def __init__(self, strike: int | None = None) -> None:
        self.count, self._strike = 0, strike
        self.cancel: Callable[[], object] = lambda: None

    def waits(self) -> None:
        self.count += 1
        if self.count == self._strike:
            self.cancel()


class Metered(Coroutine[Any, Any, Any]):
    """A coroutine whose awaits that really wait are counted."""

    def __init__(self, inner: Anything, meter: Meter) -> None:
        self._inner, self._meter = inner, meter
        self.__name__ = getattr(inner, "__name__", "metered")

    def send(self, value: Any) -> Any:
        waited_for = self._inner.send(value)
        self._meter.waits()
        return waited_for

    def throw(self, *error: Any) -> Any:
        waited_for = self._inner.throw(*error)
        self._meter.waits()
        return waited_for

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        raise AssertionError("only tasks are metered")


def metered_run(
    source: Path, settings: Settings, session: AioSession, meter: Meter
) -> bool:
    """A run on a loop of its own; whether it was cancelled in time.

    No task may be left of it.
    """

    def task_of(
        loop: asyncio.AbstractEventLoop, inner: Anything, **more: Any
    ) -> "asyncio.Task[Any]":
        return asyncio.Task(Metered(inner, meter), loop=loop, **more)

    async def main() -> bool:
        loop = asyncio.get_running_loop()
        loop.set_task_factory(task_of)
        task: asyncio.Task[Summary] = loop.create_task(
            upload_tree(source, TARGET, settings=settings, session=session)
        )
        # Not from inside of what is being run: it may be that very task.
        meter.cancel = lambda: loop.call_soon(task.cancel)
        with suppress(asyncio.CancelledError):
            await asyncio.wait_for(asyncio.shield(task), 60)
        assert task.done(), "it does not end"
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return task.cancelled()

    return asyncio.run(main())


def threads() -> list[str]:
    names = (one.name for one in threading.enumerate())
    return [name for name in names if name.startswith("pt5")]


class Ground:
    """Where all runs begin, and what must not be left of them."""

    def __init__(self, root: Path, server: ScriptedServer) -> None:
        self.source, self.server = root / "ifcb", server
        self.tmp = root / "tmp"
        self.tmp.mkdir()
        for number in range(3):
            write_bin(self.source, number)
        write_bin(self.source / "large", 7, made=big_bin(20))
        # One that is tried again, and one that fails for good.
        self.busy = Rule(Answer(503, "SlowDown"), key="*1_IFCB134.*", times=2)
        self.bad = Rule(
            Answer(400, "KeyTooLongError"), Op.PUT, key="*2_IFCB134.hdr"
        )
        self.session = a_session()
        self.open = 0

    def run(self, settings: Settings, strike: int | None) -> tuple[bool, int]:
        """One run from nothing; whether cancelled, and its awaits."""
        server, meter = self.server, Meter(strike)
        server.clear()
        server.buckets["bucket"].objects.clear()
        for rule in (self.busy, self.bad, Rule(Delay(0.003))):
            server.script(rule)
        cancelled = metered_run(self.source, settings, self.session, meter)
        return cancelled, meter.count

    def nothing_is_left(self) -> None:
        exchanges = self.server._exchanges
        until(lambda: not exchanges.connections.now)
        until(lambda: not exchanges.requests.now)
        until(lambda: not threads())
        assert not self.server.uploads, "an upload in parts is open"
        assert not list(self.tmp.iterdir()), "a temporary file"
        until(lambda: open_files() <= self.open, 5)
        files = files_below(self.source)
        for key, body in bodies(self.server).items():
            assert files[key] == body


def cancelled_anywhere(
    root: Path, server: ScriptedServer, times: int, seed: int
) -> None:
    """Cancel as many runs, each at another await."""
    ground, dice = Ground(root, server), random.Random(seed)
    before = tempfile.tempdir
    tempfile.tempdir = str(ground.tmp)
    try:
        settings = reaching(server)
        ground.run(settings, None)
        _, awaits = ground.run(settings, None)
        until(lambda: not threads())
        ground.open = open_files()
        ground.nothing_is_left()
        in_time = 0
        for number in range(times):
            # One after the other, with a jitter, and never all in one place.
            part = (number + dice.random()) / times
            cancelled, _ = ground.run(settings, 1 + int(awaits * part))
            in_time += cancelled
            ground.nothing_is_left()
    finally:
        tempfile.tempdir = before
    print(f"cancelled {in_time} of {times} runs, of {awaits} awaits each")
    assert in_time > times * 0.8, "most came when all was over"


@pytest.mark.timeout(300)
def test_nothing_is_left_after_a_cancel_at_fifty_awaits(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    cancelled_anywhere(tmp_path, scripted, 50, 1)


@pytest.mark.long
@pytest.mark.timeout(0)
def test_nothing_is_left_after_a_cancel_at_five_hundred_awaits(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    cancelled_anywhere(tmp_path, scripted, 500, 2)
