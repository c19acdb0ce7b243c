"""The installed command holds what must not go, and says so."""

from pathlib import Path

import pytest
from commands import TARGET, Pier, asked, bodies, files_below, snapshot
from runs import bin_bytes, names, pid_text, write, write_bin
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes

MINUTES = 60.0
NEWEST = "the newest bin; it may have just begun"


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def cut(made: BinBytes) -> BinBytes:
    """A bin whose .roi ends in the middle of its last image."""
    return BinBytes(made.hdr, made.adc, made.roi[:-7])


def test_what_will_be_sent_later_is_held_and_all_is_well(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2, age=10)
    write_bin(pier.source, 3, age=10 * MINUTES, without=(Kind.ADC,))
    write_bin(pier.source, 4, age=5 * MINUTES, made=bin_bytes(rois=0))
    done = pier.upload(code=0)
    assert set(bodies(scripted)) == set(names(1))
    all_three = "{.roi,.hdr,.adc}"
    for line in (
        f"{pid_text(2)}{all_three}  settling: changed less than 60 s ago",
        f"{pid_text(3)}{{.roi,.hdr}}  being written: adc missing",
        f"{pid_text(4)}{all_three}  settling: {NEWEST}",
        "6 settling",
        "2 being written",
    ):
        assert f"  {line}\n" in done.out
    assert "Bins: 4 (1 uploaded, 3 held; among those read, 1 e" in done.out


def test_a_broken_bin_is_named_and_the_others_go(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2, without=(Kind.ROI,))
    write_bin(pier.source, 3, made=cut(bin_bytes()))
    write_bin(pier.source, 4, made=bin_bytes(rois=0))
    done = pier.upload(code=4)
    assert set(bodies(scripted)) == {*names(1), *names(4)}
    assert f"  {pid_text(2)}{{.hdr,.adc}}  broken: roi missing\n" in done.out
    assert f"  {pid_text(3)}{{.roi,.hdr,.adc}}  broken: " in done.out
    assert "  5 broken\n" in done.out


def test_broken_bins_go_on_demand_but_never_one_being_written(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1, made=cut(bin_bytes()))
    write_bin(pier.source, 2, without=(Kind.HDR,))
    write_bin(pier.source, 3, without=(Kind.ADC,), age=10 * MINUTES)
    pier.upload("--allow-incomplete")
    assert set(bodies(scripted)) == {
        *names(1),
        f"{pid_text(2)}.roi",
        f"{pid_text(2)}.adc",
    }
    assert bodies(scripted)[f"{pid_text(1)}.roi"] == bin_bytes().roi[:-7]


def test_a_bin_that_was_broken_is_repaired_once_it_is_whole(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, made=cut(bin_bytes()))
    pier.upload("--allow-incomplete")
    write_bin(pier.source)
    pier.upload()
    assert bodies(scripted) == files_below(pier.source)


def test_a_bin_that_changed_after_it_was_sent_stays_until_told_otherwise(
    pier: Pier, scripted: ScriptedServer
) -> None:
    paths = write_bin(pier.source)
    pier.upload()
    sent = bodies(scripted)
    roi = paths[Kind.ROI]
    write(roi, roi.read_bytes()[::-1], age=5000)
    done = pier.upload(code=4)
    assert bodies(scripted) == sent
    assert f"  {roi.name}  changed: roi: not the bytes" in done.out
    assert "  1 changed\n" in done.out
    pier.upload("--replace-changed")
    assert bodies(scripted) == files_below(pier.source) != sent


def test_a_bin_that_only_got_a_new_time_is_read_and_not_sent(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for path in write_bin(pier.source).values():
        path.touch()
    pier.upload("--min-age", "0")
    scripted.log.clear()
    write_bin(pier.source, age=100_000)
    done = pier.upload()
    assert not scripted.log
    assert "  3 same bytes under a new time\n" in done.out


def test_ages_are_those_that_are_asked_for(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1, age=10)
    write_bin(pier.source, 2, age=10 * MINUTES, without=(Kind.ADC,))
    done = pier.upload("--min-age", "5s", "--broken-after", "9m", code=4)
    assert set(bodies(scripted)) == set(names(1))
    assert f"{pid_text(2)}{{.roi,.hdr}}  broken" in done.out


def test_only_the_first_twenty_held_bins_are_named(pier: Pier) -> None:
    for number in range(25):
        write_bin(pier.source, number, without=(Kind.ROI, Kind.HDR))
    done = pier.upload(code=4)
    assert done.out.count("broken: ") == 20
    assert "  and 5 more files\n" in done.out


@pytest.mark.parametrize("more", [(), ("-n",), ("--validate",)])
def test_the_source_is_never_touched(
    pier: Pier, scripted: ScriptedServer, more: tuple[str, ...]
) -> None:
    write_bin(pier.source / "day", 1)
    write_bin(pier.source / "day", 2, made=cut(bin_bytes()))
    write(pier.source / "notes.txt")
    before = snapshot(pier.source)
    done = pier.run("upload", pier.source, "--to", TARGET, *more)
    assert done.code == (0 if "--validate" in more else 4)
    assert snapshot(pier.source) == before


def test_a_dry_run_says_for_every_file_what_would_happen_and_does_nothing(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    pier.upload()
    write_bin(pier.source, 2)
    write_bin(pier.source, 3, without=(Kind.ADC,))
    write_bin(pier.source, 4, age=1)
    write(pier.source / "bad\nname.txt")
    (pier.source / "pipe").symlink_to("nowhere")
    before = snapshot(pier.root), snapshot(pier.home)
    objects = bodies(scripted)
    scripted.log.clear()
    done = pier.upload("-n", "--all-files", code=3)
    assert (snapshot(pier.root), snapshot(pier.home)) == before
    assert {one.op for one in scripted.log} <= {Op.LIST}
    assert bodies(scripted) == objects
    assert not asked(scripted, Op.PUT, Op.CREATE)
    said = [line.split()[0] for line in done.out.splitlines()]
    assert [said.count(word) for word in ("skip", "send", "hold", "fail")] == [
        4,
        3,
        5,
        1,
    ]
    for line in (
        f"skip    {names(1)[0]}  172 B  in the journal",
        f"send    {names(2)[0]}  172 B  not sent before",
        f"hold    {names(3)[0]}  172 B  broken: adc missing",
        f"hold    {names(4)[0]}  172 B  settling: changed less than 60 s ago",
        "Files To Send: 3",
        "  3 settling",
        "  2 broken",
    ):
        assert f"{line}\n" in done.out
    assert "bad\\nname.txt" in done.out


def test_a_dry_run_makes_no_state_folder_and_needs_no_writing(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    done = pier.upload("--dry-run")
    assert not pier.state.exists()
    assert not list((pier.root / "tmp").iterdir())
    assert "Files To Send: 3\n" in done.out
    assert not scripted.objects
