"""What the options that choose files add up to."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from resolving import solved

from pt5_async.cli.flags import Flags
from pt5_async.cli.resolve import Resolved, resolve
from pt5_async.cli.selecting import read_list
from pt5_async.errors import UsageError
from pt5_async.selection import EVERYTHING, Order, Selection


def asking(read: Callable[[str], str] = read_list, **given: Any) -> Resolved:
    return resolve(
        Flags(path="/data", to="s3://b/p", **given),
        {},
        {},
        state=lambda: Path("/state"),
        read=read,
    )


def chosen(**given: Any) -> Selection:
    return asking(**given).settings.selection


def refusal(**given: Any) -> str:
    with pytest.raises(UsageError) as caught:
        asking(**given)
    return str(caught.value)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2013, 5, day, hour, tzinfo=UTC)


def test_nothing_given_asks_for_everything() -> None:
    assert solved().settings.selection == EVERYTHING


def test_every_option_finds_its_place() -> None:
    found = chosen(
        include=["2013/**"],
        exclude=["*_fea*"],
        exclude_dir=["beads", "bad"],
        order=Order.NEWEST,
        follow_links=True,
        include_hidden=True,
    )
    assert found == Selection(
        include=("2013/**",),
        exclude=("*_fea*",),
        exclude_dirs=("beads", "bad"),
        order=Order.NEWEST,
        follow_links=True,
        include_hidden=True,
    )


def test_an_instrument_is_a_number_however_it_is_written() -> None:
    given = ["104", "IFCB104", "ifcb013"]
    assert chosen(instrument=given).instruments == (104, 104, 13)
    for text in ("IFCB", "104,105", "x", "-1"):
        assert refusal(instrument=[text]).startswith("--instrument: ")


def test_a_date_begins_and_ends_with_its_day() -> None:
    found = chosen(since="2013-05-26", until="2013-05-26")
    assert (found.since, found.until) == (at(26), at(27))


@pytest.mark.parametrize("end", ["", "Z"])
def test_a_time_is_in_utc_and_exact(end: str) -> None:
    found = chosen(since=f"2013-05-26T09:00:00{end}")
    assert found.since == at(26, 9)
    assert chosen(until=f"2013-05-26T09:00:00{end}").until == at(26, 9)


def test_the_last_day_of_all_is_a_day_as_well() -> None:
    assert chosen(until="9999-12-31").until is not None


@pytest.mark.parametrize(
    "text", ["yesterday", "2013-13-01", "2013-05-26 09:00", "20130526", "1d"]
)
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    assert "2013-05-26T09:52:07" in refusal(since=text)
    assert refusal(until=text).startswith("--until: ")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"since": "2013-05-27", "until": "2013-05-26"}, "earlier"),
        ({"include": ["*.roi"]}, "--include: '*.roi' matches some members"),
        ({"exclude": ["*.adc"]}, "--members"),
        ({"include": ["beads"], "exclude": ["beads"]}, "--exclude beads"),
        (
            {"include": ["beads/2013/*"], "exclude_dir": ["beads"]},
            "--exclude-dir beads",
        ),
        ({"include": ["beads/"], "exclude_dir": ["beads"]}, "beats it"),
        ({"include": ["D2013"], "exclude": ["D*"]}, "--exclude D*"),
        ({"include": ["a/b/*"], "exclude": ["a/**"]}, "can match nothing"),
        ({"exclude": ["**"]}, "leaves nothing"),
        ({"exclude_dir": ["a/b"]}, "--exclude-dir: 'a/b' is no name"),
        ({"exclude_dir": ["bead*"]}, "--exclude 'bead*/'"),
        ({"include": [""]}, "--include is given, but empty"),
        ({"files_from": ""}, "--files-from is given, but empty"),
        ({"files_from": "/no/such"}, "No such file"),
        ({"files_from": "/"}, "cannot read /"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_words(
    given: dict[str, Any], words: str
) -> None:
    assert words in refusal(**given)


@pytest.mark.parametrize(
    ("include", "exclude"),
    [
        ("beads", "beads/**"),  # there may be others, deeper
        ("2013/**", "2013/beads"),
        ("D2013*", "*_IFCB013"),
        ("**/a", "a/a"),
    ],
)
def test_what_leaves_something_contradicts_nothing(
    include: str, exclude: str
) -> None:
    found = chosen(include=[include], exclude=[exclude])
    assert (found.include, found.exclude) == ((include,), (exclude,))


def test_the_library_takes_no_text_for_several() -> None:
    with pytest.raises(UsageError, match="tuple"):
        Selection(include="beads")  # type: ignore[arg-type]


def test_a_list_has_a_path_a_line_and_remarks() -> None:
    text = "# today\r\na/b.roi\r\n\n  \n name with spaces \n"
    found = asking(lambda _: text, files_from="x").settings.selection
    assert found.listed == ("a/b.roi", " name with spaces ")


def test_a_list_that_is_empty_is_warned_of() -> None:
    found = asking(lambda _: "# nothing\n", files_from="todo")
    assert found.settings.selection.listed == ()
    assert found.warnings == ("--files-from todo lists nothing",)


def test_a_list_that_is_no_text_says_where(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"a\nb\n\xff\n")
    assert "line 3 of" in refusal(files_from=str(path))
    path.write_bytes(b"a\0b\0")
    assert "one path a line" in refusal(files_from=str(path))


def test_a_list_is_not_read_to_validate() -> None:
    found = chosen(files_from="/no/such", validate=True)
    assert found.listed is None


def test_the_library_takes_no_time_without_a_zone() -> None:
    naive = datetime(2013, 5, 26)  # noqa: DTZ001 - that is what is refused
    with pytest.raises(UsageError, match="time zone"):
        Selection(since=naive)
