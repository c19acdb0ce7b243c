"""`verify_tree` with a `Fix`: what lacks in the store goes by an upload."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from coast import NO_JOURNAL, Coast
from runs import bin_bytes, pid_text, rewrite, touch, write, write_bin
from servers.faults import Answer, Rule
from servers.personality import Checksums, Denied, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async import Depth, ObjectOptions, Stop
from pt5_async.errors import AccessDenied
from pt5_async.events import Event, JobDone, Notice, RunBegun
from pt5_async.ifcb.layout import Layout
from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes
from pt5_async.journal.history import History
from pt5_async.lock import hold
from pt5_async.model import Held, Hold, Send, Skip, Skipped, Uploaded
from pt5_async.s3.client import endpoint_name
from pt5_async.verify import Fix, State, Verification, Verified


class Mended(Coast):
    """A coast whose verifications put right what they can."""

    def __init__(self, root: Path, server: ScriptedServer) -> None:
        super().__init__(root, server)
        self.events: list[Event] = []
        self.begun: list[Verification] = []

    async def mend(
        self, rules: Mapping[str, Any] = {}, **how: Any
    ) -> Verification:
        self.events.clear()
        self.begun.clear()
        fix = Fix(self.events.append, self.begun.append)
        return await self.verify(rules, fix=fix, **how)

    def fates(self) -> dict[str, object]:
        """What became of each file that was taken up, by the key's end."""
        return {
            outcome.item.key.removeprefix("p/"): outcome
            for event in self.events
            if isinstance(event, JobDone)
            for outcome in event.outcomes
        }

    def sent(self) -> list[str]:
        return [
            one.key.removeprefix("p/")
            for one in self.server.log
            if one.op == Op.PUT
        ]


@pytest.fixture
def coast(tmp_path: Path, scripted: ScriptedServer) -> Mended:
    return Mended(tmp_path, scripted)


def name(number: int, kind: str) -> str:
    return f"{pid_text(number)}.{kind}"


async def test_what_is_missing_or_differs_is_sent_and_nothing_else(
    coast: Mended,
) -> None:
    for number in range(4):
        write_bin(coast.source, number)
    write(coast.source / "note.txt")
    await coast.upload(all_files=True)
    before = dict(coast.server.objects)
    coast.drop(name(1, "hdr"))
    coast.drop("note.txt")
    coast.place(name(2, "roi"), b"short")
    same = len(before[f"p/{name(3, 'adc')}"].body or b"")
    coast.place(name(3, "adc"), b"x" * same, checksum=None)

    seen = await coast.mend({"all_files": True})

    assert sorted(coast.sent()) == sorted(
        [name(1, "hdr"), name(2, "roi"), name(3, "adc"), "note.txt"]
    )
    assert seen.safe
    assert (seen.mended, seen.lacking) == (4, 0)
    assert seen.fixed is not None
    assert seen.fixed.uploaded.files == 4
    assert seen.fixed.skipped_by[Skip.CHECKED].files == 6
    [found] = coast.begun
    assert (found.lacking, found.fixed) == (4, None)
    after = coast.server.objects
    assert {k: v.body for k, v in after.items()} == {
        k: v.body for k, v in before.items()
    }
    why = {key: one.why for key, one in coast.fates().items() if sent(one)}
    assert why == {
        name(1, "hdr"): Send.GONE,
        "note.txt": Send.GONE,
        name(2, "roi"): Send.SIZE,
        name(3, "adc"): Send.BYTES,
    }
    again = await coast.mend({"all_files": True})
    assert (again.safe, again.fixed, coast.begun) == (True, None, [])


def sent(outcome: object) -> bool:
    return isinstance(outcome, Uploaded)


async def test_a_bin_that_is_not_there_at_all_goes_with_its_adc_last(
    coast: Mended,
) -> None:
    write_bin(coast.source)

    seen = await coast.mend(NO_JOURNAL, depth=Depth.LISTING)

    assert coast.sent()[-1] == name(0, "adc")
    assert seen.safe
    assert seen.fixed is not None
    assert {e.why for e in coast.fates().values() if sent(e)} == {Send.NEW}
    assert isinstance(coast.events[0], RunBegun)


