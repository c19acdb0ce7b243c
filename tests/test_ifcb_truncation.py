"""What is noticed when a file of a bin is cut off at every one of its bytes.

`whole` names the prefixes that pass without a word, `warned` those that pass
as suspicious; all others are refused.
"""

from dataclasses import dataclass

import pytest

from pt5_async.ifcb.names import Kind, Pid, Style, parse_pid
from pt5_async.ifcb.synthetic import BinBytes, empty_bin, make_bin
from pt5_async.ifcb.verdict import Judgement, judge


def pid_of(text: str) -> Pid:
    pid = parse_pid(text)
    assert pid is not None
    return pid


NEW = pid_of("D20130526T095207_IFCB013")
OLD = pid_of("IFCB5_2012_028_081515")


@dataclass(frozen=True)
class Passed:
    """The lengths at which a cut file is not refused."""

    whole: frozenset[int]
    warned: frozenset[int]


def cut(pid: Pid, files: BinBytes, kind: Kind, *, thorough: bool) -> Passed:
    """Judge the bin with `kind` cut at every byte before its end."""
    whole, warned = set(), set()
    for length in range(len(files.by_kind()[kind])):
        verdict = judge(
            pid,
            hdr=files.hdr[:length] if kind is Kind.HDR else files.hdr,
            adc=files.adc[:length] if kind is Kind.ADC else files.adc,
            roi_size=length if kind is Kind.ROI else len(files.roi),
            thorough=thorough,
        )
        if verdict.judgement is Judgement.SUSPICIOUS:
            warned.add(length)
        elif verdict.whole:
            whole.add(length)
    return Passed(frozenset(whole), frozenset(warned))


def line_ends(data: bytes) -> frozenset[int]:
    """Where lines end, in bytes, but for the last."""
    ends, at = set(), 0
    for line in data.splitlines(keepends=True):
        at += len(line)
        ends.add(at)
    return frozenset(ends - {len(data)})


def without_image(line: bytes, style: Style) -> bool:
    width = 15 if style is Style.NEW else 11
    return line.split(b",")[width] == b"0"


def after_the_last_image(pid: Pid, adc: bytes) -> frozenset[int]:
    """Line ends behind which no row has an image."""
    ends, at = set(), len(adc)
    for line in reversed(adc.splitlines(keepends=True)):
        if not without_image(line, pid.style):
            break
        at -= len(line)
        ends.add(at)
    return frozenset(ends)


def made(pid: Pid, *, counts: bool, crlf: bool) -> BinBytes:
    """A small bin that ends with triggers without an image."""
    for seed in range(100):
        files = make_bin(
            pid, seed=seed, rois=12, size=(9, 7), counts=counts, crlf=crlf
        )
        if len(after_the_last_image(pid, files.adc)) == 1:
            return files
    raise AssertionError("no seed gives such a bin")


Case = tuple[Pid, bool, bool]
CASES = [
    pytest.param((pid, counts, crlf), id=f"{pid.style}-{counts=}-{crlf=}")
    for pid in (NEW, OLD)
    for counts in (False, True)
    for crlf in (False, True)
    if pid is NEW or not counts
]
depths = pytest.mark.parametrize("thorough", [False, True])


@pytest.mark.parametrize("case", CASES)
@depths
def test_a_roi_cut_at_any_byte_is_refused_but_for_an_old_ones_spare_byte(
    case: Case, *, thorough: bool
) -> None:
    pid, counts, crlf = case
    files = made(pid, counts=counts, crlf=crlf)
    passed = cut(pid, files, Kind.ROI, thorough=thorough)
    spare = {len(files.roi) - 1} if pid is OLD else set()
    assert passed == Passed(frozenset(spare), frozenset())


@pytest.mark.parametrize("crlf", [False, True])
def test_an_adc_cut_beside_counts_passes_only_as_suspicious(
    *, crlf: bool
) -> None:
    # One prefix: without the last row, a trigger without an image.
    files = made(NEW, counts=True, crlf=crlf)
    passed = cut(NEW, files, Kind.ADC, thorough=True)
    escape = after_the_last_image(NEW, files.adc)
    assert passed == Passed(frozenset(), escape)
    assert len(escape) == 1


@pytest.mark.parametrize("crlf", [False, True])
def test_the_quick_look_passes_that_prefix_where_a_trigger_has_two_images(
    *, crlf: bool
) -> None:
    # There then are as many rows left as the header counts triggers.
    files = made(NEW, counts=True, crlf=crlf)
    passed = cut(NEW, files, Kind.ADC, thorough=False)
    escape = after_the_last_image(NEW, files.adc)
    assert passed == Passed(escape, frozenset())


@pytest.mark.parametrize("pid", [NEW, OLD])
@pytest.mark.parametrize("crlf", [False, True])
@depths
def test_an_adc_cut_without_counts_passes_only_at_line_ends(
    pid: Pid, *, crlf: bool, thorough: bool
) -> None:
    # Behind the last image the files still fit: one prefix. Before it, the
    # roi has more than the adc explains: suspicious.
    files = made(pid, counts=False, crlf=crlf)
    passed = cut(pid, files, Kind.ADC, thorough=thorough)
    escape = after_the_last_image(pid, files.adc)
    assert passed == Passed(escape, line_ends(files.adc) - escape)
    assert len(escape) == 1


@depths
@pytest.mark.parametrize("crlf", [False, True])
def test_a_counting_header_passes_cut_at_a_line_end_after_columns(
    *, thorough: bool, crlf: bool
) -> None:
    # The counts are there and right: 5 prefixes pass without a word. Before
    # the columns are named, a cut inside a line is refused, one at its end
    # is suspicious.
    files = made(NEW, counts=True, crlf=crlf)
    passed = cut(NEW, files, Kind.HDR, thorough=thorough)
    named = files.hdr.index(b"ADCFileFormat:") + len(b"ADCFileFormat:")
    late = frozenset(range(named, len(files.hdr)))
    ends = line_ends(files.hdr)
    assert passed.whole == ends & late
    assert passed.warned == (late | ends) - passed.whole
    assert len(passed.whole) == 5


@depths
@pytest.mark.parametrize("crlf", [False, True])
def test_a_new_header_that_does_not_count_never_passes_unnoticed(
    *, thorough: bool, crlf: bool
) -> None:
    # It ends with the columns: they are not there, or the line end is not.
    files = made(NEW, counts=False, crlf=crlf)
    passed = cut(NEW, files, Kind.HDR, thorough=thorough)
    named = files.hdr.index(b"ADCFileFormat:") + len(b"ADCFileFormat:")
    late = frozenset(range(named, len(files.hdr)))
    assert passed == Passed(frozenset(), late | line_ends(files.hdr))


@depths
@pytest.mark.parametrize("crlf", [False, True])
def test_an_old_header_passes_unnoticed_cut_at_a_line_end(
    *, thorough: bool, crlf: bool
) -> None:
    # 5 of its 6 lines; cut inside a line it is suspicious, without a byte
    # (or with "\r" alone) refused.
    files = made(OLD, counts=False, crlf=crlf)
    passed = cut(OLD, files, Kind.HDR, thorough=thorough)
    ends = line_ends(files.hdr)
    assert passed.whole == ends
    assert passed.warned == frozenset(range(1, len(files.hdr))) - ends
    assert len(passed.whole) == 5


def test_of_an_old_empty_bins_two_roi_bytes_one_may_go_unnoticed() -> None:
    passed = cut(OLD, empty_bin(OLD), Kind.ROI, thorough=False)
    assert passed == Passed(frozenset({1}), frozenset({0}))
