from dataclasses import dataclass, replace
from timeit import repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import bins, pids

from pt5_async.ifcb.names import Pid, parse_pid
from pt5_async.ifcb.synthetic import BinBytes, empty_bin, make_bin
from pt5_async.ifcb.verdict import Judgement, Verdict, judge

COMPLETE = Judgement.COMPLETE
EMPTY = Judgement.EMPTY
INCOMPLETE = Judgement.INCOMPLETE
SUSPICIOUS = Judgement.SUSPICIOUS
TRUNCATED = Judgement.TRUNCATED


def pid_of(text: str) -> Pid:
    pid = parse_pid(text)
    assert pid is not None
    return pid


NEW = pid_of("D20220522T000439_IFCB134")
OLD = pid_of("IFCB5_2012_028_081515")
COUNTS = b"triggerCount: %d\nroiCount: %d\nADCFileFormat: trigger#\n"
NO_COUNTS = b"runType: NORMAL\nADCFileFormat: trigger#\n"


def row(
    trigger: int, width: object = 0, height: int = 0, start: int = 0
) -> str:
    return f"{trigger}{',0' * 14},{width},{height},{start}{',0' * 6}\n"


# Four triggers, three images, 24 bytes of .roi; one trigger has two images,
# so that rows and triggers differ; the last trigger has none.
ROWS = [row(1, 4, 3), row(2), row(3, 2, 2, 12), row(3, 8, 1, 16), row(4)]


@dataclass(frozen=True)
class Bin:
    """A bin as the tests want it; whole unless something is replaced."""

    pid: Pid = NEW
    hdr: bytes | None = COUNTS % (4, 3)
    adc: bytes | None = "".join(ROWS).encode()
    roi_size: int | None = 24

    def judged(self, *, thorough: bool = False) -> Verdict:
        return judge(
            self.pid,
            hdr=self.hdr,
            adc=self.adc,
            roi_size=self.roi_size,
            thorough=thorough,
        )


WHOLE = Bin()


def table(*rows: str) -> bytes:
    return "".join(rows).encode()


def says(it: Bin, judgement: Judgement, reason: str) -> bool:
    """Whether `it` gets that judgement, at any depth, for that reason."""
    verdicts = {it.judged(), it.judged(thorough=True)}
    found = {(verdict.judgement, verdict.reason) for verdict in verdicts}
    assert found == {(judgement, reason)}
    return True


def old(files: BinBytes, **changed: object) -> Bin:
    """`files` as an old-style bin."""
    it = Bin(OLD, files.hdr, files.adc, len(files.roi))
    return replace(it, **changed)  # type: ignore[arg-type]


def test_a_bin_whose_files_fit_each_other_is_complete() -> None:
    assert says(WHOLE, COMPLETE, "")
    assert WHOLE.judged().has_counts
    assert WHOLE.judged().whole


def test_windows_line_ends_change_nothing() -> None:
    assert WHOLE.hdr is not None
    assert WHOLE.adc is not None
    crlf = replace(
        WHOLE,
        hdr=WHOLE.hdr.replace(b"\n", b"\r\n"),
        adc=WHOLE.adc.replace(b"\n", b"\r\n"),
    )
    assert says(crlf, COMPLETE, "")


def test_a_bin_without_counts_is_complete_and_says_that_nothing_counts() -> (
    None
):
    it = replace(WHOLE, hdr=NO_COUNTS)
    assert says(it, COMPLETE, "")
    assert not it.judged().has_counts


def test_a_run_of_triggers_without_any_image_is_complete() -> None:
    it = Bin(NEW, COUNTS % (2, 0), table(row(1), row(2)), 0)
    assert says(it, COMPLETE, "")


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ({"roi_size": None}, "roi missing"),
        ({"hdr": None}, "hdr missing"),
        ({"adc": None}, "adc missing"),
        ({"roi_size": None, "adc": None}, "roi and adc missing"),
        (
            {"roi_size": None, "hdr": None, "adc": None},
            "roi, hdr and adc missing",
        ),
    ],
)
def test_missing_members_make_it_incomplete_and_are_named(
    missing: dict[str, None], reason: str
) -> None:
    it = replace(WHOLE, **missing)  # type: ignore[arg-type]
    assert says(it, INCOMPLETE, reason)
    assert not it.judged().whole


