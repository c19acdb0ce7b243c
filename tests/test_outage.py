"""One who asks, and many who wait: the run-wide state by itself."""

import asyncio
from collections.abc import Callable
from math import inf

import pytest
from fakes import Recorder

from pt5_async.errors import (
    AccessDenied,
    ConnectionLost,
    Pt5Error,
    StoreBusy,
    StoreUnreachable,
)
from pt5_async.events import Paused, Resumed
from pt5_async.outage import LONGEST_DELAY, Asker, Outage

LOST = ConnectionLost("lost")


class Sea:
    """A store behind it, and a clock that only waiting moves."""

    def __init__(self, *troubles: Pt5Error | None) -> None:
        self.troubles = list(troubles)
        self.now = 100.0
        self.pings = 0
        self.heard = -inf
        self.tell = Recorder()
        self.leave = asyncio.Event()
        self.outage = Outage(clock=lambda: self.now, sleep=self.sleep)
        self.on_ping: Callable[[], object] = lambda: None

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds

    async def ping(self) -> None:
        self.pings += 1
        self.now += 0.1
        self.on_ping()
        await asyncio.sleep(0)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble

    async def left(self) -> None:
        await self.leave.wait()

    async def wait(
        self,
        *,
        limit: float | None = 900,
        patient: bool = True,
        until: float = inf,
    ) -> bool:
        asker = Asker(
            ping=self.ping,
            heard=lambda: self.heard,
            tell=self.tell,
            leave=self.left,
            limit=limit,
            patient=patient,
            left=lambda: until - self.now,
        )
        return await self.outage.wait(LOST, self.now - 1, asker)


async def test_a_store_that_answers_is_not_away_and_nobody_hears_of_it() -> (
    None
):
    sea = Sea()
    assert not await sea.wait()
    assert not sea.tell.events


async def test_the_end_of_the_runs_time_ends_a_pause() -> None:
    sea = Sea(*[LOST] * 99)
    with pytest.raises(StoreUnreachable, match=r"30 s \(--max-duration\)"):
        await sea.wait(limit=None, until=sea.now + 30)
    pauses = [event.delay for event in sea.tell.of(Paused)]
    assert len(pauses) < 9
    assert sea.now < 131


async def test_a_refusal_is_an_answer() -> None:
    sea = Sea(AccessDenied("no list"))
    assert not await sea.wait()


async def test_the_pauses_grow_up_to_a_minute_and_an_answer_ends_them() -> (
    None
):
    sea = Sea(*[StoreUnreachable("no route")] * 12)
    assert await sea.wait(limit=None)
    delays = [one.delay for one in sea.tell.of(Paused)]
    assert len(delays) == 12
    for number, delay in enumerate(delays):
        full = min(2.0**number, LONGEST_DELAY)
        assert full / 2 <= delay <= full
    [resumed] = sea.tell.of(Resumed)
    assert resumed.lasted == pytest.approx(sum(delays) + 1.2)


async def test_one_asks_for_all_who_wait() -> None:
    sea = Sea(*[StoreUnreachable("no route")] * 3)
    assert (
        await asyncio.gather(*(sea.wait() for _ in range(50))) == [True] * 50
    )
    assert sea.pings == 4
    assert len(sea.tell.of(Resumed)) == 1


async def test_who_waits_takes_over_from_one_who_is_cancelled() -> None:
    sea = Sea(*[StoreUnreachable("no route")] * 3)
    tasks = [asyncio.ensure_future(sea.wait()) for _ in range(3)]
    sea.on_ping = lambda: sea.pings == 2 and tasks[0].cancel()
    assert await asyncio.gather(*tasks[1:]) == [True, True]
    assert tasks[0].cancelled()
    assert len(sea.tell.of(Resumed)) == 1


async def test_it_ends_for_all_when_it_lasts_too_long() -> None:
    sea = Sea(*[StoreUnreachable("no route")] * 99)
    found = await asyncio.gather(
        *(sea.wait(limit=60) for _ in range(5)), return_exceptions=True
    )
    assert {str(one) for one in found} == {
        "no route; it was waited for, 1 min (--max-outage)"
    }
    assert sum(one.delay for one in sea.tell.of(Paused)) <= 60
    assert sea.outage.over


async def test_what_the_store_says_of_when_to_come_is_heeded() -> None:
    slow = StoreBusy("503")
    slow.wait = 50.0
    sea = Sea(slow)
    assert await sea.wait()
    [paused] = sea.tell.of(Paused)
    assert paused.delay == 50


async def test_one_that_never_answered_is_not_waited_for_unasked() -> None:
    sea = Sea(*[StoreUnreachable("no route")] * 5)
    assert not await sea.wait(patient=False)
    assert (sea.pings, sea.tell.events) == (1, [])
    sea.heard = 1.0
    sea.now += 5
    assert await sea.wait(patient=False)
    assert sea.pings == 6


async def test_nobody_waits_who_is_to_leave() -> None:
    sea = Sea(*[StoreUnreachable("no route")] * 99)
    sea.on_ping = lambda: sea.pings == 5 and sea.leave.set()
    with pytest.raises(StoreUnreachable, match="lost"):
        await sea.wait(limit=None)
    with pytest.raises(StoreUnreachable):
        await sea.wait()
    assert sea.pings == 5
