"""The truth tables of `plan`, case by case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import SECOND
from runs import pid_text

from pt5_async.errors import MemberMissing, NameRefused
from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.model import (
    Entry,
    Failed,
    Group,
    Item,
    Job,
    Listed,
    LocalFile,
    Proof,
    Skip,
    Skipped,
)
from pt5_async.plan import (
    Need,
    Planned,
    answered,
    arrange,
    need,
    planned,
    refused,
    skipped,
)

T = 1_700_000_000 * SECOND + 987_654_321
"""When the files were written, in ns; not a whole second."""

FILE = LocalFile("/s/d/a.bin", "d/a.bin", size=5, mtime_ns=T, ctime_ns=T)
ITEM = Item(FILE, "p/d/a.bin")
ENTRY = Entry(
    ITEM.key,
    FILE.relative,
    size=5,
    mtime_ns=T,
    checksum="crc64nvme:AAAAAAAAAAA=",
    etag="e",
    version=None,
    proof=Proof.CRC64NVME,
    whole=True,
    sent_at_ns=T,
)
ADOPTED = ENTRY._replace(checksum="", proof=Proof.SIZE_DATE, whole=False)
ALONE = Job(None, (ITEM,))


def listed(size: int = 5, *, seconds: float = 0) -> dict[str, Listed]:
    """The object as listed, so many seconds after the file's whole ones."""
    second = datetime.fromtimestamp(T // SECOND, UTC)
    modified = second + timedelta(seconds=seconds)
    return {ITEM.key: Listed(ITEM.key, size, "etag", modified)}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (ENTRY, Need.NOTHING),
        (ENTRY._replace(mtime_ns=T + 1), Need.COMPARE),
        (ENTRY._replace(mtime_ns=T - 1), Need.COMPARE),
        (ADOPTED._replace(mtime_ns=T + 1), Need.ASK),
        (ADOPTED, Need.NOTHING),
        (ENTRY._replace(size=6), Need.SEND),
        (ADOPTED._replace(size=6), Need.SEND),
        (ENTRY._replace(size=4, mtime_ns=T - 1), Need.SEND),
        (None, Need.ASK),
    ],
)
def test_what_the_journal_says_decides(
    entry: Entry | None, expected: Need
) -> None:
    assert need(ITEM, entry) is expected
    known = {entry.key: entry} if entry else {}
    assert planned(ALONE, known).needs == (expected,)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({}, Need.SEND),
        (listed(6), Need.SEND),
        (listed(4, seconds=9), Need.SEND),
        (listed(), Need.ADOPT),
        (listed(seconds=0.1), Need.ADOPT),
        (listed(seconds=60), Need.ADOPT),
        (listed(seconds=-0.001), Need.SEND),
        (listed(seconds=-1), Need.SEND),
    ],
)
@pytest.mark.parametrize("known", [{}, {ITEM.key: ADOPTED._replace(path="")}])
def test_what_the_journal_does_not_know_the_listing_decides(
    found: dict[str, Listed], expected: Need, known: dict[str, Entry]
) -> None:
    late = ITEM._replace(file=FILE._replace(mtime_ns=T))
    known = {k: e._replace(mtime_ns=T - 1) for k, e in known.items()}
    asked = planned(Job(None, (late,)), known)
    assert asked.asks
    answer = answered(asked, found)
    assert answer.needs == (expected,)
    assert not answer.asks
    assert answer.settled == (expected is Need.ADOPT)


