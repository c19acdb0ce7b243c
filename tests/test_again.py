"""What a later run does with what an earlier one sent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import MIB, Op
from runs import (
    Shore,
    big_bin,
    bin_bytes,
    held,
    names,
    rewrite,
    skipped,
    touch,
    write,
    write_bin,
)

from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes
from pt5_async.journal import Journal, NoJournal
from pt5_async.model import (
    Held,
    Hold,
    Outcome,
    Proof,
    Skip,
    Skipped,
    Uploaded,
)

ROI, HDR, ADC = NAMES = names()
KEYS = [f"p/{name}" for name in NAMES]


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


def kinds(found: dict[str, Outcome]) -> list[type[Outcome]]:
    """What became of .roi, .hdr and .adc."""
    return [type(found[name]) for name in NAMES if name in found]


def other(kind: Kind) -> bytes:
    """As many bytes as the bin's file has, but others."""
    return bytes(255 - byte for byte in bin_bytes().by_kind()[kind])


async def test_a_second_run_asks_the_store_nothing(shore: Shore) -> None:
    write_bin(shore.source)
    write(shore.source / "loose")
    await shore.run()
    assert skipped(await shore.run()) is Skip.JOURNAL
    assert shore.store.requests == []


async def test_another_time_on_the_same_bytes_costs_no_request(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source)
    await shore.run()
    for path in paths.values():
        touch(path, age=7000)
    assert skipped(await shore.run()) is Skip.CHECKSUM
    assert shore.store.requests == []
    # The journal was touched: the next run need not read again.
    assert skipped(await shore.run()) is Skip.JOURNAL


async def test_another_time_on_a_large_file_costs_no_request(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source, made=big_bin(17))
    await shore.run()
    touch(paths[Kind.ROI], age=7000)
    found = await shore.run()
    assert skipped({ROI: found[ROI]}) is Skip.CHECKSUM
    assert shore.store.requests == []


async def test_other_bytes_in_a_large_file_are_seen_by_reading_it(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source, made=big_bin(17))
    await shore.run()
    with paths[Kind.ROI].open("r+b") as file:
        file.seek(12 * MIB)
        file.write(b"rot")
    touch(paths[Kind.ROI], age=7000)
    found = await shore.run()
    assert held({ROI: found[ROI]}) is Hold.CHANGED
    assert shore.store.requests == []


@pytest.mark.parametrize("kind", Kind)
async def test_a_bin_that_was_sent_whole_and_differs_is_held_as_changed(
    shore: Shore, kind: Kind
) -> None:
    paths = write_bin(shore.source)
    await shore.run()
    paths[kind].write_bytes(other(kind))
    touch(paths[kind], age=7000)
    found = await shore.run()
    outcome = found.pop(paths[kind].name)
    assert isinstance(outcome, Held)
    assert outcome.reason is Hold.CHANGED
    assert f"{kind}: not the bytes" in outcome.detail
    assert skipped(found) is Skip.JOURNAL
    assert shore.store.requests == []


async def test_a_bin_that_grew_after_it_was_sent_whole_is_held_as_changed(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source)
    await shore.run()
    paths[Kind.ROI].write_bytes(bin_bytes().roi + b"more")
    found = await shore.run()
    assert held({ROI: found[ROI]}) is Hold.CHANGED


async def test_replace_changed_sends_what_differs_and_no_more(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source)
    await shore.run()
    rewrite(paths[Kind.ROI], other(Kind.ROI))
    touch(paths[Kind.ROI], age=7000)
    touch(paths[Kind.HDR], age=7000)
    found = await shore.run(replace_changed=True)
    assert kinds(found) == [Uploaded, Skipped, Skipped]
    assert shore.store.requests == [(Op.PUT, f"p/{ROI}")]
    assert shore.store.objects[f"p/{ROI}"].body == other(Kind.ROI)
    outcome = found[ROI]
    assert isinstance(outcome, Uploaded)
    assert outcome.why == "other bytes than were sent"


async def test_a_bin_is_whole_no_more_on_disk_before_it_is_replaced(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source)
    await shore.run()
    rewrite(paths[Kind.ROI], other(Kind.ROI))
    touch(paths[Kind.ROI], age=7000)
    gate = shore.store.gate(Op.PUT, ROI)
    seen: list[bool] = []

    def look() -> None:  # as the next run does, if this one is killed here
        with Journal.open(
            shore.state, endpoint="memory", bucket="b", read_only=True
        ) as there:
            known = there.look_up(KEYS)
        seen.extend(entry.whole for entry in known.values())

    gate.when_reached = look
    gate.let_go.set()
    await shore.run(replace_changed=True)
    assert seen == [False] * 3
    assert all(entry.whole for entry in shore.known(*KEYS).values())


async def test_a_changed_bin_that_is_cut_is_not_sent_by_replace_changed(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source)
    await shore.run()
    paths[Kind.ROI].write_bytes(bin_bytes().roi[:-1])
    touch(paths[Kind.ROI], age=7000)
    found = await shore.run(replace_changed=True)
    assert held({ROI: found[ROI]}) is Hold.BROKEN
    assert shore.store.requests == []


