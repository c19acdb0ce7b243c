"""Real bins, where somebody has put them beside the repository."""

from pathlib import Path

import pytest

from pt5_async.ifcb.adc import count_rows, newest_extent
from pt5_async.ifcb.names import Kind, Member, Pid, Product, parse_name
from pt5_async.ifcb.synthetic import BinBytes
from pt5_async.ifcb.verdict import Judgement, Verdict, judge

SAMPLE = Path(__file__).resolve().parents[2] / "shared" / "ifcb_sample"
pytestmark = pytest.mark.skipif(not SAMPLE.is_dir(), reason="no ifcb_sample")

WINDOWS = "D20130526T095207_IFCB013"
LINUX = "D20220522T000439_IFCB134"
OLD = "IFCB5_2012_028_081515"
EMPTY = "D20150411T205456_IFCB012"
depths = pytest.mark.parametrize("thorough", [False, True])


def real(stem: str) -> tuple[Pid, BinBytes]:
    """The bin of that name from the sample."""
    contents: dict[Kind, bytes] = {}
    found: Pid | None = None
    for path in sorted(SAMPLE.rglob(f"data/**/{stem}.*")):
        name = parse_name(path.name)
        assert isinstance(name, Member)
        found = name.pid
        contents[name.kind] = path.read_bytes()
    assert found is not None
    made = BinBytes(contents[Kind.HDR], contents[Kind.ADC], contents[Kind.ROI])
    return found, made


def judged(
    pid: Pid, hdr: bytes, adc: bytes, size: int, *, thorough: bool = False
) -> Verdict:
    return judge(pid, hdr=hdr, adc=adc, roi_size=size, thorough=thorough)


def passed(verdicts: list[Verdict]) -> tuple[int, int]:
    """How many pass without a word, and how many as suspicious."""
    odd = sum(v.judgement is Judgement.SUSPICIOUS for v in verdicts)
    return sum(v.whole for v in verdicts) - odd, odd


@pytest.mark.parametrize(
    ("stem", "judgement", "has_counts"),
    [
        (WINDOWS, Judgement.COMPLETE, False),
        (LINUX, Judgement.COMPLETE, True),
        (OLD, Judgement.COMPLETE, False),
        (EMPTY, Judgement.EMPTY, False),
    ],
)
@depths
def test_real_bins_are_well(
    stem: str, judgement: Judgement, *, has_counts: bool, thorough: bool
) -> None:
    pid, files = real(stem)
    verdict = judged(
        pid, files.hdr, files.adc, len(files.roi), thorough=thorough
    )
    assert verdict.judgement is judgement
    assert verdict.has_counts is has_counts


@pytest.mark.parametrize(
    ("stem", "rois", "triggers", "extent", "spare"),
    [
        (WINDOWS, 19, 118, 98_472, 0),
        (LINUX, 7, 8, 100_496, 0),
        (OLD, 6, 6, 71_082, 1),
    ],
)
def test_real_tables_are_counted(
    stem: str, rois: int, triggers: int, extent: int, spare: int
) -> None:
    pid, files = real(stem)
    counted = count_rows(files.adc, pid.style)
    assert (counted.rois, counted.triggers) == (rois, triggers)
    assert counted.extent == newest_extent(files.adc, pid.style) == extent
    assert len(files.roi) == extent + spare
    assert not counted.cut
    assert not counted.odd


@pytest.mark.parametrize(
    ("stem", "whole", "warned"),
    [(WINDOWS, 4, 113), (LINUX, 0, 0), (OLD, 1, 5)],
)
def test_real_tables_cut_at_every_byte_pass_only_at_line_ends(
    stem: str, whole: int, warned: int
) -> None:
    # Without a word: where only triggers without an image are lost and no
    # header counts them. With a warning: where the roi has unexplained bytes.
    pid, files = real(stem)
    size = len(files.roi)
    verdicts = [
        judged(pid, files.hdr, files.adc[:length], size)
        for length in range(len(files.adc))
    ]
    assert passed(verdicts) == (whole, warned)


@pytest.mark.parametrize(
    ("stem", "whole", "warned"),
    [(WINDOWS, 0, 316), (LINUX, 105, 2929), (OLD, 5, 295), (EMPTY, 0, 333)],
)
def test_real_headers_cut_at_every_byte_pass_unnoticed_only_at_line_ends(
    stem: str, whole: int, warned: int
) -> None:
    # Linux: after the counts and the columns. Old: nothing tells six lines
    # from five.
    pid, files = real(stem)
    size = len(files.roi)
    verdicts = [
        judged(pid, files.hdr[:length], files.adc, size)
        for length in range(len(files.hdr))
    ]
    assert passed(verdicts) == (whole, warned)


@pytest.mark.parametrize(
    ("stem", "whole"), [(WINDOWS, 0), (LINUX, 0), (OLD, 1)]
)
def test_real_images_cut_anywhere_are_missed(stem: str, whole: int) -> None:
    # Of an old one the single spare byte may go. Every size near the end,
    # one in 97 before: only whether it is less than the extent matters.
    pid, files = real(stem)
    size = len(files.roi)
    sizes = [*range(0, size - 500, 97), *range(size - 500, size)]
    verdicts = [judged(pid, files.hdr, files.adc, s) for s in sizes]
    assert passed(verdicts) == (whole, 0)


def test_real_products_are_known_by_name() -> None:
    names = [path.name for path in SAMPLE.glob("products/*")]
    assert len(names) == 6
    assert all(isinstance(parse_name(name), Product) for name in names)
