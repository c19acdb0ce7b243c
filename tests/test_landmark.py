"""Whether the journal is still true is learnt from an answer alone."""

from collections.abc import Awaitable, Callable

import pytest
from fakes import MemoryStore, Op

from pt5_async.errors import AccessDenied, JournalOutdated, StoreBusy
from pt5_async.landmark import Landmark

KEY = "p/D20220522T000439_IFCB134.adc"


async def ask(
    key: str, call: Callable[[], Awaitable[bool]]
) -> tuple[bool, int]:
    try:
        return await call(), 1
    except StoreBusy:
        return await call(), 2


def going_on() -> bool:
    return False


async def test_one_listing_that_fails_is_not_taken_for_all_is_well() -> None:
    store = MemoryStore()
    store.script(Op.LIST, "", StoreBusy)
    mark = Landmark(store, KEY)
    for _ in range(2):
        with pytest.raises(JournalOutdated):
            await mark.check(ask, going_on)
    assert store.count(Op.LIST) == 2


async def test_a_store_that_does_not_tell_is_asked_again_by_the_next() -> None:
    store = MemoryStore()
    store.script(Op.LIST, "", StoreBusy, StoreBusy)
    mark = Landmark(store, KEY)
    with pytest.raises(StoreBusy):
        await mark.check(ask, going_on)
    with pytest.raises(JournalOutdated):
        await mark.check(ask, going_on)


async def test_where_listing_is_denied_the_journal_is_believed() -> None:
    store = MemoryStore()
    store.script(Op.LIST, "", AccessDenied)
    mark = Landmark(store, KEY)
    await mark.check(ask, going_on)
    await mark.check(ask, going_on)
    assert store.count(Op.LIST) == 1


async def test_who_is_stopping_asks_nothing() -> None:
    store = MemoryStore()
    await Landmark(store, KEY).check(ask, lambda: True)
    assert not store.count(Op.LIST)
