"""Objects that somebody else put there, and what a run does about them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import Pier, asked, bodies
from fakes import Op
from runs import (
    Shore,
    bin_bytes,
    held,
    large,
    names,
    rewrite,
    skipped,
    touch,
    write,
    write_bin,
)
from servers import routing
from servers.personality import Denied, Personality
from servers.scripted import ScriptedServer

from pt5_async.checksum import Algorithm
from pt5_async.errors import AccessDenied, StoreBusy
from pt5_async.ifcb.names import Kind
from pt5_async.model import (
    Failed,
    Hold,
    Outcome,
    Proof,
    Send,
    Skip,
    Uploaded,
)
from pt5_async.settings import Compare, Existing

KEYS = [f"p/{name}" for name in names()]
LONG_AGO = datetime.now(UTC) - timedelta(days=900)
LATER = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def whys(found: dict[str, Outcome]) -> set[Send]:
    return {one.why for one in found.values() if isinstance(one, Uploaded)}


def put_there(
    shore: Shore, *, when: datetime = LATER, spoilt: bool = False
) -> None:
    """Whole bins' bytes, or others as long, under the bin's keys."""
    whole = bin_bytes().by_kind()
    for key in KEYS:
        body = whole[Kind(key[-3:])]
        shore.store.place(key, body[::-1] if spoilt else body, when)


# ---- what the journal does not know


async def test_by_default_size_and_date_decide(shore: Shore) -> None:
    write_bin(shore.source)
    put_there(shore)
    assert skipped(await shore.run()) is Skip.LISTING
    assert {op for op, _ in shore.store.requests} == {Op.LIST}


async def test_a_bin_that_is_older_in_the_store_is_compared(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    put_there(shore, when=LONG_AGO)
    assert skipped(await shore.run()) is Skip.STORE
    assert shore.store.count(Op.HEAD) == 3
    assert not shore.store.count(Op.PUT)


async def test_by_size_alone_the_date_has_no_say(shore: Shore) -> None:
    write_bin(shore.source)
    put_there(shore, when=LONG_AGO)
    assert skipped(await shore.run(compare=Compare.SIZE)) is Skip.SIZE


async def test_by_size_alone_another_size_is_sent(shore: Shore) -> None:
    write_bin(shore.source)
    put_there(shore)
    shore.store.place(KEYS[0], b"short", LATER)
    assert whys(await shore.run(compare=Compare.SIZE)) == {Send.SIZE}


@pytest.mark.parametrize("spoilt", [True, False])
@pytest.mark.parametrize("algorithm", [Algorithm.CRC64NVME, Algorithm.MD5])
async def test_by_checksum_the_bytes_decide(
    shore: Shore, spoilt: bool, algorithm: Algorithm
) -> None:
    write_bin(shore.source)
    put_there(shore, when=LONG_AGO, spoilt=spoilt)
    shore.store.algorithm = algorithm
    found = await shore.run(compare=Compare.CHECKSUM)
    if spoilt:
        assert whys(found) == {Send.BYTES}
        return
    assert skipped(found) is Skip.STORE
    proofs = {entry.proof for entry in shore.known(*KEYS).values()}
    assert proofs == {Proof(algorithm.value)}
    assert not shore.store.count(Op.PUT)
    await shore.run()
    assert not shore.store.requests


async def test_where_no_checksum_can_be_had_only_a_bin_is_held(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    write(shore.source / "loose", b"loose")
    put_there(shore)
    shore.store.place("p/loose", b"loose", LATER)
    for _ in range(2):
        shore.store.script(Op.HEAD, "", *[AccessDenied] * 4)
    rules = {"compare": Compare.CHECKSUM, "all_files": True}
    found = await shore.run(**rules)
    assert whys({"": found.pop("loose")}) == {Send.UNPROVEN}
    assert held(found) is Hold.CHANGED
    assert whys(await shore.run(**rules, replace_changed=True)) == {
        Send.UNPROVEN
    }


async def test_a_head_that_fails_is_one_bins_failure(shore: Shore) -> None:
    write_bin(shore.source)
    write_bin(shore.source, 1)
    put_there(shore)
    shore.store.script(Op.HEAD, names()[0], *[StoreBusy] * 3)
    found = await shore.run(compare=Compare.CHECKSUM)
    failed = {n for n, one in found.items() if isinstance(one, Failed)}
    assert failed == set(names())
    sent = {n for n, one in found.items() if isinstance(one, Uploaded)}
    assert sent == set(names(1))


async def test_a_dry_run_compares_and_notes_nothing(shore: Shore) -> None:
    write_bin(shore.source)
    put_there(shore)
    found = await shore.run(dry=True, compare=Compare.CHECKSUM)
    assert skipped(found) is Skip.STORE
    assert shore.known(*KEYS) == {}


async def test_a_large_file_is_compared_in_parts(shore: Shore) -> None:
    body = large(shore.source)
    shore.store.place("p/large", body, LONG_AGO)
    found = await shore.run(compare=Compare.CHECKSUM)
    assert skipped(found) is Skip.STORE
    shore.store.place("p/large", body[::-1], LONG_AGO)
    found = await shore.run(compare=Compare.CHECKSUM)
    assert not shore.store.requests, "the journal knows it"


async def test_whatever_is_there_may_be_left(shore: Shore) -> None:
    write_bin(shore.source)
    put_there(shore, spoilt=True)
    before = dict(shore.store.objects)
    for _ in range(2):
        found = await shore.run(existing=Existing.SKIP)
        assert skipped(found) is Skip.EXISTS
    assert shore.store.objects == before
    assert not shore.known(*KEYS)


@pytest.mark.parametrize("replaces", [False, True])
async def test_nothing_goes_beside_what_is_left_and_has_other_bytes(
    shore: Shore, replaces: bool
) -> None:
    write_bin(shore.source)
    shore.store.place(KEYS[0], b"anything", LONG_AGO)
    found = await shore.run(existing=Existing.SKIP, replace_changed=replaces)
    assert held(found) is Hold.CHANGED
    assert set(shore.store.objects) == {KEYS[0]}
    shore.store.place(KEYS[0], bin_bytes().roi, LONG_AGO)
    found = await shore.run(existing=Existing.SKIP)
    assert skipped({"": found.pop(names()[0])}) is Skip.STORE
    assert whys(found) == {Send.NEW}


async def test_what_came_after_the_listing_is_left_as_well(
    shore: Shore,
) -> None:
    write(shore.source / "file", b"ours")
    large(shore.source)

    def others() -> None:
        for name in ("file", "large"):
            shore.store.place(f"p/{name}", b"not", LATER)

    gate = shore.store.gate(Op.LIST, "", late=True)
    gate.when_reached = others
    gate.let_go.set()
    found = await shore.run(existing=Existing.SKIP)
    assert skipped(found) is Skip.EXISTS
    assert {one.body for one in shore.store.objects.values()} == {b"not"}
    assert not shore.store.uploads


async def test_everything_may_be_overwritten_unasked(shore: Shore) -> None:
    paths = write_bin(shore.source)
    put_there(shore)
    found = await shore.run(existing=Existing.OVERWRITE)
    assert whys(found) == {Send.OVERWRITE}
    assert not shore.store.count(Op.LIST)
    rewrite(paths[Kind.ROI], bin_bytes().roi[::-1])
    touch(paths[Kind.ROI], age=9000)
    found = await shore.run(existing=Existing.OVERWRITE)
    assert whys(found) == {Send.CHANGED}


# ---- what it knows


async def test_a_recheck_asks_the_store_about_everything(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    await shore.run()
    found = await shore.run(recheck=True)
    assert skipped(found) is Skip.CHECKED
    assert [op for op, _ in shore.store.requests] == [Op.LIST]
    del shore.store.objects[KEYS[0]]
    shore.store.place(KEYS[1], b"x" * len(bin_bytes().hdr), LATER)
    found = await shore.run(recheck=True)
    assert whys(found) == {Send.GONE, Send.REPLACED}
    assert shore.store.count(Op.PUT) == 2


# ---- the installed command


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    made = Pier(tmp_path, clean_environment, scripted)
    write_bin(made.source)
    return made


def test_a_bucket_that_others_filled(
    pier: Pier, scripted: ScriptedServer
) -> None:
    pier.upload()
    before = len(asked(scripted, routing.Op.PUT))
    for number, words in enumerate(
        (
            ("--compare", "checksum"),
            ("--compare", "size"),
            ("--existing", "skip"),
        )
    ):
        pier.upload("--state", pier.root / f"state{number}", *words)
    assert len(asked(scripted, routing.Op.PUT)) == before
    assert asked(scripted, routing.Op.HEAD)
    done = pier.upload("--no-journal", "--existing", "overwrite", "-n")
    assert "to send 3 files" in done.out
    assert "because: whatever is in the store" in done.out
    pier.upload("--no-journal", "--existing", "overwrite")
    assert len(asked(scripted, routing.Op.PUT)) == before + 3


def test_a_bucket_that_was_emptied_is_noticed_by_what_is_new(
    pier: Pier, scripted: ScriptedServer
) -> None:
    pier.upload()
    write_bin(pier.source, 1)
    scripted.buckets["bucket"].objects.clear()
    done = pier.upload("-n")
    assert "to send 3 files, 1.27 KB because: gone from the store" in done.out
    assert not bodies(scripted)
    scripted.log.clear()
    done = pier.upload("--no-recheck")
    assert "Total Files: 3\n" in done.out
    scripted.buckets["bucket"].objects.clear()
    done = pier.upload()
    assert "6 skipped by the journal" in done.out, "nothing to send: no look"
    write_bin(pier.source, 2)
    done = pier.upload("--json", "--receipt", pier.root / "receipt")
    events = [json.loads(line) for line in done.out.splitlines()]
    [at] = [n for n, e in enumerate(events) if e["event"] == "run_begun_again"]
    before = [e for e in events[:at] if e["event"] == "job_done"]
    assert {o["reason"] for e in before for o in e["files"]} == {
        "in the journal"
    }
    notice = "was sent and is not in the store any more"
    assert notice in events[at + 1]["text"]
    assert events[-1]["uploaded"]["files"] == events[-1]["found"]["files"] == 9
    assert len(bodies(scripted)) == 9
    receipt = (pier.root / "receipt").read_text().splitlines()
    assert len(receipt) == 9 + 1, "the last one is of the whole run"


def test_where_nothing_may_be_listed_the_journal_is_believed(
    pier: Pier, scripted: ScriptedServer
) -> None:
    pier.upload()
    write_bin(pier.source, 1)
    scripted.buckets["bucket"].objects.clear()
    scripted.personality = Personality(denied=(Denied(routing.Op.LIST),))
    done = pier.upload()
    assert "Total Files: 3\n" in done.out


async def test_where_a_recheck_may_not_list_nothing_known_is_sent_again(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    await shore.run()
    write_bin(shore.source, 1)
    shore.store.script(Op.LIST, "", AccessDenied)
    found = await shore.run(recheck=True)
    assert {n for n, o in found.items() if isinstance(o, Uploaded)} == set(
        names(1)
    )
    assert skipped({n: found[n] for n in names()}) is Skip.JOURNAL


def test_a_recheck_mends_what_was_deleted(
    pier: Pier, scripted: ScriptedServer
) -> None:
    pier.upload()
    gone = KEYS[1]
    scripted.buckets["bucket"].drop(gone)
    done = pier.upload()
    assert "3 skipped by the journal" in done.out
    done = pier.upload("--recheck")
    assert "sent 1 file" in done.out
    assert "  2 in the journal, and the same in the store\n" in done.out
    assert "store not asked" not in done.out
    assert "because: gone from the store" in done.out
    assert len(bodies(scripted)) == 3
