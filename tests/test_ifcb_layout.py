import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import relative_paths

from pt5_async.ifcb.layout import (
    LONGEST_KEY,
    Layout,
    arranged,
    key_of,
    key_trouble,
)
from pt5_async.ifcb.names import parse_pid, split_member

DEEP = "2013/D20130526/D20130526T095207_IFCB013.roi"


def test_a_key_is_the_prefix_and_the_path_below_the_source() -> None:
    assert key_of("buoy/raw", DEEP) == f"buoy/raw/{DEEP}"


def test_without_a_prefix_the_key_is_the_path() -> None:
    assert key_of("", DEEP) == DEEP


@given(relative_paths(), relative_paths())
def test_every_ordinary_path_gets_a_key_from_which_it_can_be_had_back(
    prefix: str, relative: str
) -> None:
    key = key_of(prefix, relative)
    assert key_trouble(key) is None
    assert key.removeprefix(f"{prefix}/") == relative


@pytest.mark.parametrize(
    "key", ["a", "...", "a..b/.c/d.", "a b/ü/日本.roi", "a\\b", "~", "é" * 512]
)
def test_strange_and_possible_keys_pass(key: str) -> None:
    assert key_trouble(key) is None


@pytest.mark.parametrize("letter", ["a", "é", "日", "🦠"])
def test_a_key_may_have_1024_bytes_and_no_more(letter: str) -> None:
    width = len(letter.encode())
    most = letter * (LONGEST_KEY // width) + "a" * (LONGEST_KEY % width)
    assert key_trouble(most) is None
    assert key_trouble(f"{most}a") == (
        "its key has 1,025 bytes, at most 1,024 can be"
    )


@pytest.mark.parametrize(
    ("key", "trouble"),
    [
        ("", "empty"),
        ("/a", "begins with"),
        ("a/", "ends with"),
        ("a//b", '"//"'),
        ("./a", '"."'),
        ("a/./b", '"."'),
        ("../a", '".."'),
        ("a/..", '".."'),
        ("a/é/../b", '".."'),
        ("a\udcffb", "not UTF-8"),
        ("é\ud800", "not UTF-8"),
        ("a\nb", "U+000A"),
        ("a\0", "U+0000"),
        ("a\x7f", "U+007F"),
        ("a\x9f", "U+009F"),
    ],
)
def test_an_impossible_key_is_refused_with_its_reason(
    key: str, trouble: str
) -> None:
    reason = key_trouble(key)
    assert reason is not None
    assert trouble in reason
    assert reason.isprintable()


@given(st.text(st.characters(), max_size=2000))
def test_what_passes_can_be_written_down_and_read_again(key: str) -> None:
    if key_trouble(key) is None:
        assert 0 < len(key.encode()) <= LONGEST_KEY
        assert all(part not in {"", ".", ".."} for part in key.split("/"))


# ---- layouts

NEW = "D20130526T095207_IFCB013"
OLD = "IFCB1_2009_216_075913"


@pytest.mark.parametrize(
    ("relative", "day", "year"),
    [
        (f"{NEW}.roi", f"2013/D20130526/{NEW}.roi", f"2013/{NEW}.roi"),
        (f"a/b/{NEW}.HDR", f"2013/D20130526/{NEW}.HDR", f"2013/{NEW}.HDR"),
        (
            f"x/{OLD}.adc",
            f"2009/IFCB1_2009_216/{OLD}.adc",
            f"legacy/{OLD}.adc",
        ),
        (
            f"beads/x/{NEW}.roi",
            f"beads/2013/D20130526/{NEW}.roi",
            f"beads/2013/{NEW}.roi",
        ),
        (
            f"2013/Skip/bad/{NEW}.roi",
            f"Skip/2013/D20130526/{NEW}.roi",
            f"Skip/2013/{NEW}.roi",
        ),
        (
            f"products/{NEW}_fea_v2.csv",
            f"2013/D20130526/{NEW}_fea_v2.csv",
            f"2013/{NEW}_fea_v2.csv",
        ),
        ("a/notes.txt", "a/notes.txt", "a/notes.txt"),
    ],
)
def test_a_place_follows_from_the_bins_name(
    relative: str, day: str, year: str
) -> None:
    member = split_member(relative.rpartition("/")[2])
    pid = parse_pid(member[0]) if member else None
    assert arranged(Layout.MIRROR, relative, pid) == relative
    assert arranged(Layout.DAY, relative, pid) == day
    assert arranged(Layout.YEAR, relative, pid) == year
