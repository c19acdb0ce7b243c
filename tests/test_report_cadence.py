"""How many bins were to be expected, from those that there are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import DAY, HOUR, NOW, starts

from pt5_async.report.cadence import PAUSE, cadence_of

BEGIN = int(NOW) // DAY * DAY - 40 * DAY
MIDNIGHT = BEGIN // DAY
EVERY = 24 * 60


def test_what_is_usual_is_the_median_so_that_gaps_do_not_count() -> None:
    some = starts(BEGIN, 600, EVERY)
    del some[100:160]
    cadence = cadence_of(some, NOW)
    assert cadence.usual == EVERY
    assert cadence.expected(MIDNIGHT + 3) == 60
    [gap, *_] = cadence.gaps
    assert (gap.begin, gap.end, gap.missed) == (
        BEGIN + 100 * EVERY,
        BEGIN + 160 * EVERY,
        60,
    )
    assert cadence.gaps_of(MIDNIGHT + 1) == [gap]
    assert cadence.gaps_of(MIDNIGHT) == []


def test_another_setting_in_another_month_is_another_number() -> None:
    begin = 1_704_067_200  # 2024-01-01
    first = starts(begin, 31 * 72, 20 * 60)
    second = starts(begin + 31 * DAY, 29 * 48, 30 * 60)
    cadence = cadence_of([*first, *second], NOW)
    assert cadence.expected(begin // DAY + 5) == 72
    assert cadence.expected(begin // DAY + 35) == 48


def test_a_day_that_has_just_begun_expects_no_more_than_came() -> None:
    now = BEGIN + 10 * DAY + 2 * HOUR
    cadence = cadence_of(starts(BEGIN, 10 * 60 + 5, EVERY), now)
    assert cadence.expected(MIDNIGHT + 10) == 5
    assert cadence.gaps == ()


def test_a_silence_up_to_now_is_a_gap() -> None:
    cadence = cadence_of(starts(BEGIN, 60, EVERY), BEGIN + 3 * DAY)
    [gap] = cadence.gaps
    assert gap.missed == pytest.approx(118, abs=1)
    assert cadence.expected(MIDNIGHT + 2) == 59  # one is under way


def test_a_long_silence_is_a_pause_and_nothing_is_expected_in_it() -> None:
    again = BEGIN + DAY + PAUSE
    some = [*starts(BEGIN, 60, EVERY), *starts(again, 60, EVERY)]
    cadence = cadence_of(some, again + 40 * DAY)
    assert cadence.expected(MIDNIGHT) == 60
    assert cadence.expected(MIDNIGHT + 5) == 0
    assert cadence.expected(again // DAY) == 60
    assert cadence.expected(again // DAY + 3) == 0
    assert cadence.gaps == ()


@pytest.mark.parametrize("number", [1, 2, 10])
def test_of_a_few_bins_nobody_knows_how_many_there_should_be(
    number: int,
) -> None:
    cadence = cadence_of(starts(BEGIN, number, EVERY), NOW)
    assert cadence.usual is None
    assert cadence.expected(MIDNIGHT) is None
    assert cadence.gaps == ()


@settings(deadline=None)
@given(
    st.sets(st.integers(0, 60 * DAY), min_size=1, max_size=200),
    st.integers(0, 90 * DAY),
)
def test_whatever_there_is_days_expect_what_fits_and_gaps_lie_in_spans(
    some: set[int], now: int
) -> None:
    times = sorted(some)
    cadence = cadence_of(times, now)
    for day in range(62):
        expected = cadence.expected(day)
        if cadence.usual is None:
            assert expected is None
        else:
            least = min(cadence.usual, *cadence.months.values(), DAY)
            assert expected is not None
            assert 0 <= expected <= DAY / least + 1
            assert all(
                gap.begin < (day + 1) * DAY and gap.end > day * DAY
                for gap in cadence.gaps_of(day)
            )
    for gap in cadence.gaps:
        assert gap.missed > 0
        assert any(b <= gap.begin and gap.end <= e for b, e in cadence.spans)
