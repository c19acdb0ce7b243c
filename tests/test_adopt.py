import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fakes import SECOND, MemoryStore, Op, Recorder, a_kit
from runs import pid_text

from pt5_async.adopt import LISTINGS_AT_ONCE, Shelf
from pt5_async.errors import AccessDenied, BucketMissing, StoreBusy
from pt5_async.events import Retrying
from pt5_async.ifcb.names import parse_pid
from pt5_async.kit import Kit
from pt5_async.model import Item, Job, LocalFile
from pt5_async.plan import Need, Planned, planned

THEN = datetime(2024, 1, 1, tzinfo=UTC)
T = int(THEN.timestamp()) * SECOND


def asked(*keys: str, series: str = "") -> list[Planned]:
    """Files that the journal does not know, each a job of its own."""
    pid = parse_pid(f"{series}2009_216_075913" if series else "")
    return [
        planned(
            Job(pid, (Item(LocalFile(key, key, 4, T, T), key),)),
            {},
        )
        for key in keys
    ]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def tell() -> Recorder:
    return Recorder()


@pytest.fixture
def kit(store: MemoryStore, tell: Recorder) -> Iterator[Kit]:
    with a_kit(store, tell) as made:
        yield made


@pytest.fixture
def shelf(kit: Kit) -> Shelf:
    return Shelf(kit)


def there(store: MemoryStore, *keys: str) -> None:
    for key in keys:
        store.place(key, b"four", THEN)


async def needs(shelf: Shelf, jobs: list[Planned]) -> dict[str, Need]:
    found = await shelf.answer(jobs)
    assert [one.job for one in found] == [one.job for one in jobs]
    return {one.job.items[0].key: one.needs[0] for one in found}


@pytest.mark.parametrize("folder", ["", "p/", "p/2022/D20220522/"])
async def test_what_is_in_the_store_is_adopted_and_the_rest_sent(
    shelf: Shelf, store: MemoryStore, folder: str
) -> None:
    there(store, f"{folder}a", f"{folder}c")
    keys = [f"{folder}{name}" for name in "abcd"]
    found = await needs(shelf, asked(*keys))
    assert list(found.values()) == [
        Need.ADOPT,
        Need.SEND,
        Need.ADOPT,
        Need.SEND,
    ]


async def test_the_first_and_the_only_key_of_a_stretch_is_found(
    shelf: Shelf, store: MemoryStore
) -> None:
    there(store, "p/a", "p/aa", "x")
    assert await needs(shelf, asked("p/aa")) == {"p/aa": Need.ADOPT}
    assert await needs(shelf, asked("x")) == {"x": Need.ADOPT}


async def test_another_size_or_an_older_object_is_sent_again(
    shelf: Shelf, store: MemoryStore
) -> None:
    store.place("p/a", b"five!", THEN)
    store.place("p/b", b"four", THEN - timedelta(seconds=1))
    found = await needs(shelf, asked("p/a", "p/b"))
    assert set(found.values()) == {Need.SEND}


async def test_who_needs_no_listing_costs_no_request(
    shelf: Shelf, store: MemoryStore
) -> None:
    quiet = [one._replace(needs=(Need.SEND,)) for one in asked("p/a")]
    assert await shelf.answer(quiet) == quiet
    assert await shelf.answer([]) == []
    assert not store.requests


async def test_a_folder_is_read_page_by_page_from_key_to_key() -> None:
    store, tell = MemoryStore(page=10), Recorder()
    there(store, *(f"p/{n:03}" for n in range(100)), "p/below/000")
    with a_kit(store, tell) as kit:
        shelf = Shelf(kit)
        wanted = [f"p/{n:03}" for n in range(50, 65)]
        found = await needs(shelf, asked(*wanted))
    assert set(found.values()) == {Need.ADOPT}
    assert store.count(Op.LIST) == 2


async def test_many_batches_for_an_empty_store_cost_one_request(
    shelf: Shelf, store: MemoryStore
) -> None:
    for batch in range(20):
        keys = [f"p/{batch:02}-{n:02}" for n in range(10)]
        found = await needs(shelf, asked(*keys))
        assert set(found.values()) == {Need.SEND}
    assert store.count(Op.LIST) == 1


async def test_a_folder_that_is_bare_from_some_key_on_is_asked_before_it(
    shelf: Shelf, store: MemoryStore
) -> None:
    there(store, "p/a", "q/a")
    assert await needs(shelf, asked("p/bb")) == {"p/bb": Need.SEND}
    assert await needs(shelf, asked("p/a")) == {"p/a": Need.ADOPT}
    assert await needs(shelf, asked("q/a")) == {"q/a": Need.ADOPT}