def test_a_bin_in_which_nothing_triggered_is_empty() -> None:
    for size in (0, 1, 2):
        it = Bin(NEW, NO_COUNTS, b"", size)
        assert says(it, EMPTY, "no triggers")
        assert it.judged().whole


@pytest.mark.parametrize("size", [1, 2])
def test_an_old_empty_bin_has_a_byte_or_two_of_roi(size: int) -> None:
    assert says(old(empty_bin(OLD), roi_size=size), EMPTY, "no triggers")


def test_an_old_empty_bin_without_a_byte_of_roi_is_suspicious() -> None:
    it = old(empty_bin(OLD), roi_size=0)
    assert says(it, SUSPICIOUS, "roi and adc have no byte at all")


def test_an_empty_adc_beside_images_is_cut() -> None:
    it = replace(WHOLE, hdr=NO_COUNTS, adc=b"", roi_size=3)
    assert says(it, TRUNCATED, "adc is empty, roi has 3 bytes")


def test_an_empty_bin_whose_header_counted_something_is_cut() -> None:
    images = Bin(NEW, COUNTS % (4, 3), b"", 0)
    assert says(images, TRUNCATED, "hdr counts 3 images, adc is empty")
    trigger = Bin(NEW, COUNTS % (1, 0), b"", 0)
    assert says(trigger, TRUNCATED, "hdr counts 1 trigger, adc is empty")


@pytest.mark.parametrize("hdr", [b"", b"\0" * 512, b"\r\n \n"])
@pytest.mark.parametrize("adc", [WHOLE.adc, b""])
def test_a_header_without_text_is_cut(hdr: bytes, adc: bytes) -> None:
    it = replace(WHOLE, hdr=hdr, adc=adc)
    assert says(it, TRUNCATED, "hdr is empty")


def test_a_header_cut_before_it_names_the_columns_is_cut() -> None:
    it = replace(WHOLE, hdr=b"softwareVersion: x\nimagerID: 13")
    assert says(it, TRUNCATED, "hdr ends in the middle of a line")


@pytest.mark.parametrize(
    ("hdr", "reason"),
    [
        (COUNTS[:-1] % (4, 3), "hdr ends in the middle of a line"),
        (b"softwareVersion: x\n", "hdr does not name the columns of adc"),
    ],
)
def test_a_header_unlike_any_known_one_is_only_suspicious(
    hdr: bytes, reason: str
) -> None:
    assert says(replace(WHOLE, hdr=hdr), SUSPICIOUS, reason)
    assert says(
        Bin(NEW, hdr.replace(b" 4", b" 0").replace(b" 3", b" 0"), b"", 0),
        SUSPICIOUS,
        reason,
    )


def test_an_old_header_need_not_name_columns() -> None:
    made = make_bin(OLD, seed=1)
    assert b"ADCFileFormat" not in made.hdr
    assert says(old(made), COMPLETE, "")
    assert says(
        old(made, hdr=made.hdr[:-1]),
        SUSPICIOUS,
        "hdr ends in the middle of a line",
    )


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (23, "roi ends 1 byte before the last image does"),
        (0, "roi ends 24 bytes before the last image does"),
    ],
)
def test_a_roi_shorter_than_its_images_is_cut(size: int, reason: str) -> None:
    for hdr in (COUNTS % (4, 3), NO_COUNTS):
        assert says(replace(WHOLE, hdr=hdr, roi_size=size), TRUNCATED, reason)


def test_numbers_in_reasons_are_grouped() -> None:
    it = replace(WHOLE, adc=table(row(1, 1000, 2)), hdr=NO_COUNTS)
    assert says(
        it, TRUNCATED, "roi ends 1,976 bytes before the last image does"
    )


