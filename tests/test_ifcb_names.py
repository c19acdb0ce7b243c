from datetime import UTC, datetime
from timeit import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import extensions, file_names, old_pids, pids

from pt5_async.ifcb.names import (
    Kind,
    Member,
    Other,
    Pid,
    Product,
    Style,
    Transient,
    is_transient,
    parse_name,
    parse_pid,
    split_member,
)

NEW = "D20130526T095207_IFCB013"
OLD = "IFCB1_2009_216_075913"


def pid_of(text: str) -> Pid:
    pid = parse_pid(text)
    assert pid is not None
    return pid


def test_a_new_style_name_tells_instrument_and_start() -> None:
    time = datetime(2013, 5, 26, 9, 52, 7, tzinfo=UTC)
    assert parse_pid(NEW) == Pid(NEW, Style.NEW, 13, time)


def test_an_old_style_name_tells_them_with_the_day_of_the_year() -> None:
    time = datetime(2009, 8, 4, 7, 59, 13, tzinfo=UTC)
    assert parse_pid(OLD) == Pid(OLD, Style.OLD, 1, time)


@given(pids())
def test_every_bin_that_can_be_is_read_back_from_its_name(pid: Pid) -> None:
    assert parse_pid(str(pid)) == pid


@pytest.mark.parametrize(
    "text",
    [
        "D20131301T000000_IFCB013",
        "D20130001T000000_IFCB013",
        "D20130532T000000_IFCB013",
        "D20130229T000000_IFCB013",
        "D19000229T000000_IFCB013",
        "D00000101T000000_IFCB013",
        "D20130526T240000_IFCB013",
        "D20130526T096000_IFCB013",
        "D20130526T095260_IFCB013",
        "IFCB1_2009_000_075913",
        "IFCB1_2009_366_075913",
        "IFCB1_2008_367_075913",
        "IFCB1_2009_999_075913",
        "IFCB1_9999_366_000000",
        "IFCB1_0000_001_000000",
        "IFCB1_2009_216_245913",
    ],
)
def test_a_date_that_never_was_names_no_bin(text: str) -> None:
    assert parse_pid(text) is None
    assert parse_name(f"{text}.roi") == Other()
    assert parse_name(f"{text}_fea_v2.csv") == Other()


@pytest.mark.parametrize(
    "text",
    [
        "D20120229T000000_IFCB013",
        "D20000229T000000_IFCB013",
        "D00010101T000000_IFCB001",
        "D99991231T235959_IFCB001",
        "IFCB1_2008_366_235959",
        "IFCB1_2009_365_235959",
        "IFCB1_9999_365_235959",
    ],
)
def test_leap_days_and_the_ends_of_the_calendar_are_dates(text: str) -> None:
    assert pid_of(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "D20130526T095207_IFCB",
        f"{NEW} ",
        f"{NEW}\n",
        f"x{NEW}",
        f"{NEW}_00012",
        f"{NEW}_TEMP",
        f"{NEW} (1)",
        "d20130526T095207_IFCB013",
        "D20130526T095207_ifcb013",
        "D2013052T095207_IFCB013",
        "D2013\u0660526T095207_IFCB01",
        "D20130526T095207_IFCB\u0661",
        "I20140707T222013_IFCB001",
        "IFCB_2009_216_075913",
        "IFCB1_2009_216_0759",
        "D20130526T095207_IFCB" + "1" * 5000,
    ],
)
def test_nothing_but_a_whole_name_is_a_bin(text: str) -> None:
    assert parse_pid(text) is None


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        (NEW, True),
        (OLD, True),
        ("D20130526T095207_IFCB13", False),
        ("D20130526T095207_IFCB1013", False),
        ("IFCB10_2012_028_081515", False),
    ],
)
def test_names_that_pyifcb_would_refuse_are_bins_and_not_strict(
    text: str, *, strict: bool
) -> None:
    assert pid_of(text).strict is strict


def test_new_names_sort_by_time_together_and_old_ones_per_instrument() -> None:
    assert pid_of(NEW).series == "D"
    assert pid_of(OLD).series == "IFCB1_"
    assert pid_of("IFCB10_2012_028_081515").series == "IFCB10_"


