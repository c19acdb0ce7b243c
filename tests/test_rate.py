"""Whoever asks, and however often: no more bytes than the rate allows."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt5_async.rate import SLACK, Rate


class Tick:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_first_bytes_wait_for_all_but_the_slack() -> None:
    rate = Rate(1000, clock=Tick())

    assert rate.book(1000) == pytest.approx(1 - SLACK)


def test_those_who_ask_at_once_wait_one_behind_the_other() -> None:
    rate = Rate(1000, clock=Tick())
    first, second, third = (rate.book(500) for _ in range(3))

    assert second - first == pytest.approx(0.5)
    assert third - second == pytest.approx(0.5)


def test_idle_time_cannot_be_saved_up() -> None:
    clock = Tick()
    rate = Rate(1000, clock=clock)
    rate.book(100)
    clock.now += 3600

    assert rate.book(1000) == pytest.approx(1 - SLACK)


def test_who_comes_late_catches_up_a_little() -> None:
    clock = Tick()
    rate = Rate(1000, clock=clock)
    clock.now += rate.book(1000) + SLACK / 2

    assert rate.book(100) == pytest.approx(0.1 - SLACK / 2)


@given(
    st.floats(1000, 1e9),
    st.lists(st.tuples(st.integers(1, 65536), st.floats(0, 2)), max_size=50),
    st.integers(),
)
def test_in_no_stretch_of_time_do_more_bytes_leave(
    speed: float, asked: list[tuple[int, float]], seed: int
) -> None:
    clock = Tick()
    rate = Rate(speed, clock=clock)
    left = []
    for size, pause in asked:
        clock.now += pause * random.Random(seed).random()
        left.append((clock.now + rate.book(size), size))
    for index, (begin, first) in enumerate(left):
        sent = 0
        for end, size in left[index:]:
            sent += size
            allowed = speed * (end - begin + SLACK) + first
            assert sent <= allowed * 1.001


@pytest.mark.parametrize(
    ("speed", "senders", "piece"),
    [
        (1000, 100, 256),
        (125_000, 100, 6250),
        (125_000, 1, 6250),
        (125_000, 1000, 625),
        (1e9, 100, 65536),
    ],
)
def test_pieces_are_so_small_that_everybody_gets_a_turn(
    speed: float, senders: int, piece: int
) -> None:
    assert Rate(speed).piece(senders) == piece