async def test_what_is_broken_changed_or_not_due_stays_here(
    coast: Mended,
) -> None:
    changed = write_bin(coast.source, 1)
    await coast.upload()
    rewrite(changed[Kind.ROI], bytes(changed[Kind.ROI].stat().st_size))
    made = bin_bytes()
    write_bin(coast.source, 2, made=BinBytes(made.hdr, made.adc, b"x"))
    write_bin(coast.source, 3, age=5)

    seen = await coast.mend()

    assert seen.bins == {State.CHANGED: 1, State.BROKEN: 1, State.WAITING: 1}
    assert (seen.fixed, coast.sent(), coast.begun) == (None, [], [])


async def test_a_bin_that_has_aged_here_is_held_though_a_file_is_missing(
    coast: Mended,
) -> None:
    paths = write_bin(coast.source)
    await coast.upload()
    rewrite(paths[Kind.ROI], bytes(paths[Kind.ROI].stat().st_size))

    for end in ("roi", "adc"):
        coast.drop(name(0, end))
        for depth in (Depth.LISTING, Depth.CHECKSUM):
            seen = await coast.mend(depth=depth)

            assert coast.sent() == []
            assert (seen.safe, seen.mended) == (False, 0)
            held = coast.fates()[name(0, "roi")]
            assert isinstance(held, Held)
            assert held.reason is Hold.CHANGED
    assert coast.outcome(".roi").aged
    assert not coast.outcome(".adc").aged


async def test_damage_in_the_store_is_no_excuse_for_what_has_aged_here(
    coast: Mended,
) -> None:
    paths = write_bin(coast.source)
    await coast.upload()
    size = paths[Kind.ROI].stat().st_size
    rewrite(paths[Kind.ROI], bytes(size))
    coast.place(".roi", b"y" * size, checksum=None)

    seen = await coast.mend()

    assert coast.outcome(".roi").aged
    assert seen.bins == {State.INCOMPLETE: 1}
    assert coast.sent() == []
    assert not seen.safe


async def test_without_a_journal_what_is_here_counts(coast: Mended) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.server.personality = Personality(checksums=Checksums.IGNORED)
    coast.place(".hdr", b"x" * 530)

    seen = await coast.mend(NO_JOURNAL)

    assert {*coast.sent()} == {name(0, "hdr")}
    assert seen.safe
    assert seen.fixed is not None
    assert seen.fixed.skipped_by[Skip.EXISTS].files == 2


async def test_what_the_store_has_under_another_layout_s_names_is_not_sent(
    coast: Mended,
) -> None:
    write_bin(coast.source / "deep", 1)
    write_bin(coast.source / "deep", 2)
    await coast.upload(layout=Layout.DAY, state=None)
    coast.drop(name(2, "roi"))
    write_bin(coast.source / "deep", 3)

    seen = await coast.mend(NO_JOURNAL)

    assert seen.astray == 2
    assert [one.astray for one in coast.of(Verified)] == [
        (Layout.DAY,),
        (Layout.DAY,),
        (),
    ]
    assert sorted(coast.sent()) == [
        f"deep/{name(3, end)}" for end in ("adc", "hdr", "roi")
    ]
    assert (seen.safe, seen.mended) == (False, 1)
    coast.server.log.clear()
    right = await coast.mend({"state": None, "layout": Layout.DAY})
    assert coast.sent() == [f"2022/D20220522/{name(2, 'roi')}"]
    assert (right.astray, right.mended, right.safe) == (1, 1, False)
    await coast.upload(layout=Layout.DAY, relayout=True)
    assert (await coast.mend({"layout": Layout.DAY})).safe


async def test_a_layout_that_the_journal_knows_is_meant(
    coast: Mended,
) -> None:
    write_bin(coast.source / "deep")
    await coast.upload(state=None)
    await coast.upload(layout=Layout.DAY)
    for end in ("roi", "hdr", "adc"):
        coast.drop(f"D20220522/{name(0, end)}")

    seen = await coast.mend({"layout": Layout.DAY})

    assert (seen.astray, seen.mended, seen.safe) == (1, 1, True)


async def test_two_files_of_one_key_do_not_take_turns(coast: Mended) -> None:
    write_bin(coast.source / "a")
    paths = write_bin(coast.source / "b")
    rewrite(paths[Kind.ROI], b"y" * paths[Kind.ROI].stat().st_size)
    rules = {"layout": Layout.YEAR}

    first = await coast.mend(rules)
    bodies = {key: one.body for key, one in coast.server.objects.items()}
    known = await coast.mend(rules)
    second = await coast.mend({**rules, "state": None})

    assert not first.safe
    assert known.bins == {State.SAFE: 1, State.CHANGED: 1}
    assert not second.safe
    assert second.fixed is not None
    assert second.fixed.uploaded.files == 0
    assert "come to one key" in str(second.fixed.failures[0].error)
    now = {key: one.body for key, one in coast.server.objects.items()}
    assert now == bodies


