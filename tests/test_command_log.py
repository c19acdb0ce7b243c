"""The installed command's log: where it is, what it has, what may fail."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from commands import TARGET, Pier, asked, until
from runs import bin_bytes, names, pid_text, write_bin
from servers.faults import Answer, Rule
from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer

from pt5_async.cli.rotating import LIMIT
from pt5_async.ifcb.synthetic import BinBytes

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (process-\d+|[0-9a-f]{12}) (.*)"
)


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def usual(pier: Pier) -> Path:
    return pier.state / "pt5-async.log"


def words(path: Path) -> list[str]:
    """What the lines of a log say; each has its time and its run."""
    found = []
    for line in path.read_text().splitlines():
        match = LINE.fullmatch(line)
        assert match, line
        found.append(match[2])
    return found


def fates(path: Path) -> list[str]:
    """What a log says of files, without sizes and seconds."""
    fate = re.compile(r"(sent|skipped|held|failed) +(\S+)")
    matches = map(fate.match, words(path))
    return [f"{one[1]} {one[2]}" for one in matches if one]


def write_cut(pier: Pier, number: int) -> None:
    whole = bin_bytes()
    cut = BinBytes(whole.hdr, whole.adc, whole.roi[:-1])
    write_bin(pier.source, number, made=cut)


# ---- what it has


def test_every_run_is_added_and_the_summary_names_the_file(
    pier: Pier,
) -> None:
    write_bin(pier.source, 0)
    done = pier.upload()
    assert done.out.splitlines()[-1] == f"Log: {usual(pier)}"
    first = words(usual(pier))
    assert first[0].endswith(f": {pier.source} to {TARGET}")
    assert sorted(fates(usual(pier))) == [f"sent {n}" for n in sorted(names())]
    assert "Total Files: 3" in first
    assert first[-1] == "exit code 0"

    pier.upload()
    both = words(usual(pier))
    assert both[: len(first)] == first
    assert len(fates(usual(pier))) == 3, "skipped files are only counted"
    assert both[-1] == "exit code 0"
    assert any("3 skipped by the journal" in line for line in both)


def test_two_targets_share_the_log_of_their_state_folder(pier: Pier) -> None:
    write_bin(pier.source)
    pier.upload()
    pier.run("upload", pier.source, "--to", "s3://bucket/other")
    text = usual(pier).read_text()
    assert len(set(re.findall(r"Z ([0-9a-f]{12}) ", text))) == 2


def test_what_is_held_or_fails_has_its_reason_and_what_it_took(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_cut(pier, 0)
    write_bin(pier.source, 1)
    refused = Answer(500, "InternalError")
    scripted.script(Rule(refused, Op.PUT, key=f"p/{pid_text(1)}.roi"))
    pier.upload("--attempts", "2", code=3)
    text = "\n".join(words(usual(pier)))
    assert f"held    {pid_text(0)}.roi" in text
    assert "broken: roi ends 1 byte before" in text
    assert f"again   p/{pid_text(1)}.roi  attempt 2 in " in text
    assert re.search(r"failed .*\.roi.*  \(2 attempts, \d+\.\d\d s\)", text)
    assert text.endswith("exit code 3")


def test_a_run_that_an_error_ends_says_so_there_and_no_secret(
    pier: Pier,
) -> None:
    write_bin(pier.source)
    secret = "a-secret-that-nobody-should-read"
    pier.environ["AWS_SECRET_ACCESS_KEY"] = secret
    done = pier.upload("--verbose", code=6)
    found = words(usual(pier))
    assert found[-2:] == [done.err.splitlines()[-1][11:], "exit code 6"]
    for hidden in (secret, IDENTITY.secret_key):
        assert hidden not in usual(pier).read_text()


def test_a_second_run_at_one_target_writes_there_too(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.PUT)
    with pier.uploading() as first:
        until(lambda: gate.held)
        pier.upload(code=7)
        pier.upload("--if-running", "skip")
        gate.release()
        assert first.end().code == 0
    ends = [line for line in words(usual(pier)) if "exit code" in line]
    assert ends == ["exit code 7", "exit code 0", "exit code 0"]
    assert len(fates(usual(pier))) == 3


def test_a_bug_leaves_its_traceback_there(pier: Pier) -> None:
    broken = pier.root / "broken"
    broken.mkdir()
    # Python imports this by itself: a piece of it is broken from then on.
    (broken / "sitecustomize.py").write_text(
        "import secrets\nsecrets.token_hex = lambda count: 1 // 0\n"
    )
    args = ("upload", pier.source, "--to", TARGET)
    assert pier.run(*args, PYTHONPATH=str(broken)).code == 1
    found = words(usual(pier))
    assert "Traceback (most recent call last):" in found
    assert found[-1] == "exit code 1"


# ---- where it is


@pytest.mark.parametrize("way", ["option", "variable"])
def test_it_may_lie_elsewhere_even_without_a_journal(
    pier: Pier, way: str
) -> None:
    write_bin(pier.source)
    file = pier.root / "upload.log"
    args = ["--no-journal"]
    if way == "option":
        args += ["--log-file", str(file)]
    else:
        pier.environ["PT5_LOG_FILE"] = str(file)
    assert f"Log: {file}\n" in pier.upload(*args).out
    assert len(fates(file)) == 3
    assert not pier.state.exists()


def test_there_is_none_where_nothing_is_to_be_written(pier: Pier) -> None:
    write_bin(pier.source)
    file = pier.root / "upload.log"
    pier.environ["PT5_LOG_FILE"] = str(file)
    for way in ("--dry-run", "--validate"):
        assert "Log: " not in pier.upload(way).out
    del pier.environ["PT5_LOG_FILE"]
    assert "Log: " not in pier.upload("--no-journal").out
    assert not file.exists()
    assert not pier.state.exists()


def test_json_names_it_at_the_end(pier: Pier) -> None:
    write_bin(pier.source)
    for args, log in (
        (["--json"], str(usual(pier))),
        (["--json", "--no-journal"], None),
    ):
        last = json.loads(pier.upload(*args).out.splitlines()[-1])
        assert (last["event"], last["log"]) == ("run_ended", log)


def test_a_large_one_gives_way(pier: Pier) -> None:
    write_bin(pier.source)
    pier.state.mkdir(parents=True)
    old = b"x" * (LIMIT - 1) + b"\n"
    usual(pier).write_bytes(old)
    pier.upload()
    assert len(fates(usual(pier))) == 3
    assert usual(pier).with_name("pt5-async.log.1").read_bytes() == old


# ---- quiet


def test_quiet_is_silent_when_all_is_well_and_the_log_is_not(
    pier: Pier,
) -> None:
    write_bin(pier.source)
    done = pier.upload("--quiet")
    assert (done.out, done.err) == ("", "")
    assert len(fates(usual(pier))) == 3


def test_quiet_has_summary_and_log_on_stderr_when_all_is_not_well(
    pier: Pier,
) -> None:
    write_cut(pier, 0)
    done = pier.upload("--quiet", code=4)
    assert done.out == ""
    assert pid_text(0) in done.err
    assert "Total Files: 0\n" in done.err
    assert f"Log: {usual(pier)}\n" in done.err


# ---- what may fail


@pytest.mark.parametrize("what", ["folder", "nowhere", "full", "source"])
def test_2_for_a_named_one_that_cannot_be_written_and_nothing_is_sent(
    pier: Pier, scripted: ScriptedServer, what: str
) -> None:
    if what == "full" and sys.platform != "linux":
        pytest.skip("other system: no /dev/full")
    write_bin(pier.source)
    file = {
        "folder": pier.root,
        "nowhere": pier.root / "none" / "log",
        "full": Path("/dev/full"),
        "source": pier.source / "log",
    }[what]
    sentence = pier.upload("--log-file", file, code=2).sentence
    assert str(file) in sentence
    assert "choose another" in sentence
    assert not asked(scripted, Op.PUT)
    assert len(list(pier.source.iterdir())) == 3


def test_2_for_one_file_that_is_to_be_log_and_receipt(pier: Pier) -> None:
    file = pier.root / "both"
    done = pier.upload("--log-file", file, "--receipt", file, code=2)
    assert "name one file" in done.sentence
    assert not file.exists()


def test_the_usual_one_that_cannot_be_written_costs_a_warning(
    pier: Pier,
) -> None:
    write_bin(pier.source)
    usual(pier).mkdir(parents=True)
    done = pier.upload()
    assert done.err.count("warning: ") == 1
    assert f"warning: the log {usual(pier)} cannot be written" in done.err
    assert "Log: " not in done.out
    assert pier.upload("--quiet").err == ""


def test_a_state_folder_that_cannot_be_is_complained_of_once(
    pier: Pier,
) -> None:
    blocked = pier.root / "blocked"
    blocked.write_text("a file, where a folder has to be")
    done = pier.upload("--state", blocked / "here", code=2)
    assert str(blocked) in done.sentence


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KB, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if sys.platform != "linux":
        pytest.skip("other system: no tmpfs")
    mount = subprocess.run(
        ["mount", *options], check=False, capture_output=True
    )
    if mount.returncode:
        pytest.skip("this user may not mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_fills_up_is_said_once_and_ends_nothing(
    pier: Pier, scripted: ScriptedServer, small_disk: Path
) -> None:
    for number in range(15):
        write_bin(pier.source, number)
    gate = scripted.gate(Op.PUT)
    log = small_disk / "log"
    with pier.uploading("--log-file", log) as running:
        until(lambda: gate.held)
        filler = (small_disk / "filler").open("wb", buffering=0)
        with filler, suppress(OSError):
            while True:
                filler.write(b"x" * 4096)
        gate.release()
        done = running.end()
    assert done.code == 0, done
    assert done.err.count("No space left on device") == 1
    assert "Traceback" not in done.err
    assert len(asked(scripted, Op.PUT)) == 45

    (small_disk / "filler").unlink()
    pier.upload("--log-file", log)
    assert log.read_text().splitlines()[-1].endswith("exit code 0")
