"""The installed command judges a tree: no store, no credentials, no trace."""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commands import PROGRAM, Pier, snapshot, until
from runs import bin_bytes, names, pid_text, write, write_bin

from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes

SAMPLE = Path(__file__).resolve().parents[2] / "shared" / "ifcb_sample"
MINUTES = 60.0
ALL = "{.roi,.hdr,.adc}"

posix = pytest.mark.skipif(
    sys.platform == "win32", reason="other system: no such signals"
)


@pytest.fixture
def pier(tmp_path: Path, clean_environment: Path) -> Pier:
    """A machine that knows no store."""
    return Pier(tmp_path, clean_environment)


def cut() -> BinBytes:
    """A bin whose .roi ends in the middle of its last image."""
    made = bin_bytes()
    return BinBytes(made.hdr, made.adc, made.roi[:-7])


def odd() -> BinBytes:
    """A bin that is whole, with bytes behind its last image."""
    made = bin_bytes()
    return BinBytes(made.hdr, made.adc, made.roi + bytes(19))


def events(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def of(kind: str, out: str) -> list[dict[str, Any]]:
    return [one for one in events(out) if one["event"] == kind]


def test_0_when_all_is_well_and_nothing_is_named_or_written(
    pier: Pier,
) -> None:
    write_bin(pier.source / "day", 1)
    write_bin(pier.source / "day", 2, made=bin_bytes(rois=0))
    write_bin(pier.source / "day", 3, age=10)
    before = snapshot(pier.root), snapshot(pier.home)
    done = pier.run("inspect", pier.source)
    assert (snapshot(pier.root), snapshot(pier.home)) == before
    assert done.code == 0
    assert done.err == f"Inspecting {pier.source}\n"
    assert pid_text(1) not in done.out
    for line in (
        "Total Bins: 3",
        "Total Files: 9",
        "Complete: 2 bins",
        "Empty: 1 bin",
        "Held: 1 bin",
        "  1 settling",
        "  IFCB134  3 bins (2 complete, 1 empty)",
        "Days: 1, from 2022-05-22 to 2022-05-22 (UTC)",
    ):
        assert f"{line}\n" in done.out


def test_4_when_a_bin_is_broken_and_what_is_not_well_is_named(
    pier: Pier,
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2, without=(Kind.ROI,))
    write_bin(pier.source, 3, made=cut(), age=10 * MINUTES)
    write_bin(pier.source, 4, made=odd())
    done = pier.run("inspect", pier.source)
    assert done.code == 4
    long = "roi has 19 bytes after the last image"
    short = "roi ends 7 bytes before the last image does"
    assert done.out.splitlines()[:4] == [
        f"  {pid_text(2)}{{.hdr,.adc}}  broken: roi missing",
        f"  {pid_text(3)}{ALL}  being written: {short}",
        f"  {pid_text(4)}{ALL}  suspicious: {long}",
        "Instruments:",
    ]
    for line in ("  1 broken", "  1 being written", "Truncated: 1 bin"):
        assert f"{line}\n" in done.out
    assert "1 suspicious), 1 broken\n" in done.out


def test_0_while_a_bin_is_being_written_and_4_once_that_took_too_long(
    pier: Pier,
) -> None:
    write_bin(pier.source, 1, made=cut(), age=10 * MINUTES)
    assert pier.run("inspect", pier.source).code == 0
    done = pier.run("inspect", pier.source, "--broken-after", "9m")
    assert (done.code, "  1 broken\n" in done.out) == (4, True)
    done = pier.run("inspect", pier.source, "--min-age", "11m")
    assert "  1 being written\n" in done.out


REFUSING = """
import errno, os
really = os.open
def refusing(path, *args, **more):
    if str(path).endswith("000002_IFCB134.adc"):
        raise PermissionError(errno.EACCES, "Permission denied", path)
    return really(path, *args, **more)
os.open = refusing
"""


def patched(pier: Pier, script: str) -> None:
    """Let the command's Python run `script` before anything else."""
    folder = pier.root / "patch"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(script)
    pier.environ["PYTHONPATH"] = str(folder)


def test_3_when_a_bin_could_not_be_read_whatever_else_is_broken(
    pier: Pier,
) -> None:
    patched(pier, REFUSING)
    write_bin(pier.source, 1)
    write_bin(pier.source, 2)
    write_bin(pier.source, 3, made=cut())
    done = pier.run("inspect", pier.source)
    assert done.code == 3
    why = f"cannot read {names(2)[2]}: Permission denied"
    assert f"  {pid_text(2)}{ALL}  failed: {why}\n" in done.out
    assert "Failed: 1 bin\n" in done.out
    assert "  1 broken\n" in done.out
    assert "(2 complete" not in done.out


def test_real_bins_are_judged(pier: Pier) -> None:
    if not SAMPLE.is_dir():
        pytest.skip("no ifcb_sample")
    # A copy, since a bin is judged by its age as well: the sample's own
    # files are as old as the checkout that they came with.
    shutil.copytree(SAMPLE, pier.source, dirs_exist_ok=True)
    a_year_ago = time.time() - 365 * 86_400
    for file in pier.source.rglob("*.*"):
        os.utime(file, (a_year_ago, a_year_ago))
    done = pier.run("inspect", pier.source, "--verbose")
    assert done.code == 0
    folder = "data/D2013/D201305/D20130526"
    for line in (
        f"  {folder}/D20130526T095207_IFCB013{ALL}  complete",
        f"  data/D20150411/D20150411T205456_IFCB012{ALL}  empty: no triggers",
        "  2012-01-28  1 bin (1 complete)",
        "  IFCB12  1 bin (1 empty)",
        "Total Bins: 4",
        "Days: 4, from 2012-01-28 to 2022-05-22 (UTC)",
    ):
        assert f"{line}\n" in done.out


def test_json_is_all_that_is_on_standard_output(pier: Pier) -> None:
    write_bin(pier.source / "day", 1)
    write_bin(pier.source / "day", 2, made=cut())
    write(pier.source / "notes.txt")
    (pier.source / "link").symlink_to("nowhere")
    done = pier.run("inspect", pier.source, "--json")
    assert done.code == 4
    first, *_, last = events(done.out)
    assert first["event"] == "inspection_begun"
    assert first["source"] == str(pier.source)
    whole, broken = of("bin_inspected", done.out)
    assert whole["pid"] == pid_text(1)
    assert whole["instrument"] == 134
    assert whole["begun"] == "2022-05-22T00:00:01.000Z"
    assert (whole["verdict"], whole["held"]) == ("complete", None)
    assert broken["verdict"] == "truncated"
    assert broken["held"] == "broken"
    assert broken["held_reason"] == broken["verdict_reason"]
    assert [one["source"] for one in broken["files"]] == [
        f"day/{name}" for name in names(2)
    ]
    [link] = of("not_inspected", done.out)
    assert (link["source"], link["error"]) == ("link", None)
    assert {one["folder"]: one["left"] for one in of("folder_seen", done.out)}
    assert last["event"] == "inspection_ended"
    assert (last["exit_code"], last["stopped"]) == (4, False)
    totals = last["total"]
    assert totals["judged"] == {"complete": 1, "truncated": 1}
    assert totals["held"] == {"broken": 1}
    assert last["by_instrument"] == {"134": totals}
    assert last["by_day"] == {"2022-05-22": totals}
    assert "Total Bins: 2\n" in done.err


def test_quiet_says_nothing_at_0_and_what_is_broken_otherwise(
    pier: Pier,
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2, made=odd())
    done = pier.run("inspect", pier.source, "-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    write_bin(pier.source, 3, without=(Kind.HDR,))
    done = pier.run("inspect", pier.source, "--quiet")
    assert (done.code, done.out) == (4, "")
    named = f"  {pid_text(3)}{{.roi,.adc}}  broken: hdr missing\n"
    assert done.err.startswith(named)
    assert "Total Bins: 3\n" in done.err


def test_metadata_alone_is_whole_where_that_is_all_that_is_asked_for(
    pier: Pier,
) -> None:
    write_bin(pier.source, without=(Kind.ROI,))
    assert pier.run("inspect", pier.source).code == 4
    assert pier.run("inspect", pier.source, "--members", "hdr,adc").code == 0
    assert pier.run("inspect", pier.source, PT5_MEMBERS="hdr,adc").code == 0


def test_a_part_of_the_tree_and_bins_that_are_known_to_be_broken(
    pier: Pier,
) -> None:
    write_bin(pier.source / "day", 1)
    write_bin(pier.source / "day", 2, made=cut())
    write_bin(pier.source / "beads", 3, made=cut())
    known = pier.root / "known"
    known.write_text(f"{pid_text(2)}  # the disk was full\n")
    done = pier.run(
        *("inspect", pier.source, "--exclude-dir", "beads", "--json"),
        *("--known-broken", known, "--include", "*00000[12]*"),
    )
    assert done.code == 2, "a pattern has no brackets"
    done = pier.run(
        *("inspect", pier.source, "--exclude-dir", "beads", "--json"),
        PT5_KNOWN_BROKEN=str(known),
    )
    assert done.code == 0
    whole, broken = of("bin_inspected", done.out)
    assert (whole["known_broken"], broken["known_broken"]) == (False, True)
    [last] = of("inspection_ended", done.out)
    assert last["broken"] == {"bins": 1, "new": 0}
    assert "  1 broken bin, 0 new\n" in done.err
    done = pier.run("inspect", pier.source, "--known-broken", known)
    assert done.code == 4
    assert f"beads/{pid_text(3)}" in done.out
    assert f"day/{pid_text(2)}" not in done.out
    assert "  2 broken bins, 1 new\n" in done.out
    done = pier.run("inspect", pier.source, "--instrument", "7", "-q")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_every_option_that_chooses_has_its_say(pier: Pier) -> None:
    for number in range(3):
        write_bin(pier.source / "day", number)
    write_bin(pier.source / ".hidden", 3)
    write_bin(pier.root / "elsewhere", 4)
    write_bin(pier.source / "unlisted", 5)
    (pier.source / "linked").symlink_to(pier.root / "elsewhere")
    (pier.root / "list").write_text("day\nlinked\n.hidden\n")
    chosen = (
        *("--since", "2022-05-22T00:00:01", "--until", "2022-05-22T00:00:04"),
        *("--include-hidden", "--files-from", pier.root / "list"),
    )
    done = pier.run("inspect", pier.source, "--json", *chosen)
    found = [one["pid"] for one in of("bin_inspected", done.out)]
    assert found == [pid_text(number) for number in (3, 1, 2)]
    assert done.code == 0
    chosen = ("--follow-links", "--exclude", "*T000002_*", "--json")
    done = pier.run("inspect", pier.source, *chosen, "--order", "newest")
    found = [one["pid"] for one in of("bin_inspected", done.out)]
    assert found == [pid_text(number) for number in (5, 4, 1, 0)]
    [last] = of("inspection_ended", done.out)
    assert (done.code, last["unasked"]) == (0, 3)


def test_a_list_on_standard_input_is_asked_for_and_no_more(
    pier: Pier,
) -> None:
    for number in range(3):
        write_bin(pier.source, number)
    listed = f'printf "{names(1)[0]}\\n" | "$0" inspect "$1" --files-from -'
    done = pier.run(
        *("-c", listed, PROGRAM, pier.source), program=("/bin/sh",)
    )
    assert done.code == 0
    assert "Total Bins: 1\n" in done.out
    assert "6 files not asked for\n" in done.out


def test_folders_below_are_left_when_asked(pier: Pier) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source / "day", 2)
    for option, bins in (("--recursive", 2), ("--no-recursive", 1)):
        done = pier.run("inspect", pier.source, option)
        assert f"Total Bins: {bins}\n" in done.out


def test_colours_come_when_asked(pier: Pier) -> None:
    write_bin(pier.source, made=cut())
    colored = pier.run("inspect", pier.source, "--color", "always").out
    assert f"\x1b[33m  {pid_text(0)}" in colored
    assert "\x1b" not in pier.run("inspect", pier.source).out


def test_the_source_comes_from_dotenv_beside_keys_that_nobody_needs(
    pier: Pier,
) -> None:
    write_bin(pier.source)
    # Half a pair of keys: an upload would refuse that.
    (pier.cwd / ".env").write_text(
        f"AWS_ACCESS_KEY_ID=half\nIFCB_DATA_DIR={pier.source}\n"
    )
    assert pier.run("inspect").code == 0
    (pier.cwd / ".env").rename(pier.root / "other")
    assert pier.run("inspect").code == 2
    assert pier.run("inspect", "--env-file", pier.root / "other").code == 0
    done = pier.run("inspect", IFCB_DATA_DIR="/nowhere")
    assert done.code == 2
    assert done.sentence.startswith(
        "environment variable IFCB_DATA_DIR: /nowhere is not there"
    )


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "no SOURCE; name the folder"),
        (("",), "SOURCE is given, but empty"),
        (("none",), "none is not there"),
        ((__file__,), "belongs to no bin; name a folder"),
        ((".", "-q", "-v"), "--quiet and --verbose contradict each other"),
        ((".", "--min-age", "soon"), "--min-age: 'soon' is no duration"),
        ((".", "--broken-after", "999d"), "999d is more than 366d"),
    ],
)
def test_2_for_what_cannot_be_done(
    pier: Pier, args: tuple[str, ...], words: str
) -> None:
    done = pier.run("inspect", *args)
    assert (done.code, done.out) == (2, "")
    assert words in done.sentence


