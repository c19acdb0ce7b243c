"""A tree held against the store: each file, each bin, by what shows it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from coast import NO_JOURNAL, TARGET, Coast, session_
from runs import big_bin, bin_bytes, pid_text, rewrite, write, write_bin
from servers.endpoint import Endpoint
from servers.faults import Answer, Rule, Spoil, Spoiled
from servers.personality import Checksums, Denied, Etags, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.world import Checksum

from pt5_async import (
    Depth,
    Selection,
    Settings,
    Stop,
    upload_tree,
    verify_tree,
)
from pt5_async.checksum import Algorithm, digests
from pt5_async.errors import (
    AccessDenied,
    BucketMissing,
    RunFailed,
    SourceEmpty,
    UsageError,
)
from pt5_async.events import Notice
from pt5_async.ifcb.layout import Layout
from pt5_async.ifcb.names import Kind
from pt5_async.ifcb.synthetic import BinBytes
from pt5_async.model import Hold
from pt5_async.s3.client import connect, make_session
from pt5_async.settings import Addressing, Credentials
from pt5_async.store import MIB, ObjectMeta
from pt5_async.verify import (
    By,
    Extra,
    Finding,
    Half,
    Missing,
    Requests,
    Same,
    State,
    Unreadable,
    Verification,
    Verified,
    What,
)

WHOLE = {State.SAFE: 1}
NO_CHECKSUMS = Personality(checksums=Checksums.IGNORED)
NO_HEAD = Personality(denied=(Denied(Op.HEAD),))
BY_SERVER = {
    "moto": {By.CRC64NVME: 9},
    "swift": {By.MD5: 9},
    "rclone": {By.MD5: 9},
}


@pytest.fixture
def coast(tmp_path: Path, scripted: ScriptedServer) -> Coast:
    return Coast(tmp_path, scripted)


def cut() -> BinBytes:
    made = bin_bytes()
    return BinBytes(made.hdr, made.adc, made.roi[:-7])


# ---- what is the same, and what shows it


async def test_with_the_journal_only_a_listing_is_asked_for(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()

    seen = await coast.verify()

    assert seen.bins == WHOLE
    assert seen.safe
    seen.raise_unless_safe()
    assert seen.same[By.JOURNAL].files == 3
    asked = [one.op for one in coast.server.log]
    assert asked == [Op.LIST, Op.LIST_UPLOADS]
    assert [one.operation for one in coast.of(Requests)] == asked


async def test_without_it_the_store_says_its_checksums(coast: Coast) -> None:
    write_bin(coast.source)
    await coast.upload()

    seen = await coast.verify(NO_JOURNAL)

    assert seen.safe
    assert seen.same[By.CRC64NVME].files == 3
    assert coast.asked(Op.HEAD) == seen.requests["HeadObject"] == 3
    assert coast.of(Requests)[1] == Requests("HeadObject", 3, 3)


async def test_another_etag_than_the_journal_s_means_only_to_ask(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.place(".hdr", etag="0" * 32)

    seen = await coast.verify()

    assert seen.safe
    assert coast.outcome(".hdr").by is By.CRC64NVME
    assert coast.asked(Op.HEAD) == 1


@pytest.mark.parametrize("etags", [Etags.MD5, Etags.BARE, Etags.UPPER])
async def test_a_store_without_checksums_is_believed_by_its_md5(
    coast: Coast, etags: Etags
) -> None:
    coast.server.personality = replace(NO_CHECKSUMS, etags=etags)
    write_bin(coast.source)
    await coast.upload()

    seen = await coast.verify(NO_JOURNAL)

    assert seen.safe
    assert seen.same[By.MD5].files == 3
    journal = await coast.verify()
    assert journal.same[By.JOURNAL].files == 3


async def test_a_large_file_in_parts_is_proven_each_way(coast: Coast) -> None:
    coast.server.personality = NO_CHECKSUMS
    write_bin(coast.source, made=big_bin(20))
    await coast.upload()

    by_journal = await coast.verify()
    by_parts = await coast.verify(NO_JOURNAL)
    in_pieces = await coast.verify(depth=Depth.DOWNLOAD)

    assert by_journal.same[By.JOURNAL].files == 3
    assert by_parts.safe
    assert by_parts.same[By.MD5].files == 3
    assert "-" in coast.server.objects[coast.key(".roi")].etag
    assert in_pieces.safe
    assert in_pieces.same[By.DOWNLOAD].files == 3
    assert coast.asked(Op.GET) == in_pieces.requests["GetObject"] == 2 + 3
    assert coast.of(Requests)[1].least == coast.of(Requests)[1].most == 5


async def test_parts_of_a_size_that_nobody_guesses_prove_nothing(
    coast: Coast,
) -> None:
    coast.server.personality = NO_CHECKSUMS
    write_bin(coast.source)
    await coast.upload()
    coast.place(".roi", etag="0" * 32 + "-1")

    seen = await coast.verify(NO_JOURNAL)
    read = await coast.verify(NO_JOURNAL, download=True)

    assert seen.bins == {State.UNPROVEN: 1}
    assert not seen.safe
    assert seen.same[By.SIZE].files == 1
    assert read.safe
    assert coast.outcome(".roi").by is By.DOWNLOAD
    assert coast.asked(Op.GET) == 1
    assert coast.of(Requests)[2] == Requests("GetObject", 0, 3, 1302)


async def test_an_etag_under_a_key_of_the_owner_s_proves_nothing(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    sealed = {"x-amz-server-side-encryption": "aws:kms"}
    coast.place(".roi", etag="0" * 32, checksum=None, headers=sealed)

    seen = await coast.verify()

    assert seen.bins == {State.UNPROVEN: 1}
    assert coast.outcome(".roi") == Same(coast.outcome(".roi").item, By.SIZE)


async def test_an_adopted_object_is_asked_about(coast: Coast) -> None:
    write_bin(coast.source)
    await coast.upload(**NO_JOURNAL)
    await coast.upload()  # now the journal has it by size and date

    seen = await coast.verify()

    assert seen.same[By.CRC64NVME].files == 3


async def test_a_listing_alone_reads_no_bytes_and_proves_a_size(
    coast: Coast,
) -> None:
    paths = write_bin(coast.source)
    await coast.upload()
    rewrite(paths[Kind.ROI], bytes(paths[Kind.ROI].stat().st_size))

    seen = await coast.verify(depth=Depth.LISTING)

    assert seen.safe
    assert seen.same[By.SIZE].files == 3
    asked = [one.op for one in coast.server.log]
    assert asked == [Op.LIST, Op.LIST_UPLOADS]


# ---- what is not


async def test_a_missing_object_makes_a_bin_incomplete(coast: Coast) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.drop(".hdr")

    seen = await coast.verify()

    assert seen.bins == {State.INCOMPLETE: 1}
    assert isinstance(coast.outcome(".hdr"), Missing)
    assert seen.missing.files == 1
    assert not seen.halves
    with pytest.raises(RunFailed, match="1 not shown to be in the store"):
        seen.raise_unless_safe()


@pytest.mark.parametrize("rules", [{}, NO_JOURNAL])
async def test_an_object_of_another_size_differs(
    coast: Coast, rules: Mapping[str, Any]
) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.place(".roi", b"short")

    seen = await coast.verify(rules)

    assert seen.bins == {State.INCOMPLETE: 1}
    assert coast.outcome(".roi").what is What.SIZE
    assert seen.differs[What.SIZE].files == 1


@pytest.mark.parametrize("checksums", [Checksums.FULL, Checksums.IGNORED])
async def test_an_object_of_other_bytes_differs_by_its_checksum(
    coast: Coast, checksums: Checksums
) -> None:
    coast.server.personality = Personality(checksums=checksums)
    paths = write_bin(coast.source)
    await coast.upload()
    other = bytes(paths[Kind.ROI].stat().st_size)
    old = coast.server.objects[coast.key(".roi")].checksum
    spoiled = old and Checksum(old.algorithm, "AAAAAAAAAAA=")
    coast.place(".roi", other, checksum=spoiled)

    seen = await coast.verify()

    assert seen.bins == {State.INCOMPLETE: 1}
    outcome = coast.outcome(".roi")
    assert outcome.what is What.CHECKSUM
    assert not outcome.changed
    assert isinstance(coast.outcome(".adc"), Same)


async def test_a_file_that_rotted_here_is_changed_here(coast: Coast) -> None:
    paths = write_bin(coast.source)
    await coast.upload()
    rewrite(paths[Kind.ROI], bytes(paths[Kind.ROI].stat().st_size))

    seen = await coast.verify()
    unknown = await coast.verify(NO_JOURNAL)

    assert seen.bins == {State.CHANGED: 1}
    assert not seen.lacking
    assert not seen.safe
    assert unknown.bins == {State.INCOMPLETE: 1}


async def test_bytes_that_differ_are_seen_when_they_are_read_back(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    body = coast.server.objects[coast.key(".roi")].body
    assert body
    kept = replace(
        coast.server.objects[coast.key(".roi")], body=b"?" + body[1:]
    )
    coast.server.buckets["bucket"].put(kept)  # a store that lies of a sum

    assert (await coast.verify(NO_JOURNAL)).safe
    seen = await coast.verify(NO_JOURNAL, depth=Depth.DOWNLOAD)

    assert seen.bins == {State.INCOMPLETE: 1}
    assert coast.outcome(".roi").what is What.CHECKSUM


async def test_an_object_that_goes_meanwhile_is_missing(coast: Coast) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.server.script(Rule(Answer(404), Op.HEAD, key="*.hdr"))
    coast.server.script(
        Rule(Answer(404, "NoSuchKey"), Op.GET, key="*.hdr", times=1)
    )

    for how in ({}, {"depth": Depth.DOWNLOAD}):
        seen = await coast.verify(NO_JOURNAL, **how)

        assert seen.bins == {State.INCOMPLETE: 1}
        assert isinstance(coast.outcome(".hdr"), Missing)


# ---- what is here


async def test_what_settles_or_is_being_written_need_not_be_there(
    coast: Coast,
) -> None:
    write_bin(coast.source, 1, age=5)
    write_bin(coast.source, 2, age=600, made=cut())

    seen = await coast.verify()

    assert seen.bins == {State.WAITING: 2}
    assert seen.held == {Hold.SETTLING: 1, Hold.BEING_WRITTEN: 1}
    assert (seen.undue.files, seen.missing.files) == (6, 0)
    assert seen.safe


async def test_a_broken_bin_is_broken_here_even_if_it_is_there(
    coast: Coast,
) -> None:
    write_bin(coast.source, 1, made=cut())
    write_bin(coast.source, 2, without=(Kind.ROI,))
    await coast.upload(allow_incomplete=True)

    seen = await coast.verify({"allow_incomplete": True})
    known = await coast.verify(
        {"known_broken": frozenset({pid_text(1), pid_text(2)})}
    )

    assert seen.bins == {State.BROKEN: 2}
    assert not seen.safe
    assert seen.new_broken == 2
    assert (known.safe, known.known_broken) == (True, 2)


async def test_a_file_that_is_gone_when_it_is_read_is_unreadable(
    coast: Coast,
) -> None:
    paths = write_bin(coast.source)
    await coast.upload()
    gate = coast.server.gate(Op.LIST)

    task = asyncio.ensure_future(coast.verify())
    await asyncio.to_thread(gate.reached.wait)
    paths[Kind.ROI].unlink()
    gate.release()
    seen = await task

    assert seen.bins == {State.UNREADABLE: 1}
    assert seen.unreadable == 3
    assert isinstance(coast.outcome(".roi"), Unreadable)


async def test_a_file_that_changes_meanwhile_settles(coast: Coast) -> None:
    paths = write_bin(coast.source)
    await coast.upload()
    gate = coast.server.gate(Op.LIST)

    task = asyncio.ensure_future(coast.verify())
    await asyncio.to_thread(gate.reached.wait)
    paths[Kind.ROI].write_bytes(b"other")
    gate.release()
    seen = await task

    assert seen.bins == {State.WAITING: 1}
    assert seen.safe


async def test_a_name_that_can_be_no_key_cannot_be_there(
    coast: Coast,
) -> None:
    write_bin(coast.source / "a\nb")

    seen = await coast.verify()

    assert seen.bins == {State.UNREADABLE: 1}
    assert not seen.safe


async def test_loose_files_are_held_against_the_store_if_asked_for(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    write(coast.source / "note.txt")
    await coast.upload(all_files=True)

    usual = await coast.verify()
    seen = await coast.verify({"all_files": True})

    assert (usual.left, usual.others, usual.loose) == (1, 1, {})
    assert seen.loose == WHOLE
    assert (seen.left, seen.others) == (0, 0)
    for one in (usual, seen):
        assert one.extra is not None
        assert not one.extra.files


# ---- what is only there


async def test_objects_without_a_file_are_counted_and_named_if_asked(
    coast: Coast,
) -> None:
    write_bin(coast.source, 1)
    gone = write_bin(coast.source, 2)
    await coast.upload()
    for path in gone.values():
        path.unlink()

    seen = await coast.verify()
    assert not coast.of(Extra)
    await coast.verify(extra=True)

    assert seen.safe
    assert seen.extra is not None
    assert (seen.extra.files, seen.extra.size) == (3, 1302)
    assert {one.listed.key[-4:] for one in coast.of(Extra)} == {
        ".roi",
        ".hdr",
        ".adc",
    }


async def test_a_part_of_the_tree_counts_no_extra_and_lists_no_more(
    coast: Coast,
) -> None:
    for number in range(1, 4):
        write_bin(coast.source / "day", number)
    await coast.upload()
    seen = await coast.verify(
        {"selection": Selection(include=(f"**/{pid_text(2)}",))}
    )

    assert seen.bins == WHOLE
    assert seen.extra is None
    assert seen.safe
    assert not seen.halves


@pytest.mark.parametrize("local", [True, False])
async def test_a_bin_with_adc_and_without_roi_is_named(
    coast: Coast, local: bool
) -> None:
    write_bin(coast.source, 1)
    paths = write_bin(coast.source, 2)
    await coast.upload()
    coast.drop("2_IFCB134.roi")
    if not local:
        for path in paths.values():
            path.unlink()

    seen = await coast.verify()

    assert seen.halves == 1
    if local:
        assert [one.half for one in coast.of(Verified)] == [False, True]
    else:
        assert coast.of(Half) == [Half(f"p/{pid_text(2)}")]


async def test_a_roi_that_is_only_there_makes_no_half(coast: Coast) -> None:
    paths = write_bin(coast.source)
    await coast.upload()
    paths[Kind.ROI].unlink()

    seen = await coast.verify()

    assert seen.bins == {State.BROKEN: 1}
    assert not seen.halves


# ---- stores that do not let themselves be asked


async def test_where_heads_are_denied_listing_and_journal_are_left(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.server.personality = NO_HEAD

    journal = await coast.verify()
    assert not coast.of(Notice)
    etags = await coast.verify(NO_JOURNAL)
    [notice] = coast.of(Notice)
    coast.server.personality = Personality(
        etags=Etags.OPAQUE, denied=NO_HEAD.denied
    )
    coast.place(".roi", etag="0" * 32)
    unproven = await coast.verify(NO_JOURNAL)

    assert journal.safe
    assert etags.same[By.MD5].files == 3
    assert "looking at objects is not allowed" in notice.text
    assert unproven.bins == {State.UNPROVEN: 1}
    assert unproven.lacking == 1


async def test_where_reading_back_is_denied_nothing_is_proven(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.server.personality = Personality(denied=(Denied(Op.GET),))

    seen = await coast.verify(depth=Depth.DOWNLOAD)

    assert seen.bins == {State.UNPROVEN: 1}
    [notice] = coast.of(Notice)
    assert "reading objects back is not allowed" in notice.text


DENIED = Denied(Op.LIST), Denied(Op.LIST_UPLOADS)


async def test_where_nothing_may_be_looked_at_there_is_no_verification(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.server.personality = Personality(denied=(*DENIED, Denied(Op.HEAD)))

    with pytest.raises(AccessDenied, match="nor may these keys look") as got:
        await coast.verify()

    assert isinstance(got.value.summary, Verification)
    assert got.value.summary.stopped
    assert not got.value.summary.safe


@pytest.mark.parametrize("depth", Depth)
async def test_where_listing_is_denied_each_object_is_asked_for(
    coast: Coast, depth: Depth
) -> None:
    for number in range(3):
        write_bin(coast.source, number)
    await coast.upload()
    coast.server.personality = Personality(denied=DENIED)
    coast.drop(f"{pid_text(1)}.roi")
    coast.place(f"{pid_text(2)}.hdr", b"short")

    seen = await coast.verify(depth=depth)

    assert seen.blind
    assert seen.bins == {State.SAFE: 1, State.INCOMPLETE: 2}
    assert [one.half for one in coast.of(Verified)] == [False, True, False]
    assert seen.missing.files == seen.differs[What.SIZE].files == 1
    assert (seen.extra, seen.open) == (None, None)
    told = {
        one.operation: one.most
        for one in coast.of(Requests)
        if one.operation in {"HeadObject", "GetObject"}
    }
    assert told["HeadObject"] == 9
    assert seen.requests["HeadObject"] <= 9 + 17
    if depth is Depth.CHECKSUM:
        assert seen.same[By.JOURNAL].files == 7
    [notice] = [one for one in coast.of(Notice) if "listing" in one.text]
    assert "each object is asked for by itself" in notice.text


async def test_where_listing_is_denied_403_may_mean_that_it_is_not_there(
    coast: Coast,
) -> None:
    write_bin(coast.source, 1)
    write_bin(coast.source, 2)
    await coast.upload()
    # As Amazon answers who may look and not list.
    coast.drop(f"{pid_text(2)}.hdr")
    denied = (*DENIED, Denied(Op.HEAD, f"p/{pid_text(2)}.hdr"))
    coast.server.personality = Personality(denied=denied)

    seen = await coast.verify()

    assert seen.bins == {State.SAFE: 1, State.INCOMPLETE: 1}
    assert isinstance(coast.outcome(f"{pid_text(2)}.hdr"), Missing)


async def test_an_object_that_cannot_be_asked_about_is_unreadable(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    coast.server.script(Rule(Answer(400), Op.HEAD, key="*.hdr"))

    seen = await coast.verify(NO_JOURNAL)

    assert seen.bins == {State.UNREADABLE: 1}
    assert seen.unreadable == 1


async def test_an_object_without_an_end_is_given_up(coast: Coast) -> None:
    write_bin(coast.source)
    await coast.upload()
    endless = Answer(200, body=bytes(9 * 1024 * 1024))
    coast.server.script(Rule(endless, Op.GET, key="*.hdr"))

    seen = await coast.verify({"attempts": 1}, depth=Depth.DOWNLOAD)

    assert seen.bins == {State.UNREADABLE: 1}
    assert "does not end" in str(coast.outcome(".hdr").error)


async def test_what_breaks_is_asked_again(coast: Coast) -> None:
    write_bin(coast.source)
    await coast.upload()
    for op in (Op.LIST, Op.HEAD):
        coast.server.script(Rule(Answer(500, "InternalError"), op, times=1))

    seen = await coast.verify(NO_JOURNAL)

    assert seen.safe


async def test_a_bucket_that_is_not_there_ends_it(coast: Coast) -> None:
    write_bin(coast.source)
    with pytest.raises(BucketMissing):
        await verify_tree(
            coast.source,
            "s3://nowhere/p",
            settings=coast.settings(),
            session=session_(),
        )


# ---- the run itself


async def test_nothing_is_changed_neither_here_nor_there(
    coast: Coast,
) -> None:
    write_bin(coast.source)
    await coast.upload()
    before = dict(coast.server.objects)
    journal = (coast.state / "journal.sqlite3").read_bytes()

    await coast.verify(depth=Depth.DOWNLOAD)

    assert coast.server.objects == before
    assert (coast.state / "journal.sqlite3").read_bytes() == journal
    asked = {one.method for one in coast.server.log}
    assert asked == {"GET"}


async def test_an_empty_tree_that_was_full_is_not_safe(coast: Coast) -> None:
    paths = write_bin(coast.source)
    await coast.upload()
    for path in paths.values():
        path.unlink()

    with pytest.raises(SourceEmpty, match="is its disk mounted"):
        await coast.verify()


async def test_another_layout_than_the_upload_s_is_refused(
    coast: Coast,
) -> None:
    write_bin(coast.source / "day")
    await coast.upload(layout=Layout.YEAR)

    with pytest.raises(UsageError, match="filled with --layout year"):
        await coast.verify()
    seen = await coast.verify({"layout": Layout.YEAR})
    assert seen.safe


async def test_a_listing_reads_nothing_back(coast: Coast) -> None:
    with pytest.raises(UsageError, match="reads nothing back"):
        await coast.verify(depth=Depth.LISTING, download=True)


async def test_a_stop_ends_it_at_once_and_says_so(coast: Coast) -> None:
    write_bin(coast.source)
    coast.server.gate(Op.LIST)
    stop = Stop()

    def tell(found: Finding) -> None:
        if isinstance(found, Requests):
            stop.finish()

    begun = time.monotonic()
    seen = await verify_tree(
        coast.source,
        TARGET,
        settings=coast.settings(),
        session=session_(),
        tell=tell,
        stop=stop,
    )

    assert seen.stopped
    assert not seen.safe
    assert time.monotonic() - begun < 10


async def test_who_stops_before_it_begins_waits_for_nothing(
    coast: Coast,
) -> None:
    for number in range(50):
        write_bin(coast.source / f"{number}", number)
    stop = Stop()
    stop.finish()
    before = asyncio.all_tasks()

    seen = await coast.verify(stop=stop)

    assert seen.stopped
    assert asyncio.all_tasks() == before
    assert not coast.server.log


async def test_who_cancels_it_leaves_nothing_behind(coast: Coast) -> None:
    write_bin(coast.source)
    await coast.upload()
    before = asyncio.all_tasks()
    gate = coast.server.gate(Op.HEAD)
    task = asyncio.ensure_future(coast.verify(NO_JOURNAL))
    await asyncio.to_thread(gate.reached.wait)

    task.cancel()
    await asyncio.wait({task}, timeout=20)

    assert task.cancelled()
    assert asyncio.all_tasks() == before


async def test_a_spoiled_etag_of_the_upload_is_no_news(coast: Coast) -> None:
    coast.server.script(Rule(Spoil(Spoiled.ETAG), Op.PUT))
    write_bin(coast.source)
    await coast.upload()

    seen = await coast.verify()

    assert seen.safe
    assert seen.same[By.CRC64NVME].files == 3


async def left_open(how: Mapping[str, Any]) -> None:
    """Begin an upload in parts in the bucket of `how`, and leave it."""
    async with connect(how["settings"], how["session"]) as connection:
        store = connection.store("verified", remembered="md5")
        key = "p/left"
        upload = await store.begin(ObjectMeta(key, "text/plain", {}))
        for number in (1, 2):
            body = bytes(5 * MIB)
            sums = digests([Algorithm.CRC64NVME, Algorithm.MD5], body)
            await store.put_part(key, upload, number, body, sums)


@pytest.mark.parametrize("server", ["moto", "rclone", "swift"])
async def test_every_server_shows_what_it_has(
    tmp_path: Path, server: str, request: pytest.FixtureRequest
) -> None:
    endpoint: Endpoint = request.getfixturevalue(f"{server}_server")
    endpoint.make_bucket("verified")
    for number in range(2):
        write_bin(tmp_path / "source" / "day", number)
    write_bin(tmp_path / "source" / "caf\u00e9", 2, made=big_bin(20))
    keys = Credentials(endpoint.access_key, endpoint.secret_key)
    how: dict[str, Any] = {
        "session": make_session(keys),
        "settings": Settings(
            endpoint_url=endpoint.url,
            region=endpoint.region,
            addressing=Addressing.PATH,
        ),
    }
    where = tmp_path / "source", "s3://verified/p"
    await upload_tree(*where, **how)
    await left_open(how)

    seen = await verify_tree(*where, download=True, **how)
    by = {one: count.files for one, count in seen.same.items() if count.files}
    read = await verify_tree(*where, depth=Depth.DOWNLOAD, **how)
    write_bin(tmp_path / "source" / "day", 3)
    less = await verify_tree(*where, depth=Depth.LISTING, **how)

    assert seen.bins == read.bins == {State.SAFE: 3}
    assert by == BY_SERVER[server]
    assert seen.open is not None
    assert (seen.open.files, seen.open.size) == (1, 10 * MIB)
    assert seen.extra is not None
    assert not seen.extra.files
    assert less.bins == {State.SAFE: 3, State.INCOMPLETE: 1}
