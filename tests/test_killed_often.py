"""kill -9 at random instants of one upload of 5,000 files, again and again."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import bodies, files_below
from lives.nursery import Nursery, nursery
from lives.slain import Slain, make_tree, moments
from runs import big_bin, names, write_bin
from servers.faults import Cut, Delay, Rule, Spoil, Spoiled, Stage
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind

FILES = 5_000


@pytest.fixture(scope="module")
def lives() -> Iterator[Nursery]:
    with nursery() as opened:
        yield opened


def killed_and_resumed(
    folder: Path, server: ScriptedServer, lives: Nursery, kills: int, seed: int
) -> Slain:
    """The upload to its end, which is that of all its files."""
    source = folder / "ifcb"
    make_tree(source, FILES)
    slain = Slain(source, folder / "state", server, lives)
    server.script(Rule(Delay(0.4), Op.PART))
    server.script(Rule(Delay(0.02)))
    dice = random.Random(seed)
    for moment in moments(kills, FILES, dice):
        slain.live(moment, dice.random() * 0.05)
    told = slain.live(None)
    assert told.end
    assert not told.end.error
    assert told.end.found == FILES
    assert told.end.failed == told.end.held == 0
    assert bodies(server) == files_below(source)
    assert not slain.orphans()
    whole_bins_all_the_way(server)
    log = len(server.log)
    assert slain.live(None).end
    assert len(server.log) == log, "with nothing to do it asked the store"
    print(
        f"{kills} kills, {slain.kills} in time; {slain.again} requests again,"
        f" {len(server.uploads)} uploads of which the kill took the answer"
    )
    return slain


def whole_bins_all_the_way(server: ScriptedServer) -> None:
    """No .adc was ever visible before the rest of its bin."""
    first: dict[str, int] = {}
    for one in server.visible:
        first.setdefault(one.key, one.seq)
    for key, at in first.items():
        stem, _, kind = key.rpartition(".")
        if kind == Kind.ADC:
            assert max(first[f"{stem}.{k}"] for k in Kind) == at


def test_an_upload_in_parts_that_was_only_just_begun_is_not_forgotten(
    tmp_path: Path, scripted: ScriptedServer, lives: Nursery
) -> None:
    source = tmp_path / "ifcb"
    write_bin(source, made=big_bin(20))
    slain = Slain(source, tmp_path / "state", scripted, lives)
    gate = scripted.gate(Op.PART)
    slain.kill_when(gate)
    assert len(scripted.uploads) == 1
    assert slain.live(None).end
    assert not scripted.uploads
    assert bodies(scripted) == files_below(source)


@pytest.mark.parametrize("turn", range(4))
def test_an_object_that_was_seen_to_be_wrong_is_not_adopted_after_a_kill(
    tmp_path: Path, scripted: ScriptedServer, lives: Nursery, turn: int
) -> None:
    source = tmp_path / "ifcb"
    write_bin(source)
    slain = Slain(source, tmp_path / "state", scripted, lives)
    scripted.script(Rule(Spoil(Spoiled.BODY), Op.PUT, key="*.roi", times=1))
    scripted.script(Rule(Cut(Stage.RECEIVED), Op.PUT, key="*.roi"))
    again = scripted.gate(Op.PUT, "*.roi", at=Stage.HEAD, skip=1)
    slain.kill_when(again, 0.15)
    assert scripted.history(f"p/{names()[0]}"), "the .roi is there, and wrong"
    scripted.clear()
    slain.live(None)
    assert bodies(scripted) == files_below(source)


@pytest.mark.timeout(300)
def test_ten_kills_lose_nothing_and_cost_a_second(
    tmp_path: Path, scripted: ScriptedServer, lives: Nursery
) -> None:
    slain = killed_and_resumed(tmp_path, scripted, lives, 10, 1)
    assert slain.kills >= 8


@pytest.mark.long
@pytest.mark.timeout(0)
def test_two_hundred_kills_lose_nothing_and_cost_a_second(
    tmp_path: Path, scripted: ScriptedServer, lives: Nursery
) -> None:
    slain = killed_and_resumed(tmp_path, scripted, lives, 200, 2)
    assert slain.kills >= 150
