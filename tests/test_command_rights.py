"""The installed command and what this user may not read or write."""

import json
import os
from pathlib import Path

import pytest
from commands import TARGET, Done, Pier, bodies
from nobody import NOBODY
from runs import names, write_bin
from servers.scripted import ScriptedServer


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def upload(pier: Pier, *args: object) -> Done:
    words = ("upload", pier.source, "--to", TARGET, *args)
    return pier.run(*words, program=pier.by_nobody)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another")
def test_rights_are_tried_by_nobody_itself(pier: Pier) -> None:
    *words, _ = pier.by_nobody
    done = pier.run("-c", "id -u; pwd", program=(*words, "sh"))
    if words[:1] == ["setpriv"] and "reuid" not in str(words):
        pytest.skip("no mount namespace here: root without its powers")
    assert done.out.split() == [str(NOBODY), str(pier.cwd)], done


@pytest.mark.parametrize("lane", ["plain", "express"])
def test_what_may_not_be_read_fails_by_name_and_the_rest_goes(
    pier: Pier, scripted: ScriptedServer, lane: str
) -> None:
    for number, folder in enumerate(("a", "b", "shut", "z")):
        write_bin(pier.source / folder, number)
    (pier.source / "b" / names(1)[0]).chmod(0)
    (pier.source / "shut").chmod(0)
    try:
        done = upload(pier, "--lane", lane, "--json")
    finally:
        (pier.source / "shut").chmod(0o755)

    assert done.code == 3, done
    whole = {
        f"{folder}/{name}"
        for folder, number in (("a", 0), ("z", 3))
        for name in names(number)
    }
    # No .adc without its .roi: readers would find half a bin.
    assert set(bodies(scripted)) == whole
    ended = json.loads(done.out.splitlines()[-1])
    assert ended["uploaded"]["files"] == 6
    for name in (f"b/{names(1)[0]}", "shut"):
        assert any(
            name in x and "Permission denied" in x
            for x in done.out.splitlines()
        ), name


def test_a_key_file_that_may_not_be_read_sends_nothing(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    (pier.cwd / ".env").write_text("AWS_REGION=us-east-1\n")
    (pier.cwd / ".env").chmod(0)

    done = upload(pier)

    assert done.code == 2
    assert "cannot read .env: Permission denied" in done.sentence
    assert not scripted.log


def test_a_state_folder_that_somebody_named_has_to_be_writable(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    state = pier.root / "state"
    state.mkdir(mode=0o500)

    done = upload(pier, "--state", state)

    assert done.code == 2
    assert "Permission denied" in done.err
    assert not scripted.objects


def test_the_usual_state_folder_may_be_missed(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    pier.state.mkdir(parents=True)
    pier.state.chmod(0o500)

    done = upload(pier)

    assert done.code == 0, done
    assert "no journal is kept" in done.err
    assert len(scripted.objects) == 3


def test_a_journal_of_another_user_is_named(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    assert upload(pier).code == 0
    (pier.state / "journal.sqlite3").chmod(0o400)
    write_bin(pier.source, 1)

    done = upload(pier, "--state", pier.state)

    assert done.code == 2
    assert f"{pier.state / 'journal.sqlite3'}: Permission denied" in done.err
    assert len(scripted.objects) == 3
