"""Bins and loose files on the disk, and a whole run over them."""

import asyncio
import os
import time
from collections.abc import (
    Callable,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from fakes import MIB, SECOND, Clock, MemoryStore, Recorder, a_kit

from pt5_async.batch import Batches
from pt5_async.disk.look import Found
from pt5_async.disk.walk import open_source, walk
from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.ifcb.synthetic import BinBytes, empty_bin, make_bin
from pt5_async.journal import Journal, Memory, NoJournal
from pt5_async.kit import Kit, Stop
from pt5_async.model import (
    Entry,
    Held,
    Hold,
    LocalFile,
    Outcome,
    Skip,
    Skipped,
)
from pt5_async.pipeline import Pipeline
from pt5_async.settings import Settings

OLD = 7200.0
"""Seconds: longer ago than --broken-after."""


def pid_text(number: int) -> str:
    """The name of the bin that begins so many seconds into a day."""
    minutes, seconds = divmod(number, 60)
    hours, minutes = divmod(minutes, 60)
    return f"D20220522T{hours:02}{minutes:02}{seconds:02}_IFCB134"


def names(number: int = 0) -> list[str]:
    """The names of a bin's .roi, .hdr and .adc."""
    return [f"{pid_text(number)}.{kind}" for kind in Kind]


@lru_cache
def bin_bytes(*, rois: int = 3, counts: bool = True) -> BinBytes:
    """A small whole bin; its bytes fit any new-style name."""
    pid = parse_pid(pid_text(0))
    assert pid is not None
    if not rois:
        return empty_bin(pid, counts=counts)
    return make_bin(pid, seed=1, rois=rois, size=(8, 6), counts=counts)


@lru_cache
def big_bin(mib: int) -> BinBytes:
    """A whole bin with one image of so many MiB, each of them different."""
    row = f"1{',0' * 14},4096,{256 * mib},0{',0' * 6}\n"
    hdr = "triggerCount: 1\nroiCount: 1\nADCFileFormat: trigger#\n"
    pixels = b"".join(bytes([n + 1]) * MIB for n in range(mib))
    return BinBytes(hdr.encode(), row.encode(), pixels)


def write_bin(
    folder: Path,
    number: int = 0,
    *,
    made: BinBytes | None = None,
    age: float = OLD,
    without: tuple[Kind, ...] = (),
) -> Mapping[Kind, Path]:
    """A bin's files, last touched `age` seconds ago."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for kind, body in (made or bin_bytes()).by_kind().items():
        if kind not in without:
            path = folder / f"{pid_text(number)}.{kind}"
            path.write_bytes(body)
            touch(path, age=age)
            paths[kind] = path
    return paths


def write(path: Path, body: bytes = b"loose", *, age: float = OLD) -> Path:
    """A loose file, last touched `age` seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    touch(path, age=age)
    return path


def large(folder: Path, mib: int = 20) -> bytes:
    """A loose file "large" of which every MiB is another; its bytes."""
    body = b"".join(bytes([n % 251 + 1]) * MIB for n in range(mib))
    write(folder / "large", body)
    return body


def touch(path: Path, *, age: float) -> None:
    """Let `path` look as if it was last written `age` seconds ago."""
    then = time.time_ns() - int(age * SECOND)
    os.utime(path, ns=(then, then))


def rewrite(path: Path, body: bytes) -> None:
    """Other bytes under the very same time, as a bad disk does it."""
    then = path.stat().st_mtime_ns
    path.write_bytes(body)
    os.utime(path, ns=(then, then))


def look(path: Path) -> LocalFile:
    """A file as the walk sees it now."""
    seen = path.stat()
    return LocalFile(
        str(path),
        path.name,
        seen.st_size,
        seen.st_mtime_ns,
        seen.st_ctime_ns,
    )


def open_files() -> int:
    """How many files this process has open; 0 where that is not told."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def pipeline(
    source: Path | Generator[Found, None, None],
    kit: Kit,
    *,
    totals: Iterator[tuple[int, int]] | None = None,
) -> Pipeline:
    """A run over a source, or over a walk of one."""
    if isinstance(source, Path):
        source = walk(
            open_source(source, kit.settings.selection),
            recursive=kit.settings.recursive,
            all_files=kit.settings.all_files,
        )
    batches = Batches(
        source,
        prefix="p",
        settings=kit.settings,
        memory=kit.memory,
        now_ns=kit.now_ns,
    )
    return Pipeline(batches, kit=kit, totals=totals)


async def run(source: Path, kit: Kit) -> None:
    """A whole run over `source`."""
    await pipeline(source, kit).run()


class Meddling(NoJournal):
    """Does something between the walk's look and the read."""

    def __init__(self, do: Callable[[], object]) -> None:
        self._do = do

    def look_up(self, keys: Sequence[str]) -> dict[str, Entry]:
        self._do()
        return super().look_up(keys)


class Shore:
    """A source, a store and a journal, over several runs.

    `tell` has what the last run told.
    """

    def __init__(self, root: Path) -> None:
        self.source = root / "source"
        self.state = root / "state"
        for folder in (self.source, self.state):
            folder.mkdir()
        self.store = MemoryStore()
        self.clock = Clock()
        self.stop = Stop()
        self.tell = Recorder()

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """What the runs remember."""
        with Journal.open(self.state, endpoint="memory", bucket="b") as opened:
            yield opened

    @contextmanager
    def kit(
        self,
        memory: Memory | None = None,
        *,
        dry: bool = False,
        **rules: Any,
    ) -> Iterator[Kit]:
        """The kit of the next run; without `memory`, it has no journal."""
        self.store.requests.clear()
        self.tell, self.stop = Recorder(), Stop()
        state = self.state if isinstance(memory, Journal) else None
        with a_kit(
            self.store,
            self.tell,
            settings=Settings(state=state, **{"all_files": True, **rules}),
            memory=memory,
            stop=self.stop,
            clock=self.clock,
            dry=dry,
            root=str(self.source),
        ) as kit:
            yield kit

    async def run(
        self, *, dry: bool = False, **rules: Any
    ) -> dict[str, Outcome]:
        """A run with the journal, and what became of each file."""
        with (
            self.journal() as memory,
            self.kit(memory, dry=dry, **rules) as kit,
        ):
            await run(self.source, kit)
        return self.tell.outcomes()

    async def run_with(
        self, memory: Memory, *, dry: bool = False, **rules: Any
    ) -> dict[str, Outcome]:
        """A run with another memory than the journal."""
        with self.kit(memory, dry=dry, **rules) as kit:
            await run(self.source, kit)
        return self.tell.outcomes()

    def known(self, *keys: str) -> dict[str, Entry]:
        """What the journal knows now."""
        with self.journal() as memory:
            return memory.look_up(keys)


def held(found: Mapping[str, Outcome]) -> Hold:
    """The one reason for which all files are held."""
    reasons = set()
    for outcome in found.values():
        assert isinstance(outcome, Held), outcome
        reasons.add(outcome.reason)
    [reason] = reasons
    return reason


def skipped(found: Mapping[str, Outcome]) -> Skip:
    """The one reason for which all files are skipped."""
    reasons = set()
    for outcome in found.values():
        assert isinstance(outcome, Skipped), outcome
        reasons.add(outcome.reason)
    [reason] = reasons
    return reason


@contextmanager
def begun(
    shore: Shore, *, journal: bool = True, **rules: Any
) -> Iterator[asyncio.Task[None]]:
    """A run that is under way; nothing may be left of it afterwards."""
    before = asyncio.all_tasks()
    with (
        shore.journal() if journal else NoJournal() as memory,
        shore.kit(memory, **rules) as kit,
    ):
        task = asyncio.create_task(run(shore.source, kit))
        yield task
        assert task.done()
    assert asyncio.all_tasks() == before


async def ends(task: asyncio.Task[None]) -> None:
    """Wait for the end of a run that must not hang."""
    async with asyncio.timeout(20):
        await task


async def ends_cancelled(task: asyncio.Task[None]) -> None:
    """Wait for the end of a run that was cancelled, which must be by that."""
    async with asyncio.timeout(20):
        await asyncio.wait({task})
    assert task.cancelled()
