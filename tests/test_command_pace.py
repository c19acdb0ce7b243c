"""How fast, how long and how much the installed command sends."""

import json
from pathlib import Path

import pytest
from commands import Pier, bodies, files_below
from runs import write, write_bin
from servers.faults import Delay, Rule
from servers.routing import Op
from servers.scripted import ScriptedServer
from test_s3_pace import least, seconds

KIB = 1024


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


@pytest.mark.parametrize(
    ("option", "count", "size"),
    [("--limit-rate", 1, 20_000 * KIB), ("--bwlimit", 200, 100 * KIB)],
)
def test_a_rate_is_kept_over_all_connections(
    pier: Pier, scripted: ScriptedServer, option: str, count: int, size: int
) -> None:
    for number in range(count):
        write(pier.source / f"f{number}", bytes(size))
    pier.upload("--all-files", option, "80Mbit/s")

    puts = [one for one in scripted.log if one.op in {Op.PUT, Op.PART}]
    assert seconds(puts) + 0.1 > least(count * size, 10_000_000)
    assert bodies(scripted) == files_below(pier.source)


@pytest.mark.parametrize(
    ("lane", "through_the_library"), [("plain", 9), ("express", 1)]
)
def test_a_lane_can_be_chosen(
    pier: Pier, scripted: ScriptedServer, lane: str, through_the_library: int
) -> None:
    for number in range(3):
        write_bin(pier.source, number)
    pier.upload("--lane", lane)

    puts = [one for one in scripted.log if one.op is Op.PUT]
    marked = [one for one in puts if "amz-sdk-request" in one.headers]
    assert (len(puts), len(marked)) == (9, through_the_library)
    assert bodies(scripted) == files_below(pier.source)


def test_no_more_connections_and_memory_are_taken_than_are_given(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(12):
        write_bin(pier.source, number)
    pier.upload("--connections", "2", "--max-memory", "64MiB")

    assert scripted.peak_connections <= 2
    assert bodies(scripted) == files_below(pier.source)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--limit-rate", "5"), "--limit-rate: '5' is no rate; write it"),
        (("--limit-rate", "5mb/s"), "'5mb/s' is no rate"),
        (("--bwlimit", "1kbit/s"), "1kbit/s is less than 8kbit/s"),
        (("--max-duration", "0s"), "--max-duration: 0s is less than 1s"),
        (("--max-duration", "soon"), "--max-duration: 'soon' is no dur"),
        (("--max-transfer", "0"), "--max-transfer: 0 is less than 1B"),
        (("--max-transfer", "much"), "--max-transfer: 'much' is no size"),
    ],
)
def test_a_pace_that_cannot_be_is_refused(
    pier: Pier, args: tuple[str, str], words: str
) -> None:
    assert words in pier.upload(*args, code=2).sentence


def test_max_transfer_ends_a_run_well_and_the_next_goes_on(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(5):
        write_bin(pier.source, number)
    done = pier.upload("--max-transfer", "1B")

    assert len(scripted.objects) == 3
    assert "stopped by --max-transfer: nothing new is begun" in done.err
    assert "Stopped by --max-transfer; run again to send" in done.out
    assert "12 not reached" in done.out
    assert "Stopped by" not in pier.upload("--max-transfer", "1GiB").out
    assert bodies(scripted) == files_below(pier.source)


def test_max_duration_ends_a_run_well(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(5):
        write_bin(pier.source, number)
    scripted.script(Rule(Delay(1.2), Op.PUT))
    done = pier.upload("--max-duration", "1s", "--concurrency", "1")

    # Bins that were begun came in whole; on a very slow machine, none was.
    assert len(scripted.objects) in {0, 3}
    assert "stopped by --max-duration: nothing new is begun" in done.err
    assert "Stopped by --max-duration; run again to send" in done.out


def test_a_limit_is_told_to_programs(pier: Pier) -> None:
    for number in range(2):
        write_bin(pier.source, number)
    done = pier.upload("--max-transfer", "1B", "--json")

    lines = [json.loads(line) for line in done.out.splitlines()]
    stops = [one for one in lines if one["event"] == "stopping"]
    assert [one["limit"] for one in stops] == ["max-transfer"]
    assert lines[-1]["limit"] == "max-transfer"
    assert lines[-1]["exit_code"] == 0


def test_what_a_limit_leaves_does_not_hide_what_failed(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2)
    (pier.source / "big\nname").write_bytes(b"")
    done = pier.upload("--all-files", "--max-transfer", "1B", code=3)

    assert "Stopped by --max-transfer" in done.out
    assert len(scripted.objects) == 3
