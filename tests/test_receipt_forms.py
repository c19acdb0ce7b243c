"""A receipt as CSV and as Parquet: the same rows, whole, and harmless."""

import csv
import io
import json
import os
import resource
import signal
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from entries import child
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import NASTY, begun, done, failed, held, skipped, summed
from saying import uploaded as sent

from pt5_async.cli.kept_rows import KeptRows
from pt5_async.errors import RunBusy, UsageError
from pt5_async.receipt import (
    COLUMNS,
    KINDS,
    Kind,
    Receipt,
    Row,
    as_text,
    restored,
)
from pt5_async.receipt.parquet import GROUP, Parquet
from pt5_async.receipt.text import HEADER, as_csv, defused

ENDINGS = pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
NUMBERS = {
    name for name, kind in KINDS.items() if kind in {Kind.WHOLE, Kind.NUMBER}
}


def keep(path: Path, *, end: bool = True) -> None:
    """A run with a file of each fate."""
    kept = KeptRows(path)
    receipt = Receipt(kept, skipped=True)
    job = done(sent("a.roi"), skipped("b"), held("c"), failed(NASTY), pid=True)
    receipt(begun())
    receipt(job)
    if end:
        receipt.end(summed(begun(), job), 3, "a sentence")
    kept.close()
    kept.raise_if_lost()


def rows_of(path: Path) -> list[Row]:
    """What another program reads, as it would be in JSON."""
    if path.suffix == ".parquet":
        return [dict(map(_plain, row.items())) for row in _table(path)]
    if path.suffix != ".csv":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(encoding="utf-8", newline="") as file:
        return [
            dict(map(_valued, row.items())) for row in csv.DictReader(file)
        ]


def _table(path: Path) -> list[Row]:
    found: list[Row] = pq.read_table(path).to_pylist()
    return found


def _plain(cell: tuple[str, Any]) -> tuple[str, Any]:
    name, value = cell
    if isinstance(value, datetime):
        text = value.astimezone(UTC).isoformat(timespec="milliseconds")
        return name, text.replace("+00:00", "Z")
    return name, value


def _valued(cell: tuple[str, str]) -> tuple[str, Any]:
    name, text = cell
    if text == "":
        return name, None
    if name in NUMBERS:
        return name, json.loads(text)
    return name, restored(text)


@ENDINGS
def test_all_forms_have_the_same_columns_and_rows(
    tmp_path: Path, ending: str
) -> None:
    keep(tmp_path / f"r.{ending}")
    keep(tmp_path / "plain")
    found = rows_of(tmp_path / f"r.{ending}")
    expected = rows_of(tmp_path / "plain")
    assert [tuple(row) for row in found] == [COLUMNS] * 5
    for one, other in zip(found, expected, strict=True):
        assert one | {"time": None} == other | {"time": None}
        assert one["time"][:13] == other["time"][:13]


@ENDINGS
def test_the_last_row_is_of_the_whole_run(tmp_path: Path, ending: str) -> None:
    keep(tmp_path / f"r.{ending}")
    *objects, last = rows_of(tmp_path / f"r.{ending}")
    assert {row["row"] for row in objects} == {"object"}
    told = {name: value for name, value in last.items() if value is not None}
    assert told.pop("time")
    assert told.pop("seconds") >= 0
    assert told == {
        "row": "summary",
        "command": "upload",
        "run": "f00d",
        "bucket": "bucket",
        "source": "/data",
        "outcome": "error",
        "reason": "a sentence",
        "size": 1024,
        "exit_code": 3,
        "rows": 4,
        "bins": 0,
        "files": 1,
        "files_skipped": 1,
        "files_held": 1,
        "files_failed": 1,
    }


