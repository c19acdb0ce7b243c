import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import NASTY, begun, done, examples, failed, held, item, skipped
from saying import uploaded as sent

from pt5_async.errors import ObjectRefused, Pt5Error
from pt5_async.events import Event
from pt5_async.model import Failed, Held, Hold, Outcome, Skip, Skipped
from pt5_async.receipt import COLUMNS, Lines, Receipt, utc


def rows(*events: Event, skipped: bool = False) -> list[dict[str, Any]]:
    """The receipt's lines; each must be JSON by itself."""
    file = io.StringIO()
    receipt = Receipt(Lines(file), skipped=skipped)
    for event in events:
        receipt(event)
    text = file.getvalue()
    assert not text or text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def row(outcome: Outcome, *, pid: bool = False) -> dict[str, Any]:
    [one] = rows(begun(), done(outcome, pid=pid), skipped=True)
    return one


def test_a_line_has_all_columns_in_their_order() -> None:
    for outcome in (sent(), skipped(), held(), failed()):
        assert tuple(row(outcome)) == COLUMNS


def test_an_uploaded_file_tells_what_arrived() -> None:
    found = row(sent("a/b.roi", 7, version="v1", attempts=2), pid=True)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found.pop("time")
    )
    assert {name for name in found if name.startswith("file")} == {
        name for name in COLUMNS if name.startswith("file")
    }
    assert {name: v for name, v in found.items() if v is not None} == {
        "row": "object",
        "command": "upload",
        "run": "f00d",
        "bucket": "bucket",
        "key": "site/a/b.roi",
        "source": "a/b.roi",
        "pid": "D20130526T000000_IFCB013",
        "instrument": 13,
        "sample_time": "2013-05-26T00:00:00.000Z",
        "bin_state": "empty",
        "outcome": "uploaded",
        "reason": "not sent before",
        "size": 7,
        "mtime": "2013-05-26T09:52:07.000Z",
        "checksum": "crc64nvme:AAAA",
        "proof": "crc64nvme",
        "etag": "e",
        "version": "v1",
        "attempts": 2,
        "seconds": 0.25,
    }


def test_a_failed_file_tells_why_and_after_how_many_attempts() -> None:
    found = row(Failed(item(), ObjectRefused("too odd"), 3, 1.23456))
    assert (found["outcome"], found["reason"]) == ("failed", "too odd")
    assert (found["attempts"], found["seconds"]) == (3, 1.235)
    assert found["checksum"] is found["etag"] is found["pid"] is None


def test_held_and_skipped_files_tell_their_reasons() -> None:
    found = row(held())
    assert found["reason"] == "broken: one row is cut"
    assert (found["outcome"], found["attempts"]) == ("held", None)
    found = row(Skipped(item(), Skip.LINK, "it points to /x"))
    assert found["reason"] == "a link: it points to /x"
    assert row(skipped())["reason"] == "in the journal"


def test_what_is_the_same_in_every_run_has_no_row_unless_asked_for() -> None:
    job = done(held("a"), Held(item("b"), Hold.NOT_REACHED), pid=True)
    assert job.job.pid is not None

    def told(**how: Any) -> list[str]:
        file = io.StringIO()
        Receipt(Lines(file), **how)(job)
        lines = file.getvalue().splitlines()
        return [json.loads(line)["source"] for line in lines]

    known = {job.job.pid.text}
    assert told() == [held("a").item.file.relative]
    assert told(known=known) == []
    assert len(told(known=known, skipped=True)) == 2


def test_every_outcome_has_a_line_skipped_ones_only_when_asked() -> None:
    job = done(sent("a"), skipped("b"), held("c"), failed("d"), pid=True)
    sources = [one["source"] for one in rows(begun(), job)]
    assert sources == ["a", "c", "d"]
    sources = [one["source"] for one in rows(begun(), job, skipped=True)]
    assert sources == ["a", "b", "c", "d"]


def test_other_events_leave_no_line() -> None:
    assert len(rows(*examples(), skipped=True)) == 4
    assert rows(begun(), done(skipped())) == []


class Watched(io.StringIO):
    """A file that knows what of it is safe."""

    safe = ""

    def flush(self) -> None:
        self.safe = self.getvalue()


def test_a_killed_run_leaves_whole_lines_of_what_is_through() -> None:
    file = Watched()
    receipt = Receipt(Lines(file))
    receipt(begun())
    for number in range(1, 4):
        receipt(done(sent(f"{number}-a"), sent(f"{number}-b")))
        assert file.safe.count("\n") == 2 * number
        assert file.safe.endswith("}\n")


HOSTILE = st.text(min_size=1, max_size=30) | st.just(NASTY)


@settings(deadline=None)
@given(name=HOSTILE, words=HOSTILE)
def test_names_and_errors_of_any_kind_make_one_line_each(
    name: str, words: str
) -> None:
    error = Failed(item(name), Pt5Error(words))
    found = rows(begun(), done(sent(name), error, held(name)))
    assert len(found) == 3
    for one in found:
        assert one["source"].encode() == name.encode(errors="backslashreplace")
        assert one["key"].startswith("site/")


def test_lines_are_ascii_whatever_the_name() -> None:
    file = io.StringIO()
    Receipt(Lines(file))(done(sent(NASTY)))
    assert file.getvalue().isascii()
    assert file.getvalue().isprintable() is False  # the line end alone
    assert file.getvalue()[:-1].isprintable()


@pytest.mark.parametrize("seconds", [0, 1369561927.25, 4102444800.0])
def test_times_are_utc_with_a_z(seconds: float) -> None:
    text = utc(seconds)
    assert text.endswith("Z")
    back = datetime.fromisoformat(text)
    assert back == datetime.fromtimestamp(seconds, UTC)
