"""Patterns of paths, held against a model that tries everything."""

from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import extensions, pids

from pt5_async.errors import UsageError
from pt5_async.ifcb.names import Kind, Pid
from pt5_async.selection.globs import Glob, splits

letters = st.text("ab.D0", min_size=1, max_size=5)
steps = st.one_of(
    st.text("ab.D0*?", min_size=1, max_size=6).filter(
        lambda text: "**" not in text and text not in {".", ".."}
    ),
    st.just("**"),
)
patterns = st.lists(steps, min_size=1, max_size=4).map("/".join)
paths = st.lists(letters, min_size=1, max_size=4)


@cache
def model_name(pattern: str, name: str) -> bool:
    """One name by one step, letter by letter."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(
            model_name(pattern[1:], name[cut:]) for cut in range(len(name) + 1)
        )
    fits = bool(name) and pattern[0] in {"?", name[0]}
    return fits and model_name(pattern[1:], name[1:])


def model_path(steps: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """A path by a pattern, step by step; ** at the end is one name more."""
    if not steps:
        return not names
    if steps[0] == "**":
        fewest = 1 if len(steps) == 1 else 0
        return any(
            model_path(steps[1:], names[cut:])
            for cut in range(fewest, len(names) + 1)
        )
    return (
        bool(names)
        and model_name(steps[0], names[0])
        and model_path(steps[1:], names[1:])
    )


def model(pattern: str, names: list[str]) -> bool:
    """Whether the path or a folder on its way matches."""
    steps = tuple(pattern.split("/"))
    if len(steps) == 1:
        steps = ("**", *steps)
        if pattern == "**":
            steps = ("**",)
    return any(
        model_path(steps, tuple(names[: end + 1])) for end in range(len(names))
    )


def matches(glob: Glob, names: list[str]) -> bool:
    """The same, as the walk asks it: folder by folder."""
    places = glob.start
    *folders, name = names
    if glob.covers(places):
        return True
    for folder in folders:
        places = glob.step(places, folder)
        if glob.covers(places):
            return True
    return any(step.fullmatch(name) for step in glob.last_steps(places))


def parsed(pattern: str) -> Glob | None:
    try:
        return Glob.parse(pattern)
    except UsageError:
        return None


@settings(max_examples=400, deadline=None)
@given(pattern=patterns, names=paths)
def test_a_path_matches_as_by_trying_everything(
    pattern: str, names: list[str]
) -> None:
    glob = parsed(pattern)
    if glob is not None:
        assert matches(glob, names) == model(pattern, names)


@settings(max_examples=400, deadline=None)
@given(
    pattern=st.text("DT_IFCB012*?.roihdacROI", min_size=1, max_size=12),
    pid=pids(),
)
def test_a_pattern_that_is_taken_splits_no_bin(pattern: str, pid: Pid) -> None:
    if "**" in pattern or pattern in {".", ".."} or splits(pattern):
        return
    names = [f"{pid}.{kind}" for kind in Kind]
    for group in (names, [f"{pid}.{kind.upper()}" for kind in Kind]):
        assert len({model_name(pattern, name) for name in group}) == 1


@given(pid=pids(), extension=extensions(), cut=st.integers(0, 20))
def test_a_pattern_of_one_extension_is_refused(
    pid: Pid, extension: tuple[str, Kind], cut: int
) -> None:
    spelled, _ = extension
    stem = pid.text[: min(cut, len(pid.text))]
    assert splits(f"{stem}*{spelled}")
    assert splits(f"{pid}{spelled}")


@pytest.mark.parametrize(
    "pattern",
    ["*.roi", "2013/**/*.ADC", "*.?d?", "*c", "D*r", "**/*.h*", "*.Roi"],
)
def test_a_pattern_that_would_split_a_bin_names_the_other_way(
    pattern: str,
) -> None:
    with pytest.raises(UsageError, match="--members") as caught:
        Glob.parse(pattern)
    assert repr(pattern) in str(caught.value)


@pytest.mark.parametrize(
    "pattern",
    [
        "*",
        "D2013*",
        "*_IFCB104",
        "*.*",
        "*.???",
        "*.csv",
        "notes*c",
        "*_fea_v4.csv",
        "*.roi/",
        "*.roi/**",
        "beads",
        "roi",
        ".roi",
        "*.adc.*",
    ],
)
def test_a_pattern_that_splits_no_bin_is_taken(pattern: str) -> None:
    assert Glob.parse(pattern).text == pattern


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("/data/2013", "slash"),
        ("../beads", "below SOURCE"),
        ("a//b", "without a name"),
        ("", "without a name"),
        ("a**b", "between slashes"),
        ("[ab]*", "brackets"),
        ("*.{csv,zip}", "brackets"),
    ],
)
def test_what_is_no_pattern_is_refused_in_words(
    pattern: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        Glob.parse(pattern)


def test_no_pattern_takes_long_over_a_hostile_name() -> None:
    glob = Glob.parse("*a" * 40 + "*b" + "/**/x" * 8)
    assert not glob.covers(glob.step(glob.start, "a" * 255))


def test_every_pattern_of_three_letters_agrees_with_the_model() -> None:
    for pattern in map("".join, product("a*?", repeat=3)):
        glob = parsed(pattern) if "**" not in pattern else None
        for name in ("a", "aa", "aaa", "aaaa", "ab", "b"):
            if glob is not None:
                assert matches(glob, [name]) == model_name(pattern, name)
