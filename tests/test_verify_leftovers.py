"""Uploads in parts that were left open: found, weighed, and cleared."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from coast import TARGET, Coast, session_
from runs import large, write_bin
from servers.faults import Answer, Rule
from servers.personality import Denied, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.world import Upload

from pt5_async import Selection, upload_tree
from pt5_async.cli.exits import of_verification
from pt5_async.cli.verify_words import report
from pt5_async.errors import ObjectRefused
from pt5_async.s3.client import connect
from pt5_async.store import ObjectMeta, Store
from pt5_async.verify import Abort, Cleared, Leftover, Requests, State

DAY = 86400.0
MIB = 1024 * 1024


class Littered(Coast):
    """A coast with uploads in parts that nobody has ended."""

    async def begin(self, *keys: str, parts: int = 1, days: float = 0) -> None:
        """Begin them as another program does, so long ago."""
        async with connect(self.settings(), session_()) as connection:
            store = connection.store("bucket")
            for key in keys:
                await self._begin(store, key, parts, days)
        self.server.log.clear()

    async def _begin(
        self, store: Store, key: str, parts: int, days: float
    ) -> None:
        upload = await store.begin(ObjectMeta(key, "text/plain", {}))
        for number in range(1, parts + 1):
            await store.put_part(key, upload, number, bytes(5 * MIB), {})
        self.age(self.uploads[upload.upload_id], days)

    @property
    def uploads(self) -> dict[str, Upload]:
        return self.server.buckets["bucket"].uploads

    def age(self, upload: Upload, days: float, parts: float = 0) -> None:
        """Let it be so old, and its parts too, or so old."""
        upload.begun -= days * DAY
        for number, part in upload.parts.items():
            old = part.modified - (parts or days) * DAY
            upload.parts[number] = replace(part, modified=old)

    def open(self) -> list[str]:
        return sorted(one.key for one in self.uploads.values())

    async def cut_off(self) -> None:
        """An upload of our own, that a dead link ended before its end."""
        large(self.source)
        rule = Rule(Answer(500, "InternalError"), Op.COMPLETE)
        self.server.script(rule)
        settings = self.settings(all_files=True, attempts=1)
        summary = await upload_tree(
            self.source, TARGET, settings=settings, session=session_()
        )
        assert summary.failed.files == 1
        self.server.clear()
        self.server.log.clear()


@pytest.fixture
def coast(tmp_path: Path, scripted: ScriptedServer) -> Littered:
    return Littered(tmp_path, scripted)


async def test_each_is_told_with_its_age_and_size(coast: Littered) -> None:
    write_bin(coast.source)
    await coast.upload()
    await coast.begin("p/a", parts=2, days=9)
    await coast.begin("p/b", parts=0, days=3)
    await coast.begin("q/elsewhere", "p")

    seen = await coast.verify()

    first, second = coast.of(Leftover)
    assert (first.key, first.size, first.parts) == ("p/a", 10 * MIB, 2)
    assert (second.key, second.size, second.parts) == ("p/b", 0, 0)
    assert first.touched - second.touched < timedelta(days=-5)
    assert (first.ours, first.doomed) == (False, False)
    assert seen.open is not None
    assert (seen.open.files, seen.open.size) == (2, 10 * MIB)
    assert seen.safe, "they are no matter of what is there"
    told = {one.operation: one.least for one in coast.of(Requests)}
    assert told["ListMultipartUploads"] == 1
    assert told["ListParts"] == seen.requests["ListParts"] == 2


async def test_old_ones_of_ours_are_cleared_and_those_of_others_stay(
    coast: Littered,
) -> None:
    await coast.cut_off()
    [own] = coast.uploads.values()
    coast.age(own, 8)
    await coast.begin("p/foreign", days=8)

    young = await coast.verify(abort=Abort(days=7))
    # The journal knows better than the store when a run was at it last.
    assert young.cleared.files == 0

    database = coast.state / "journal.sqlite3"
    await asyncio.to_thread(_age_in, database, 8)
    seen = await coast.verify(abort=Abort(days=7))

    assert coast.open() == ["p/foreign"]
    [done] = coast.of(Cleared)
    assert (done.what.key, done.done, done.what.ours) == (
        "p/large",
        True,
        True,
    )
    assert seen.cleared.files == 1
    assert seen.open is not None
    assert seen.open.files == 2
    places = [type(one) for one in coast.told]
    assert places.index(Cleared) > len(places) - 2, "first all are listed"
    assert coast.asked(Op.ABORT) == 1
    again = await coast.verify(abort=Abort(days=7))
    assert again.cleared.files == 0


def _age_in(database: Path, days: float) -> None:
    with sqlite3.connect(database) as journal:
        [[name]] = journal.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND sql LIKE '%begun_ns%' AND sql LIKE '%upload_id%'"
        ).fetchall()
        journal.execute(
            f"UPDATE {name} SET begun_ns = begun_ns - ?",
            (int(days * DAY * 1e9),),
        )


async def test_everybody_s_are_cleared_if_that_is_asked_for(
    coast: Littered,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    await coast.begin("p/old", days=3)
    await coast.begin("p/young", days=1)
    await coast.begin("q/old", days=30)
    await coast.begin("p/busy")
    [busy] = [one for one in coast.uploads.values() if one.key == "p/busy"]
    coast.age(busy, 30, parts=0.5)

    seen = await coast.verify(abort=Abort(days=2, everyone=True))

    assert coast.open() == ["p/busy", "p/young", "q/old"]
    assert seen.cleared.files == 1
    assert [one.doomed for one in coast.of(Leftover)] == [False, True, False]


async def test_what_cannot_be_cleared_is_told(coast: Littered) -> None:
    write_bin(coast.source)
    await coast.upload()
    await coast.begin("p/a", "p/b", days=3)
    coast.server.personality = Personality(denied=(Denied(Op.ABORT),))

    seen = await coast.verify(abort=Abort(days=2, everyone=True))

    assert (seen.stuck.files, seen.cleared.files) == (2, 0)
    assert [one.done for one in coast.of(Cleared)] == [False, False]


async def test_a_store_that_does_not_list_them_costs_nothing(
    coast: Littered,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    for answer in (Answer(501, "NotImplemented"), Answer(403, "AccessDenied")):
        coast.server.script(Rule(answer, Op.LIST_UPLOADS))
        seen = await coast.verify()
        assert (seen.open, seen.safe) == (None, True)
        wish = await coast.verify(abort=Abort(days=2), note=True)
        assert answer.code is not None
        assert answer.code in str(wish.trouble)
        assert (wish.stopped, wish.safe) == (False, True)
        said = [one.text for one in report(wish)]
        assert any("none was cleared" in one for one in said)
        assert said[-1].startswith("All that should be in the store is th")
        assert of_verification(wish) == (6 if answer.status == 403 else 3)
        coast.server.clear()


async def test_of_a_part_of_the_tree_nobody_asks_for_them(
    coast: Littered,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    await coast.begin("p/a", days=3)
    narrow: dict[str, Any] = {"selection": Selection(include=("D2022*",))}

    seen = await coast.verify(narrow)
    assert (seen.open, coast.asked(Op.LIST_UPLOADS)) == (None, 0)
    asked = await coast.verify(narrow, abort=Abort(days=2, everyone=True))
    assert asked.cleared.files == 1


async def test_more_than_a_page_of_them_is_found(coast: Littered) -> None:
    write_bin(coast.source)
    await coast.upload()
    await coast.begin("p/a", parts=0)
    [one] = coast.uploads.values()
    for number in range(1200):
        name = f"{number:04}"
        coast.uploads[name] = Upload(
            name, f"p/{number // 2:03}", one.begun, {}, None, "", {}
        )

    seen = await coast.verify()

    assert seen.open is not None
    assert seen.open.files == 1201
    assert seen.requests["ListMultipartUploads"] == 2
    assert seen.bins == {State.SAFE: 1}


MARK = "<NextKeyMarker>p/a</NextKeyMarker>"


@pytest.mark.parametrize(
    "inner",
    [
        "",
        f"<MaxUploads>9</MaxUploads><IsTruncated>true</IsTruncated>{MARK}",
        "<MaxUploads>9</MaxUploads><Upload><Key>p/a</Key></Upload>",
    ],
)
async def test_an_answer_that_leads_nowhere_is_given_up(
    coast: Littered, inner: str
) -> None:
    name = "ListMultipartUploadsResult"
    body = f"<{name}>{inner}</{name}>".encode()
    write_bin(coast.source)
    await coast.upload()
    coast.server.script(Rule(Answer(200, body=body), Op.LIST_UPLOADS))

    seen = await coast.verify({"attempts": 1})

    assert (seen.open, seen.safe) == (None, True)
    assert coast.asked(Op.LIST_UPLOADS) <= 2
    wish = await coast.verify({"attempts": 1}, abort=Abort(days=1))
    assert isinstance(wish.trouble, ObjectRefused)
    assert "not S3's" in str(wish.trouble)


async def test_parts_that_cannot_be_listed_have_no_size(
    coast: Littered,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    await coast.begin("p/a", days=3)
    coast.server.personality = Personality(denied=(Denied(Op.LIST_PARTS),))

    await coast.verify()

    [found] = coast.of(Leftover)
    assert found.size is None
