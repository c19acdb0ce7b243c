import asyncio
from contextlib import AsyncExitStack, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pt5_async.budget import Budget


class Borrower:
    """Holds so many bytes of a budget until it is let go."""

    def __init__(self, budget: Budget, size: int) -> None:
        self.holds = False
        self.let_go = asyncio.Event()
        self.task = asyncio.create_task(self._borrow(budget, size))

    async def _borrow(self, budget: Budget, size: int) -> None:
        async with budget.hold(size):
            self.holds = True
            try:
                await self.let_go.wait()
            finally:
                self.holds = False

    async def end(self) -> None:
        self.let_go.set()
        await self.task

    async def cut(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


async def settle() -> None:
    """Let every task come to where it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


async def borrowers(budget: Budget, *sizes: int) -> list[Borrower]:
    made = [Borrower(budget, size) for size in sizes]
    await settle()
    return made


def held(many: list[Borrower]) -> list[bool]:
    return [one.holds for one in many]


async def test_what_fits_is_held_together() -> None:
    many = await borrowers(Budget(10), 4, 6, 0)
    assert held(many) == [True, True, True]
    for one in many:
        await one.end()


async def test_what_does_not_fit_waits_for_room() -> None:
    many = await borrowers(Budget(10), 6, 5)
    assert held(many) == [True, False]
    await many[0].end()
    await settle()
    assert held(many) == [False, True]
    await many[1].end()


async def test_nobody_overtakes_even_if_there_is_room_for_him() -> None:
    many = await borrowers(Budget(10), 6, 9, 1)
    assert held(many) == [True, False, False]
    await many[0].end()
    await settle()
    assert held(many) == [False, True, True]
    for one in many:
        await one.end()


async def test_who_asks_for_more_than_there_is_gets_all_of_it_alone() -> None:
    many = await borrowers(Budget(10), 1, 500, 1)
    assert held(many) == [True, False, False]
    await many[0].end()
    await settle()
    assert held(many) == [False, True, False]
    await many[1].end()
    await settle()
    assert held(many) == [False, False, True]
    await many[2].end()


async def test_an_error_inside_gives_the_bytes_back() -> None:
    budget = Budget(10)
    with pytest.raises(ZeroDivisionError):
        async with budget.hold(10):
            raise ZeroDivisionError
    async with asyncio.timeout(1), budget.hold(10):
        pass


async def test_who_is_cancelled_while_waiting_blocks_nobody() -> None:
    many = await borrowers(Budget(10), 6, 9, 4)
    await many[1].cut()
    await settle()
    assert held(many) == [True, False, True]
    await many[0].end()
    await many[2].end()


async def test_bytes_lent_in_the_tick_of_a_cancellation_are_not_lost() -> None:
    budget = Budget(10)
    many = await borrowers(budget, 10, 10)
    many[0].let_go.set()
    await asyncio.wait({many[0].task})  # the second has them, unawares
    await many[1].cut()
    async with asyncio.timeout(1), budget.hold(10):
        pass


async def test_holder_and_waiter_may_be_cancelled_in_one_tick() -> None:
    budget = Budget(10)
    many = await borrowers(budget, 10, 10, 3)
    for one in many:
        one.task.cancel()
    results = await asyncio.gather(
        *(one.task for one in many), return_exceptions=True
    )
    assert [type(result) for result in results] == (
        [asyncio.CancelledError] * 3
    )
    async with asyncio.timeout(1), budget.hold(10):
        pass


SIZES = st.lists(
    st.tuples(
        st.integers(0, 150),  # bytes of a budget of 100
        st.integers(0, 3),  # rounds of the loop for which they are held
        st.integers(0, 8),  # when to cancel; mostly never
    ),
    max_size=30,
)


@settings(max_examples=150, deadline=None)
@given(jobs=SIZES)
def test_the_budget_is_never_exceeded_and_never_deadlocks(
    jobs: list[tuple[int, int, int]],
) -> None:
    asyncio.run(_lend_to(jobs))


async def _lend_to(jobs: list[tuple[int, int, int]]) -> None:
    budget, lent = Budget(100), 0

    async def borrow(size: int, rounds: int) -> None:
        nonlocal lent
        async with budget.hold(size):
            lent += min(size, 100)
            assert lent <= 100
            try:
                for _ in range(rounds):
                    await asyncio.sleep(0)
            finally:
                lent -= min(size, 100)

    tasks = [asyncio.create_task(borrow(size, n)) for size, n, _ in jobs]
    for now in range(6):
        await asyncio.sleep(0)
        for task, (_, _, when) in zip(tasks, jobs, strict=True):
            if when == now:
                task.cancel()
    async with asyncio.timeout(5):
        results = await asyncio.gather(*tasks, return_exceptions=True)
    wrong = (asyncio.CancelledError, type(None))
    assert [r for r in results if not isinstance(r, wrong)] == []
    async with AsyncExitStack() as stack, asyncio.timeout(1):
        await stack.enter_async_context(budget.hold(60))
        await stack.enter_async_context(budget.hold(40))
