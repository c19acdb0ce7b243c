"""More at once while that brings more through, fewer when it does not."""

import asyncio
from collections.abc import Callable

from test_flight import Seconds

from pt5_async.width import INTERVAL, REST, Width


def lived(
    width: Width,
    clock: Seconds,
    seconds: int,
    through: Callable[[int], float],
) -> list[int]:
    """How wide it was, second by second, at a store of that speed."""
    seen = []
    for _ in range(seconds):
        clock.now += INTERVAL
        width.note(int(through(width.now) * 1_000_000))
        seen.append(width.now)
    return seen


def a_width(most: int = 256) -> tuple[Width, Seconds]:
    clock = Seconds()
    return Width(32, most, clock=clock), clock


def test_far_away_every_connection_helps() -> None:
    width, clock = a_width()
    seen = lived(width, clock, 20, lambda now: now)
    assert seen[-1] == 256
    assert seen == sorted(seen)


def test_it_leaps_at_first_and_where_that_brings_less_it_steps() -> None:
    width, clock = a_width()
    seen = []
    for _ in range(6):
        clock.now += INTERVAL / 2
        width.note(width.now * 1_000_000)
        seen.append(width.now)
    assert seen[:3] == [65, 131, 256]
    width, clock = a_width()
    assert lived(width, clock, 3, lambda now: now**0.5) == [65, 98, 148]


def test_where_more_bring_no_more_it_goes_back_and_rests() -> None:
    width, clock = a_width()
    seen = lived(width, clock, 10 * REST, lambda _: 100)
    assert max(seen) <= 32 * 2 + 1
    assert sum(now <= 33 for now in seen) > 0.9 * len(seen)


def test_it_stays_where_the_link_is_full() -> None:
    width, clock = a_width()
    seen = lived(width, clock, 10 * REST, lambda now: min(now, 100))
    assert min(seen[10:]) >= 70
    assert max(seen) <= 200


def test_a_busy_store_gets_half_and_is_tried_again_later() -> None:
    width, clock = a_width()
    lived(width, clock, 20, lambda now: now)
    for _ in range(50):
        width.busy()
    assert width.now == 128
    lived(width, clock, REST, lambda now: now)
    assert width.now == 128
    assert lived(width, clock, 4 * REST, lambda now: now)[-1] == 256


def test_a_fixed_number_is_halved_too_and_climbs_back_to_itself() -> None:
    clock = Seconds()
    width = Width(32, 32, clock=clock)
    lived(width, clock, 5, lambda now: now)
    for _ in range(50):
        width.busy()
    assert width.now == 16
    lived(width, clock, REST, lambda now: now)
    assert width.now == 16
    seen = lived(width, clock, 4 * REST, lambda _: 1)
    assert seen[-1] == max(seen) == 32
    assert seen == sorted(seen)


async def test_nobody_begins_before_the_store_wants_it() -> None:
    width = Width(4, 4)
    width.busy(0.2)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await width.take()
    assert loop.time() - begun >= 0.19
    width.give()
    await width.take()
    assert loop.time() - begun < 0.5


async def test_fewer_requests_are_repeated_at_once_than_failed() -> None:
    width = Width(4, 4)
    width.busy()
    inside: set[int] = set()

    async def again(number: int) -> None:
        async with width.again():
            inside.add(number)
            assert len(inside) <= 2
            await asyncio.sleep(0)
            inside.remove(number)

    async with asyncio.timeout(5):
        await asyncio.gather(*map(again, range(20)))


async def test_no_more_than_its_places_are_taken() -> None:
    width = Width(2, 2)
    there: set[int] = set()

    async def job(number: int) -> None:
        await width.take()
        there.add(number)
        assert len(there) <= 2
        await asyncio.sleep(0)
        there.remove(number)
        width.note(5)
        width.give()

    async with asyncio.timeout(5):
        await asyncio.gather(*map(job, range(20)))
    assert width.now == 2