def test_times_before_1970_are_rounded_down_on_both_sides() -> None:
    old = ITEM._replace(file=FILE._replace(mtime_ns=-SECOND // 2))
    before = datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC)
    found = {ITEM.key: Listed(ITEM.key, 5, "etag", before)}
    asked = planned(Job(None, (old,)), {})
    assert answered(asked, found).needs == (Need.SEND,)


@pytest.mark.parametrize(
    "entry", [ENTRY, ENTRY._replace(mtime_ns=1), ENTRY._replace(size=1)]
)
def test_a_listing_changes_nothing_that_the_journal_decided(
    entry: Entry,
) -> None:
    before = planned(ALONE, {ITEM.key: entry})
    assert not before.asks
    assert answered(before, listed(seconds=9)) == before


def test_what_is_adopted_is_marked_with_what_proves_it() -> None:
    answer = answered(planned(ALONE, {}), listed(seconds=60.5))
    [entry] = answer.entries
    assert entry is not None
    assert entry.proof is Proof.SIZE_DATE
    assert (entry.key, entry.path) == (ITEM.key, FILE.relative)
    assert (entry.size, entry.mtime_ns) == (5, T)
    assert (entry.checksum, entry.etag) == ("", "etag")
    assert not entry.whole
    # The next run finds it in the journal, and asks nobody.
    assert need(ITEM, entry) is Need.NOTHING


def test_what_is_settled_is_skipped_for_the_reason_that_settles_it() -> None:
    other = Item(FILE._replace(relative="d/b"), "p/d/b")
    job = Job(None, (ITEM, other))
    both = Planned(job, (Need.NOTHING, Need.ADOPT), (None, None))
    assert both.settled
    assert skipped(both) == (
        Skipped(ITEM, Skip.JOURNAL),
        Skipped(other, Skip.LISTING),
    )


@pytest.mark.parametrize("one", [Need.COMPARE, Need.ASK, Need.SEND])
def test_one_open_need_keeps_a_job_open(one: Need) -> None:
    job = Job(None, (ITEM, ITEM))
    assert not Planned(job, (Need.NOTHING, one), (None, None), False).settled


# ---- jobs


PID = parse_pid(pid_text(0))


def member(kind: Kind, *, mtime_ns: int = T, ctime_ns: int = T) -> LocalFile:
    name = f"{pid_text(0)}.{kind}"
    return LocalFile(f"/s/{name}", name, 5, mtime_ns, ctime_ns, kind)


def a_bin(*, age: float = 0.0, last: bool = False) -> Job:
    """A bin whose .roi was touched last, so many seconds before T."""
    then = T - int(age * SECOND)
    files = [
        member(Kind.HDR, mtime_ns=then - 9 * SECOND, ctime_ns=T + SECOND),
        member(Kind.ADC, mtime_ns=then - SECOND, ctime_ns=T + SECOND),
        member(Kind.ROI, mtime_ns=then, ctime_ns=T + SECOND),
    ]
    return arrange(Group(PID, tuple(files), last), "p")


def test_a_bin_is_arranged_as_it_is_sent_with_its_keys() -> None:
    job = a_bin(last=True)
    kinds = [item.file.kind for item in job.items]
    assert kinds == [Kind.ROI, Kind.HDR, Kind.ADC]
    keys = [item.key for item in job.items]
    assert keys == [
        f"p/{pid_text(0)}.{kind}" for kind in ("roi", "hdr", "adc")
    ]
    assert (job.pid, job.last) == (PID, True)


def test_one_key_that_cannot_be_fails_the_whole_bin_and_names_it() -> None:
    odd = member(Kind.HDR)._replace(relative="bad\n.hdr")
    job = arrange(Group(PID, (member(Kind.ADC), odd)), "p")
    outcomes = refused(job)
    assert outcomes is not None
    assert [outcome.item for outcome in outcomes] == list(job.items)
    errors = [o.error for o in outcomes if isinstance(o, Failed)]
    assert [type(error) for error in errors] == [NameRefused, MemberMissing]
    assert "U+000A" in str(errors[0])
    assert all("bad" in str(error) for error in errors)


def test_keys_that_can_be_are_not_refused() -> None:
    assert refused(a_bin()) is None


@pytest.mark.parametrize(
    ("members", "entry", "expected"),
    [
        (3, ENTRY, True),
        (2, ENTRY, True),
        (3, None, False),
        (3, ENTRY._replace(whole=False), False),
        (3, ADOPTED, False),
        (3, ADOPTED._replace(whole=True), False),
        (3, ENTRY._replace(proof=Proof.NONE), True),
    ],
)
def test_only_a_bin_whose_members_were_each_sent_whole_was_sent_whole(
    members: int, entry: Entry | None, expected: bool
) -> None:
    job = a_bin()
    job = replace(job, items=job.items[:members])
    known = {item.key: ENTRY._replace(key=item.key) for item in job.items}
    del known[job.items[-1].key]
    if entry is not None:
        known[job.items[-1].key] = entry
    assert planned(job, known).sent_whole is expected
