"""A verification in words and as JSON: each finding has its line."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pt5_async.cli.jsonlines import line
from pt5_async.cli.verify_json import ended, found
from pt5_async.cli.verify_words import (
    bin_line,
    odd_line,
    report,
    requests_line,
)
from pt5_async.errors import SourceUnreadable
from pt5_async.events import FolderSeen, Level, Notice
from pt5_async.ifcb.names import parse_pid
from pt5_async.model import Item, Listed, LocalFile, Skip, Skipped
from pt5_async.settings import Depth
from pt5_async.verify import (
    By,
    Differs,
    Extra,
    Finding,
    Half,
    Requests,
    Same,
    State,
    Unreadable,
    VerificationFold,
    Verified,
    What,
    Written,
)

NOTE = Item(LocalFile("/s/a/note", "a/note", 7, 0, 0), "p/a/note")
REFUSED = Unreadable(NOTE, SourceUnreadable("cannot read a/note: no"))
LOOSE = Verified(None, (Differs(NOTE, What.SIZE, "7 here"),), State.INCOMPLETE)
PID = parse_pid("D20220522T000001_IFCB134")
UNREAD = Verified(PID, (REFUSED,), State.UNREADABLE)
LINK = Skipped(NOTE, Skip.LINK, "to b")
EXTRA = Extra(Listed("p/x", 1, "e", datetime(2022, 5, 22, tzinfo=UTC)))
ALL: list[Finding] = [
    LOOSE,
    UNREAD,
    REFUSED,
    LINK,
    EXTRA,
    Half("p/y"),
    Requests("GetObject", 1, 1, 2048),
    FolderSeen("a", 1, 2, 3, 4),
    Notice(Level.WARNING, "odd"),
    Verified(None, (Same(NOTE, By.DOWNLOAD),), State.SAFE),
]


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (LOOSE, "a/note  incomplete in the store: note differs by size"),
        (UNREAD, "a/note  unreadable: cannot read a/note: no"),
    ],
)
def test_a_bin_says_what_is_wrong_with_it(
    finding: Verified, words: str
) -> None:
    assert words in bin_line(finding).text


def test_what_is_of_no_bin_has_a_line_too() -> None:
    assert odd_line(LINK).text == "  a/note  left: a link: to b"
    assert odd_line(REFUSED).text == "  unreadable: cannot read a/note: no"
    elsewhere = Unreadable(NOTE, SourceUnreadable("no"))
    assert odd_line(elsewhere).text == "  unreadable: a/note: no"
    assert odd_line(EXTRA).text == "  p/x  1 B  extra"
    assert "p/y.adc  not here, and the store has" in odd_line(Half("p/y")).text


def test_requests_are_counted_as_well_as_they_are_known() -> None:
    said = [
        requests_line(Requests("X", *both)).text.partition(": ")[2]
        for both in ((3, 3), (3, None), (0, 4))
    ]
    assert said == ["3 X", "at least 3 X", "up to 4 X"]


def test_the_summary_leaves_nothing_out() -> None:
    fold = VerificationFold(Depth.DOWNLOAD, whole=True, others=2)
    for one in ALL:
        fold(one)
    fold.listed = Written(Path("/l"), 1, 3, 2048)
    seen = fold.verification()
    said = [one.text for one in report(seen)]
    for one in (
        "Unreadable: 1 bin",
        "Safe: 1 other file",
        "Incomplete in the store: 1 other file",
        "Unreadable: 2",
        "Different by size: 1 file, 7.00 B",
        "Half: 1 bin in the store with .adc and without .roi",
        "2 other objects, not looked at",
        "4 files not asked for",
        "Safe to delete: 3 files of 1 bin, 2.00 KB, listed in /l",
        "Not all is safe: 3 not shown to be in the store.",
    ):
        assert one in said
    assert any(one.startswith("Left alone: 1 links") for one in said)
    nothing = VerificationFold(Depth.LISTING).verification()
    assert list(report(nothing))[-1].text.startswith("No bins here")


def test_each_finding_is_a_line_of_json() -> None:
    for one in ALL:
        told = json.loads(line(found(one)))
        assert told["event"]
    told = found(LINK)
    assert (told["outcome"], told["reason"]) == ("skipped", "a link: to b")
    [file] = found(LOOSE)["files"]
    assert (file["outcome"], file["what"]) == ("differs", "size")
    seen = VerificationFold(Depth.LISTING).verification()
    assert json.loads(line(ended(seen, 0)))["safe_to_delete"] is None
