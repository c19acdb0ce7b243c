"""Runs and verifications of the past, as they are shown."""

from dataclasses import replace

import pytest

from pt5_async.cli.columns import Column, lines
from pt5_async.cli.history_words import record, told
from pt5_async.cli.words import Tone
from pt5_async.journal.past import (
    Amount,
    Ending,
    PastRun,
    PastVerification,
    Place,
)

PLACE = Place("s3.amazonaws.com", "my-bucket", "my-site")
MOMENT = 1_795_383_611_000_000_000
"""2026-11-22T21:40:11Z."""

RUN = PastRun(
    id="5f2c8a90be31",
    place=PLACE,
    source="/data/ifcb",
    layout="mirror",
    begun_ns=MOMENT,
    ended_ns=MOMENT + 4_000_000_000,
    ending=Ending.ENDED,
    exit_code=4,
    error=None,
    reason=None,
    counts={
        "uploaded": 2607,
        "bins": 869,
        "bytes": 68369431,
        "failed": 0,
        "held": 6,
        "broken_or_changed": 3,
        "milliseconds": 7840,
    },
)
SEEN = PastVerification(
    "f00d",
    PLACE,
    "/data/ifcb",
    "checksum",
    MOMENT,
    MOMENT,
    {
        "safe": False,
        "stopped": False,
        "seconds": 0.78,
        "bins": {"safe": 869, "not due yet": 1, "broken here": 1},
        "extra": {"files": 0, "size": 0},
    },
)


HEAD = (
    "  Began (UTC)        Took  Bins  Files     Sent      Rate"
    "  Failed  Held  Ended"
)

ROW = (
    "  2026-11-22 21:40  7.8 s   869   2607  65.2 MB  8.3 MB/s"
    "       0     6  3 files broken (4)"
)


def shown(*past: PastRun | PastVerification, width: int = 160) -> list[str]:
    return [one.text for one in told(past, {}, width)]


def ended(**more: object) -> str:
    """The last column of a run."""
    run = replace(RUN, **{"exit_code": None, "counts": {}, **more})
    return shown(run)[2].partition("-  ")[2].strip(" -")


def test_a_run_has_a_line_below_where_it_went() -> None:
    assert shown(RUN) == [
        "/data/ifcb to s3://my-bucket/my-site",
        HEAD,
        ROW,
    ]


def test_a_verification_has_one_below_the_runs() -> None:
    assert shown(RUN, SEEN, RUN)[-2:] == [
        "  Began (UTC)        Took  Level     Bins  Safe  Verified",
        "  2026-11-22 21:40  0.8 s  checksum   871   869  1 bin broken here",
    ]


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_lines_fit_and_columns_stand_below_each_other(width: int) -> None:
    slow = replace(
        RUN,
        counts=RUN.counts | {"milliseconds": 36_061_000, "bytes": 10**13},
        exit_code=143,
    )
    said = shown(RUN, slow, SEEN, SEEN, width=width)
    assert all(len(line) <= width for line in said)
    head, *rows = said[1:4]
    for word in ("Bins", "Sent"):
        end = head.index(word) + len(word)
        assert all(row[end - 1] != " " for row in rows)
        assert all(row[end : end + 1] in {" ", ""} for row in rows)
    assert ("Files" in head) == (width >= 100)
    assert "Began (UTC)" in head
    assert "Ended" in head


def test_where_nothing_fits_the_most_needed_stays() -> None:
    spare = (Column("Much", spare=2), Column("More", spare=1))
    columns = (Column("Name"), *spare, Column("End"))
    rows = [("a" * 10, "b" * 10, "c" * 10, "end")]

    def row(width: int | None) -> str:
        [line] = lines(columns, rows, width)[1]
        return line

    assert row(29) == f"  {'a' * 10}  {'c' * 10}  end"
    assert row(28) == f"  {'a' * 10} {'c' * 10} end"
    assert row(5) == f"  {'a' * 10} end"
    assert row(None).count(" ") == 2 * 4


