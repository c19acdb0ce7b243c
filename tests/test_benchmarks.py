"""The benchmark's own arithmetic, listings and sink; nothing is measured."""

import http.client
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, fromstring

import pytest
from benchmarks.listing import Object, objects_of, page
from benchmarks.measure import Failed, take
from benchmarks.options import parse
from benchmarks.table import HEADS, Row, Run, Section, cells, lines

SINK: Final = Path(__file__).parent / "benchmarks" / "sink.py"


def ran(*walls: float) -> list[Run]:
    return [Run(wall, cpu=wall / 2, peak=40 + wall) for wall in walls]


def section(*rows: Row, delay: float = 0.0) -> Section:
    return Section("a tree", 1000, 8_000_000, list(rows), delay)


def test_a_ratio_is_the_median_of_the_rounds_and_not_of_all_runs() -> None:
    # The machine was slow in the second round, for both of them.
    base, ours = Row("s5cmd", runs=ran(3, 30, 4)), Row("x", runs=ran(1, 10, 1))
    assert section(base, ours).ratio(ours) == 3


def test_who_goes_in_the_first_round_alone_is_compared_with_that() -> None:
    base, slow = Row("s5cmd", runs=ran(2, 8, 8)), Row("aws", runs=ran(4))
    assert section(base, slow).ratio(slow) == 0.5


def test_without_s5cmd_there_is_no_ratio() -> None:
    ours = Row("x", runs=ran(1))
    assert section(ours).ratio(ours) is None
    base = Row("s5cmd", runs=ran(1), fault="exit code 1")
    assert section(base, ours).ratio(ours) is None


def test_a_row_has_medians_and_the_highest_peak() -> None:
    row = Row("s5cmd", 100, runs=ran(4, 1, 2))
    row.runs[0] = row.runs[0]._replace(sink_cpu=1.0, requests=1001)
    told = dict(zip(HEADS, cells(section(row, delay=0.05), row), strict=True))
    assert told == {
        "files/s": "500",
        "MB/s": "4.00",
        "ratio": "1.00",
        "CPU s/1000": "1.000",
        "RSS MB": "44",
        "spread": "150%",
        "requests": "1,001",
        "sink": "25%",
        "of best": "25%",  # 100 connections carry 2,000 a second
        "runs": "3",
    }


def test_who_failed_stands_in_the_table_with_the_reason() -> None:
    table = list(lines(section(Row("aws", fault="missing"), Row("late"))))
    assert [line.split(maxsplit=1) for line in table[2:]] == [
        ["aws", "missing"],
        ["late", "not run"],
    ]


def test_the_short_form_is_small_unless_told_otherwise() -> None:
    given = parse(["--short", "--real", "7"])
    assert (given.rounds, given.real) == (1, 7)
    assert given.small < parse([]).small


def found(xml: str, tag: str) -> list[str]:
    root: Element = fromstring(xml)
    return [one.text or "" for one in root.iter(tag)]


def pages(objects: list[Object], **asked: str) -> list[str]:
    told = [page(objects, asked)]
    while found(told[-1], "IsTruncated") == ["true"]:
        (token,) = found(told[-1], "NextContinuationToken")
        told.append(page(objects, asked | {"continuation-token": token}))
    return told


OBJECTS: Final = [
    Object(f"data/{folder}/{number:04}", number, 1.5)
    for folder in ("a", "b")
    for number in range(1100)
]


def test_pages_hold_every_object_once_and_in_order() -> None:
    told = pages(OBJECTS, prefix="data/")
    assert [len(found(one, "Key")) for one in told] == [1000, 1000, 200]
    keys = [key for one in told for key in found(one, "Key")]
    assert keys == [one.key for one in OBJECTS]


def test_a_listing_begins_and_ends_where_it_is_asked_to() -> None:
    after = {"prefix": "data/a/10", "start-after": "data/a/1097"}
    assert found(page(OBJECTS, after), "Key") == [
        "data/a/1098",
        "data/a/1099",
    ]
    assert found(page(OBJECTS, {"prefix": "data/c"}), "Key") == []


def test_with_a_delimiter_folders_stand_for_what_is_below_them() -> None:
    asked = {"prefix": "data/", "delimiter": "/", "max-keys": "1"}
    objects = [*OBJECTS, Object("data/c", 1, 1.0)]
    root = [fromstring(one) for one in pages(objects, **asked)]
    names = [one.findtext("CommonPrefixes/Prefix") for one in root]
    assert names == ["data/a/", "data/b/", None]
    assert root[2].findtext("Contents/Key") == "data/c"


def test_objects_have_the_size_and_no_earlier_date_than_their_files(
    tmp_path: Path,
) -> None:
    (tmp_path / "2013").mkdir()
    (tmp_path / "2013" / "b").write_bytes(b"12345")
    (tmp_path / "a").touch()
    objects = objects_of(str(tmp_path), "data/")
    assert [one[:2] for one in objects] == [("data/2013/b", 5), ("data/a", 0)]
    told = page([Object("data/a", 7, 1.25)], {})
    assert found(told, "Size") == ["7"]
    assert found(told, "LastModified") == ["1970-01-01T00:00:02.000Z"]


def test_a_process_that_fails_or_is_late_is_told_with_its_last_words(
    tmp_path: Path,
) -> None:
    def run(code: str, limit: float) -> None:
        words = [sys.executable, "-S", "-c", code]
        take(words, env={}, folder=tmp_path, limit=limit)

    with pytest.raises(Failed, match=r"exit code 1: no$"):
        run("raise SystemExit('no')", 60)
    with pytest.raises(Failed, match="not done after 0 s"):
        run("import time; time.sleep(60)", 0.2)


def test_a_process_may_speak_to_a_terminal(tmp_path: Path) -> None:
    code = "import sys; sys.exit(sys.stderr.isatty() and 'a terminal')"
    words = [sys.executable, "-S", "-c", code]
    with pytest.raises(Failed, match="exit code 1: a terminal"):
        take(words, env={}, folder=tmp_path, limit=60, terminal=True)
    taken = take(words, env={}, folder=tmp_path, limit=60)
    assert taken.wall > taken.cpu > 0
    assert taken.peak > 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_sink_takes_objects_and_parts_echoes_and_counts() -> None:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, str(SINK), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

        def ask(method: str, url: str, body: object = None) -> str:
            checksum = {"X-Amz-Checksum-Crc64nvme": "AAA="}
            client.request(method, url, body, checksum)  # type: ignore[arg-type]
            answer = client.getresponse()
            echoed = answer.getheader("x-amz-checksum-crc64nvme")
            assert (answer.status, echoed) == (200, "AAA=") or method != "PUT"
            return answer.read().decode()

        assert ask("PUT", "/bench/a?x-id=PutObject", b"1" * 2_000_000) == ""
        assert ask("PUT", "/bench/b", iter([b"in", b"chunks"])) == ""
        assert "<UploadId>upload<" in ask("POST", "/bench/c?uploads")
        ask("PUT", "/bench/c?partNumber=1&uploadId=upload", b"part")
        assert "<ETag>" in ask("POST", "/bench/c?uploadId=upload", b"<x/>")
        assert "<KeyCount>0<" in ask("GET", "/bench?list-type=2&prefix=a")
        client.close()
        process.stdin.write("\n")
        process.stdin.flush()
        requests, sent, _ = process.stdout.readline().split()
        assert (requests, sent) == ("6", "3")
        process.stdin.close()
        assert process.wait(20) == 0
