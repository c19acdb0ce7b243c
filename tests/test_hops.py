"""Quick calls share a hop to a thread, slow ones get a thread each."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pt5_async.hops import AT_ONCE, PATIENCE, QUICK_SECONDS, Hops


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as made:
        yield made


async def warmed(pool: ThreadPoolExecutor) -> Hops:
    """Hops that have seen quick calls."""
    hops = Hops(pool)
    for _ in range(3):
        await hops.run(lambda: None)
    return hops


async def test_what_a_call_gives_or_raises_comes_to_who_asked(
    pool: ThreadPoolExecutor,
) -> None:
    hops = await warmed(pool)

    def divided(by: int) -> float:
        return 12 / by

    asked = [hops.run(lambda n=n: divided(n)) for n in range(5)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(found[0], ZeroDivisionError)
    assert found[1:] == [12, 6, 4, 3]


async def test_quick_calls_keep_to_two_threads(
    pool: ThreadPoolExecutor,
) -> None:
    hops = await warmed(pool)
    seen: set[str] = set()
    running = peak = 0
    lock = threading.Lock()

    def quick() -> None:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
        seen.add(threading.current_thread().name)
        with lock:
            running -= 1

    await asyncio.gather(*(hops.run(quick) for _ in range(200)))
    assert peak <= AT_ONCE


async def test_slow_calls_run_side_by_side(pool: ThreadPoolExecutor) -> None:
    hops = Hops(pool)
    together = threading.Barrier(12)
    async with asyncio.timeout(5):
        await asyncio.gather(*(hops.run(together.wait) for _ in range(12)))
        await hops.run(lambda: time.sleep(20 * QUICK_SECONDS))
        again = threading.Barrier(12)
        await asyncio.gather(*(hops.run(again.wait) for _ in range(12)))


async def test_calls_that_hang_hold_up_nobody(
    pool: ThreadPoolExecutor,
) -> None:
    hops = await warmed(pool)
    let_go = threading.Event()
    # One that hangs, and three behind it in the same hop.
    hung = asyncio.ensure_future(hops.run(let_go.wait))
    behind = [asyncio.ensure_future(hops.run(lambda: 1)) for _ in range(3)]
    await asyncio.sleep(0)
    begun = time.monotonic()
    async with asyncio.timeout(5):
        assert await asyncio.gather(*behind) == [1, 1, 1]
        for _ in range(100):
            assert await hops.run(lambda: "through") == "through"
    # Patience is lost once, not for each that comes later.
    assert time.monotonic() - begun < 20 * PATIENCE
    assert not hung.done()
    let_go.set()
    assert await hung


async def test_who_is_gone_is_not_told(pool: ThreadPoolExecutor) -> None:
    hops = await warmed(pool)
    let_go = threading.Event()
    asked = asyncio.ensure_future(hops.run(let_go.wait))
    await asyncio.sleep(0.01)
    asked.cancel()
    await asyncio.sleep(0)
    let_go.set()
    assert await hops.run(lambda: 5) == 5