def test_an_empty_folder_is_0_and_said(pier: Pier) -> None:
    done = pier.run("inspect", pier.source)
    assert done.code == 0
    assert "No bins here; is it the right folder?\n" in done.out


def test_no_library_of_the_store_is_loaded(pier: Pier) -> None:
    write_bin(pier.source)
    script = (
        "import sys\n"
        "from pt5_async.cli.app import run\n"
        "try:\n    run(sys.argv[1:], sys.stderr)\n"
        "except SystemExit:\n    pass\n"
        "print(*({'aiobotocore', 'botocore', 'aiohttp'}"
        " & set(sys.modules)), 'loaded')\n"
    )
    done = pier.run(
        *("-c", script, "inspect", pier.source, "-q"),
        program=(sys.executable,),
    )
    assert done.out.split() == ["loaded"]


HANGING = """
import os, time
really = os.open
def slow(path, *args, **more):
    if str(path).endswith("000040_IFCB134.adc"):
        time.sleep(0.5)  # what came before is told of
        open(os.environ["HUNG"], "w").close()
        time.sleep(120)
    return really(path, *args, **more)
os.open = slow
"""


@posix
@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_stopped_it_says_what_it_saw_and_waits_for_no_hanging_read(
    pier: Pier, signum: signal.Signals, code: int
) -> None:
    patched(pier, HANGING)
    hung = pier.root / "hung"
    pier.environ["HUNG"] = str(hung)
    # Enough that a batch is through before the one that hangs.
    for number in (*range(41), *range(100, 140)):
        write_bin(pier.source / f"{number:03}", number)
    with pier.running("inspect", pier.source, "--json") as running:
        until(hung.exists)
        running.signal(signum)
        done = running.end(seconds=20)
    assert done.code == code
    assert "Stopped early; what is counted here is what was seen" in done.err
    [last] = of("inspection_ended", done.out)
    assert (last["exit_code"], last["stopped"]) == (code, True)
    assert last["total"]["bins"] == len(of("bin_inspected", done.out)) < 41


@posix
def test_it_ends_when_nobody_reads_any_more(pier: Pier) -> None:
    for number in range(600):
        write_bin(pier.source, number)
    script = '"$0" inspect "$1" -v | head -n 3; echo "${PIPESTATUS[0]}"'
    done = pier.run(
        *("-c", script, PROGRAM, pier.source), program=("/bin/bash",)
    )
    *lines, code = done.out.splitlines()
    assert (len(lines), code) == (3, "0")
    assert done.err == f"Inspecting {pier.source}\n"
