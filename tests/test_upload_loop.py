"""The caller's event loop goes on while a tree is uploaded."""

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from runs import big_bin, write_bin
from uploads import TARGET, a_session

from pt5_async import Settings, Summary, upload_tree
from pt5_async.disk import cached
from pt5_async.s3.door import BEGUN_AT_ONCE, HEAVY_BYTES, Door

LONGEST = 0.050
"""Seconds for which the loop may stand still."""

SLOW = 0.060
"""Seconds that a call takes on a slow disk."""

CALM = 0.005
"""Seconds that a program may wait for its turn while a machine is calm."""

PULSE = 0.002
"""Seconds between two beats."""

SENTRY = (
    "import select, sys, time\n"
    "longest = 0.0\n"
    "begun = time.perf_counter()\n"
    f"while not select.select([sys.stdin], [], [], {PULSE})[0]:\n"
    "    now = time.perf_counter()\n"
    f"    longest, begun = max(longest, now - begun - {PULSE}), now\n"
    "print(longest)\n"
)
"""Says how long a program that has nothing to do had to wait for its turn."""


@pytest.fixture
def far_url() -> Iterator[str]:
    """A store in another process: what it computes is not measured here."""
    with subprocess.Popen(
        [sys.executable, "-m", "servers"],
        cwd=Path(__file__).parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        yield process.stdout.readline().split()[0]
        process.stdin.close()


class Heart:
    """Beats on the loop: how much too late the latest beat came, in seconds.

    `stood` is by the clock, and `worked` what this thread computed between
    two beats, which a hungry machine does not lengthen. `machine` is how
    long another program, too, had to wait for its turn.
    """

    def __init__(self) -> None:
        self.stood = self.worked = self.machine = 0.0
        self.beats = 0

    @property
    def well(self) -> bool:
        """Whether nothing was late; by the clock if the machine was calm."""
        stood = self.stood if self.machine < CALM else 0.0
        return max(self.worked, stood) < LONGEST

    async def beat(self) -> None:
        while True:
            wall, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(PULSE)
            self.stood = max(self.stood, time.perf_counter() - wall - PULSE)
            self.worked = max(self.worked, time.thread_time() - cpu)
            self.beats += 1


@asynccontextmanager
async def beating() -> AsyncIterator[Heart]:
    heart = Heart()
    with sentry(heart), no_garbage_collection():
        task = asyncio.ensure_future(heart.beat())
        try:
            yield heart
        finally:
            task.cancel()


@contextmanager
def sentry(heart: Heart) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-c", SENTRY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield
        heart.machine = float(process.communicate("done\n")[0])


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """How long one takes depends on all that the caller's process holds."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def make_tree(source: Path) -> None:
    """Many small files, some just below and one above what goes in parts."""
    for number in range(80):
        write_bin(source / f"day{number % 4}", number)
    for number in range(100, 105):
        write_bin(source / "large", number, made=big_bin(16))
    write_bin(source, 200, made=big_bin(40))


async def upload(root: Path, url: str, state: str) -> Summary:
    summary = await upload_tree(
        root / "tree",
        f"{TARGET}/{state}",
        settings=Settings(endpoint_url=url, state=root / state),
        session=a_session(),
    )
    assert summary.uploaded.files == 258
    return summary


async def test_the_loop_never_stands_still(
    tmp_path: Path, far_url: str
) -> None:
    make_tree(tmp_path / "tree")
    hearts = []
    # One hiccup of the machine is none of ours: once of four has to be well.
    for attempt in range(4):
        async with beating() as heart:
            await upload(tmp_path, far_url, f"state{attempt}")
        assert heart.beats > 20
        hearts.append(heart)
        if heart.well:
            return
    pytest.fail(f"it stood still: {[vars(heart) for heart in hearts]}")


async def test_a_slow_disk_is_waited_for_in_threads_alone(
    tmp_path: Path, far_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tree(tmp_path / "tree")
    here, calls = threading.get_ident(), count()
    on_the_loop: list[str] = []

    def slow(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(what: Any, *args: Any, **more: Any) -> Any:
            if isinstance(what, int) or str(tmp_path) in os.fsdecode(what):
                next(calls)
                if threading.get_ident() == here:
                    on_the_loop.append(f"{name}({what!r}) by {callers()}")
                time.sleep(SLOW)
            return real(what, *args, **more)

        return call

    with monkeypatch.context() as patch:
        # What is cached of a disk in this machine is read on the spot.
        patch.setattr(cached, "LOCAL", frozenset())
        for name in ("open", "read", "fstat", "lstat", "stat", "scandir"):
            patch.setattr(os, name, slow(name))
        await upload(tmp_path, far_url, "state")
    assert next(calls) > 500, "this disk was not slow"
    assert not on_the_loop


def callers(depth: int = 6) -> str:
    """Who called, the nearest first; without looking into any file."""
    frame = sys._getframe(2)
    found: list[str] = []
    while frame.f_back and len(found) < depth:
        code = frame.f_code
        found.append(f"{code.co_filename}:{frame.f_lineno} {code.co_name}")
        frame = frame.f_back
    return ", ".join(found)


async def begun_by_iteration(*sizes: int) -> list[list[int]]:
    """Which of these requests begin in which iteration of the loop."""
    turns, rounds = Door(), [list[int]()]

    async def begin(number: int) -> None:
        await turns.enter(sizes[number])
        rounds[-1].append(number)

    tasks = [asyncio.ensure_future(begin(n)) for n in range(len(sizes))]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0)
        rounds.append([])
    return list(filter(None, rounds))


async def test_few_requests_begin_in_one_iteration_in_their_order() -> None:
    rounds = await begun_by_iteration(*[100] * 50)
    assert [n for begun in rounds for n in begun] == list(range(50))
    assert max(map(len, rounds)) == BEGUN_AT_ONCE


async def test_a_heavy_body_begins_alone() -> None:
    heavy = BEGUN_AT_ONCE * HEAVY_BYTES
    rounds = await begun_by_iteration(100, heavy, heavy, 100, 100)
    assert [begun for begun in rounds if 1 in begun or 2 in begun] == [
        [1],
        [2],
    ]


async def test_a_request_that_is_given_up_holds_up_nobody() -> None:
    turns = Door()
    for _ in range(BEGUN_AT_ONCE):
        await turns.enter(0)
    waiting = [asyncio.ensure_future(turns.enter(0)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    async with asyncio.timeout(5):
        await asyncio.wait(waiting)
        await turns.enter(0)
