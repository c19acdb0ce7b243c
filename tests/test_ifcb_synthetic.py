import pytest
from hypothesis import given, settings
from strategies import bins

from pt5_async.ifcb.adc import COLUMNS, count_rows
from pt5_async.ifcb.header import read_header
from pt5_async.ifcb.names import Kind, Pid, Style, parse_pid
from pt5_async.ifcb.silhouettes import picture
from pt5_async.ifcb.synthetic import BinBytes, empty_bin, make_bin
from pt5_async.ifcb.verdict import Judgement, judge


def pid_of(text: str) -> Pid:
    pid = parse_pid(text)
    assert pid is not None
    return pid


NEW = pid_of("D20130526T095207_IFCB013")
OLD = pid_of("IFCB5_2012_028_081515")
FLAGS = [(False, False), (False, True), (True, False), (True, True)]


@settings(deadline=None)
@given(bins())
def test_every_made_bin_is_complete_at_any_depth(
    made: tuple[Pid, BinBytes],
) -> None:
    pid, files = made
    for thorough in (False, True):
        verdict = judge(
            pid,
            hdr=files.hdr,
            adc=files.adc,
            roi_size=len(files.roi),
            thorough=thorough,
        )
        assert verdict.judgement is Judgement.COMPLETE, verdict


@pytest.mark.parametrize("pid", [NEW, OLD])
@pytest.mark.parametrize(("counts", "crlf"), FLAGS)
def test_every_empty_bin_is_empty(
    pid: Pid, *, counts: bool, crlf: bool
) -> None:
    files = empty_bin(pid, counts=counts, crlf=crlf)
    verdict = judge(pid, hdr=files.hdr, adc=files.adc, roi_size=len(files.roi))
    assert verdict.judgement is Judgement.EMPTY
    assert files.adc == b""
    assert files.roi == (b"\0\0" if pid is OLD else b"")


@pytest.mark.parametrize("pid", [NEW, OLD])
@pytest.mark.parametrize("rois", [0, 1, 2, 20, 300])
def test_a_bin_has_as_many_images_as_were_asked_for(
    pid: Pid, rois: int
) -> None:
    files = make_bin(pid, seed=4, rois=rois, size=(6, 5))
    counted = count_rows(files.adc, pid.style)
    assert counted.rois == rois
    assert counted.triggers < counted.rows or rois < 20
    assert len(files.roi) == counted.extent or pid is OLD


def test_the_header_counts_what_the_table_holds() -> None:
    files = make_bin(NEW, seed=5, rois=200)
    header = read_header(files.hdr)
    counted = count_rows(files.adc, Style.NEW)
    assert header.roi_count == counted.rois == 200
    assert header.trigger_count == counted.triggers
    assert counted.triggers != counted.rows


@pytest.mark.parametrize(("pid", "fields"), [(NEW, 24), (OLD, 16)])
def test_rows_have_the_columns_of_their_style(pid: Pid, fields: int) -> None:
    rows = make_bin(pid, seed=6).adc.decode().splitlines()
    assert {len(row.split(",")) for row in rows} == {fields}


@pytest.mark.parametrize("pid", [NEW, OLD])
def test_images_lie_one_behind_the_other(pid: Pid) -> None:
    columns = COLUMNS[pid.style]
    at = 0 if pid is NEW else 1
    for row in make_bin(pid, seed=7).adc.decode().splitlines():
        fields = row.split(",")
        width, height = int(fields[columns.width]), int(fields[columns.height])
        if width:
            assert int(fields[columns.start]) == at
            at += width * height


def test_images_are_something_dark_on_grey() -> None:
    width, height = 90, 70
    pixels = picture(width, height, 1)
    middle = pixels[(height // 2) * width + width // 2]
    assert len(pixels) == width * height
    assert pixels[0] >= 0xC0
    assert pixels[-1] >= 0xC0
    assert middle < 0xA0
    assert 0.2 < sum(p < 0xA0 for p in pixels) / len(pixels) < 0.7


@pytest.mark.parametrize(("counts", "crlf"), FLAGS)
def test_line_ends_are_those_that_were_asked_for(
    *, counts: bool, crlf: bool
) -> None:
    files = make_bin(NEW, seed=8, counts=counts, crlf=crlf)
    for text in (files.hdr, files.adc):
        assert (text.count(b"\r\n") == text.count(b"\n")) is crlf
        assert (b"\r" in text) is crlf
    assert read_header(files.hdr).has_counts is counts


def test_the_same_seed_makes_the_same_bin_and_another_another() -> None:
    assert make_bin(NEW, seed=1) == make_bin(NEW, seed=1)
    assert make_bin(NEW, seed=1).roi != make_bin(NEW, seed=2).roi


def test_members_are_handed_out_by_kind() -> None:
    files = BinBytes(hdr=b"h", adc=b"a", roi=b"r")
    assert files.by_kind() == {
        Kind.ROI: b"r",
        Kind.HDR: b"h",
        Kind.ADC: b"a",
    }
