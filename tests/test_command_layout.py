"""The installed command, with folders in the store that follow from bins."""

from pathlib import Path

import pytest
from commands import Pier, asked, bodies
from runs import bin_bytes, names, write_bin
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.synthetic import BinBytes


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, scripted)
    write_bin(made.source / "2022" / "deep" / "beads")
    write_bin(made.source / "card", 1)
    return made


@pytest.mark.parametrize(
    ("layout", "folder"), [("day", "2022/D20220522"), ("year", "2022")]
)
def test_every_bin_goes_where_its_name_says(
    pier: Pier, scripted: ScriptedServer, layout: str, folder: str
) -> None:
    pier.upload("--layout", layout)
    assert set(bodies(scripted)) == {
        f"{place}/{name}"
        for number, place in ((0, f"beads/{folder}"), (1, folder))
        for name in names(number)
    }
    done = pier.upload("--layout", layout)
    assert "6 skipped by the journal, store not asked" in done.out


def test_another_layout_on_a_known_prefix_needs_to_be_meant(
    pier: Pier, scripted: ScriptedServer
) -> None:
    pier.upload()
    before = asked(scripted, Op.PUT)
    done = pier.upload("--layout", "day", code=2)
    assert "was filled with --layout mirror" in done.sentence
    assert "--relayout" in done.sentence
    assert asked(scripted, Op.PUT) == before
    pier.upload("--layout", "day", "--relayout")
    assert len(asked(scripted, Op.PUT)) == 12
    pier.upload("--layout", "day")
    assert pier.upload(code=2).sentence.endswith("--relayout does that")
    elsewhere = "s3://bucket/p/elsewhere"
    assert pier.run("upload", pier.source, "--to", elsewhere).code == 0


def test_3_for_a_bin_that_differs_from_one_of_that_name(
    pier: Pier, scripted: ScriptedServer
) -> None:
    whole = bin_bytes()
    other = BinBytes(whole.hdr, whole.adc, whole.roi[::-1])
    write_bin(pier.source / "copy", 1)
    write_bin(pier.source / "wrong", 1, made=other)
    done = pier.upload("--layout", "day", code=3)
    name = names(1)[0]
    assert f"wrong/{name} and card/{name} come to one key" in done.err
    assert bodies(scripted)[f"2022/D20220522/{name}"] == whole.roi
