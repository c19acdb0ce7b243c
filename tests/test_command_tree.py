"""The installed command brings a tree into a store."""

import re
import sys
from pathlib import Path

import pytest
from commands import TARGET, Pier, asked, bodies, files_below
from runs import big_bin, names, pid_text, write, write_bin
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind

MIME = {
    ".roi": "application/octet-stream",
    ".hdr": "text/plain",
    ".adc": "text/csv",
}


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def write_tree(source: Path) -> None:
    """Three bins on two days, the younger written first."""
    write_bin(source / "day2", 5)
    write_bin(source / "day1", 3)
    write_bin(source / "day1" / "deep", 4)
    write_bin(source / "day1", 2)


def test_every_file_of_a_tree_is_in_the_store_bit_for_bit(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_tree(pier.source)
    write_bin(pier.source / "bloom", 9, made=big_bin(20))
    done = pier.upload()
    assert bodies(scripted) == files_below(pier.source)
    assert "Total Files: 15\n" in done.out
    assert "Bins: 5 (5 uploaded)" in done.out
    assert "Proven By: 15 crc64nvme" in done.out
    assert done.err == f"Uploading {pier.source} to {TARGET}\n"
    assert len(asked(scripted, Op.PART)) == 3, "20 MiB go in parts of 8"


def test_objects_say_what_they_are_and_how_old(
    pier: Pier, scripted: ScriptedServer
) -> None:
    paths = write_bin(pier.source, age=123_456.789)
    pier.upload()
    for path in paths.values():
        headers = scripted.objects[f"p/{path.name}"].headers
        assert headers["content-type"] == MIME[path.suffix]
        seconds, _, fraction = headers["x-amz-meta-mtime"].partition(".")
        assert len(fraction) == 9, "as rclone writes it"
        mtime_ns = path.stat().st_mtime_ns
        assert int(seconds) * 10**9 + int(fraction) == mtime_ns


def test_the_adc_of_every_bin_shows_after_its_roi_and_hdr(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(40):
        write_bin(pier.source / f"day{number % 3}", number)
    pier.upload()
    seen = [Path(one.key) for one in scripted.visible]
    assert len(seen) == 120
    place = {path.name: place for place, path in enumerate(seen)}
    for number in range(40):
        roi, hdr, adc = (place[name] for name in names(number))
        assert adc > max(roi, hdr)


def test_one_after_the_other_bins_go_from_the_oldest_to_the_newest(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_tree(pier.source)
    # Its name says that it is the oldest, whatever its mtime says.
    write_bin(pier.source / "day1", 1, age=7000)
    pier.upload("--concurrency", "1")
    marks = [one.key for one in scripted.visible if one.key.endswith(".adc")]
    assert marks == [
        f"p/day1/{pid_text(1)}.adc",
        f"p/day1/{pid_text(2)}.adc",
        f"p/day1/{pid_text(3)}.adc",
        f"p/day1/deep/{pid_text(4)}.adc",
        f"p/day2/{pid_text(5)}.adc",
    ]


def test_a_second_run_asks_the_store_nothing_even_of_a_moved_tree(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_tree(pier.source)
    pier.upload()
    before = len(scripted.log), scripted.connections
    for place in ("ifcb", "moved"):
        pier.source = pier.source.rename(pier.root / place)
        done = pier.upload()
        assert (len(scripted.log), scripted.connections) == before
        assert "  12 skipped by the journal, store not asked\n" in done.out
        assert "Total Files: 0\n" in done.out


def test_without_a_journal_the_store_is_listed_and_nothing_sent_twice(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_tree(pier.source)
    pier.upload("--no-journal")
    assert not pier.state.exists()
    scripted.log.clear()
    done = pier.upload("--no-journal")
    assert {one.op for one in scripted.log} == {Op.LIST}
    assert "Total Files: 0\n" in done.out
    assert "  12 same size in the store, and not older\n" in done.out


def test_a_new_bin_is_all_that_a_later_run_sends(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_tree(pier.source)
    pier.upload()
    scripted.log.clear()
    write_bin(pier.source / "day2", 6)
    done = pier.upload()
    assert sorted(asked(scripted, Op.PUT)) == sorted(
        f"p/day2/{name}" for name in names(6)
    )
    assert "Total Files: 3\n" in done.out


def test_other_files_are_counted_and_left_unless_they_are_asked_for(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    write(pier.source / "notes.txt")
    write(pier.source / f"{pid_text(0)}_blobs_v4.zip")
    write(pier.source / f".{pid_text(0)}.roi.x7Yz")
    write(pier.source / "late.roi.filepart")
    done = pier.upload()
    assert "2 other files left" in done.out
    assert len(scripted.objects) == 3
    done = pier.upload("--all-files")
    assert "other file" not in done.out
    assert set(bodies(scripted)) == {
        *names(0),
        "notes.txt",
        f"{pid_text(0)}_blobs_v4.zip",
    }


def test_only_source_itself_is_entered_when_that_is_wished(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source / "day", 2)
    pier.upload("--no-recursive")
    assert set(bodies(scripted)) == set(names(1))
    pier.upload("--recursive")
    assert bodies(scripted) == files_below(pier.source)


def test_one_member_stands_for_its_whole_bin(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    write_bin(pier.source, 2)
    write(pier.source / "notes.txt")
    member = pier.source / f"{pid_text(2)}.hdr"
    done = pier.run("upload", member, "--to", TARGET)
    assert done.code == 0
    assert set(bodies(scripted)) == set(names(2))


def test_a_single_loose_file_goes_up(
    pier: Pier, scripted: ScriptedServer
) -> None:
    notes = write(pier.source / "notes.txt", b"calm sea")
    write_bin(pier.source)
    done = pier.run("upload", notes, "--to", TARGET)
    assert done.code == 0
    assert bodies(scripted) == {"notes.txt": b"calm sea"}


def test_source_may_be_a_link_but_links_below_it_are_not_followed(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    write_bin(pier.root / "elsewhere", 1)
    (pier.source / "loop").symlink_to(pier.source)
    (pier.source / "out").symlink_to(pier.root / "elsewhere")
    link = pier.root / "link"
    link.symlink_to(pier.source)
    done = pier.run("upload", link, "--to", TARGET)
    assert done.code == 0
    assert set(bodies(scripted)) == set(names(0))
    assert "  2 a link\n" in done.out


def test_another_bucket_starts_empty(pier: Pier) -> None:
    with ScriptedServer(buckets=("bucket", "second")) as server:
        pier.environ["AWS_ENDPOINT_URL"] = server.url
        write_bin(pier.source)
        pier.upload()
        done = pier.run("upload", pier.source, "--to", "s3://second")
        assert done.code == 0
        assert set(server.buckets["second"].objects) == set(names(0))


@pytest.mark.parametrize(
    ("algorithm", "header"),
    [
        ("sha256", "x-amz-checksum-sha256"),
        ("md5", "content-md5"),
        ("none", None),
    ],
)
def test_the_proof_is_the_one_that_was_asked_for(
    pier: Pier, scripted: ScriptedServer, algorithm: str, header: str | None
) -> None:
    write_bin(pier.source)
    done = pier.upload("--checksum-algorithm", algorithm)
    puts = [one for one in scripted.log if one.op == Op.PUT]
    assert len(puts) == 3
    for put in puts:
        proofs = filter(re.compile("content-md5|x-amz-ch").match, put.headers)
        assert set(proofs) == ({header} if header else set())
    said = "nothing" if algorithm == "none" else algorithm
    assert f"Proven By: 3 {said}\n" in done.out
    assert bodies(scripted) == files_below(pier.source)


def test_what_somebody_took_from_the_store_is_put_back(
    pier: Pier, scripted: ScriptedServer
) -> None:
    paths = write_bin(pier.source)
    pier.upload("--no-journal")
    lost = f"p/{paths[Kind.ADC].name}"
    scripted.buckets["bucket"].drop(lost)
    scripted.log.clear()
    pier.upload("--no-journal")
    assert asked(scripted, Op.PUT) == [lost]
    assert bodies(scripted) == files_below(pier.source)


def test_the_package_is_the_command(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    done = pier.run(
        *("upload", "--source", pier.source, "--to", TARGET),
        program=(sys.executable, "-m", "pt5_async"),
    )
    assert (done.code, len(scripted.objects)) == (0, 3)
