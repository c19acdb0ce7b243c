"""Whole runs: their order and their bounds."""

import asyncio
import threading
from collections.abc import Generator, Iterator
from itertools import count, islice
from pathlib import Path

import pytest
from fakes import MIB, Gate, Op
from runs import (
    Shore,
    begun,
    big_bin,
    ends,
    held,
    pid_text,
    pipeline,
    write,
    write_bin,
)

from pt5_async.batch import BATCH_FILES
from pt5_async.disk.look import Found
from pt5_async.events import Counted, FolderSeen
from pt5_async.model import (
    Group,
    Hold,
    LocalFile,
    Outcome,
)
from pt5_async.pipeline import QUEUE_FILES


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def lines(found: dict[str, Outcome], kind: type[Outcome]) -> list[str]:
    return sorted(n for n, outcome in found.items() if type(outcome) is kind)


async def test_bins_go_by_folder_and_by_time_each_with_its_adc_last(
    shore: Shore,
) -> None:
    for folder in ("D20220523", "D20220522"):
        for number in (61, 7, 3600):
            write_bin(shore.source / folder, number)
    await shore.run(concurrency=1)
    shown = shore.store.visible
    assert [key for key in shown if key.endswith(".adc")] == [
        f"p/{folder}/{pid_text(number)}.adc"
        for folder in ("D20220522", "D20220523")
        for number in (7, 61, 3600)
    ]
    for number in range(0, 18, 3):
        first, second, last = shown[number : number + 3]
        assert {first[-4:], second[-4:]} == {".roi", ".hdr"}
        assert last[-4:] == ".adc"
        assert first[:-4] == second[:-4] == last[:-4]


async def test_so_many_jobs_travel_at_once_and_no_more(shore: Shore) -> None:
    for number in range(20):
        write(shore.source / f"{number:02}")
    gates = [shore.store.gate(Op.PUT, "") for _ in range(20)]
    with begun(shore, concurrency=5) as task:
        for gate in gates[:5]:
            await gate.reached.wait()
        await asyncio.sleep(0.05)
        assert not gates[5].reached.is_set()
        for gate in gates:
            gate.let_go.set()
        await ends(task)
    assert shore.store.peak == 5


def endless(path: Path, pulled: list[int]) -> Generator[Found, None, None]:
    """A walk that never ends; `pulled` grows with it."""
    seen = path.stat()
    for number in count():
        pulled.append(number)
        file = LocalFile(
            str(path),
            f"{number:09}",
            seen.st_size,
            seen.st_mtime_ns,
            seen.st_ctime_ns,
        )
        yield Group(None, (file,))


async def test_the_walk_is_not_pulled_on_while_nothing_gets_away(
    shore: Shore,
) -> None:
    pulled: list[int] = []
    walk = endless(write(shore.state / "one"), pulled)
    wall = Gate()
    shore.store.script(Op.PUT, "", *[wall] * 8)
    with shore.kit(concurrency=8) as kit:
        task = asyncio.create_task(pipeline(walk, kit).run())
        await wall.reached.wait()
        await asyncio.sleep(0.2)
        assert len(pulled) <= 8 + QUEUE_FILES + BATCH_FILES
        shore.stop.at_once()
        await ends(task)
    assert len(shore.tell.outcomes()) <= len(pulled)
    assert shore.store.count(Op.LIST) == 1
    assert held(shore.tell.outcomes()) is Hold.NOT_REACHED


async def test_the_first_upload_starts_before_the_walk_ends(
    shore: Shore,
) -> None:
    go_on = threading.Event()
    path = write(shore.state / "one")

    def two_batches() -> Generator[Found, None, None]:
        yield from islice(endless(path, []), BATCH_FILES)
        assert go_on.wait(5)
        yield FolderSeen("", 0, 0, 0)

    gate = shore.store.gate(Op.PUT, "")
    gate.let_go.set()
    with shore.kit() as kit:
        task = asyncio.create_task(pipeline(two_batches(), kit).run())
        async with asyncio.timeout(4):
            await gate.reached.wait()
        go_on.set()
        await ends(task)
    assert len(shore.store.objects) == BATCH_FILES


async def test_bodies_never_exceed_the_memory_they_may_have(
    shore: Shore,
) -> None:
    names = "abcdefg"
    for name in names:
        write(shore.source / name, bytes(12 * MIB))
    write_bin(shore.source, made=big_bin(20))
    gates = [shore.store.gate(Op.PUT, f"/{name}") for name in names]
    with begun(shore, max_memory=64 * MIB) as task:
        for gate in gates[:5]:
            await gate.reached.wait()
        await asyncio.sleep(0.1)
        assert shore.store.running == 5
        for gate in gates:
            gate.let_go.set()
        await ends(task)
    assert len(shore.store.objects) == 10
    assert shore.store.peak_bytes <= 64 * MIB


async def test_of_large_files_only_the_parts_on_their_way_count(
    shore: Shore,
) -> None:
    for name in "abcd":
        write(shore.source / name, bytes(20 * MIB))
    gates = [shore.store.gate(Op.PART, f"/{name}#1") for name in "abcd"]
    with begun(shore, max_memory=64 * MIB) as task:
        await gates[0].reached.wait()
        await gates[1].reached.wait()
        await asyncio.sleep(0.1)
        assert shore.store.count(Op.BEGIN) == 2
        for gate in gates:
            gate.let_go.set()
        await ends(task)
    assert len(shore.store.objects) == 4
    assert shore.store.peak_bytes <= 64 * MIB


async def test_the_counting_walk_is_told_as_far_as_it_comes(
    shore: Shore,
) -> None:
    write(shore.source / "a")
    gate = shore.store.gate(Op.LIST, "")
    totals = iter([(1, 10), (2, 20)])
    with shore.kit() as kit:
        whole = pipeline(shore.source, kit, totals=totals)
        task = asyncio.create_task(whole.run())
        await shore.tell.until(Counted, 3)
        gate.let_go.set()
        await ends(task)
    assert shore.tell.of(Counted) == [
        Counted(1, 10, final=False),
        Counted(2, 20, final=False),
        Counted(2, 20, final=True),
    ]


async def test_what_the_journal_knows_is_not_counted_by_another_walk(
    shore: Shore,
) -> None:
    write(shore.source / "a")
    await shore.run()
    counts = iter([(1, 10)])
    with shore.journal() as memory, shore.kit(memory) as kit:
        whole = pipeline(shore.source, kit, totals=counts)
        await ends(asyncio.create_task(whole.run()))
    assert shore.tell.outcomes().keys() == {"a"}
    assert shore.tell.of(Counted) == []
    assert list(counts)


async def test_a_run_does_not_wait_for_the_counting_walk(
    shore: Shore,
) -> None:
    write(shore.source / "a")
    go_on = threading.Event()

    def slow() -> Iterator[tuple[int, int]]:
        go_on.wait(5)
        yield 1, 1

    with shore.kit() as kit:
        await ends(
            asyncio.create_task(
                pipeline(shore.source, kit, totals=slow()).run()
            )
        )
        go_on.set()
    assert shore.tell.of(Counted) == []