async def test_a_bin_sent_while_broken_is_repaired_when_it_is_whole(
    shore: Shore,
) -> None:
    whole = bin_bytes()
    cut = BinBytes(whole.hdr, whole.adc, whole.roi[:-1])
    paths = write_bin(shore.source, made=cut)
    await shore.run(allow_incomplete=True)
    paths[Kind.ROI].write_bytes(whole.roi)
    touch(paths[Kind.ROI], age=7000)
    assert kinds(await shore.run()) == [Uploaded, Skipped, Skipped]
    assert shore.store.objects[f"p/{ROI}"].body == whole.roi


async def test_a_loose_file_that_changed_is_sent_again(shore: Shore) -> None:
    path = write(shore.source / "loose", b"first")
    await shore.run()
    path.write_bytes(b"second")
    touch(path, age=7000)
    found = await shore.run()
    assert isinstance(found["loose"], Uploaded)
    assert shore.store.objects["p/loose"].body == b"second"


async def test_a_bin_from_the_future_goes_up_at_the_second_look(
    shore: Shore,
) -> None:
    write_bin(shore.source, age=-1e6)
    assert held(await shore.run()) is Hold.SETTLING
    shore.clock.advance(59)
    assert held(await shore.run()) is Hold.SETTLING
    shore.clock.advance(1)
    assert kinds(await shore.run()) == [Uploaded] * 3
    assert skipped(await shore.run()) is Skip.JOURNAL


# ---- what the journal does not know


async def test_without_a_journal_the_listing_finds_what_is_there(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    await shore.run_with(NoJournal())
    found = await shore.run_with(NoJournal())
    assert skipped(found) is Skip.LISTING
    assert {op for op, _ in shore.store.requests} == {Op.LIST}


async def test_what_is_adopted_is_noted_with_what_proves_it(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    await shore.run_with(NoJournal())
    assert skipped(await shore.run()) is Skip.LISTING
    entries = shore.known(*KEYS).values()
    assert {entry.proof for entry in entries} == {Proof.SIZE_DATE}
    assert skipped(await shore.run()) is Skip.JOURNAL
    assert shore.store.requests == []


async def test_an_adopted_bin_that_differs_is_held_until_it_is_the_same(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source)
    await shore.run_with(NoJournal())
    await shore.run()
    paths[Kind.ROI].write_bytes(bin_bytes().roi[:-1])
    for path in paths.values():
        touch(path, age=-1)  # the listing is older now
    shore.clock.advance(7200)
    found = await shore.run()
    assert held({ROI: found[ROI]}) is Hold.BROKEN
    paths[Kind.ROI].write_bytes(bin_bytes().roi)
    touch(paths[Kind.ROI], age=-1)
    found = await shore.run()
    assert skipped({ROI: found[ROI]}) is Skip.STORE
    assert not shore.store.count(Op.PUT)


async def test_a_bin_that_is_partial_in_the_store_is_completed(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    now = datetime.now(UTC)
    shore.store.place(f"p/{ROI}", bin_bytes().roi, now)
    shore.store.place(f"p/{HDR}", b"other", now)
    found = await shore.run()
    assert kinds(found) == [Skipped, Uploaded, Uploaded]
    assert shore.store.visible == [f"p/{HDR}", f"p/{ADC}"]


async def test_an_older_object_of_the_same_size_is_sent_again(
    shore: Shore,
) -> None:
    path = write(shore.source / "loose")
    long_ago = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    shore.store.place("p/loose", b"esool", long_ago - timedelta(seconds=1))
    assert isinstance((await shore.run())["loose"], Uploaded)


# ---- dry runs


async def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    write(shore.source / "large", bytes(17 * MIB))
    before = {path: path.stat() for path in shore.source.iterdir()}
    found = await shore.run(dry=True)
    for outcome in found.values():
        assert isinstance(outcome, Uploaded)
        assert (outcome.attempts, outcome.proof) == (0, Proof.NONE)
        assert outcome.why == "not sent before"
    assert {op for op, _ in shore.store.requests} == {Op.LIST}
    assert shore.known(*KEYS) == {}
    after = {path: path.stat() for path in shore.source.iterdir()}
    assert {p: s.st_mtime_ns for p, s in after.items()} == {
        p: s.st_mtime_ns for p, s in before.items()
    }


async def test_a_dry_run_judges_compares_and_notes_nothing(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source)
    write_bin(shore.source, 1, without=(Kind.HDR,))
    await shore.run()
    for path in paths.values():
        touch(path, age=7000)
    for _ in range(2):
        found = await shore.run(dry=True)
        first = {name: found.pop(name) for name in NAMES}
        assert skipped(first) is Skip.CHECKSUM
        assert held(found) is Hold.BROKEN


async def test_a_dry_run_adopts_nothing(shore: Shore) -> None:
    write_bin(shore.source)
    await shore.run_with(NoJournal())
    for _ in range(2):
        assert skipped(await shore.run(dry=True)) is Skip.LISTING
    assert shore.known(*KEYS) == {}
