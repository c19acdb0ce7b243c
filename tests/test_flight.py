"""No more is begun than the link moves in half a minute."""

import asyncio
from contextlib import AsyncExitStack

from pt5_async.budget import Budget
from pt5_async.flight import AT_FIRST, HORIZON, Flight

MEGABIT = 125_000


class Seconds:
    """A clock of seconds that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def moved(rate: float, seconds: int, flight: Flight, clock: Seconds) -> None:
    for _ in range(seconds):
        clock.now += 1
        flight.note(int(rate))


def test_at_first_a_few_megabytes_are_on_their_way() -> None:
    assert Flight().size == AT_FIRST


def test_behind_a_thin_radio_it_stays_so() -> None:
    clock = Seconds()
    flight = Flight(clock=clock)
    moved(MEGABIT, 120, flight, clock)
    assert flight.size == AT_FIRST


def test_a_fast_link_is_filled_within_a_moment() -> None:
    clock = Seconds()
    flight = Flight(clock=clock)
    clock.now += 0.04
    flight.note(AT_FIRST)
    assert flight.size > 20 * AT_FIRST
    moved(800 * MEGABIT, 60, flight, clock)
    assert 0.9 < flight.size / (HORIZON * 800 * MEGABIT) < 1.1


def test_a_pause_before_says_nothing_of_the_link() -> None:
    clock = Seconds()
    flight = Flight(clock=clock)
    clock.now += 3600
    moved(800 * MEGABIT, 30, flight, clock)
    assert flight.size > 0.9 * HORIZON * 800 * MEGABIT


def test_a_link_that_gets_slow_is_noticed() -> None:
    clock = Seconds()
    flight = Flight(clock=clock)
    moved(800 * MEGABIT, 60, flight, clock)
    moved(4 * MEGABIT, 60, flight, clock)
    assert 0.9 < flight.size / (HORIZON * 4 * MEGABIT) < 1.1


def test_a_rate_that_is_asked_for_is_known_from_the_start() -> None:
    clock = Seconds()
    flight = Flight(limit=8000, clock=clock)
    assert flight.size == HORIZON * 8000
    moved(80_000, 60, flight, clock)
    assert flight.size == HORIZON * 8000


async def test_what_is_larger_than_all_travels_alone() -> None:
    flight = Flight()
    under_way: list[int] = []

    async def travel(size: int) -> None:
        async with flight.hold(size):
            under_way.append(size)
            assert under_way == [size] or sum(under_way) <= AT_FIRST
            await asyncio.sleep(0)
            under_way.remove(size)

    sizes = [10 * AT_FIRST, 1, AT_FIRST // 2, 3 * AT_FIRST, AT_FIRST // 2, 2]
    async with asyncio.timeout(5):
        await asyncio.gather(*map(travel, sizes))


async def test_a_budget_that_shrinks_gives_who_waits_what_there_is() -> None:
    budget = Budget(100)
    async with AsyncExitStack() as held:
        await held.enter_async_context(budget.hold(60))
        waiting = asyncio.ensure_future(
            held.enter_async_context(budget.hold(90))
        )
        await asyncio.sleep(0)
        budget.resize(50)
        await asyncio.sleep(0)
        assert not waiting.done()
        budget.resize(200)
        await asyncio.sleep(0)
        assert waiting.done()
    async with asyncio.timeout(1), budget.hold(10_000):
        pass


async def test_who_asked_for_more_than_is_left_after_it_shrank_is_served() -> (
    None
):
    budget = Budget(100)
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        await first.enter_async_context(budget.hold(60))
        waiting = asyncio.ensure_future(
            second.enter_async_context(budget.hold(90))
        )
        await asyncio.sleep(0)
        budget.resize(50)
        await first.aclose()
        async with asyncio.timeout(1):
            await waiting
