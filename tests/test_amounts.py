"""Sizes, durations and times, as they are read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt5_async.cli.amounts import (
    duration,
    interval,
    read_rate,
    read_seconds,
    read_size,
    short_size,
    size,
    stamp_ns,
)
from pt5_async.settings import MIB


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("512", 512),
        ("512 B", 512),
        ("1K", 1024),
        ("1.5kb", 1536),
        ("128MiB", 128 * MIB),
        ("128 mb", 128 * MIB),
        ("2G", 2048 * MIB),
        (" 1TiB ", 1024 * 1024 * MIB),
    ],
)
def test_sizes_are_read_in_every_spelling(text: str, count: int) -> None:
    assert read_size(text) == count


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60), ("0", 0), ("60s", 60), ("1.5h", 5400), ("10 m", 600)],
)
def test_durations_are_read_in_every_spelling(
    text: str, seconds: float
) -> None:
    assert read_seconds(text) == seconds


@given(st.integers(0, 10**9))
def test_a_duration_that_is_written_is_read_back(seconds: int) -> None:
    written = duration(seconds)

    assert "e" in written or read_seconds(written) == seconds


@given(st.integers(0, 2**60))
def test_sizes_never_reach_the_next_unit(count: int) -> None:
    for written in (size(count), short_size(count)):
        number, unit = written.split()
        assert float(number) < 1024 or unit == "PB"


@pytest.mark.parametrize(
    ("count", "long", "short"),
    [
        (0, "0.00 B", "0 B"),
        (1023, "1023.00 B", "1023 B"),
        (1024, "1.00 KB", "1.0 KB"),
        (1048575, "1.00 MB", "1.0 MB"),
        (1.5 * 2**40, "1.50 TB", "1.5 TB"),
    ],
)
def test_sizes_are_written_as_the_older_script_did(
    count: float, long: str, short: str
) -> None:
    assert (size(count), short_size(count)) == (long, short)


def test_intervals_look_like_a_clock() -> None:
    assert interval(65.9) == "01:05"
    assert interval(3600 * 30 + 61) == "30:01:01"


def test_times_are_utc_with_a_z_and_none_beyond_the_calendar() -> None:
    assert stamp_ns(1369561927_000_000_000) == "2013-05-26T09:52:07.000Z"
    assert stamp_ns(10**20) == "5138-11-16T09:46:40.000Z"
    assert stamp_ns(10**21) is None
    assert stamp_ns(-(10**21)) is None


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("1Mbit/s", 125_000),
        ("500kbit/s", 62_500),
        ("0.5 Gbit/s", 62_500_000),
        ("8bit/s", 1),
        ("125KB/s", 128_000),
        ("125kB/s", 128_000),
        ("1MiB/s", MIB),
        ("1.5MB/s", 1.5 * MIB),
        ("64 B/s", 64),
    ],
)
def test_a_rate_has_bits_in_thousands_and_bytes_as_everywhere(
    text: str, rate: float
) -> None:
    assert read_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    ["1", "1M", "1MB", "1Mb/s", "1mb/s", "1Mbps", "1mbit/s", "-1B/s", "B/s"],
)
def test_a_rate_that_could_mean_two_things_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 1Mbit/s or 125KB/s"):
        read_rate(text)
