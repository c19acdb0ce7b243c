"""The installed command as a job that nobody watches."""

import json
import os
import signal
import sys
from pathlib import Path

import pytest
from commands import TARGET, Pier, asked, bodies, until
from runs import bin_bytes, names, pid_text, touch, write_bin
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.synthetic import BinBytes


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def write_cut(pier: Pier, number: int) -> None:
    whole = bin_bytes()
    cut = BinBytes(whole.hdr, whole.adc, whole.roi[:-1])
    write_bin(pier.source, number, made=cut)


# ---- settings


def test_every_option_may_be_a_variable(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    (pier.source / "notes").write_text("loose")
    touch(pier.source / "notes", age=7200)
    pier.environ |= {
        "PT5_SOURCE": str(pier.source),
        "PT5_TO": TARGET,
        "PT5_LAYOUT": "year",
        "PT5_ALL_FILES": "yes",
        "PT5_CONCURRENCY": "2",
    }
    done = pier.run("upload")
    assert done.code == 0, done
    assert set(bodies(scripted)) == {
        "notes",
        *(f"2022/{name}" for name in names()),
    }


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PT5_LAYOUT", "week", "'week' is not one of mirror, day, year"),
        ("PT5_CONCURRENCY", "many", "'many' is not a whole number"),
        ("PT5_CONCURRENCY", "0", "0 is less than 1"),
        ("PT5_ALL_FILES", "maybe", "'maybe' is not 1, true"),
        ("PT5_MIN_AGE", "soon", "no duration"),
        ("PT5_ENV_FILE", "/no/where", "/no/where is not there"),
    ],
)
def test_2_for_a_variable_that_cannot_be_used_and_it_is_named(
    pier: Pier, name: str, value: str, words: str
) -> None:
    pier.environ[name] = value
    done = pier.upload(code=2)
    assert f"environment variable {name}: " in done.sentence
    assert words in done.sentence


@pytest.mark.parametrize("way", ["option", "variable", "config"])
def test_a_dotenv_may_lie_elsewhere(
    pier: Pier, scripted: ScriptedServer, way: str
) -> None:
    write_bin(pier.source)
    file = pier.root / "settings.env"
    if way == "config":
        file = pier.home / ".config" / "pt5-async" / ".env"
        file.parent.mkdir(parents=True)
    file.write_text(f"PT5_TO={TARGET}\nPT5_LAYOUT=day\n")
    (pier.cwd / ".env").write_text("")
    words = ["--env-file", str(file)] if way == "option" else []
    if way == "variable":
        pier.environ["PT5_ENV_FILE"] = str(file)
    done = pier.run("upload", pier.source, *words)
    assert done.code == 0, done
    assert all(key.startswith("2022/D2022") for key in bodies(scripted))


def test_a_bad_line_is_named_with_its_file(pier: Pier) -> None:
    file = pier.root / "settings.env"
    file.write_text("\nPT5_MIN_AGE=soon\n")
    done = pier.upload("--env-file", file, code=2)
    assert done.sentence.startswith(f"PT5_MIN_AGE in {file}, line 2: ")


# ---- where the journal is


def test_systemd_names_a_folder_for_the_journal(pier: Pier) -> None:
    write_bin(pier.source)
    there = pier.root / "var"
    pier.environ["STATE_DIRECTORY"] = f"{there}:/other"
    pier.upload()
    assert list(there.glob("*.sqlite3"))
    assert not pier.state.exists()


