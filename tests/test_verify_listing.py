"""The store in ranges, and the table that its pages are held against."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from fakes import MemoryStore, Op, Recorder, a_kit
from hypothesis import given
from hypothesis import strategies as st

from pt5_async.checksum import Algorithm, digest, multipart_etag
from pt5_async.errors import AccessDenied, StoreBusy, UsageError
from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.model import Entry, Item, Job, Listed, LocalFile, Proof, Target
from pt5_async.plan import NEVER, Planned
from pt5_async.settings import Depth, Settings
from pt5_async.store import MIB, Head
from pt5_async.verify.finding import By
from pt5_async.verify.prints import Prints, take_bytes
from pt5_async.verify.spans import Span, in_order, list_all, spans
from pt5_async.verify.table import Table
from pt5_async.verify.weigh import Claim, Known, claim, guesses

NOW = datetime(2022, 5, 22, tzinfo=UTC)
HARD = ["p/\ue000", "p/\U0001f9a0", "p/Z", "p/a", "p/caf\u00e9", "p/~"]
"""Keys that UTF-16 would sort in another order than UTF-8."""


def stocked(keys: list[str], *, page: int = 3) -> MemoryStore:
    store = MemoryStore(page=page)
    for key in keys:
        store.place(key, b"x", NOW)
    return store


async def listed(
    store: MemoryStore, ranges: list[Span], prefix: str = "p/"
) -> list[str]:
    """What comes of ranges, in whatever order."""
    found: list[str] = []

    async def note(page: list[Listed]) -> None:
        await asyncio.sleep(0)
        found.extend(one.key for one in page)

    with a_kit(store, Recorder(), settings=Settings(attempts=2)) as kit:
        await list_all(ranges, prefix, kit, note)
    return found


KEYS = sorted([*(f"p/{n:03}" for n in range(100)), *HARD])


@given(cuts=st.sets(st.sampled_from([*KEYS, "p/", "p/0500", "p/zz", "q"])))
async def test_each_object_is_in_just_one_range(cuts: set[str]) -> None:
    found = await listed(stocked(KEYS), spans(sorted(cuts), "", None))

    assert sorted(found) == KEYS


async def test_ranges_are_listed_at_once_and_none_beyond_its_end() -> None:
    store = stocked(KEYS, page=10)
    store.latency = 0.01
    cuts = [KEYS[24], KEYS[49], KEYS[74]]

    found = await listed(store, spans(cuts, "", None))

    assert sorted(found) == KEYS
    assert store.peak == 4
    assert store.count(Op.LIST) <= 4 * 4


async def test_a_part_is_listed_from_its_first_key_to_its_last() -> None:
    found = await listed(stocked(KEYS), spans([], "p/020", "p/030"))

    assert found == [f"p/{n:03}" for n in range(21, 31)]


async def test_a_page_that_fails_is_asked_for_again_and_none_twice() -> None:
    store = stocked(KEYS)
    store.script(Op.LIST, "p/", *[None, StoreBusy] * 10)

    found = await listed(store, spans([], "", None))

    assert sorted(found) == KEYS, "ten failures, and two attempts each"


async def test_a_listing_that_only_fails_ends_it() -> None:
    for error in (StoreBusy, AccessDenied):
        store = stocked(KEYS)
        store.script(Op.LIST, "p/", None, *[error] * 9)
        with pytest.raises(error):
            await listed(store, spans([], "", None))


class Forgetful(MemoryStore):
    """A store to which StartAfter says nothing."""

    async def list(
        self, prefix: str, after: str = "", *, folder: bool = False
    ) -> AsyncGenerator[list[Listed], None]:
        del after
        async for page in super().list(prefix, folder=folder):
            yield page


async def test_a_store_that_forgets_where_to_begin_costs_only_time() -> None:
    store = Forgetful(page=3)
    for key in KEYS:
        store.place(key, b"x", NOW)

    found = await listed(store, spans(["p/050", "p/070"], "", None))

    assert sorted(found) == KEYS


async def test_a_bucket_without_order_is_listed_from_end_to_end() -> None:
    assert not in_order(Target("b--use1-az4--x-s3", ""))
    found = await listed(stocked(KEYS), [Span("", None, in_order=False)])
    assert found == KEYS


# ---- the table


def planned(number: int, key: str, entry: Entry | None = None) -> Planned:
    file = LocalFile(f"/s/{number}", str(number), 1, 2**63 + 5, -1, None)
    return Planned(Job(None, (Item(file, key),)), (), (entry,))


def entry(key: str, proof: Proof) -> Entry:
    return Entry(key, "", 1, 0, "crc64nvme:x", "e", None, proof, True, 0)


def test_keys_come_in_the_order_of_the_store() -> None:
    with Table() as table:
        for number, key in enumerate(reversed(KEYS)):
            table.add([(planned(number, key), False)])

        cuts = table.cuts(5)

        assert table.count() == len(KEYS)
        assert table.ends() == (KEYS[0], KEYS[-1])
        assert cuts == sorted(cuts)
        assert cuts == [KEYS[len(KEYS) * n // 5] for n in range(1, 5)]
        assert all(a < b for a, b in pairwise(cuts))


def test_a_job_comes_back_as_it_was() -> None:
    pid = parse_pid("D20220522T000001_IFCB134")
    items = tuple(
        Item(LocalFile(f"/s/\udcff.{k}", f"x.{k}", 7, 1, 2, k), f"p/x.{k}")
        for k in Kind
    )
    job = Job(pid, items[:2], last=True, beside=items[2:])
    with Table() as table:
        table.add([(Planned(job, (), (None, None), True, NEVER), True)])
        table.note([Listed("p/x.roi", 9, "tag", NOW)])
        [row] = table.rows(0, 10)

        assert table.rows(1, 10) == []
    assert row.planned == Planned(job, (), (), True, NEVER)
    assert row.sent_whole
    assert row.knowns == (Known(9, "tag"), Known())


def test_objects_without_a_file_are_told_and_two_files_may_share_a_key() -> (
    None
):
    with Table() as table:
        table.add([(planned(1, "p/a"), False), (planned(2, "p/a"), False)])

        extra = table.note([Listed(k, 1, "", NOW) for k in ("p/a", "p/b")])

        assert [one.key for one in extra] == ["p/b"]
        assert [row.knowns[0].size for row in table.rows(0, 9)] == [1, 1]


def test_a_size_that_cannot_be_is_just_another_size() -> None:
    with Table() as table:
        table.add([(planned(1, "p/a"), False)])
        table.note([Listed("p/a", 10**30, "", NOW)])
        [row] = table.rows(0, 1)
    assert row.knowns[0].size == 2**63 - 1


@pytest.mark.parametrize(
    ("proof", "etag", "asks"),
    [
        (Proof.CRC64NVME, "e", 0),
        (Proof.MD5, "e", 0),
        (Proof.CRC64NVME, "other", 1),
        (Proof.NONE, "e", 1),
        (Proof.SIZE_DATE, "e", 1),
    ],
)
def test_what_the_journal_does_not_prove_is_asked_about(
    proof: Proof, etag: str, asks: int
) -> None:
    with Table() as table:
        table.add([(planned(1, "p/a", entry("p/a", proof)), False)])
        table.note([Listed("p/a", 1, etag, NOW)])

        assert table.to_ask(Depth.CHECKSUM) == (asks, asks, asks)
        assert table.to_ask(Depth.DOWNLOAD) == (1, 1, 1)
        assert table.to_ask(Depth.LISTING) == (0, 0, 0)
        [row] = table.rows(0, 1)
    assert row.knowns[0].remembered == (not asks)


def test_halves_are_bins_by_name_of_which_no_file_is_here() -> None:
    bin_ = "p/D20220522T000001_IFCB134"
    keys = [f"{bin_}.adc", f"{bin_}.hdr", "p/table.adc", "p/table.hdr"]
    with Table() as table:
        table.note([Listed(key, 1, "", NOW) for key in keys])
        assert table.halves("") == ([bin_], bin_)
        assert table.halves(bin_) == ([], None)
        table.note([Listed(f"{bin_}.ROI", 1, "", NOW)])
        assert table.halves("")[0] == []
        assert table.odd([bin_, "x"]) == {bin_: [Kind.ADC, Kind.ROI, Kind.HDR]}


def test_a_full_temporary_folder_is_told_in_a_sentence() -> None:
    with Table() as table:
        table._file.execute("PRAGMA max_page_count = 1")
        many = [(planned(n, f"p/{n}"), False) for n in range(10_000)]
        with pytest.raises(UsageError, match="name another with TMPDIR"):
            table.add(many)


# ---- what bytes are like


@pytest.mark.parametrize("size", [0, 1, MIB, 5 * MIB, 17 * MIB + 3])
def test_prints_are_those_that_stores_keep(size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    sizes = (5 * MIB, 8 * MIB)
    prints = take_bytes(data, Prints(md5=True, parts=sizes))

    assert prints.crc64 == digest(Algorithm.CRC64NVME, data)
    assert prints.md5 == digest(Algorithm.MD5, data).hex()
    for part, etag in zip(sizes, prints.etags, strict=True):
        pieces = [data[n : n + part] for n in range(0, max(size, 1), part)]
        assert etag == multipart_etag(
            digest(Algorithm.MD5, piece) for piece in pieces
        )


@pytest.mark.parametrize(
    ("size", "parts", "fits"),
    [
        (20 * MIB, 3, 8),
        (20 * MIB, 4, 5),
        (100 * MIB, 7, 15),
        (1000 * MIB, 63, 16),
        (1000 * MIB, 1, 1024),
    ],
)
def test_sizes_of_parts_are_guessed_by_their_number(
    size: int, parts: int, fits: int
) -> None:
    found = guesses(size, "0" * 32 + f"-{parts}")

    assert all(-(-size // one) == parts for one in found)
    assert fits * MIB in found or parts == 1
    assert guesses(size, "0" * 32) == ()
    assert guesses(size, "0" * 32 + "-0") == ()


def test_the_best_that_is_known_is_what_bytes_are_held_against() -> None:
    tag = "a" * 32
    sent = Known(1, "e", 1, "e", "crc64nvme:x")
    assert claim(sent, None) == Claim(By.JOURNAL, sum="crc64nvme:x", sure=True)
    plain, sealed = Head(1, tag, None, None), Head(1, tag, None, None, True)
    named = claim(Known(1, tag), plain, "crc64nvme:y")
    assert named == Claim(By.CRC64NVME, sum="crc64nvme:y", sure=True)
    assert claim(Known(1, tag), plain) == Claim(By.MD5, md5=tag, sure=True)
    assert not claim(Known(1, tag), sealed).sure
    assert not claim(Known(1, tag), None).sure
    assert claim(Known(1, "W/odd"), None) == Claim()
