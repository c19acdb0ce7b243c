"""The files that a process may open are shared out before a run."""

import pytest

from pt5_async.allowance import READERS, Allowance, files_left, raise_limit
from pt5_async.flight import AT_FIRST, Flight
from pt5_async.settings import Settings


@pytest.mark.parametrize("left", [None, 1000, 310])
def test_where_there_are_enough_nothing_is_less(left: int | None) -> None:
    rules = Settings()
    assert Allowance.of(rules, left) == Allowance(rules, READERS, "")


@pytest.mark.parametrize("left", [0, 1, 12, 25, 60, 200])
@pytest.mark.parametrize("concurrency", [None, 1, 100])
def test_with_few_all_fit_together_and_each_has_one(
    left: int, concurrency: int | None
) -> None:
    found = Allowance.of(Settings(concurrency=concurrency), left)
    rules = found.rules
    assert rules.concurrency
    # Beside the bin of which the .adc is under way, another is begun.
    most = rules.connections + 2 * rules.concurrency + 3 * found.readers
    assert most <= max(left, 6)
    assert rules.concurrency <= (concurrency or 100)
    assert f"only {left} more files" in found.short


def test_what_is_left_is_told_and_the_limit_only_raised() -> None:
    before = files_left()
    raise_limit()
    after = files_left()
    assert before is None or after is None or before <= after + 1


def test_bytes_that_do_not_travel_hold_up_nobody_until_they_do() -> None:
    flight = Flight(clock=lambda: 0.0)
    flight.spare(100)
    assert flight.size == AT_FIRST + 100
    flight.spare(-100)
    assert flight.size == AT_FIRST
