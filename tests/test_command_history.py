"""The installed command tells what was done with a journal before."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from commands import TARGET, Done, Pier, until
from runs import names, write_bin
from servers.faults import Answer, Rule
from servers.routing import Op
from servers.scripted import ScriptedServer


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def show(pier: Pier, *words: object, **variables: str) -> Done:
    done = pier.run(*words, **variables)
    assert done.code == 0, done
    return done


def objects(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.out.splitlines()]


def test_runs_and_verifications_are_shown_the_last_at_the_end(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, 1)
    pier.upload()
    pier.upload()
    write_bin(pier.source, 2)
    refused = Answer(400, "EntityTooLarge", "too large")
    scripted.script(Rule(refused, Op.PUT, key=f"p/{names(2)[0]}"))
    pier.upload(code=3)
    pier.run("verify", pier.source, "--to", TARGET)

    done = show(pier, "history", "--color", "never")
    where, _, first, second, _, seen = done.out.splitlines()
    assert where == f"{pier.source} to {TARGET}"
    assert first.split()[-2:] == ["well", "(0)"]
    assert second.endswith("2 files failed (3)")
    assert seen.endswith("1  1 bin incomplete in the store")
    assert done.err == (
        "1 run with nothing to do not shown (--idle shows them)\n"
    )

    told = objects(show(pier, "history", "--json", "--idle"))
    kinds = [one["event"] for one in told]
    assert kinds == ["run", "run", "run", "verification"]
    assert [one.get("exit_code") for one in told] == [0, 0, 3, None]
    assert [one.get("files") for one in told] == [3, 0, 1, None]
    assert told[0]["bytes"] > 0
    assert told[0]["rate"] > 0
    [last] = [
        one
        for one in objects(show(pier, "history", "--json", PT5_LAST="1"))
        if one["event"] == "run"
    ]
    assert last == told[2]


def test_only_what_was_done_with_one_folder_is_shown(pier: Pier) -> None:
    write_bin(pier.source / "one", 1)
    write_bin(pier.source / "two", 2)
    for name in ("one", "two"):
        folder = pier.source / name
        assert pier.run("upload", folder, "--to", TARGET).code == 0
    (pier.cwd / "env").write_text(f"PT5_STATE={pier.state}\n")
    words = ("--env-file", "env", pier.source / "two")
    done = show(pier, "history", *words)
    assert f"{pier.source}/two to " in done.out
    assert "/one" not in done.out


def test_a_run_under_way_is_running_and_a_killed_one_was_cut_off(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(1, 3):
        write_bin(pier.source, number)
    gate = scripted.gate(Op.PUT, f"p/{names(2)[0]}")
    with pier.uploading("--concurrency", "1") as running:
        until(lambda: gate.held)

        def noted() -> list[dict[str, Any]]:
            return objects(show(pier, "history", "--json"))

        # A .hdr does not wait for its .roi.
        until(lambda: [one["files"] for one in noted()] == [4])
        [now] = noted()
        running.signal(signal.SIGKILL)
        running.process.wait(30)
    assert (now["ending"], now["at_least"], now["bins"]) == (
        "running",
        True,
        1,
    )
    assert noted() == [now | {"ending": "cut off"}]
    assert show(pier, "history").out.endswith("cut off\n")


def test_a_journal_that_is_not_there_has_nothing_to_tell(pier: Pier) -> None:
    none = pier.root / "none"
    done = show(pier, "history", "--state", none)
    assert done.out == ""
    assert done.err == (
        f"no run is noted in {none}; --state names another journal's folder\n"
    )
    assert not none.exists()
    done = show(pier, "history", "--json", STATE_DIRECTORY=str(none))
    assert objects(done) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--state", "/etc/passwd"), "cannot read /etc/passwd/journal"),
        (("--state", "damaged"), "is damaged"),
        (("--last", "0"), "--last: 0 is less than 1"),
        (("",), "SOURCE is given, but empty"),
    ],
)
def test_2_and_one_sentence_for_what_cannot_be_shown(
    pier: Pier, words: tuple[str, ...], sentence: str
) -> None:
    (pier.cwd / "damaged").mkdir()
    (pier.cwd / "damaged" / "journal.sqlite3").write_bytes(b"x" * 9000)
    done = pier.run("history", *words)
    assert done.code == 2
    assert sentence in done.sentence
