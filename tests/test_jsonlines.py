"""JSON on standard output: complete, parseable, and true of every event."""

import json
from datetime import datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saying import (
    NASTY,
    done,
    examples,
    failed,
    held,
    noon,
    skipped,
    summed,
    uploaded,
)

from pt5_async.cli.jsonlines import JsonLines, checked, ended, line, record
from pt5_async.events import BegunAgain, Event
from pt5_async.validate import Check


def written(*events: Event) -> list[dict[str, Any]]:
    lines: list[str] = []
    observer = JsonLines(lines.append, now=noon)
    for event in events:
        observer(event)
    return [json.loads(one) for one in lines]


def test_every_kind_of_event_has_a_line_of_its_own() -> None:
    events = [*examples(), BegunAgain("it is gone")]
    assert {type(event) for event in events} == set(get_args(Event))

    lines = written(*events)

    assert [one["event"] for one in lines] == [
        "run_begun",
        "counted",
        "folder_seen",
        "sent_before",
        "job_done",
        "sending",
        "retrying",
        "paused",
        "resumed",
        "notice",
        "stopping",
        "run_begun_again",
    ]
    assert {one["time"] for one in lines} == {"2026-11-22T12:00:00.000Z"}


@pytest.mark.parametrize(
    "event", examples(), ids=lambda one: type(one).__name__
)
def test_no_field_of_an_event_is_forgotten(event: Event) -> None:
    names = {
        "job": "pid",
        "outcomes": "files",
        "item": "key",
    }

    kept = record(event)

    for field in type(event).__slots__:
        assert names.get(field, field) in kept


def test_a_job_tells_of_its_bin_and_of_each_file() -> None:
    outcomes = (uploaded(), skipped(), held(), failed())

    (job,) = written(done(*outcomes, pid=True))

    assert job["pid"] == "D20130526T000000_IFCB013"
    assert (job["verdict"], job["verdict_reason"]) == ("empty", "no image")
    assert [file["outcome"] for file in job["files"]] == [
        "uploaded",
        "skipped",
        "held",
        "failed",
    ]
    first = job["files"][0]
    assert first["source"] == "day/one.roi"
    assert first["key"] == "site/day/one.roi"
    assert first["size"] == 1024
    assert first["mtime"] == "2013-05-26T09:52:07.000Z"
    assert first["proof"] == "crc64nvme"
    assert "broken" in job["files"][2]["reason"]
    assert job["files"][3]["reason"] == "not a key"


def test_a_loose_file_has_no_bin_and_no_verdict() -> None:
    (job,) = written(done(uploaded()))

    assert (job["pid"], job["verdict"]) == (None, None)


def test_the_last_line_is_the_summary_with_the_exit_code() -> None:
    summary = summed(*examples())

    last = ended(summary, 3)

    assert json.loads(line(last)) == last
    assert (last["event"], last["exit_code"]) == ("run_ended", 3)
    assert last["found"] == {"files": 4, "size": 4096}
    assert last["held_by"] == {"broken": {"files": 1, "size": 1024}}
    assert last["skipped_by"] == {"in the journal": {"files": 1, "size": 1024}}
    assert last["proofs"] == {"crc64nvme": 1}
    assert last["bins"]["failed"] == 1
    assert last["stopped"] is True
    missing = set(type(summary).__slots__) - set(last)
    named = {"failures", "holds", "overdue_holds", "warnings"}
    assert missing == {"source", "target", *named}


def test_a_check_is_a_line_too() -> None:
    assert checked(Check("clock", ok=None, detail="unknown")) == {
        "event": "check",
        "name": "clock",
        "ok": None,
        "detail": "unknown",
    }


def test_bytes_that_were_no_text_become_text_that_every_parser_takes() -> None:
    (job,) = written(done(failed(NASTY)))

    name = job["files"][0]["source"]
    name.encode()
    assert name == NASTY.replace("\udcff", "\\udcff")


@given(st.text(st.characters(codec=None), max_size=20))
def test_any_name_is_one_ascii_line_and_comes_back(text: str) -> None:
    one = line({"event": "x", "name": text})
    back = json.loads(one)["name"]

    assert one.isascii()
    assert one.isprintable()
    back.encode()
    if not any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        assert back == text


def test_lines_carry_the_time_at_which_they_were_written() -> None:
    lines: list[str] = []
    before = datetime.now(noon().tzinfo)

    JsonLines(lines.append)(examples()[0])

    when = json.loads(lines[0])["time"]
    assert when.endswith("Z")
    assert abs(datetime.fromisoformat(when) - before).total_seconds() < 5