def test_a_last_column_that_is_too_long_goes_on_below_itself() -> None:
    columns = (Column("Name"), Column("End"))
    rows = [("a" * 10, "this and that and something else again")]
    head, row = lines(columns, rows, 40)
    assert head == ["  Name        End"]
    assert row == [
        "  aaaaaaaaaa  this and that and",
        "              something else again",
    ]


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({}, "well"),
        ({"exit_code": 0}, "well (0)"),
        ({"counts": {"failed": 2}, "exit_code": 3}, "2 files failed (3)"),
        ({"counts": {"stopped": 1}, "exit_code": 143}, "stopped (143)"),
        ({"ending": Ending.CUT_OFF}, "cut off"),
        ({"ending": Ending.RUNNING}, "running"),
        ({"error": "StoreUnreachable"}, "store unreachable"),
        ({"error": "CancelledError"}, "cancelled error"),
    ],
)
def test_how_a_run_ended_is_told_in_few_words(
    run: dict[str, object], words: str
) -> None:
    assert ended(**run).endswith(words)


def test_the_sentence_that_ended_a_run_stands_below_it() -> None:
    run = replace(RUN, error="StoreUnreachable", reason="no answer from x")
    *_, row, sentence = shown(run)
    assert row.endswith("store unreachable (4)")
    assert sentence == "    no answer from x"


def test_what_is_known_of_a_run_that_was_cut_off_is_a_least() -> None:
    run = replace(RUN, ending=Ending.CUT_OFF, counts={}, exit_code=None)
    amounts = {run.id: Amount(files=3, bins=1, size=2048)}
    [_, _, line] = told([run], amounts, None)
    assert line.tone == Tone.CARE
    assert "  1+     3+  2 KB+  " in line.text.replace("2.0", "2")
    made = record(run, amounts[run.id])
    assert (made["bins"], made["files"], made["bytes"]) == (1, 3, 2048)
    assert made["at_least"] is True


def test_two_stores_with_one_name_are_told_apart() -> None:
    other = replace(RUN, place=PLACE._replace(endpoint="127.0.0.1:9000"))
    said = shown(RUN, other)
    assert f"{RUN.source} to {RUN.target} at 127.0.0.1:9000" in said


def test_a_verification_s_result_says_what_is_not_safe() -> None:
    def result(**totals: object) -> str:
        made = replace(SEEN, totals={**SEEN.totals, **totals})
        return shown(made)[-1].rpartition("  ")[2]

    assert result() == "1 bin broken here"
    assert result(safe=True) == "all safe, 1 not due yet"
    bins = {"safe": 869}
    assert result(safe=True, bins=bins) == "all safe"
    part = "a part of the tree: all safe"
    assert result(safe=True, bins=bins, extra=None) == part
    assert result(safe=True, bins=bins, part=True) == part
    assert result(part=True) == "a part of the tree: 1 bin broken here"
    assert result(stopped=True) == "stopped early; 1 bin broken here"


def test_a_run_as_json_has_the_names_of_the_columns() -> None:
    made = record(RUN)
    assert made == {
        "event": "run",
        "run": "5f2c8a90be31",
        "begun": "2026-11-22T21:40:11.000Z",
        "ended": "2026-11-22T21:40:15.000Z",
        "source": "/data/ifcb",
        "target": "s3://my-bucket/my-site",
        "endpoint": "s3.amazonaws.com",
        "ending": "ended",
        "exit_code": 4,
        "error": None,
        "reason": None,
        "stopped": False,
        "seconds": 7.84,
        "rate": 8720590.7,
        "at_least": False,
        "bins": 869,
        "files": 2607,
        "bytes": 68369431,
        "failed": 0,
        "held": 6,
        "broken_or_changed": 3,
    }
    seen = record(SEEN)
    assert seen["event"] == "verification"
    assert seen["bins"] == SEEN.bins
    assert seen["partial"] is False
