"""The installed command and names that want to be more than names."""

import json
import os
import re
import unicodedata
from pathlib import Path

import pytest
from commands import Pier, bodies
from runs import names, write_bin
from servers.faults import Answer, Rule
from servers.routing import Op
from servers.scripted import ScriptedServer

NAMES = (
    "\x1b[2J\x1b]0;owned\x07",
    "a\r\nx-amz-acl: public-read\r\n\r\n",
    "\n2026-01-01T00:00:00.000Z f00d exit code 0",
    "roi.\u202eexe\u2066\u200b",
    "<script src='x'>&amp;",
    "=cmd|'calc'!A0",
    "+1+1",
    "-rf",
    "@SUM(1)",
    '","outcome":"uploaded","x":"',
    "n" * 255,
    "...",
    "..x",
    "..\\..\\windows",
    "%2e%2e%2f%2e%2e%2fetc",
    "?uploads=&x=y#z",
    unicodedata.normalize("NFC", "Zoë"),
    unicodedata.normalize("NFD", "Zoë"),
    "twin",
    "Twin",
)
"""Names of files; all of them are folders, too, with a bin in each."""

CONTROLS = re.compile("[\x00-\x1f]")
"""Such names fail, by a reason of their own: many stores choke on them."""

NASTY = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066]")
"""What acts on a terminal, or is not seen there."""


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


@pytest.mark.parametrize("lane", ["plain", "express"])
def test_a_name_is_a_name_wherever_it_comes_to(
    pier: Pier, scripted: ScriptedServer, lane: str
) -> None:
    expected = set()
    for number, name in enumerate(NAMES):
        (pier.source / "loose").mkdir(exist_ok=True)
        loose = pier.source / "loose" / name
        loose.write_bytes(b"x")
        os.utime(loose, (1, 1))
        write_bin(pier.source / name, number)
        expected |= {f"{name}/{one}" for one in names(number)}
        expected.add(f"loose/{name}")
    # What failed is named as well, by the same words.
    scripted.script(Rule(Answer(400, "Odd"), Op.PUT, key="p/loose/*"))

    done = pier.upload(
        *("--all-files", "--include-hidden", "--verbose", "--json"),
        *("--lane", lane),
        *("--receipt", pier.root / "receipt"),
        code=3,
    )

    lines = [json.loads(line) for line in done.out.splitlines()]
    receipt = (pier.root / "receipt").read_text("ascii")
    *rows, _ = [json.loads(line) for line in receipt.splitlines()]
    log = (pier.state / "pt5-async.log").read_text()
    sent = set(bodies(scripted))  # all of them below the prefix
    failed = {row["source"] for row in rows if row["outcome"] == "failed"}
    assert sent | failed == expected
    assert sent == {
        f"{name}/{one}"
        for number, name in enumerate(NAMES)
        for one in names(number)
        if not CONTROLS.search(name)
    }
    assert {row["key"] for row in rows} == {f"p/{one}" for one in expected}
    assert lines[-1]["event"] == "run_ended"
    for text in (done.out, done.err, log):
        assert not NASTY.search(text)
    assert done.out.isascii()
    first = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z (process-\d+|[0-9a-f]{12}) ")
    assert all(map(first.match, log.splitlines()))
    for one in scripted.log:
        assert "x-amz-acl" not in one.headers
        assert one.op in {Op.PUT, Op.LIST}


def test_a_list_does_not_lead_out_of_the_source(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    write_bin(pier.root / "outside", 1)
    (pier.root / "list").write_text("../outside\n/etc/passwd\n./x/../../tmp\n")

    done = pier.run(
        *("upload", pier.source, "--to", "s3://bucket/p", "--all-files"),
        *("--files-from", pier.root / "list"),
    )

    assert done.code in {2, 3}, done
    assert not scripted.objects


def test_a_link_out_of_the_source_is_followed_only_when_that_is_asked(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.root / "outside", 1)
    write_bin(pier.source)
    (pier.source / "folder").symlink_to(pier.root / "outside")
    secret = pier.root / "secret"
    secret.write_text("x")
    (pier.source / "file.txt").symlink_to(secret)

    pier.upload("--all-files")
    assert set(bodies(scripted)) == set(names())

    pier.upload("--all-files", "--follow-links", "--min-age", "0")
    assert set(bodies(scripted)) == {
        *names(),
        "file.txt",
        *(f"folder/{one}" for one in names(1)),
    }
