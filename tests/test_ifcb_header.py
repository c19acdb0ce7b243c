import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt5_async.ifcb.header import read_header

LINUX = (
    b"SoftwareVersion: x\nsampleType: Normal\n"
    b"triggerCount: 481\nroiCount: 290\nADCFileFormat: trigger#\n"
)


def test_a_linux_header_counts_triggers_and_images() -> None:
    header = read_header(LINUX)
    assert (header.trigger_count, header.roi_count) == (481, 290)
    assert header.has_counts
    assert header.columns
    assert header.ended
    assert not header.blank


def test_windows_line_ends_change_nothing() -> None:
    assert read_header(LINUX.replace(b"\n", b"\r\n")) == read_header(LINUX)


def test_keys_are_found_in_any_case_and_any_order() -> None:
    header = read_header(b"ROICOUNT:7\r\nx: y\nTriggercount \t:\t 8 \t\n")
    assert (header.trigger_count, header.roi_count) == (8, 7)


def test_a_header_without_counts_has_none() -> None:
    header = read_header(b"softwareVersion: x\nrunType: NORMAL\t\n")
    assert (header.trigger_count, header.roi_count) == (None, None)
    assert not header.has_counts
    assert not header.columns


def test_one_count_alone_is_not_the_counts() -> None:
    header = read_header(b"triggerCount: 8\n")
    assert header.trigger_count == 8
    assert not header.has_counts


NO_NUMBERS = [b"", b" ", b"-1", b"7.5", b"7 or 8", b"NaN", b"seven", b"\xff"]
NO_COUNTS = [b"1_000", b"1,000", b"\xb2", b"0x10", b"7\0", b"9" * 99]


@pytest.mark.parametrize("value", [*NO_NUMBERS, *NO_COUNTS])
def test_a_count_that_is_no_number_is_none(value: bytes) -> None:
    assert read_header(b"roiCount: " + value + b"\n").roi_count is None


def test_the_first_line_with_a_number_counts() -> None:
    header = read_header(b"roiCount: ?\nroiCount: 7\nroiCount: 8\n")
    assert header.roi_count == 7


def test_free_text_that_mentions_a_count_is_no_count() -> None:
    header = read_header(
        b"FileComment: roiCount: 5\nmyroiCount: 6\nroiCounts: 7\n"
    )
    assert header.roi_count is None


def test_a_count_on_an_unfinished_last_line_is_read() -> None:
    header = read_header(b"roiCount: 7")
    assert header.roi_count == 7
    assert not header.ended


@pytest.mark.parametrize("data", [b"", b"\0" * 4096, b" \r\n\t\n"])
def test_a_header_without_text_is_blank(data: bytes) -> None:
    assert read_header(data).blank


@given(
    st.binary()
    | st.lists(
        st.sampled_from([b"roiCount", b"triggerCount", b":", b" ", b"7"])
        | st.sampled_from([b"\n", b"\r\n", b"\xff", b"-", b"ADCFileFormat"])
    ).map(b"".join)
)
def test_no_bytes_make_it_raise(data: bytes) -> None:
    header = read_header(data)
    assert header.roi_count is None or header.roi_count >= 0


def test_a_megabyte_of_keys_is_read_at_once() -> None:
    header = read_header(b"\nroiCount" * 120_000 + b": 7\n")
    assert header.roi_count == 7