async def test_a_full_folder_is_asked_for_each_batch(
    shelf: Shelf, store: MemoryStore
) -> None:
    there(store, *(f"p/{n:03}" for n in range(30)))
    for batch in range(3):
        keys = [f"p/{n:03}" for n in range(batch * 10, batch * 10 + 10)]
        found = await needs(shelf, asked(*keys))
        assert set(found.values()) == {Need.ADOPT}
    assert store.count(Op.LIST) == 3


async def test_two_kinds_of_name_do_not_list_what_lies_between_them() -> None:
    store, tell = MemoryStore(page=10), Recorder()
    between = [f"p/IFCB3_{n:03}" for n in range(100)]
    there(store, "p/IFCB1_a", *between, "p/IFCB9_a")
    with a_kit(store, tell) as kit:
        shelf = Shelf(kit)
        jobs = [
            *asked("p/IFCB1_a", series="IFCB1_"),
            *asked("p/IFCB9_a", series="IFCB9_"),
        ]
        found = await needs(shelf, jobs)
    assert set(found.values()) == {Need.ADOPT}
    assert store.count(Op.LIST) == 2


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (3, [Need.ADOPT, Need.ADOPT, Need.ADOPT]),
        (2, [Need.PROVE, Need.PROVE, Need.SEND]),
        (0, [Need.SEND, Need.SEND, Need.SEND]),
    ],
)
async def test_a_bin_is_adopted_whole_or_proven_member_by_member(
    shelf: Shelf, store: MemoryStore, there: int, expected: list[Need]
) -> None:
    names = [f"p/{pid_text(0)}.{end}" for end in ("roi", "hdr", "adc")]
    for name in names[:there]:
        store.place(name, b"four", THEN)
    items = tuple(Item(LocalFile(n, n, 4, T, T), n) for n in names)
    one = planned(Job(parse_pid(pid_text(0)), items), {})
    [answer] = await shelf.answer([one])
    assert isinstance(answer, Planned)
    assert list(answer.needs) == expected


async def test_where_listing_is_denied_all_is_sent_and_it_is_said_once(
    shelf: Shelf, store: MemoryStore, tell: Recorder
) -> None:
    there(store, "p/a")
    store.script(Op.LIST, "", *[AccessDenied] * 3)
    found = await needs(shelf, asked("p/a", "q/a", "r/a"))
    assert set(found.values()) == {Need.SEND}
    assert await needs(shelf, asked("p/a")) == {"p/a": Need.SEND}
    assert store.count(Op.LIST) == 3
    [notice] = tell.notices()
    assert "listing is not allowed" in notice


async def test_the_folders_of_a_batch_are_listed_together_but_not_all(
    shelf: Shelf, store: MemoryStore
) -> None:
    keys = [f"{folder:02}/a" for folder in range(LISTINGS_AT_ONCE + 1)]
    there(store, *keys)
    gates = [store.gate(Op.LIST, key[:-1]) for key in keys]
    asking = asyncio.create_task(needs(shelf, asked(*keys)))
    async with asyncio.timeout(10):
        for gate in gates[:-1]:
            await gate.reached.wait()
    assert not gates[-1].reached.is_set()
    for gate in gates:
        gate.let_go.set()
    assert set((await asking).values()) == {Need.ADOPT}


async def test_an_error_in_one_listing_leaves_no_other_behind(
    shelf: Shelf, store: MemoryStore
) -> None:
    gate = store.gate(Op.LIST, "p/")
    store.script(Op.LIST, "q/", BucketMissing)
    before = asyncio.all_tasks()
    with pytest.raises(BucketMissing):
        await shelf.answer(asked("p/a", "q/a"))
    assert gate.reached.is_set()
    assert asyncio.all_tasks() == before


async def test_a_throttled_listing_is_tried_again_from_its_start() -> None:
    store, tell = MemoryStore(page=1), Recorder()
    there(store, "p/a", "p/b", "p/c")
    store.script(Op.LIST, "", None, StoreBusy)
    with a_kit(store, tell) as kit:
        shelf = Shelf(kit)
        found = await needs(shelf, asked("p/a", "p/c"))
    assert set(found.values()) == {Need.ADOPT}
    assert [event.key for event in tell.of(Retrying)] == ["listing"]
    assert store.count(Op.LIST) == 5


async def test_a_store_that_cannot_be_listed_at_all_is_an_error(
    shelf: Shelf, store: MemoryStore
) -> None:
    store.script(Op.LIST, "", BucketMissing)
    with pytest.raises(BucketMissing):
        await shelf.answer(asked("p/a"))
