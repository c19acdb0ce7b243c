"""With --existing skip, an object of our own is in nobody's way.

Its answer was lost, and the next attempt is told that it exists.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from commands import Pier, bodies
from fakes import MIB, Op
from runs import Shore, large, names, skipped, write, write_bin
from servers import routing
from servers.faults import Cut, Rule, Spoil, Spoiled, Stage
from servers.personality import Denied, Etags, Personality
from servers.scripted import ScriptedServer

from pt5_async.checksum import Algorithm
from pt5_async.errors import AccessDenied, ConnectionLost
from pt5_async.model import Outcome, Proof, Skip, Uploaded
from pt5_async.settings import Existing

NOW = datetime.now(UTC)


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


async def skipping(shore: Shore) -> dict[str, Outcome]:
    return await shore.run(existing=Existing.SKIP)


def uploaded(found: dict[str, Outcome], name: str) -> Uploaded:
    outcome = found[name]
    assert isinstance(outcome, Uploaded), outcome
    return outcome


@pytest.mark.parametrize("algorithm", [Algorithm.CRC64NVME, Algorithm.MD5])
async def test_a_file_whose_answer_was_lost_is_uploaded_and_proven(
    shore: Shore, algorithm: Algorithm
) -> None:
    write(shore.source / "file", b"ours")
    shore.store.algorithm = algorithm
    shore.store.script(Op.PUT, "file", ConnectionLost, late=True)
    done = uploaded(await skipping(shore), "file")
    assert (done.proof.value, done.attempts) == (algorithm.value, 2)
    assert done.checksum.startswith("crc64nvme:")
    [entry] = shore.known("p/file").values()
    assert entry.proof is done.proof
    assert shore.store.visible == ["p/file"]
    await skipping(shore)
    assert not shore.store.requests, "the journal knows it"


async def test_an_object_of_others_that_came_meanwhile_is_left(
    shore: Shore,
) -> None:
    write(shore.source / "file", b"ours")
    gate = shore.store.gate(Op.PUT, "file")
    gate.when_reached = lambda: shore.store.place("p/file", b"else", NOW)
    gate.let_go.set()
    shore.store.script(Op.PUT, "file", ConnectionLost)
    assert skipped(await skipping(shore)) is Skip.EXISTS
    assert shore.store.objects["p/file"].body == b"else"


async def test_where_nobody_may_look_it_is_in_the_store_already(
    shore: Shore,
) -> None:
    write(shore.source / "file", b"ours")
    shore.store.script(Op.PUT, "file", ConnectionLost, late=True)
    shore.store.script(Op.HEAD, "", *[AccessDenied] * 3)
    assert skipped(await skipping(shore)) is Skip.EXISTS
    assert [op for op, _ in shore.store.requests][-2:] == [Op.HEAD, Op.LIST]


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_large_file_whose_last_answer_was_lost_is_not_sent_again(
    shore: Shore, restarted: bool
) -> None:
    body = large(shore.source)
    shore.store.script(Op.COMPLETE, "large", ConnectionLost, late=True)
    if restarted:
        # Nothing is refused for being there before the upload is missed.
        forgotten = shore.store.uploads
        gate = shore.store.gate(Op.COMPLETE, "large")
        gate.when_reached = forgotten.clear
        gate.let_go.set()
    done = uploaded(await skipping(shore), "large")
    assert done.proof is Proof.CRC64NVME
    assert done.attempts > 1
    assert shore.store.objects["p/large"].body == body
    assert not shore.store.uploads
    assert shore.store.visible == ["p/large"]


# ---- the installed command


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


def lose_answers(scripted: ScriptedServer, *ends: str) -> None:
    cut = Cut(Stage.DONE)
    for end in ends:
        op = routing.Op.COMPLETE if end == "large" else routing.Op.PUT
        scripted.script(Rule(cut, op, key=f"*{end}", times=1))


def denied_a_look(scripted: ScriptedServer) -> None:
    denied = (Denied(routing.Op.HEAD),)
    scripted.personality = Personality(denied=denied)


def nothing(scripted: ScriptedServer) -> None:
    assert scripted.personality == Personality()


@pytest.mark.parametrize("habit", [nothing, denied_a_look])
def test_answers_are_lost_on_the_wire_and_nothing_is_sent_twice(
    pier: Pier,
    scripted: ScriptedServer,
    habit: Callable[[ScriptedServer], None],
) -> None:
    habit(scripted)
    write_bin(pier.source)
    body = b"large" * (4 * MIB)
    write(pier.source / "large", body)
    lose_answers(scripted, ".hdr", ".adc", "large")
    done = pier.upload("--existing", "skip", "--all-files", "--receipt", "r")
    large_one = habit is nothing  # its ETag is none of an MD5
    assert f"Total Files: {3 + large_one}\n" in done.out
    assert len(scripted.visible) == 4
    assert bodies(scripted)["large"] == body
    rows = map(json.loads, (pier.cwd / "r").read_text().splitlines())
    proofs = [one["proof"] for one in rows if one["row"] == "object"]
    lost = ["crc64nvme"] * 4 if large_one else ["crc64nvme", "md5", "md5"]
    assert sorted(proofs) == lost
    assert "If-None-Match" not in done.out + done.err
    again = pier.upload("--existing", "skip", "--all-files")
    assert "Total Files: 0\n" in again.out
    assert len(scripted.visible) == 4


def test_a_store_that_ignores_the_condition_is_named_in_every_run(
    pier: Pier, scripted: ScriptedServer
) -> None:
    scripted.personality = Personality(keeps_new=False, etags=Etags.OPAQUE)
    write_bin(pier.source)
    done = pier.upload("--existing", "skip")
    words = "this store does not keep to If-None-Match: --existing skip"
    assert done.err.count(words) == 1
    assert len(scripted.visible) == 4, "one small file is sent once more"
    write_bin(pier.source, 1)
    done = pier.upload("--existing", "skip")
    assert done.err.count(words) == 1
    assert len(scripted.visible) == 7
    write_bin(pier.source, 2)
    assert words not in pier.upload().err


def test_an_object_that_was_spoilt_by_us_may_be_replaced_by_us(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    spoil = Spoil(Spoiled.BODY)
    scripted.script(Rule(spoil, routing.Op.PUT, key="*.roi", times=1))
    done = pier.upload("--existing", "skip")
    assert "Total Files: 3\n" in done.out
    roi = (pier.source / names()[0]).read_bytes()
    assert bodies(scripted)[names()[0]] == roi
