"""Where two good ideas meet: what each alone would have done right."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import Op
from runs import Shore, bin_bytes, pipeline, write_bin

from pt5_async.disk.cached import Cached
from pt5_async.errors import (
    CredentialsRefused,
    ObjectExists,
    StoreBusy,
)
from pt5_async.events import JobDone
from pt5_async.kit import Kit
from pt5_async.model import Failed
from pt5_async.settings import Existing
from pt5_async.shipment import together
from pt5_async.width import Width

LONG = 60.0
"""Seconds that nobody may have to wait here."""


class SlowDown(StoreBusy):
    """As 503 SlowDown has it."""

    slow = True


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


async def ended(kit: Kit, shore: Shore) -> None:
    async with asyncio.timeout(10):
        await pipeline(shore.source, kit).run()


async def test_who_hurries_does_not_wait_for_when_the_store_wants_requests(
    shore: Shore,
) -> None:
    for number in range(5):
        write_bin(shore.source / "d", number)
    with shore.kit(concurrency=2) as kit:
        kit.width.busy(LONG)
        task = asyncio.create_task(ended(kit, shore))
        await asyncio.sleep(0.1)
        shore.stop.at_once()
        await task
    assert len(shore.tell.of(JobDone)) == 5
    assert not shore.store.visible


async def test_nor_does_a_run_that_cannot_go_on(shore: Shore) -> None:
    for number in range(5):
        write_bin(shore.source / "d", number)
    with shore.kit(concurrency=2) as kit:

        def asked() -> None:
            kit.width.busy(LONG)

        shore.store.on_request = asked
        shore.store.script(Op.PUT, "", *[CredentialsRefused] * 9)
        with pytest.raises(CredentialsRefused):
            await ended(kit, shore)


async def test_a_store_may_put_everybody_off_a_thousand_times() -> None:
    width, times = Width(2, 2), 0

    async def put_off() -> None:
        nonlocal times
        while True:
            times += 1
            width.busy(0.002)
            await asyncio.sleep(0.001)

    width.busy(0.002)
    busy = asyncio.create_task(put_off())
    taking = asyncio.create_task(width.take())
    while times < 1500 and not taking.done():
        await asyncio.sleep(0.01)
    busy.cancel()
    await taking


async def test_what_is_done_together_is_cut_off_together() -> None:
    async def fails() -> None:
        raise CredentialsRefused("no")

    work = asyncio.create_task(together([fails(), asyncio.sleep(LONG)]))
    await asyncio.sleep(0.05)
    begun = time.monotonic()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert time.monotonic() - begun < 5


async def test_what_is_done_together_comes_to_its_end_before_an_error_is_told(
) -> None:  # fmt: skip
    done: list[str] = []

    async def fails() -> None:
        raise CredentialsRefused("no")

    async def works() -> None:
        await asyncio.sleep(0.05)
        done.append("all of it")

    with pytest.raises(CredentialsRefused):
        await together([fails(), works()])
    assert done


async def test_one_refusal_is_no_outage_however_short_that_may_be(
    shore: Shore,
) -> None:
    for number in range(3):
        write_bin(shore.source / "d", number)
    shore.store.script(Op.PUT, ".hdr", None, SlowDown)
    with shore.kit(concurrency=1, max_outage=0.0) as kit:
        await ended(kit, shore)
    assert len(shore.store.visible) == 9


async def test_nothing_goes_on_top_of_a_member_that_was_refused_unasked(
    shore: Shore,
) -> None:
    write_bin(shore.source / "d")
    with shore.journal() as journal, shore.kit(journal) as kit:
        await ended(kit, shore)
    write_bin(shore.source / "d", made=bin_bytes(rois=4))
    shore.store.script(Op.PUT, ".roi", ObjectExists)
    with (
        shore.journal() as journal,
        shore.kit(
            journal, existing=Existing.SKIP, replace_changed=True
        ) as kit,
    ):
        await ended(kit, shore)
    sent = [key for key in shore.store.visible if key.endswith(".adc")]
    assert len(sent) == 1
    assert any(
        isinstance(one, Failed) for one in shore.tell.outcomes().values()
    )


def test_a_mount_that_is_called_in_latin_1_is_nobodys_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_bytes(
        b"27 1 254:0 / / rw - ext4 /dev/vda rw\n"
        b"30 27 0:30 / /mnt/\xe9t\xe9 rw - nfs4 host:/data rw\n"
    )
    monkeypatch.setattr("pt5_async.disk.cached._MOUNTS", str(mounts))

    assert not Cached.below("/mnt/\udce9t\udce9").has(1)


async def test_members_that_are_not_asked_for_count_for_what_is_read_here(
    shore: Shore,
) -> None:
    sizes: list[int] = []

    class Noted(Cached):
        def has(self, size: int) -> bool:
            sizes.append(size)
            return False

    paths = write_bin(shore.source / "d")
    with shore.kit(members=frozenset({"hdr"})) as kit:
        await ended(replace(kit, cached=Noted(local=True)), shore)
    assert sizes == [sum(path.stat().st_size for path in paths.values())]
