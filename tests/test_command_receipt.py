"""Receipts of the installed command, in all forms, of both commands."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from commands import TARGET, Done, Pier, bodies
from runs import bin_bytes, names, pid_text, write_bin
from servers.scripted import ScriptedServer

from pt5_async.ifcb.synthetic import BinBytes
from pt5_async.receipt import COLUMNS, restored
from pt5_async.receipt.parquet import Parquet


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def run(pier: Pier, command: str, *args: object, code: int = 0) -> Done:
    done = pier.run(command, pier.source, "--to", TARGET, *args)
    assert done.code == code, done
    assert "Traceback" not in done.err
    return done


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def some(row: dict[str, Any], *columns: str) -> tuple[Any, ...]:
    return tuple(row[one] for one in columns)


def test_a_verification_has_a_row_for_each_object_and_one_at_the_end(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(1, 4):
        write_bin(pier.source, number)
    run(pier, "upload")
    whole = bin_bytes()
    write_bin(pier.source, 4, made=BinBytes(whole.hdr, whole.adc, b"x"))
    bucket = scripted.buckets["bucket"]
    bucket.drop(f"p/{names(2)[1]}")
    for name in names(3):
        (pier.source / name).unlink()

    receipt = pier.root / "receipt.jsonl"
    done = run(
        pier, "verify", "--receipt", receipt, "--extra", "--json", code=3
    )

    *rows, last = lines_of(receipt)
    assert all(tuple(row) == COLUMNS for row in (*rows, last))
    by_key = {row["key"].removeprefix("p/"): row for row in rows}
    assert len(by_key) == len(rows) == 12
    for name in names(1):
        told = some(by_key[name], "outcome", "proof", "bin_state", "reason")
        assert told == ("same", "journal", "safe", None)
    row = by_key[names(2)[1]]
    assert some(row, "outcome", "bin_state", "member", "pid") == (
        "missing",
        "incomplete in the store",
        "hdr",
        pid_text(2),
    )
    assert row["sample_time"] == "2022-05-22T00:00:02.000Z"
    assert {by_key[name]["outcome"] for name in names(3)} == {"extra"}
    row = by_key[names(4)[0]]
    assert row["bin_state"] == "broken here"
    assert row["reason"].startswith("broken: roi ends")
    told = json.loads(done.out.splitlines()[0])
    assert {one["run"] for one in (*rows, last)} == {told["run"]}
    assert some(last, "row", "exit_code", "rows", "level") == (
        "summary",
        3,
        12,
        "checksum",
    )
    counted = ("bins", "files", "files_failed", "files_held", "files_extra")
    assert some(last, *counted) == (1, 5, 1, 3, 3)


def test_csv_and_parquet_take_the_rows_of_both_commands(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    (pier.source / "=1+1.txt").write_bytes(b"x")
    both = [pier.root / "r.csv", pier.root / "r.parquet"]
    for path in both:
        run(
            pier,
            "upload",
            "--all-files",
            "--receipt",
            path,
            "--existing=overwrite",
        )
        run(pier, "verify", "--all-files", "--receipt", path)
        scripted.buckets["bucket"].objects.clear()
        (pier.state / "journal.sqlite3").unlink()
    with both[0].open(newline="") as file:
        cells = list(csv.DictReader(file))
    table = pq.read_table(both[1]).to_pylist()
    for one, other in zip(cells, table, strict=True):
        for column in ("row", "command", "key", "outcome", "etag", "proof"):
            assert restored(one[column]) == (other[column] or "")
    told = [some(row, "command", "row") for row in table]
    assert told == [
        *[("upload", "object")] * 4,
        ("upload", "summary"),
        *[("verify", "object")] * 4,
        ("verify", "summary"),
    ]
    assert "'=1+1.txt" in {row["source"] for row in cells}


def test_what_is_sent_to_put_it_right_is_in_the_receipt_too(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    run(pier, "upload")
    scripted.buckets["bucket"].drop(f"p/{names(1)[1]}")
    receipt = pier.root / "receipt"
    run(pier, "verify", "--fix", "--receipt", receipt)
    rows = lines_of(receipt)
    sent = [row for row in rows if row["command"] == "upload"]
    assert sent[-1]["row"] == rows[-1]["row"] == "summary"
    assert [r["key"] for r in sent if r["outcome"] == "uploaded"] == [
        f"p/{names(1)[1]}"
    ]
    assert rows[-1]["exit_code"] == 0


def test_a_job_is_skipped_or_waits_while_another_writes_its_parquet(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    path = pier.root / "r.parquet"
    writer = Parquet(path)
    words = ("--receipt", path, "--if-running")
    done = run(pier, "upload", *words, "skip")
    assert "another run is writing to the receipt" in done.err
    run(pier, "upload", *words, "fail", code=7)
    assert not bodies(scripted)
    with pier.uploading(*words, "wait") as running:
        running.await_words("waiting: another run is writing")
        writer.close()
        assert running.end().code == 0
    assert len(pq.read_table(path)) == 3 + 1


def test_without_pyarrow_parquet_is_refused_before_anything_is_sent(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    (pier.root / "lib").mkdir()
    (pier.root / "lib" / "pyarrow.py").write_text("raise ImportError('none')")
    pier.environ["PYTHONPATH"] = str(pier.root / "lib")
    path = pier.root / "r.parquet"
    for command in ("upload", "verify"):
        done = run(pier, command, "--receipt", path, code=2)
        assert "pip install 'pt5-async[report]'" in done.sentence
    assert not bodies(scripted)
    assert not path.exists()


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("@source/r", "inside SOURCE"),
        ("/dev/full", "cannot write the receipt /dev/full: No space"),
        ("@root/list.json", "--receipt name one file"),
    ],
)
def test_2_for_a_receipt_of_verify_that_cannot_be(
    pier: Pier, file: str, sentence: str
) -> None:
    write_bin(pier.source, 1)
    path = file.replace("@source", str(pier.source))
    path = path.replace("@root", str(pier.root))
    wish = ("--safe-to-delete", pier.root / "list")
    done = run(pier, "verify", *wish, "--receipt", path, code=2)
    assert sentence in done.err.splitlines()[-1]
