"""The installed command holds a tree against a store, and says so."""

from pathlib import Path

import pytest
from commands import TARGET, Pier
from runs import write_bin
from servers.scripted import ScriptedServer


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def test_try(pier: Pier, scripted: ScriptedServer) -> None:
    write_bin(pier.source / "day", 1)
    write_bin(pier.source / "day", 2)
    pier.upload()
    for more in (
        (),
        ("--no-journal",),
        ("--level", "download"),
        ("--json", "-v"),
        ("--no-journal", "--level", "listing", "-v"),
    ):
        done = pier.run("verify", pier.source, "--to", TARGET, *more)
        print(done.code)
        print(done.out)
        print(done.err)
    assert 0
