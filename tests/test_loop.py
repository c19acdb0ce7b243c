"""Signals: the first lets a run finish, the second does not wait."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from pt5_async.cli.loop import Presses, run, run_until_interrupted, taken
from pt5_async.kit import Stop

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="other system: no signals to send"
)


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not what():
            await asyncio.sleep(0.005)


def press(signum: int) -> None:
    os.kill(os.getpid(), signum)


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    """What a test leaves ignored is not ignored in the next one."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def test_a_run_that_nobody_stops_gives_its_answer_alone() -> None:
    async def journey(stop: Stop) -> str:
        await asyncio.sleep(0)
        assert not stop.asked
        return "answer"

    assert run(journey) == ("answer", None)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_to_finish_and_is_remembered(
    signum: int,
) -> None:
    async def journey(stop: Stop) -> bool:
        press(signum)
        await until(lambda: stop.asked)
        return stop.now

    assert run(journey) == (False, signum)


def test_any_second_signal_asks_for_an_end_at_once() -> None:
    async def journey(stop: Stop) -> bool:
        press(signal.SIGTERM)
        await until(lambda: stop.asked)
        press(signal.SIGINT)
        await until(lambda: stop.now)
        press(signal.SIGINT)
        await asyncio.sleep(0.02)
        return stop.now

    assert run(journey) == (True, signal.SIGTERM)


def test_what_the_signals_did_before_they_do_again_afterwards() -> None:
    async def journey(_: Stop) -> None:
        return

    run(journey)

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_after_a_stop_nothing_interrupts_the_last_words() -> None:
    async def journey(stop: Stop) -> None:
        press(signal.SIGINT)
        await until(lambda: stop.asked)

    run(journey)

    press(signal.SIGINT)
    press(signal.SIGTERM)


def test_an_error_of_the_journey_comes_through_as_it_is() -> None:
    async def journey(_: Stop) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        run(journey)


def test_the_loop_is_uvloop_s_and_other_loops_stay_as_they_are() -> None:
    async def journey(_: Stop) -> str:
        return type(asyncio.get_running_loop()).__module__

    assert run(journey)[0].startswith("uvloop")
    with closing(asyncio.new_event_loop()) as other:
        assert type(other).__module__.startswith("asyncio")


class NoSignals(asyncio.SelectorEventLoop):
    """A loop that cannot take signals, as on Windows."""

    def add_signal_handler(self, *_: object) -> None:
        raise NotImplementedError

    def remove_signal_handler(self, *_: object) -> bool:
        raise NotImplementedError


def test_where_a_loop_takes_no_signals_they_still_arrive() -> None:
    presses = Presses(Stop())

    async def journey() -> None:
        with taken(presses, asyncio.get_running_loop()):
            press(signal.SIGINT)
            await until(lambda: presses.stop.asked)

    with asyncio.Runner(loop_factory=NoSignals) as runner:
        runner.run(journey())

    assert presses.first == signal.SIGINT


def test_what_needs_no_care_is_simply_interrupted() -> None:
    async def journey() -> None:
        press(signal.SIGINT)
        await asyncio.sleep(10)

    with pytest.raises(KeyboardInterrupt):
        run_until_interrupted(journey())