def test_an_adc_without_its_last_line_end_is_cut() -> None:
    assert WHOLE.adc is not None
    for lost in (1, 5, 40):
        it = replace(WHOLE, adc=WHOLE.adc[:-lost])
        assert says(it, TRUNCATED, "adc ends in the middle of row 5")


@pytest.mark.parametrize("fields", [4, 18, 23])
def test_a_last_row_that_lacks_fields_is_cut(fields: int) -> None:
    last = ",".join(["4", *["0"] * (fields - 1)]) + "\n"
    it = replace(WHOLE, adc=table(*ROWS[:-1], last), hdr=NO_COUNTS)
    assert says(it, TRUNCATED, "adc ends in the middle of row 5")


@pytest.mark.parametrize("rois", [2, 4])
def test_a_header_that_counts_other_images_than_the_adc_has_is_cut(
    rois: int,
) -> None:
    it = replace(WHOLE, hdr=COUNTS % (4, rois)).judged(thorough=True)
    assert it.judgement is TRUNCATED
    assert it.reason == f"hdr counts {rois} images, adc has 3"


def test_images_that_the_adc_lost_at_its_end_are_missed() -> None:
    it = replace(WHOLE, adc=table(*ROWS[:3]), roi_size=16)
    assert says(it, TRUNCATED, "hdr counts 3 images, adc has 2")


def test_a_header_that_counts_nothing_beside_rows_was_not_finished() -> None:
    it = replace(WHOLE, hdr=COUNTS % (0, 0))
    assert says(it, TRUNCATED, "hdr counts 0 images, adc has 3")
    bare = Bin(NEW, COUNTS % (0, 0), table(row(1), row(2)), 0)
    assert says(bare, TRUNCATED, "hdr counts no triggers, adc has 2")
    images = Bin(
        NEW, COUNTS % (0, 2), table(row(1, 4, 3), row(2, 1, 3, 12)), 15
    )
    assert says(images, TRUNCATED, "hdr counts no triggers, adc has 2")


def test_a_header_that_counts_nothing_beside_an_odd_row_is_suspicious() -> (
    None
):
    it = Bin(NEW, COUNTS % (0, 0), table(row(1, "NaN")), 0)
    assert says(it, SUSPICIOUS, "1 row of adc cannot be read")


def test_counts_long_outrun_by_the_rows_are_not_taken_for_right() -> None:
    it = replace(WHOLE, hdr=COUNTS % (1, 1))
    assert says(it, TRUNCATED, "hdr counts 1 image, adc has 3")


@pytest.mark.parametrize("triggers", [3, 5])
def test_another_number_of_triggers_is_only_suspicious(triggers: int) -> None:
    it = replace(WHOLE, hdr=COUNTS % (triggers, 3)).judged(thorough=True)
    assert it.judgement is SUSPICIOUS
    assert it.reason == f"hdr counts {triggers} triggers, adc has 4"
    assert it.whole


def test_one_count_alone_is_held_against_the_rows() -> None:
    hdr = b"roiCount: %d\nADCFileFormat: x\n"
    assert says(replace(WHOLE, hdr=hdr % 3), COMPLETE, "")
    assert says(
        replace(WHOLE, hdr=hdr % 9),
        TRUNCATED,
        "hdr counts 9 images, adc has 3",
    )
    assert not replace(WHOLE, hdr=hdr % 3).judged().has_counts


@pytest.mark.parametrize("beyond", [1, 2])
def test_two_bytes_more_than_the_images_are_nothing(beyond: int) -> None:
    assert says(replace(WHOLE, roi_size=24 + beyond), COMPLETE, "")
    made = make_bin(OLD, seed=1)
    assert says(old(made, roi_size=len(made.roi) - 1 + beyond), COMPLETE, "")


def test_a_roi_much_longer_than_its_images_is_suspicious() -> None:
    it = replace(WHOLE, roi_size=27)
    assert says(it, SUSPICIOUS, "roi has 3 bytes after the last image")
    bare = Bin(NEW, COUNTS % (2, 0), table(row(1), row(2)), 9)
    assert says(bare, SUSPICIOUS, "roi has 9 bytes and adc no image")


