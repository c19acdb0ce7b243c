"""When a bin is held: its verdict, its age, its place in its folder."""

import pytest
from fakes import SECOND
from runs import pid_text

from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.ifcb.verdict import Judgement, Verdict
from pt5_async.model import Group, Hold, LocalFile
from pt5_async.plan import Planned, arrange, planned
from pt5_async.settings import Settings
from pt5_async.waiting import NEWBORN, hold, thorough, touched

T = 1_700_000_000 * SECOND
PID = parse_pid(pid_text(0))


def member(kind: Kind, *, mtime_ns: int = T, ctime_ns: int = T) -> LocalFile:
    name = f"{pid_text(0)}.{kind}"
    return LocalFile(f"/s/{name}", name, 5, mtime_ns, ctime_ns, kind)


def a_bin(
    *, age: float = 0.0, last: bool = False, young: bool = False
) -> Planned:
    """A bin that was touched last so many seconds before T."""
    then = T - int(age * SECOND)
    files = tuple(member(kind, mtime_ns=then) for kind in Kind)
    one = planned(arrange(Group(PID, files, last), "p"), {})
    return one._replace(young=young, touched_ns=then)


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
    held = hold(job, found, now_ns=T, settings=Settings())
    assert (held and held[0]) is expected


@pytest.mark.parametrize(("found", "age", "last", "expected"), TABLE)
def test_allow_incomplete_sends_the_broken_ones_and_no_others(
    found: Verdict, age: float, last: bool, expected: Hold | None
) -> None:
    job, allow = a_bin(age=age, last=last), Settings(allow_incomplete=True)
    held = hold(job, found, now_ns=T, settings=allow)
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
    held = hold(a_bin(young=True), found, now_ns=T, settings=rules)
    assert held is not None
    assert held[0] is expected


def test_who_is_held_for_being_broken_hears_what_is_wrong() -> None:
    job = a_bin(age=2 * HOUR)
    held = hold(job, TRUNCATED, now_ns=T, settings=Settings())
    assert held == (Hold.BROKEN, "truncated it is")


@pytest.mark.parametrize(
    ("mtime_ns", "ctime_ns", "expected"),
    [
        (T, T - 5, T),
        (T - 9, T + 5, T - 9),
        (T + 1, T - 5, T - 5),
        (T + 1, T, T),
        (T + 1, T + 1, T - 7),
    ],
)
def test_a_time_in_the_future_tells_nothing_of_when_a_file_was_touched(
    mtime_ns: int, ctime_ns: int, expected: int
) -> None:
    file = member(Kind.ROI, mtime_ns=mtime_ns, ctime_ns=ctime_ns)
    assert touched(file, seen_ns=T - 7, now_ns=T) == expected


def test_a_loose_file_is_held_only_while_it_is_young() -> None:
    file = LocalFile("/s/notes", "notes", 5, T, T)
    one = planned(arrange(Group(None, (file,)), "p"), {})
    for young, expected in ((True, Hold.SETTLING), (False, None)):
        aged = one._replace(young=young, touched_ns=T)
        held = hold(aged, None, now_ns=T, settings=Settings())
        assert (held and held[0]) is expected


@pytest.mark.parametrize(
    ("mtime_ns", "words"),
    [
        (T, "changed less than 60 s ago"),
        (T + 1, "dated in the future, and not yet seen the same for 60 s"),
    ],
)
def test_what_is_settling_is_told_by_what_is_seen(
    mtime_ns: int, words: str
) -> None:
    file = LocalFile("/s/notes", "notes", 5, mtime_ns, T)
    one = planned(arrange(Group(None, (file,)), "p"), {})
    held = hold(one._replace(young=True), None, now_ns=T, settings=Settings())
    assert held == (Hold.SETTLING, words)


@pytest.mark.parametrize(("age", "expected"), [(59, True), (60, False)])
def test_young_bins_are_read_to_the_last_row(
    age: float, expected: bool
) -> None:
    rules = Settings(broken_after=60)
    found = thorough(a_bin(age=age), now_ns=T, settings=rules)
    assert found is expected