@given(st.lists(old_pids() | pids(), min_size=2))
def test_names_of_one_series_sort_by_time(many: list[Pid]) -> None:
    series = many[0].series
    same = sorted(
        (pid for pid in many if pid.series == series), key=lambda pid: pid.text
    )
    times = [pid.time for pid in same]
    assert times == sorted(times)
    assert all(pid.text.startswith(series) for pid in same)


@given(pids(), extensions())
def test_a_member_is_known_by_its_extension_in_any_case(
    pid: Pid, extension: tuple[str, Kind]
) -> None:
    spelling, kind = extension
    name = f"{pid}{spelling}"
    assert split_member(name) == (pid.text, kind)
    assert parse_name(name) == Member(pid, kind)


def test_the_quick_look_takes_shapes_and_leaves_the_calendar_to_others() -> (
    None
):
    assert split_member("D20131399T990000_IFCB013.roi") == (
        "D20131399T990000_IFCB013",
        Kind.ROI,
    )


@pytest.mark.parametrize(
    "name",
    [
        f"{NEW} (1).roi",
        f"{NEW} - Copy.roi",
        f"{NEW}.roi.gz",
        f"{NEW}_1.roi",
        f"{NEW}.rol",
        f"{NEW}roi",
        f"Copy of {NEW}.roi",
        NEW,
        ".roi",
        "roi",
        "",
        "beads.roi",
        "metadata.csv",
        "d20130526t095207_ifcb013.roi",
    ],
)
def test_what_only_looks_like_a_member_is_something_else(name: str) -> None:
    assert split_member(name) is None
    assert parse_name(name) == Other()


@pytest.mark.parametrize(
    "suffix",
    [
        "_blobs_v2.zip",
        "_blobs_v4.zip",
        "_fea_v1.csv",
        "_fea_v4.csv",
        "_features_v4.csv",
        "_multiblob_v2.csv",
        "_class_v1.mat",
        "_class_v2.h5",
        "_class.h5",
        "_class_scores.csv",
        ".csv",
        ".mat",
        "_00001.png",
        "_00001.PNG",
        ".adc.mod",
    ],
)
@pytest.mark.parametrize("stem", [NEW, OLD])
def test_derived_products_are_known_by_name(stem: str, suffix: str) -> None:
    assert parse_name(stem + suffix) == Product(pid_of(stem))


@pytest.mark.parametrize(
    "suffix", ["_1.png", "_notes.csv", ".txt", "x_class.h5", ".csv.bak"]
)
def test_other_files_beside_a_bin_are_no_products(suffix: str) -> None:
    assert parse_name(NEW + suffix) == Other()


@pytest.mark.parametrize(
    "name",
    [
        f"{NEW}.roi.filepart",
        f"{NEW}.roi.temp_download",
        f"{NEW}.adc.copy",
        f".{NEW}.roi.a8Xf3Q",
        ".DS_Store",
        f"._{NEW}.roi",
        f"{NEW}.roi.part",
        f"{NEW}.roi.1a2b3c4d.partial",
        f"{NEW}.roi.crdownload",
        f"{NEW}.ROI.TMP",
        "~$log.docx",
        ".~lock.log.ods#",
        "Thumbs.db",
        "desktop.ini",
        ".nfs000000000189abcd00000007",
        ".fuse_hidden0000001200000001",
    ],
)
def test_unfinished_copies_and_droppings_are_transient(name: str) -> None:
    assert is_transient(name)
    assert parse_name(name) == Transient()


@pytest.mark.parametrize(
    "name",
    [
        f"{NEW}.roi",
        f"{NEW}_fea_v2.csv",
        "notes.copy.txt",
        "part",
        ".hidden",
        f".{NEW}.roi.a8Xf3",
        f"{NEW}.roi.a8Xf3Q",
        "",
    ],
)
def test_files_with_settled_names_are_not_transient(name: str) -> None:
    assert not is_transient(name)


@given(st.text() | file_names())
def test_any_name_is_exactly_one_thing(name: str) -> None:
    found = parse_name(name)
    assert isinstance(found, Member | Product | Transient | Other)
    assert isinstance(found, Member) <= (split_member(name) is not None)


def test_the_quick_look_is_much_cheaper_than_reading_the_calendar() -> None:
    name = f"{NEW}.roi"
    quick = min(repeat(lambda: split_member(name), number=2000, repeat=5))
    whole = min(repeat(lambda: parse_name(name), number=2000, repeat=5))
    assert quick < whole / 3
