"""What the installed command tells, to people and to programs."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from commands import TARGET, Pier
from runs import names, pid_text, write, write_bin
from servers.faults import Answer, Rule
from servers.personality import Personality
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind
from pt5_async.receipt import COLUMNS

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def parsed(text: str) -> list[dict[str, Any]]:
    """Each line as the strictest parser sees it."""

    def no_such(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    lines = text.split("\n")
    assert lines.pop() == "", "the last line is whole"
    return [json.loads(line, parse_constant=no_such) for line in lines]


def times(record: object) -> list[str]:
    """Every value under a name that says it is a time."""
    if isinstance(record, list):
        return [time for one in record for time in times(one)]
    if not isinstance(record, dict):
        return []
    found = [v for k, v in record.items() if k in {"time", "mtime"}]
    return found + [t for v in record.values() for t in times(v)]


def test_json_has_an_object_per_event_and_nothing_else_on_stdout(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2, without=(Kind.ADC,))
    write(pier.source / "notes.txt")
    write(Path(os.fsdecode(os.fsencode(pier.source) + b"/n\xf6tes\n.txt")))
    refused = Answer(400, "EntityTooLarge", "too large")
    scripted.script(Rule(refused, Op.PUT, key="*/notes.txt"))
    done = pier.upload("--json", "--all-files", code=3)
    lines = parsed(done.out)
    assert done.out.isascii()
    assert lines[0]["event"] == "run_begun"
    assert lines[-1]["event"] == "run_ended"
    assert lines[-1]["exit_code"] == 3
    found = {
        one["source"]: one["outcome"]
        for line in lines
        if line["event"] == "job_done"
        for one in line["files"]
    }
    assert found == {
        **dict.fromkeys(names(1), "uploaded"),
        **dict.fromkeys(names(2)[:2], "held"),
        "notes.txt": "failed",
        "n\\udcf6tes\n.txt": "failed",
    }
    assert times(lines)
    assert all(map(TIME.fullmatch, times(lines)))
    counted = {
        k: lines[-1][k]["files"] for k in ("uploaded", "held", "failed")
    }
    assert counted == {"uploaded": 3, "held": 2, "failed": 2}


def test_json_of_a_run_that_could_not_be_ends_with_its_exit_code(
    pier: Pier,
) -> None:
    write_bin(pier.source)
    done = pier.run("upload", pier.source, "--to", "s3://nowhere", "--json")
    assert done.code == 2
    last = parsed(done.out)[-1]
    assert (last["event"], last["exit_code"]) == ("run_ended", 2)
    assert "NoSuchBucket" in done.sentence


def test_json_of_a_dry_run_and_of_validate(pier: Pier) -> None:
    write_bin(pier.source)
    lines = parsed(pier.upload("--json", "-n").out)
    assert lines[-1]["dry_run"] is True
    reasons = {
        one["reason"]
        for line in lines
        if line["event"] == "job_done"
        for one in line["files"]
    }
    assert reasons == {"not sent before"}
    told = parsed(pier.upload("--json", "--validate").out)
    settings = [one for one in told if one["event"] == "setting"]
    checks = told[len(settings) :]
    assert {check["event"] for check in checks} == {"check"}
    assert all(check["ok"] for check in checks)
    by_name = {one["name"]: (one["value"], one["origin"]) for one in settings}
    assert by_name["source"] == (str(pier.source), "SOURCE")
    assert by_name["target"] == (TARGET, "--to")


def test_a_receipt_has_a_line_for_each_object_and_only_grows(
    pier: Pier, scripted: ScriptedServer
) -> None:
    scripted.personality = Personality(versions=True)
    write_bin(pier.source / "day", 1)
    receipt = pier.root / "receipt.jsonl"
    pier.upload("--receipt", receipt)
    first = receipt.read_text()
    *rows, whole = parsed(first)
    assert (whole["row"], whole["rows"], whole["files"]) == ("summary", 3, 3)
    now = datetime.now(UTC)
    assert [row["source"] for row in rows] == [
        f"day/{name}" for name in names(1)
    ]
    for row in rows:
        assert tuple(row) == COLUMNS
        thing = scripted.objects[row["key"]]
        age = now - datetime.fromisoformat(row["time"])
        assert TIME.fullmatch(row["time"])
        assert 0 <= age.total_seconds() < 60
        assert thing.checksum
        assert row == row | {
            "bucket": "bucket",
            "key": f"p/{row['source']}",
            "pid": pid_text(1),
            "outcome": "uploaded",
            "reason": "not sent before",
            "size": thing.size,
            "checksum": f"crc64nvme:{thing.checksum.value}",
            "proof": "crc64nvme",
            "etag": thing.etag,
            "version": thing.version,
            "attempts": 1,
        }
    pier.upload("--receipt", receipt)
    assert receipt.read_text() == first, "what is skipped has no line"
    pier.upload("--receipt", receipt, "--receipt-all")
    more = receipt.read_text()
    assert more.startswith(first)
    *again, whole = parsed(more.removeprefix(first))
    assert whole["files_skipped"] == whole["rows"] == 3
    assert {row["outcome"] for row in again} == {"skipped"}
    assert {row["run"] for row in again}.isdisjoint(r["run"] for r in rows)


def test_quiet_says_nothing_when_all_is_well(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    done = pier.upload("--quiet")
    assert (done.out, done.err) == ("", "")
    assert len(scripted.objects) == 3


def test_quiet_says_why_when_something_is_not(pier: Pier) -> None:
    write_bin(pier.source, without=(Kind.ADC,))
    done = pier.upload("-q", code=4)
    assert done.out == ""
    assert f"{pid_text(0)}{{.roi,.hdr}}  broken: adc missing" in done.err


def test_verbose_has_a_dated_line_for_every_file(pier: Pier) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2, without=(Kind.ADC,))
    done = pier.upload("-v", code=4)
    for word, name, why in (
        ("sent", names(1)[0], "proof crc64nvme"),
        ("sent", names(1)[2], "not sent before"),
        ("held", names(2)[1], "broken: adc missing"),
    ):
        [line] = [one for one in done.err.splitlines() if f" {name} " in one]
        assert TIME.match(line)
        assert line.split()[1] == word
        assert why in line


@pytest.mark.parametrize(
    ("variables", "args", "colored"),
    [
        ({}, (), False),
        ({}, ("--color", "always"), True),
        ({"CLICOLOR_FORCE": "1"}, (), True),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, (), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"CLICOLOR_FORCE": "1"}, ("--color", "never"), False),
    ],
)
def test_colours_are_there_only_where_they_are_wanted(
    pier: Pier,
    variables: dict[str, str],
    args: tuple[str, ...],
    colored: bool,
) -> None:
    pier.environ |= variables
    done = pier.upload("-n", *args)
    assert ("\x1b[" in done.out) is colored
    plain = re.sub(r"\x1b\[\d*m", "", done.out)
    assert "\x1b" not in plain
    assert "Files To Send: 0\n" in plain


def test_the_version_and_help_come_without_a_store(pier: Pier) -> None:
    done = pier.run("--version")
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"pt5-async \d+\.\d+\.\d+\n", done.out)
    done = pier.run("upload", "--help")
    assert done.code == 0
    assert "--replace-changed" in done.out
