import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pt5_async.errors import ConnectionLost, ObjectRefused, Pt5Error, StoreBusy
from pt5_async.retry import OnRetry, RetryPolicy, after, is_transient


async def attempted(
    call: Callable[[], Awaitable[str]],
    *,
    policy: RetryPolicy,
    on_retry: OnRetry,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> tuple[str, int]:
    """The first attempt and those after it, as a run makes them."""
    try:
        return await call(), 1
    except Pt5Error as error:
        first = error
    return await after(
        first,
        call,
        policy=policy,
        on_retry=on_retry,
        on_failure=lambda _: None,
        sleep=sleep,
    )


class Shop:
    """Answers, or fails with the next of its faults; notes all that is told.

    It is `sleep` and `on_retry`, too.
    """

    def __init__(self, *faults: Exception | None) -> None:
        self.faults = list(faults)
        self.calls = 0
        self.told: list[tuple[Pt5Error, int, float]] = []
        self.slept: list[float] = []

    async def call(self) -> str:
        self.calls += 1
        await asyncio.sleep(0)
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault
        return f"answer {self.calls}"

    def on_retry(self, error: Pt5Error, attempt: int, delay: float) -> None:
        self.told.append((error, attempt, delay))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def ask(self, policy: RetryPolicy) -> tuple[str, int]:
        return await attempted(
            self.call, policy=policy, on_retry=self.on_retry, sleep=self.sleep
        )


POLICY = RetryPolicy(attempts=3, base=0.5, longest=20.0)


async def test_an_answer_at_once_is_one_attempt_and_no_pause() -> None:
    shop = Shop()
    assert await shop.ask(POLICY) == ("answer 1", 1)
    assert not shop.told
    assert not shop.slept


async def test_a_transient_error_is_tried_again_and_the_attempts_count() -> (
    None
):
    shop = Shop(StoreBusy("1"), ConnectionLost("2"))
    assert await shop.ask(POLICY) == ("answer 3", 3)


async def test_what_fails_three_times_raises_the_last_error() -> None:
    faults = [StoreBusy("1"), ConnectionLost("2"), StoreBusy("3")]
    shop = Shop(*faults)
    with pytest.raises(StoreBusy, match="3") as caught:
        await shop.ask(POLICY)
    assert caught.value is faults[2]
    assert shop.calls == 3
    assert caught.value.attempts == 3


async def test_each_failed_attempt_but_the_last_is_told_with_its_pause() -> (
    None
):
    faults = [StoreBusy("1"), StoreBusy("2"), StoreBusy("3")]
    shop = Shop(*faults)
    with pytest.raises(StoreBusy):
        await shop.ask(POLICY)
    assert [(error, attempt) for error, attempt, _ in shop.told] == [
        (faults[0], 1),
        (faults[1], 2),
    ]
    assert [delay for _, _, delay in shop.told] == shop.slept


@pytest.mark.parametrize("first", [True, False])
async def test_an_error_that_stays_is_raised_at_once(first: bool) -> None:
    before = [] if first else [StoreBusy("1")]
    shop = Shop(*before, ObjectRefused("no"))
    with pytest.raises(ObjectRefused) as caught:
        await shop.ask(POLICY)
    assert shop.calls == len(before) + 1
    assert len(shop.slept) == len(before)
    assert caught.value.attempts == shop.calls


async def test_with_one_attempt_nothing_is_tried_again() -> None:
    shop = Shop(StoreBusy("1"))
    with pytest.raises(StoreBusy) as caught:
        await shop.ask(RetryPolicy(attempts=1))
    assert (shop.calls, shop.slept, shop.told) == (1, [], [])
    assert caught.value.attempts == 1


@pytest.mark.parametrize("before", [0, 1])
async def test_a_bug_is_no_error_to_try_again(before: int) -> None:
    shop = Shop(*[StoreBusy("1")] * before, ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await shop.ask(POLICY)
    assert shop.calls == before + 1


@settings(deadline=None)
@given(
    seed=st.integers(),
    base=st.floats(0.01, 5),
    longest=st.floats(0.01, 30),
    attempts=st.integers(2, 9),
)
def test_pauses_are_drawn_from_zero_to_a_doubling_limit_that_is_capped(
    seed: int, base: float, longest: float, attempts: int
) -> None:
    random.seed(seed)
    shop = Shop(*[StoreBusy("again")] * attempts)
    policy = RetryPolicy(attempts, base, longest)
    with pytest.raises(StoreBusy):
        asyncio.run(shop.ask(policy))
    assert len(shop.slept) == attempts - 1
    for number, pause in enumerate(shop.slept):
        assert 0 <= pause <= min(base * 2**number, longest)


async def test_the_jitter_is_full() -> None:
    random.seed(5)
    pauses = []
    for _ in range(300):
        shop = Shop(StoreBusy("1"))
        await shop.ask(RetryPolicy(attempts=2, base=1.0))
        pauses += shop.slept
    assert min(pauses) < 0.05
    assert max(pauses) > 0.95
    assert 0.4 < sum(pauses) / len(pauses) < 0.6


Waits = Callable[[float], Awaitable[None]]


async def test_the_pause_is_a_real_one_by_default() -> None:
    shop = Shop(StoreBusy("1"))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await attempted(
        shop.call,
        policy=RetryPolicy(attempts=2, base=0.05),
        on_retry=shop.on_retry,
    )
    [(_, _, delay)] = shop.told
    assert loop.time() - begun >= delay * 0.99


@pytest.mark.parametrize("during", ["call", "pause"])
async def test_a_cancellation_is_not_an_error_to_try_again(
    during: str,
) -> None:
    shop = Shop(StoreBusy("1"))
    there = asyncio.Event()

    async def stuck(_: float = 0) -> str:
        if during == "call" and shop.calls == 0:
            return await shop.call()
        there.set()
        await asyncio.Event().wait()
        return "never"

    call, sleep = (stuck, shop.sleep) if during == "call" else (None, stuck)
    task = asyncio.create_task(
        attempted(
            call or shop.call,
            policy=POLICY,
            on_retry=shop.on_retry,
            sleep=sleep,  # type: ignore[arg-type]
        )
    )
    await there.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_only_our_own_errors_can_be_transient() -> None:
    assert is_transient(StoreBusy("x"))
    assert not is_transient(ObjectRefused("x"))
    assert not is_transient(TimeoutError())


async def test_an_attempt_that_is_pardoned_does_not_count() -> None:
    shop = Shop(*[StoreBusy("x")] * 4)
    pardons = iter([0.1, 0.2, None, 0.3, None])

    async def pardon(_: Pt5Error) -> float | None:
        return next(pardons)

    answer = await after(
        ObjectRefused("pardoned, whatever it is"),
        shop.call,
        policy=POLICY,
        on_retry=shop.on_retry,
        on_failure=lambda _: None,
        sleep=shop.sleep,
        pardon=pardon,
    )
    assert answer == ("answer 5", 6)
    assert [number for _, number, _ in shop.told] == [3, 5]
    assert shop.slept[:2] == [0.1, 0.2]


async def test_the_end_of_all_patience_is_no_error_to_try_again() -> None:
    shop = Shop()

    async def pardon(_: Pt5Error) -> float | None:
        raise ConnectionLost("for good")

    with pytest.raises(ConnectionLost, match="for good"):
        await after(
            StoreBusy("x"),
            shop.call,
            policy=POLICY,
            on_retry=shop.on_retry,
            on_failure=lambda _: None,
            sleep=shop.sleep,
            pardon=pardon,
        )
    assert shop.calls == 0
