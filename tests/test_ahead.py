"""Calls made ahead in threads, and their answers in order."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from crowd import Crowd

from pt5_async.disk.ahead import CHUNK, PROBE, in_order


def nap(seconds: float, answer: int) -> int:
    time.sleep(seconds)
    return answer


def here(seconds: float) -> threading.Thread:
    """The thread that made this call."""
    time.sleep(seconds)
    return threading.current_thread()


def naps(count: int, seconds: float) -> list[Callable[[], int]]:
    return [partial(nap, seconds, n) for n in range(count)]


def test_no_calls_have_no_answers() -> None:
    assert list(in_order([], 4)) == []


def test_answers_come_in_the_order_of_the_calls() -> None:
    chance = random.Random(5)
    calls = [
        partial(nap, chance.choice([0, 0, 0.001, 0.004]), n)
        for n in range(500)
    ]
    assert list(in_order(calls, 8)) == list(range(500))


def test_fast_calls_are_made_without_a_thread() -> None:
    calls = [partial(here, 0)] * 5000
    makers = set(in_order(calls, 16, clock=lambda: 0.0))
    assert makers == {threading.current_thread()}


def test_slow_calls_are_made_by_as_many_threads_as_allowed() -> None:
    calls = [partial(here, 0.003)] * 400
    threads = set(in_order(calls, 6)) - {threading.current_thread()}
    assert len(threads) == 6


class Weighed:
    """A call that is as much work as several, or none."""

    def __init__(self, weight: int, seconds: float) -> None:
        self.weight, self.seconds = weight, seconds

    def __call__(self) -> threading.Thread:
        return here(self.seconds)


def test_what_is_no_work_does_not_make_slow_calls_look_fast() -> None:
    calls = [
        Weighed(0, 0.0) if n % 2 else Weighed(1, 0.003) for n in range(400)
    ]
    threads = set(in_order(calls, 6)) - {threading.current_thread()}
    assert len(threads) == 6


def test_calls_that_are_much_work_are_fast_by_what_they_do() -> None:
    calls = [Weighed(1000, 0.002)] * 40
    assert set(in_order(calls, 6)) == {threading.current_thread()}


def test_each_of_them_is_handed_over_by_itself() -> None:
    calls = [Weighed(CHUNK, 0.02)] * 12
    threads = set(in_order(calls, 6)) - {threading.current_thread()}
    assert len(threads) == 6


@pytest.mark.parametrize("threads", [0, 1])
def test_without_a_second_thread_none_is_used(threads: int) -> None:
    calls = [partial(here, 0.001)] * 40
    assert set(in_order(calls, threads)) == {threading.current_thread()}


def test_slow_calls_are_made_side_by_side() -> None:
    crowd = Crowd()

    def call() -> None:
        with crowd:
            time.sleep(0.002)

    assert len(list(in_order([call] * 800, 16))) == 800
    assert 8 < crowd.largest <= 17


def test_threads_are_left_when_calls_are_fast_again() -> None:
    now = [0.0]

    def slow() -> threading.Thread:
        now[0] += 1
        return threading.current_thread()

    calls = [*[slow] * 200, *[partial(here, 0)] * (CHUNK * PROBE * 4)]
    makers = list(in_order(calls, 4, clock=lambda: now[0]))
    assert len(set(makers)) > 1
    assert set(makers[-CHUNK:]) == {threading.current_thread()}


def test_calls_are_drawn_only_as_far_ahead_as_threads_can_use() -> None:
    drawn = taken = furthest = 0

    def calls() -> Iterator[Callable[[], int]]:
        nonlocal drawn
        for _ in range(600):
            drawn += 1
            yield partial(nap, 0.001, 0)

    for _ in in_order(calls(), 4):
        taken += 1
        furthest = max(furthest, drawn - taken)
    assert taken == 600
    assert furthest <= (2 * 4 + 2) * CHUNK


def test_calls_are_drawn_from_the_caller_s_thread() -> None:
    drawers = set()

    def calls() -> Iterator[Callable[[], int]]:
        for _ in range(200):
            drawers.add(threading.current_thread())
            yield partial(nap, 0.001, 0)

    assert len(list(in_order(calls(), 4))) == 200
    assert drawers == {threading.current_thread()}


def test_an_answer_is_not_kept_back_while_calls_are_slow_to_come() -> None:
    ripe = []

    def calls() -> Iterator[Callable[[], int]]:
        yield from naps(2 * CHUNK, 0.002)
        for n in range(CHUNK):
            # By now the first two chunks are answered.
            time.sleep(0.02)
            yield partial(nap, 0, n)
        for n in range(CHUNK):
            ripe.append(len(answers))
            yield partial(nap, 0, n)

    answers: list[int] = []
    answers.extend(in_order(calls(), 8))
    assert ripe[0] >= 2 * CHUNK


class Gate:
    """Calls of which two chunks are answered; the others hang at a gate."""

    def __init__(self) -> None:
        self.made = 0
        self.hanging = threading.Semaphore(0)
        self.open = threading.Event()

    def calls(self) -> Iterator[Callable[[], int]]:
        yield from naps(2 * CHUNK, 0.002)
        while True:
            yield self._hang

    def _hang(self) -> int:
        self.hanging.release()
        self.open.wait(30)
        self.made += 1
        return 0


def test_closing_does_not_wait_for_calls_that_hang() -> None:
    gate = Gate()
    answers = in_order(gate.calls(), 2)
    for _ in range(CHUNK + 1):
        next(answers)
    for _ in range(2):
        gate.hanging.acquire()
    begun = time.perf_counter()
    answers.close()
    closed = time.perf_counter() - begun
    gate.open.set()
    assert closed < 10


def test_closing_drops_what_has_not_begun_and_ends_the_threads() -> None:
    before = set(threading.enumerate())
    gate = Gate()
    answers = in_order(gate.calls(), 2)
    for _ in range(CHUNK + 1):
        next(answers)
    for _ in range(2):
        gate.hanging.acquire()
    answers.close()
    threads = set(threading.enumerate()) - before
    gate.open.set()
    for thread in threads:
        thread.join(timeout=10)
    assert len(threads) == 2
    assert not any(thread.is_alive() for thread in threads)
    assert gate.made == 2 * CHUNK


@pytest.mark.parametrize("seconds", [0, 0.002])
def test_an_error_of_a_call_reaches_the_caller(seconds: float) -> None:
    def fail() -> int:
        raise LookupError("a bug")

    before = set(threading.enumerate())
    calls = [*naps(50, seconds), fail, *naps(50, seconds)]
    with pytest.raises(LookupError, match="a bug"):
        list(in_order(calls, 4))
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=5)
        assert not thread.is_alive()
