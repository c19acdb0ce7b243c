"""Bins folded into days, and days into lines."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reports import (
    DAY,
    HOUR,
    NOW,
    bin_name,
    filled,
    here,
    report,
    sent,
    starts,
    weeks,
)

from pt5_async.report.days import NAMED, Look
from pt5_async.report.packed import packed
from pt5_async.report.seen import Standing
from pt5_async.report.series import (
    distribution,
    points,
    spread,
    step_for,
)

BEGIN = int(NOW) // DAY * DAY - 20 * DAY


def test_each_instrument_has_a_cell_for_each_of_its_days() -> None:
    bins = [here(BEGIN), here(BEGIN + 3 * DAY), here(BEGIN, instrument=7)]
    one, other = filled(bins).instruments(NOW)
    assert (one.name, other.name) == ("IFCB007", "IFCB104")
    assert [cell.day - BEGIN // DAY for cell in other.cells] == [0, 1, 2, 3]
    assert [cell.tally.bins for cell in other.cells] == [1, 0, 0, 1]


def test_a_day_is_full_thin_or_a_gap_beside_what_was_to_be_expected() -> None:
    times = starts(BEGIN, 10 * 60, 24 * 60)
    some = [
        t
        for n, t in enumerate(times)
        if n // 60 != 4 and (n // 60 != 5 or n % 2)
    ]
    [one] = filled(map(here, some)).instruments(BEGIN + 10 * DAY)
    looks = [cell.look for cell in one.cells]
    assert looks[:6] == [*[Look.FULL] * 4, Look.GAP, Look.THIN]
    assert [cell.missed for cell in one.cells[:6]] == [0, 0, 0, 0, 60, 30]
    assert [cell.expected for cell in one.cells[:6]] == [60] * 6


def test_a_bin_that_only_the_journal_knows_counts_once() -> None:
    days = filled(
        [here(BEGIN, size=10)],
        [sent(BEGIN, size=9), sent(BEGIN + HOUR, size=7)],
    )
    [cell] = days.instruments(NOW)[0].cells
    tally = cell.tally
    assert (tally.bins, tally.sent, tally.alone) == (2, 2, 1)
    assert tally.size == 17
    assert tally.lags == [HOUR, HOUR]
    assert days.has(sent(BEGIN))
    assert not days.has(sent(BEGIN + HOUR))


def test_few_bins_of_a_day_are_all_named_and_of_many_the_ends() -> None:
    few = starts(BEGIN, NAMED, HOUR)
    [cell] = filled(map(here, few)).instruments(NOW)[0].cells
    assert cell.tally.names == [bin_name(t) for t in few]
    many = starts(BEGIN, 20, HOUR)[::-1]
    [cell] = filled(map(here, many)).instruments(NOW)[0].cells
    assert cell.tally.names == [bin_name(many[-1]), bin_name(many[0])]


def test_what_is_ill_or_late_is_named_with_its_reason() -> None:
    shown = packed(weeks().instruments[0])
    said = [line for some in shown["said"].values() for line in some]
    assert any("broken: <img" in line for line in said)
    assert any("not the size that was sent" in line for line in said)
    assert any("being written: roi is short" in line for line in said)
    assert any(": 62 bins missing" in x or "missing" in x for x in said)
    assert sum(shown["ill"]) == 2
    assert sum(shown["later"]) == 2


def test_of_many_troubles_on_a_day_some_are_named_and_all_are_counted() -> (
    None
):
    bins = [
        here(t, Standing.BROKEN, reason=f"reason {n}")
        for n, t in enumerate(starts(BEGIN, 20, HOUR))
    ]
    shown = packed(filled(bins).instruments(NOW)[0])
    assert shown["said"][0][-1] == "and 12 more"
    assert shown["ill"] == [20]


def test_totals_add_up() -> None:
    made = weeks()
    seen = made.totals()
    assert seen.bins == sum(seen.here.values()) == 1302 - 150
    assert (seen.ill, seen.later) == (2, 2)
    assert seen.sent == seen.bins - 4
    assert seen.missed == pytest.approx(150, abs=8)
    names = [one.standing for one in made.troubles()]
    assert names.count(Standing.FAILED) == 1
    assert Standing.WAITING not in names


def test_a_line_has_steps_that_a_screen_can_show() -> None:
    short = filled(map(here, starts(BEGIN, 9, DAY))).instruments(NOW)
    assert step_for(short) == 1
    assert step_for(()) == 1
    long = filled([here(BEGIN - 3650 * DAY), here(BEGIN)]).instruments(NOW)
    assert step_for(long) == 30
    some = points(long[0].cells, 30)
    assert len(some) < 130
    assert sum(one.bins for one in some) == 2


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e9), min_size=1))
def test_a_spread_is_in_order_and_within_its_values(
    values: list[float],
) -> None:
    seen = spread(values)
    assert seen is not None
    assert min(values) <= seen.low <= seen.middle <= seen.high <= max(values)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**45)))
def test_a_distribution_counts_every_value_once(sizes: list[int]) -> None:
    bars = distribution(sizes)
    assert sum(bar.count for bar in bars) == len(sizes)
    for one, other in pairwise(bars):
        assert one.high == pytest.approx(other.low)


def test_an_empty_archive_is_an_empty_report() -> None:
    made = report(filled())
    assert made.totals().bins == 0
    assert made.troubles() == []
    assert spread([]) is None
    assert distribution([]) == []
