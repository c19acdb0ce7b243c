"""A bin as it looks at every moment while an instrument writes it."""

from collections.abc import Iterator

import pytest

from pt5_async.ifcb.names import parse_pid
from pt5_async.ifcb.synthetic import make_bin
from pt5_async.ifcb.verdict import Judgement, Verdict, judge

_PID = parse_pid("D20220522T000439_IFCB134")
assert _PID is not None
PID = _PID
MADE = make_bin(PID, seed=3, rois=12, size=(9, 7))
LINES = MADE.adc.splitlines(keepends=True)
NO_COUNTS = make_bin(PID, seed=3, counts=False).hdr


def image_ends() -> list[int]:
    """How long the .roi is once the image of each row is in it."""
    ends, end = [], 0
    for line in LINES:
        width, height, start = map(int, line.split(b",")[15:18])
        end = max(end, start + width * height)
        ends.append(end)
    return ends


def appended() -> Iterator[tuple[bytes, int]]:
    """.adc and .roi's size while both grow row by row, before the end.

    The row may come first or the image; of either, half may be there.
    """
    ends = [0, *image_ends()]
    for k, line in enumerate(LINES):
        before, after = b"".join(LINES[:k]), b"".join(LINES[: k + 1])
        half = (ends[k] + ends[k + 1]) // 2
        yield before, ends[k]
        yield before + line[: len(line) // 2], ends[k]
        yield before, half
        yield before, ends[k + 1]
        if ends[k + 1] > ends[k]:
            yield after, ends[k]
            yield after, half


def judged(hdr: bytes | None, adc: bytes, size: int) -> Verdict:
    return judge(PID, hdr=hdr, adc=adc, roi_size=size, thorough=True)


def counted(triggers: int, rois: int) -> bytes:
    head, _, rest = MADE.hdr.partition(b"triggerCount")
    rest = rest.split(b"\n", 2)[2]
    counts = b"triggerCount: %d\nroiCount: %d\n" % (triggers, rois)
    return head + counts + rest


def test_the_states_before_the_end_are_many_and_the_end_is_complete() -> None:
    assert len(list(appended())) > 60
    final = judged(MADE.hdr, MADE.adc, len(MADE.roi))
    assert final == Verdict(Judgement.COMPLETE, "", has_counts=True)


@pytest.mark.parametrize("hdr", [None, b""])
def test_a_bin_whose_header_comes_last_is_never_whole_before(
    hdr: bytes | None,
) -> None:
    assert not any(judged(hdr, *state).whole for state in appended())


def test_a_header_of_zeros_at_the_start_makes_only_the_start_look_well() -> (
    None
):
    # Nothing triggered yet: an empty bin, which the newest one may not be.
    whole = [s for s in appended() if judged(counted(0, 0), *s).whole]
    assert set(whole) == {(b"", 0)}
    assert judged(counted(0, 0), b"", 0).judgement is Judgement.EMPTY


def test_a_header_that_is_final_before_the_rows_misses_every_image() -> None:
    # What passes, with a warning, lacks nothing but a last trigger without
    # an image.
    images = image_ends()[-1]
    for adc, size in appended():
        verdict = judged(MADE.hdr, adc, size)
        if verdict.whole:
            assert verdict.judgement is Judgement.SUSPICIOUS
            assert "triggers" in verdict.reason
            assert size == images


def test_a_header_without_counts_never_pretends_to_count() -> None:
    # Files that happen to fit look complete: waiting is for who asks, and
    # has_counts tells that it is needed.
    for adc, size in appended():
        verdict = judged(NO_COUNTS, adc, size)
        assert not (verdict.whole and verdict.has_counts)


def test_a_header_without_counts_does_not_hide_a_row_before_its_image() -> (
    None
):
    ends = dict(zip(range(1, len(LINES) + 1), image_ends(), strict=True))
    for adc, size in appended():
        if adc.endswith(b"\n") and size < ends[adc.count(b"\n")]:
            verdict = judged(NO_COUNTS, adc, size)
            assert verdict.judgement is Judgement.TRUNCATED


def test_one_file_written_after_another_is_never_whole_too_early() -> None:
    # The Windows software: hdr, then adc, then roi, each in one go; a file
    # that is not begun is missing, or has no byte yet.
    hdr, adc, roi = NO_COUNTS, MADE.adc, len(MADE.roi)
    for k in range(len(hdr)):
        assert not judge(PID, hdr=hdr[:k], adc=None, roi_size=None).whole
    for k in range(len(adc)):
        assert not judge(PID, hdr=hdr, adc=adc[:k], roi_size=None).whole
        if k > len(LINES[0]):
            assert not judged(hdr, adc[:k], 0).whole
    for k in range(roi):
        assert not judged(hdr, adc, k).whole


def test_memory_spilt_in_the_middle_of_a_run_is_not_taken_for_a_bin() -> None:
    # The Windows software then appends adc and roi before any hdr exists.
    half = len(LINES) // 2
    spilt = b"".join(LINES[:half])
    verdict = judge(PID, hdr=None, adc=spilt, roi_size=image_ends()[half - 1])
    assert verdict.judgement is Judgement.INCOMPLETE
