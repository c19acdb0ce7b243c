import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import relative_paths

from pt5_async.ifcb.layout import LONGEST_KEY, key_trouble, mirror

DEEP = "2013/D20130526/D20130526T095207_IFCB013.roi"


def test_a_key_is_the_prefix_and_the_path_below_the_source() -> None:
    assert mirror("buoy/raw", DEEP) == f"buoy/raw/{DEEP}"


def test_without_a_prefix_the_key_is_the_path() -> None:
    assert mirror("", DEEP) == DEEP


@given(relative_paths(), relative_paths())
def test_every_ordinary_path_gets_a_key_from_which_it_can_be_had_back(
    prefix: str, relative: str
) -> None:
    key = mirror(prefix, relative)
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