@ENDINGS
def test_a_receipt_only_grows(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"R.{ending.upper()}"
    keep(path)
    path.chmod(0o640)
    before = path.read_bytes()
    keep(path, end=False)
    path = path.rename(tmp_path / f"r.{ending}")
    assert len(rows_of(path)) == 5 + 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    if ending != "parquet":
        assert path.read_bytes().startswith(before)


@ENDINGS
def test_who_has_nothing_to_tell_leaves_it_as_it_is(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"r.{ending}"
    keep(path)
    before = path.read_bytes()
    kept = KeptRows(path)
    receipt = Receipt(kept)
    receipt(begun())
    receipt(done(skipped()))
    receipt.end(summed(begun()), 0)
    kept.close()
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_run_that_never_began_leaves_no_row(tmp_path: Path) -> None:
    kept = KeptRows(tmp_path / "r")
    Receipt(kept).end(summed(), 7, "another run is at it")
    kept.close()
    assert (tmp_path / "r").read_bytes() == b""


@ENDINGS
def test_a_receipt_is_as_open_as_the_umask_lets_it(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"r.{ending}"
    before = os.umask(0o027)
    try:
        keep(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


# ---- CSV


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r@x", "\uff1d1")


@pytest.mark.parametrize("text", [*FORMULAS, "'", "'=1"])
def test_no_cell_is_a_formula_and_what_it_was_can_be_told(text: str) -> None:
    cell = defused(text)
    assert cell.startswith("'")
    assert restored(cell) == text


@pytest.mark.parametrize("text", ["a=1", "D2013-05", "2013", "", "a'b"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert defused(text) == text


@settings(deadline=None)
@given(text=st.text(max_size=40) | st.just(NASTY))
def test_any_text_comes_back_from_a_cell_and_is_one_line(text: str) -> None:
    row = dict.fromkeys(COLUMNS) | {"key": text, "size": 5}
    line = as_csv(row)
    assert len(line.splitlines()) == 1
    [cells] = csv.reader(io.StringIO(f"{line}\n", newline=""))
    found = dict(zip(COLUMNS, cells, strict=True))
    assert restored(found["key"]) == as_text(text)
    assert found["size"] == "5"
    assert found["etag"] == ""


def test_a_csv_begins_with_its_columns_once(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    for _ in range(2):
        keep(path)
    lines = path.read_text().splitlines()
    assert lines[0] == HEADER
    assert lines.count(HEADER) == 1
    assert len(lines) == 1 + 2 * 5


# ---- what was there before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.csv", b"a,b,c\n1,2,3\n"),
        ("r.csv", b"no end"),
        ("r.csv", HEADER.encode() + b",more\n"),
        ("r.parquet", b"PAR1 or so it says"),
        ("r.parquet", b"x"),
    ],
)
def test_what_is_another_s_is_refused_and_left(
    tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match="columns of a receipt; choose"):
        KeptRows(path)
    assert path.read_bytes() == content
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_parquet_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    keep(path)
    pq.write_table(pq.read_table(path).drop_columns(["etag"]), path)
    with pytest.raises(UsageError, match="columns of a receipt"):
        KeptRows(path)


@pytest.mark.parametrize("name", ["r", "r.jsonl", "r.csv"])
def test_half_a_line_of_ours_is_taken_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    keep(path)
    whole = path.read_bytes()
    for length in (3, 30, 300):
        with path.open("ab") as file:
            file.write(whole.splitlines()[-1][:length])
        KeptRows(path).close()
        assert path.read_bytes() == whole


def test_half_a_line_of_another_s_is_ended_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_bytes(b"a note without an end")
    keep(path)
    first, *others = path.read_text().splitlines()
    assert first == "a note without an end"
    assert all(json.loads(line) for line in others)


@pytest.mark.parametrize("ending", ["csv.gz", "xlsx", "tsv", "pq", "ZIP"])
def test_an_ending_that_promises_something_else_is_refused(
    tmp_path: Path, ending: str
) -> None:
    with pytest.raises(UsageError, match=r"\.csv, \.parquet or lines of JSON"):
        KeptRows(tmp_path / f"r.{ending}")
    assert not list(tmp_path.iterdir())


@ENDINGS
def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, ending: str
) -> None:
    with pytest.raises(UsageError, match=r"none/r\..*: No such file"):
        KeptRows(tmp_path / "none" / f"r.{ending}")


# ---- Parquet


def many(count: int, run: str = "f00d") -> Iterator[Row]:
    row: Row = dict.fromkeys(COLUMNS)
    for number in range(count):
        yield row | {
            "row": "object",
            "run": run,
            "key": f"p/{number}",
            "size": number,
        }


def test_rows_go_in_groups_and_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    for run in ("one", "two"):
        writer = Parquet(path)
        for row in many(2 * GROUP + 5, run):
            writer.write([row])
        writer.close()
    with pq.ParquetFile(path) as file:
        assert file.metadata.num_row_groups <= 8
    found = pq.read_table(path).to_pydict()
    assert found["run"] == ["one"] * (2 * GROUP + 5) + ["two"] * (
        2 * GROUP + 5
    )
    assert found["size"] == [*range(2 * GROUP + 5)] * 2


def test_types_are_those_of_the_columns(tmp_path: Path) -> None:
    keep(tmp_path / "r.parquet")
    types = {
        one.name: str(one.type)
        for one in pq.read_schema(tmp_path / "r.parquet")
    }
    told = {
        Kind.TEXT: "string",
        Kind.TIME: "timestamp[ms, tz=UTC]",
        Kind.WHOLE: "int64",
        Kind.NUMBER: "double",
    }
    assert types == {name: told[kind] for name, kind in KINDS.items()}


def test_until_it_is_closed_the_file_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    keep(path)
    before = path.read_bytes()
    writer = Parquet(path)
    writer.write(list(many(2 * GROUP)))
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "r.parquet",
        "r.parquet.part",
    ]
    with pytest.raises(RunBusy, match="another run is writing"):
        Parquet(path)
    writer.close()
    writer.close()
    assert len(pq.read_table(path)) == 5 + 2 * GROUP
    assert [one.name for one in tmp_path.iterdir()] == ["r.parquet"]


def test_damage_within_is_told_and_the_file_left(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    keep(path)
    before = bytearray(path.read_bytes())
    before[4:200] = bytes(196)
    path.write_bytes(before)
    kept = KeptRows(path)
    kept.write(list(many(1)))
    kept.close()
    with pytest.raises(UsageError, match="cannot write the receipt"):
        kept.raise_if_lost()
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["r.parquet"]


KILLED_WHILE_WRITING = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_receipt_forms import GROUP, Parquet, many
writer = Parquet(Path(sys.argv[1]))
writer.write(list(many(2 * GROUP)))
os.kill(os.getpid(), 9)
"""


def test_a_killed_run_leaves_the_file_and_nobody_in_the_way(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.parquet"
    keep(path)
    before = path.read_bytes()
    here = Path(__file__).parent
    with child(KILLED_WHILE_WRITING, path, here) as process:
        assert process.wait(60) == -9
    assert path.read_bytes() == before
    part = tmp_path / "r.parquet.part"
    part.write_bytes(b"half a file" * 10_000)  # whatever was written of it
    keep(path)
    assert len(rows_of(path)) == 2 * 5
    assert not part.exists()


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    path = tmp_path / "r.parquet"
    path.symlink_to(tmp_path / "deep" / "real.parquet")
    keep(path)
    assert path.is_symlink()
    assert len(rows_of(tmp_path / "deep" / "real.parquet")) == 5


def test_runs_that_come_one_behind_the_other_lose_nothing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.parquet"

    def add(number: int) -> int:
        try:
            writer = Parquet(path)
        except RunBusy:
            return 0
        writer.write([dict.fromkeys(COLUMNS) | {"size": number}])
        writer.close()
        return 1

    with ThreadPoolExecutor(4) as pool:
        added = sum(pool.map(add, range(60)))
    assert len(pq.read_table(path)) == added > 0


def test_names_that_are_no_text_are_no_trouble(tmp_path: Path) -> None:
    for name in ("r.parquet", "r.csv"):
        kept = KeptRows(tmp_path / name)
        kept.write([dict.fromkeys(COLUMNS) | {"etag": "\udcff"}])
        kept.close()
        kept.raise_if_lost()
        [row] = rows_of(tmp_path / name)
        assert row["etag"] == "\\udcff"


@contextmanager
def small_files(size: int) -> Iterator[None]:
    """As on a full disk: no file may have more bytes."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    usual = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
        signal.signal(signal.SIGXFSZ, usual)


@ENDINGS
def test_a_full_disk_is_told_and_what_was_there_can_be_read(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"r.{ending}"
    keep(path)
    kept, lost = KeptRows(path), []
    kept.when_lost = lambda: lost.append(True)
    with small_files(path.stat().st_size + 700):
        for row in many(3 * GROUP):
            kept.write([row | {"reason": os.urandom(40).hex()}])
        kept.close()
    assert lost == [True]
    with pytest.raises(UsageError, match="too large; choose another"):
        kept.raise_if_lost()
    KeptRows(path).close()
    assert [row["outcome"] for row in rows_of(path)[:5]] == [
        "uploaded",
        "skipped",
        "held",
        "failed",
        "error",
    ]
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
