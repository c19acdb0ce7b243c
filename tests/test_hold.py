"""When a bin is held: its verdict, its age, its place in its folder."""

import pytest
from fakes import SECOND
from runs import pid_text

from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.ifcb.verdict import Judgement, Verdict
from pt5_async.model import Group, Hold, Job, LocalFile
from pt5_async.plan import NEWBORN, arrange, hold, newest, thorough
from pt5_async.settings import Settings

T = 1_700_000_000 * SECOND
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


def verdict(judgement: Judgement, *, counts: bool = True) -> Verdict:
    return Verdict(judgement, f"{judgement} it is", has_counts=counts)


COMPLETE = verdict(Judgement.COMPLETE)
EMPTY = verdict(Judgement.EMPTY)
ODD = verdict(Judgement.SUSPICIOUS)
NO_COUNTS = verdict(Judgement.COMPLETE, counts=False)
TRUNCATED = verdict(Judgement.TRUNCATED)
INCOMPLETE = verdict(Judgement.INCOMPLETE)
HOUR, TEN = 3600.0, NEWBORN / SECOND
TICK = 0.000_001

TABLE = [
    # verdict, seconds since it was touched, last of its folder, expected
    (COMPLETE, 61, False, None),
    (COMPLETE, 61, True, None),
    (ODD, TEN - TICK, False, None),
    (ODD, TEN - TICK, True, Hold.SETTLING),
    (ODD, TEN, True, None),
    (EMPTY, 61, False, None),
    (EMPTY, TEN - TICK, True, Hold.SETTLING),
    (EMPTY, TEN, True, None),
    (NO_COUNTS, 61, False, None),
    (NO_COUNTS, TEN - TICK, True, Hold.SETTLING),
    (NO_COUNTS, TEN, True, None),
    (TRUNCATED, HOUR - TICK, False, Hold.BEING_WRITTEN),
    (TRUNCATED, HOUR, False, Hold.BROKEN),
    (TRUNCATED, HOUR, True, Hold.BROKEN),
    (INCOMPLETE, HOUR - TICK, True, Hold.BEING_WRITTEN),
    (INCOMPLETE, 9 * HOUR, True, Hold.BROKEN),
]


@pytest.mark.parametrize(("found", "age", "last", "expected"), TABLE)
def test_a_bin_is_held_by_its_verdict_and_its_age(
    found: Verdict, age: float, last: bool, expected: Hold | None
) -> None:
    job = a_bin(age=age, last=last)
    held = hold(job, found, young=False, now_ns=T, settings=Settings())
    assert (held and held[0]) is expected


@pytest.mark.parametrize(("found", "age", "last", "expected"), TABLE)
def test_allow_incomplete_sends_the_broken_ones_and_no_others(
    found: Verdict, age: float, last: bool, expected: Hold | None
) -> None:
    job, allow = a_bin(age=age, last=last), Settings(allow_incomplete=True)
    held = hold(job, found, young=False, now_ns=T, settings=allow)
    without_broken = None if expected is Hold.BROKEN else expected
    assert (held and held[0]) is without_broken


@pytest.mark.parametrize("allow", [True, False])
@pytest.mark.parametrize("broken_after", [0.0, HOUR])
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (COMPLETE, Hold.SETTLING),
        (EMPTY, Hold.SETTLING),
        (ODD, Hold.SETTLING),
        (TRUNCATED, Hold.BEING_WRITTEN),
        (INCOMPLETE, Hold.BEING_WRITTEN),
    ],
)
def test_what_is_too_young_is_held_whatever_the_rest(
    found: Verdict, expected: Hold, broken_after: float, allow: bool
) -> None:
    rules = Settings(broken_after=broken_after, allow_incomplete=allow)
    held = hold(a_bin(), found, young=True, now_ns=T, settings=rules)
    assert held is not None
    assert held[0] is expected


def test_who_is_held_for_being_broken_hears_what_is_wrong() -> None:
    job = a_bin(age=2 * HOUR)
    held = hold(job, TRUNCATED, young=False, now_ns=T, settings=Settings())
    assert held == (Hold.BROKEN, "truncated it is")


def test_the_newest_member_tells_a_bins_age() -> None:
    files = [item.file for item in a_bin(age=3).items]
    assert newest(files, T) == T - 3 * SECOND


@pytest.mark.parametrize("ahead", [0, 1])
def test_the_ctime_counts_only_where_the_mtime_lies_in_the_future(
    ahead: int,
) -> None:
    file = member(Kind.ROI, mtime_ns=T + ahead, ctime_ns=T - 5 * SECOND)
    assert newest([file], T) == (T - 5 * SECOND if ahead else T)


@pytest.mark.parametrize(
    ("ctime_age", "expected"),
    [(HOUR, Hold.BROKEN), (HOUR - TICK, Hold.BEING_WRITTEN)],
)
def test_a_cut_bin_from_the_future_is_as_old_as_its_ctime(
    ctime_age: float, expected: Hold
) -> None:
    ctime_ns = T - int(ctime_age * SECOND)
    file = member(Kind.ADC, mtime_ns=T + SECOND, ctime_ns=ctime_ns)
    job = arrange(Group(PID, (file,)), "p")
    held = hold(job, TRUNCATED, young=False, now_ns=T, settings=Settings())
    assert held is not None
    assert held[0] is expected


@pytest.mark.parametrize(("age", "expected"), [(59, True), (60, False)])
def test_young_bins_are_read_to_the_last_row(
    age: float, expected: bool
) -> None:
    rules = Settings(broken_after=60)
    found = thorough(a_bin(age=age), now_ns=T, settings=rules)
    assert found is expected
