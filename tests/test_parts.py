import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fakes import MIB
from runs import large, look, open_files, touch, write

from pt5_async.checksum import Algorithm, digest, digests
from pt5_async.disk.parts import open_parts
from pt5_async.errors import SourceChanged, SourceVanished

BOTH = (Algorithm.CRC64NVME, Algorithm.SHA256)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


async def test_a_part_is_read_with_its_digests(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    path = write(tmp_path / "a", b"0123456789")
    async with open_parts(look(path), pool) as reader:
        found = await reader.read(3, 4, BOTH)
    assert found == (b"3456", digests(BOTH, b"3456"))


async def test_parts_that_are_asked_for_together_are_not_mixed_up(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    body = bytes(n % 251 for n in range(100_000))
    path = write(tmp_path / "a", body)
    offsets = [n * 997 for n in range(100)]
    async with open_parts(look(path), pool) as reader:
        found = await asyncio.gather(
            *(reader.read(offset, 997, BOTH) for offset in offsets)
        )
    assert [data for data, _ in found] == [
        body[offset : offset + 997] for offset in offsets
    ]
    assert all(named == digests(BOTH, data) for data, named in found)


async def test_the_whole_files_checksum_is_that_of_its_bytes(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    body = large(tmp_path)
    async with open_parts(look(tmp_path / "large"), pool) as reader:
        found = await reader.crc64()
    assert found == digest(Algorithm.CRC64NVME, body)


async def test_a_checksum_of_a_file_that_changes_is_none(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    large(tmp_path)
    path = tmp_path / "large"
    async with open_parts(look(path), pool) as reader:
        touch(path, age=5)
        with pytest.raises(SourceChanged):
            await reader.crc64()


async def test_a_file_that_became_shorter_is_found_out_where_it_ends(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    path = write(tmp_path / "a", bytes(MIB))
    async with open_parts(look(path), pool) as reader:
        path.write_bytes(bytes(1000))
        await reader.read(0, 1000, BOTH)
        with pytest.raises(SourceChanged, match=r"^a became shorter$"):
            await reader.read(500, 1000, BOTH)


@pytest.mark.parametrize("age", [5, 7199])
async def test_a_change_since_the_look_is_found_out_at_the_start(
    tmp_path: Path, pool: ThreadPoolExecutor, age: float
) -> None:
    path = write(tmp_path / "a")
    file = look(path)
    touch(path, age=age)
    before = open_files()
    with pytest.raises(SourceChanged):
        async with open_parts(file, pool):
            pass
    assert open_files() == before


async def test_and_later_whenever_it_is_checked(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    path = write(tmp_path / "a")
    async with open_parts(look(path), pool) as reader:
        await reader.check()
        touch(path, age=5)
        with pytest.raises(SourceChanged):
            await reader.check()


async def test_links_and_gone_files_are_not_opened(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    path = write(tmp_path / "a")
    file = look(path)
    path.rename(tmp_path / "b")
    with pytest.raises(SourceVanished):
        async with open_parts(file, pool):
            pass
    path.symlink_to("b")
    with pytest.raises(SourceChanged, match=r"^a is a link now$"):
        async with open_parts(file, pool):
            pass


async def test_an_error_inside_closes_the_file(
    tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    path = write(tmp_path / "a")
    before = open_files()
    with pytest.raises(ZeroDivisionError):
        async with open_parts(look(path), pool):
            raise ZeroDivisionError
    assert open_files() == before


async def test_who_is_cancelled_while_it_is_closed_leaves_no_open_file(
    tmp_path: Path,
) -> None:
    file = look(write(tmp_path / "a"))
    before, let_go = open_files(), threading.Event()
    pool = ThreadPoolExecutor(1)

    async def read() -> None:
        async with open_parts(file, pool):
            pool.submit(let_go.wait)  # closing has to wait behind it

    task = asyncio.create_task(read())
    await asyncio.sleep(0.1)
    task.cancel()
    asyncio.get_running_loop().call_later(0.1, let_go.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    pool.shutdown(wait=False, cancel_futures=True)
    assert open_files() == before