def test_rows_in_the_middle_that_cannot_be_read_are_suspicious() -> None:
    rows = [*ROWS[:2], row(3, "NaN", 2), *ROWS[3:]]
    odd = replace(WHOLE, adc=table(*rows))
    for hdr in (NO_COUNTS, COUNTS % (4, 2), COUNTS % (4, 3)):
        verdict = replace(odd, hdr=hdr).judged(thorough=True)
        assert verdict.judgement is SUSPICIOUS
        assert verdict.reason == "1 row of adc cannot be read"


def test_an_odd_row_excuses_one_image_and_no_more() -> None:
    rows = [*ROWS[:2], row(3, "NaN", 2), *ROWS[3:]]
    it = replace(WHOLE, adc=table(*rows), hdr=COUNTS % (4, 4))
    verdict = it.judged(thorough=True)
    assert verdict.judgement is TRUNCATED
    assert verdict.reason == "hdr counts 4 images, adc has 2"


def test_bogus_times_in_the_last_row_do_not_matter() -> None:
    last = ROWS[-1].replace(",0,0\n", ",9.336713E+09,-1e30\n")
    assert last != ROWS[-1]
    assert says(replace(WHOLE, adc=table(*ROWS[:-1], last)), COMPLETE, "")


def test_an_adc_of_which_no_row_can_be_read_locates_no_image() -> None:
    it = replace(WHOLE, hdr=NO_COUNTS, adc=b"\xff\xfe\n\x01\n\x02\n")
    reason = "no row of adc can be read, roi has 24 bytes"
    assert says(it, TRUNCATED, reason)
    for size in (0, 2):
        without = replace(it, roi_size=size)
        assert says(without, SUSPICIOUS, "3 rows of adc cannot be read")


def test_names_that_pyifcb_refuses_are_not_suspicious() -> None:
    it = replace(WHOLE, pid=pid_of("D20220522T000439_IFCB1034"))
    assert says(it, COMPLETE, "")


def test_a_row_lost_before_the_newest_image_needs_the_thorough_look() -> None:
    # Five rows less one still are as many as there are triggers.
    it = replace(WHOLE, adc=table(*ROWS[:2], *ROWS[3:]))
    assert it.judged().judgement is COMPLETE
    assert it.judged(thorough=True).judgement is TRUNCATED


@settings(deadline=None)
@given(bins(), st.data())
def test_the_quick_look_never_passes_a_bin_whose_roi_or_adc_is_cut(
    made: tuple[Pid, BinBytes], data: st.DataObject
) -> None:
    pid, files = made
    adc = files.adc[: data.draw(st.integers(0, len(files.adc)))]
    size = data.draw(st.integers(0, len(files.roi)))
    it = Bin(pid, files.hdr, adc, size)
    if it.judged().judgement is COMPLETE:
        assert it.judged(thorough=True).whole


@given(
    pids(),
    st.none() | st.binary(),
    st.none() | st.binary(),
    st.none() | st.integers(0, 2**63),
    st.booleans(),
)
def test_no_bytes_make_it_raise(
    pid: Pid,
    hdr: bytes | None,
    adc: bytes | None,
    size: int | None,
    thorough: bool,
) -> None:
    verdict = Bin(pid, hdr, adc, size).judged(thorough=thorough)
    assert bool(verdict.reason) is (verdict.judgement is not COMPLETE)
    assert verdict.reason.isprintable()
    if None in (hdr, adc, size):
        assert verdict.judgement is INCOMPLETE


def test_a_bin_that_is_well_is_judged_without_reading_every_row() -> None:
    made = make_bin(NEW, seed=1, rois=3000, size=(8, 6))
    it = Bin(NEW, made.hdr, made.adc, len(made.roi))
    quick = min(repeat(it.judged, number=3, repeat=5))
    whole = min(repeat(lambda: it.judged(thorough=True), number=3, repeat=5))
    assert it.judged().judgement is COMPLETE
    assert quick < whole / 4