def test_without_a_home_there_is_a_warning_and_no_journal(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    blocked = pier.root / "blocked"
    blocked.write_text("a file, where a folder has to be")
    pier.environ["XDG_STATE_HOME"] = str(blocked)
    for puts in (3, 3):
        done = pier.upload()
        assert done.err.count("warning: no journal is kept: ") == 1
        assert len(asked(scripted, Op.PUT)) == puts
    pier.upload("--state", blocked / "here", code=2)
    done = pier.upload("--dry-run")
    assert "no journal is kept" in done.err


NOBODY = """
import pwd, sys

def getpwuid(uid):
    raise KeyError(uid)

pwd.getpwuid = getpwuid
from pt5_async.__main__ import main
main()
"""
"""The command of a user whom the machine does not know: a container's."""


def test_a_user_whom_nobody_knows_and_without_home_gets_on(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    del pier.environ["HOME"]
    nobody = (sys.executable, "-c", NOBODY)
    words = ("upload", pier.source, "--to", TARGET)
    done = pier.run(*words, program=nobody)
    assert done.code == 0, done
    assert "no journal is kept: this user has no home folder" in done.err
    assert len(scripted.objects) == 3
    var = pier.root / "var"
    done = pier.run(*words, program=nobody, STATE_DIRECTORY=str(var))
    assert (done.code, "no journal" in done.err) == (0, False)
    assert list(var.glob("*.sqlite3"))


# ---- two at once


@pytest.mark.parametrize(
    ("wish", "code"), [("fail", 7), ("skip", 0), ("wait", 0)]
)
def test_a_second_run_does_as_it_is_told(
    pier: Pier, scripted: ScriptedServer, wish: str, code: int
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.PUT)
    with pier.uploading() as first:
        until(lambda: gate.held)
        with pier.uploading("--if-running", wish, "--json") as second:
            if wish == "wait":
                second.await_words("waiting: another run is sending")
                gate.release()
            done = second.end()
        gate.release()
        assert first.end().code == 0
    assert done.code == code, done
    assert ("another run is sending to" in done.err) is True
    last = json.loads(done.out.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("run_ended", code)
    assert len(asked(scripted, Op.PUT)) == 3


def test_a_job_that_skips_names_a_run_that_has_been_at_it_for_a_day(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.PUT)
    skips = ("--quiet", "--if-running", "skip")
    with pier.uploading() as first:
        until(lambda: gate.held)
        assert pier.upload(*skips).err == ""
        [lock] = pier.state.glob("*.lock")
        touch(lock, age=25 * 3600)
        err = pier.upload(*skips).err
        assert f"(process {first.process.pid} on " in err
        assert err.count("\n") == 1
        gate.release()
        assert first.end().code == 0


def test_a_run_that_is_stopped_while_it_waits_was_stopped(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.PUT)
    with pier.uploading() as first:
        until(lambda: gate.held)
        with pier.uploading("--if-running", "wait") as second:
            second.await_words("waiting: another run is sending")
            second.signal(signal.SIGTERM)
            done = second.end()
        gate.release()
        assert first.end().code == 0
    assert done.code == 143
    assert "pt5-async:" not in done.err


# ---- what is broken


def test_known_broken_bins_cry_no_wolf(pier: Pier) -> None:
    for number in range(3):
        write_cut(pier, number)
    known = pier.root / "known"
    known.write_text(f"# old\n{pid_text(0)}\n{pid_text(1)}.roi  # disk\n\n")
    done = pier.upload("--known-broken", known, code=4)
    assert "3 broken bins, 1 new" in done.out
    assert pid_text(2) in done.out
    assert pid_text(0) not in done.out
    known.write_text("\n".join(pid_text(number) for number in range(3)))
    done = pier.upload("--known-broken", known)
    assert "3 broken bins, 0 new" in done.out
    assert pier.upload("--known-broken", known, "--quiet").err == ""


def test_broken_bins_may_be_only_reported(pier: Pier) -> None:
    write_cut(pier, 0)
    pier.upload(code=4)
    done = pier.upload("--broken", "report")
    assert "3 broken" in done.out
    assert pid_text(0) in done.out


@pytest.mark.parametrize("text", ["not a bin\n", None])
def test_2_for_a_list_of_known_bins_that_is_none(
    pier: Pier, text: str | None
) -> None:
    known = pier.root / "known"
    if text is not None:
        known.write_text(text)
    done = pier.upload("--known-broken", known, code=2)
    assert "--known-broken: " in done.sentence
    assert str(known) in done.sentence


# ---- nothing there


def test_0_and_a_warning_for_a_tree_that_was_always_empty(pier: Pier) -> None:
    done = pier.upload()
    assert f"warning: no files below {pier.source}" in done.err


def test_3_for_a_tree_that_was_not_empty_before(pier: Pier) -> None:
    paths = write_bin(pier.source)
    pier.upload()
    for path in paths.values():
        path.unlink()
    done = pier.upload(code=3)
    assert "is its disk mounted?" in done.sentence
    assert pier.run("upload", pier.source, "--to", "s3://bucket/new").code == 0
    done = pier.upload("--json", code=3)
    last = json.loads(done.out.splitlines()[-1])
    assert last["event"] == "run_ended"


@pytest.mark.parametrize(
    "words", [("--order", "newest"), ("--exclude-dir", "beads")]
)
def test_3_for_an_empty_tree_whatever_part_of_it_is_asked_for(
    pier: Pier, words: tuple[str, ...]
) -> None:
    paths = write_bin(pier.source)
    pier.upload()
    for path in paths.values():
        path.rename(pier.root / path.name)
    done = pier.upload(*words, code=3)
    assert "is its disk mounted?" in done.sentence
    if "--exclude-dir" in words:
        write_bin(pier.source / "beads")
        assert not pier.upload(*words, "--quiet").err


def test_a_tree_with_other_files_is_not_empty(pier: Pier) -> None:
    write_bin(pier.source)
    pier.upload()
    for path in pier.source.iterdir():
        os.rename(path, pier.root / path.name)
    (pier.source / "notes").write_text("all bins went to the archive")
    pier.upload()
