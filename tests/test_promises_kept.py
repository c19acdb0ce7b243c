"""Ways in which a promise was once broken, on the fake store's shore."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import Op
from runs import Shore, bin_bytes, large, names, skipped, write_bin

from pt5_async.errors import (
    BodyRefused,
    ConnectionLost,
    ObjectRefused,
    StoreBusy,
    StoreError,
)
from pt5_async.journal import NoJournal
from pt5_async.model import Failed, Skip, Uploaded
from pt5_async.sweep import sweep


@pytest.mark.parametrize("then", [StoreBusy, ConnectionLost, ObjectRefused])
async def test_an_object_seen_to_be_wrong_once_is_never_taken_for_right(
    tmp_path: Path, then: type[StoreError]
) -> None:
    shore = Shore(tmp_path)
    write_bin(shore.source)
    shore.store.script(Op.PUT, ".roi", BodyRefused, late=True)
    shore.store.script(Op.PUT, ".roi", None, then, then)
    await shore.run()
    roi = f"p/{names()[0]}"
    shore.store.place(roi, b"?" * len(bin_bytes().roi), _tomorrow())
    shore.store.forgive()
    found = await shore.run()
    assert isinstance(found[names()[0]], Uploaded)
    assert shore.store.objects[roi].body == bin_bytes().roi


async def test_an_upload_that_was_taken_up_again_waits_another_week(
    tmp_path: Path,
) -> None:
    shore = Shore(tmp_path)
    large(shore.source)
    for _ in range(2):
        shore.store.forgive()
        shore.store.script(Op.COMPLETE, "", *[StoreBusy] * 3)
        await shore.run()
        shore.clock.advance(4 * 24 * 3600)
    with shore.journal() as memory, shore.kit(memory) as kit:
        await sweep(kit)
    assert len(shore.store.uploads) == 1
    await shore.run()
    assert shore.store.count(Op.PART) == 0
    assert set(shore.store.objects) == {"p/large"}


async def test_a_folder_that_cannot_be_listed_fails_alone(
    tmp_path: Path,
) -> None:
    shore = Shore(tmp_path)
    for number, folder in enumerate("abc"):
        write_bin(shore.source / folder, number)
    shore.store.script(Op.LIST, "p/b/", *[StoreBusy] * 3)
    found = await shore.run()
    failed = {n[0] for n, one in found.items() if isinstance(one, Failed)}
    assert failed == {"b"}
    assert len(shore.store.objects) == 6


async def test_what_is_dated_in_the_future_goes_up_once_without_a_journal(
    tmp_path: Path,
) -> None:
    shore = Shore(tmp_path)
    write_bin(shore.source, age=-1e6)
    shore.clock.advance(61)
    await shore.run_with(NoJournal())
    for key in shore.store.objects:
        body = shore.store.objects[key].body
        at = shore.clock.now_ns / 1e9
        shore.store.place(key, body, datetime.fromtimestamp(at, UTC))
    shore.clock.advance(3600)
    found = await shore.run_with(NoJournal())
    assert skipped(found) is Skip.LISTING
    [notice] = shore.tell.notices()
    assert notice.endswith("is dated in the future: a clock is wrong")


def _tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)