async def test_what_is_sent_gets_what_every_object_gets(
    coast: Mended,
) -> None:
    write_bin(coast.source)

    await coast.mend({"objects": ObjectOptions(storage_class="STANDARD_IA")})

    classes = {
        one.headers.get("x-amz-storage-class")
        for one in coast.server.objects.values()
    }
    assert classes == {"STANDARD_IA"}


async def test_what_cannot_be_sent_is_not_safe(coast: Mended) -> None:
    write_bin(coast.source, 1)
    write_bin(coast.source, 2)
    coast.server.script(Rule(Answer(400), Op.PUT, key="*1_IFCB134.hdr"))

    seen = await coast.mend()

    assert seen.bins == {State.INCOMPLETE: 2}
    assert (seen.mended, seen.lacking, seen.safe) == (1, 1, False)
    assert seen.fixed is not None
    assert seen.fixed.failed.files == 2


async def test_the_journal_is_told_what_is_there_after_it(
    coast: Mended,
) -> None:
    write_bin(coast.source, 1)
    write(coast.source / "note.txt")
    await coast.upload(all_files=True)
    write_bin(coast.source, 2)
    write_bin(coast.source, 3)
    coast.drop("note.txt")
    coast.server.script(Rule(Answer(400), Op.PUT, key="*3_IFCB134.hdr"))

    await coast.mend({"all_files": True}, note=True)

    with History.open(coast.state) as history:
        [one] = history.verifications()
    assert one.bins == {"safe": 2, "incomplete in the store": 1}
    assert one.totals["loose"] == {"safe": 1}
    assert not one.partial


async def test_a_limit_ends_the_sending_and_not_the_verification(
    coast: Mended,
) -> None:
    for number in range(3):
        write_bin(coast.source, number)

    seen = await coast.mend({"max_transfer": 1, "concurrency": 1})

    assert seen.fixed is not None
    assert seen.fixed.stopped
    assert not seen.stopped
    assert (seen.mended, seen.lacking) == (1, 2)


async def test_an_error_that_ends_it_tells_what_was_found_and_done(
    coast: Mended,
) -> None:
    write_bin(coast.source)
    denied = (Denied(Op.PUT),)
    coast.server.personality = replace(Personality(), denied=denied)

    with pytest.raises(AccessDenied) as caught:
        await coast.mend()

    seen = caught.value.summary
    assert isinstance(seen, Verification)
    assert (seen.stopped, seen.safe) == (True, False)
    assert seen.bins == {State.INCOMPLETE: 1}
    assert seen.fixed is not None
    assert seen.fixed.held_by[Hold.NOT_REACHED].files == 3


async def test_it_waits_for_another_run_and_a_stop_ends_that(
    coast: Mended,
) -> None:
    write_bin(coast.source)
    endpoint = endpoint_name(coast.server.url)
    stop = Stop()
    with hold(coast.state, endpoint=endpoint, bucket="bucket"):
        mending = asyncio.ensure_future(coast.mend())
        stopped = asyncio.ensure_future(
            Mended.mend(coast, stop=stop)  # the same, and given up
        )
        while not any(isinstance(one, Notice) for one in coast.events):
            await asyncio.sleep(0.01)
        stop.finish()
        assert (await stopped).stopped
        assert coast.sent() == []

    assert (await mending).safe
    assert len(coast.sent()) == 3


async def test_a_file_that_is_touched_meanwhile_is_not_sent(
    coast: Mended,
) -> None:
    paths = write_bin(coast.source)
    fix = Fix(coast.events.append, lambda _: touch(paths[Kind.ADC], age=1))

    seen = await coast.verify(fix=fix)

    assert coast.sent() == []
    assert (seen.safe, seen.mended) == (False, 0)
    assert {type(one) for one in coast.fates().values()} == {Held}


async def test_all_files_that_a_bin_has_are_taken_up_with_it(
    coast: Mended,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.drop(".roi")

    await coast.mend()

    fates = coast.fates()
    assert {type(one) for one in fates.values()} == {Uploaded, Skipped}
    assert len(fates) == 3
