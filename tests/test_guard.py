"""What readers of the store may be using is not turned into a mixture."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import Op
from runs import (
    Shore,
    bin_bytes,
    held,
    names,
    pid_text,
    rewrite,
    skipped,
    touch,
    write_bin,
)

from pt5_async.errors import AccessDenied, ObjectRefused
from pt5_async.guard import guarded, in_use
from pt5_async.ifcb.names import Kind, parse_pid
from pt5_async.journal import NoJournal
from pt5_async.model import (
    Entry,
    Held,
    Hold,
    Item,
    Job,
    LocalFile,
    Outcome,
    Proof,
    Send,
    Skip,
    Uploaded,
)
from pt5_async.plan import Need, Planned
from pt5_async.settings import Compare, Existing

KEYS = [f"p/{name}" for name in names()]
ROI, HDR, ADC = names()
LATER = datetime.now(UTC) + timedelta(days=1)


# ---- what is to be proven


def own(key: str, *, whole: bool = True) -> Entry:
    return Entry(key, key, 5, 1, "c", "e", None, Proof.MD5, whole, 1)


def adopted(key: str) -> Entry:
    bare = own(key, whole=False)
    return bare._replace(checksum="", proof=Proof.SIZE_DATE)


def sent_for_a_part(key: str) -> Entry:
    return own(key, whole=False)


def unknown(key: str) -> None:
    del key


Known = Callable[[str], Entry | None]


def a_bin(*each: tuple[Need, Send, Known]) -> Planned:
    items = tuple(
        Item(LocalFile(key, key, 5, 1, 1, Kind(key[-3:])), key) for key in KEYS
    )
    return Planned(
        Job(parse_pid(pid_text(0)), items),
        tuple(need for need, _, _ in each),
        tuple(
            known(key) for (_, _, known), key in zip(each, KEYS, strict=True)
        ),
        whys=tuple(why for _, why, _ in each),
    )


ADOPT = (Need.ADOPT, Send.NEW, adopted)
LEAVE = (Need.LEAVE, Send.NEW, unknown)
NEW = (Need.SEND, Send.NEW, unknown)
UNSEEN = (Need.SEND, Send.UNSEEN, unknown)
OLDER = (Need.SEND, Send.OLDER, adopted)
SIZE = (Need.SEND, Send.SIZE, unknown)
OURS = (Need.NOTHING, Send.CHANGED, own)
PART = (Need.NOTHING, Send.CHANGED, sent_for_a_part)
TAKEN = (Need.NOTHING, Send.CHANGED, adopted)
TOUCHED = (Need.SEND, Send.UNSEEN, adopted)
CHANGED = (Need.SEND, Send.CHANGED_SIZE, own)
OTHER = (Need.COMPARE, Send.CHANGED, own)
GONE = (Need.SEND, Send.GONE, own)
P, S, N, C = Need.PROVE, Need.SEND, Need.NOTHING, Need.COMPARE


@pytest.mark.parametrize(
    ("each", "needs", "used"),
    [
        ([NEW, NEW, NEW], [S, S, S], False),
        ([UNSEEN, UNSEEN, UNSEEN], [S, S, S], False),
        ([ADOPT, ADOPT, NEW], [P, P, S], False),
        ([ADOPT, ADOPT, SIZE], [P, P, S], True),
        ([ADOPT, ADOPT, OLDER], [P, P, P], True),
        ([OLDER, OLDER, OLDER], [P, P, P], True),
        ([OLDER, NEW, NEW], [S, S, S], False),
        ([SIZE, SIZE, SIZE], [S, S, S], True),
        ([LEAVE, LEAVE, NEW], [P, P, S], False),
        ([OURS, OURS, NEW], [N, N, S], False),
        ([OURS, OURS, ADOPT], [N, N, Need.ADOPT], None),
        ([OURS, CHANGED, ADOPT], [N, S, P], True),
        ([OTHER, OURS, ADOPT], [C, N, P], True),
        ([OTHER, OURS, SIZE], [C, N, S], True),
        ([CHANGED, CHANGED, NEW], [S, S, S], False),
        ([CHANGED, CHANGED, UNSEEN], [S, S, S], True),
        ([CHANGED, PART, ADOPT], [S, N, P], False),
        ([CHANGED, PART, PART], [S, N, N], False),
        ([TAKEN, TAKEN, CHANGED], [P, P, S], True),
        ([TOUCHED, TAKEN, TAKEN], [P, P, P], True),
        ([GONE, OURS, OURS], [S, N, N], True),
    ],
)
def test_of_a_bin_that_does_not_fit_all_is_proven(
    each: list[tuple[Need, Send, Known]],
    needs: list[Need],
    used: bool | None,
) -> None:
    one = guarded(a_bin(*each))
    assert list(one.needs) == needs
    if used is not None:
        whys = dict(zip(one.job.items, one.whys, strict=True))
        assert in_use(one, whys.__getitem__) is used


def test_loose_files_go_each_for_itself() -> None:
    one = a_bin(SIZE, SIZE, SIZE)
    loose = one._replace(job=Job(None, one.job.items))
    assert guarded(loose) == loose
    assert not in_use(loose, lambda _: Send.SIZE)


# ---- what comes of it


@pytest.fixture
def shore(tmp_path: Path) -> Shore:
    return Shore(tmp_path)


async def sent_before(shore: Shore) -> dict[Kind, Path]:
    """A bin that is in the store, and unknown to the journal."""
    paths = write_bin(shore.source)
    await shore.run_with(NoJournal())
    return paths


def repair(path: Path) -> None:
    """Other bytes, as many, and a time at which they came."""
    rewrite(path, path.read_bytes()[::-1])
    touch(path, age=-1)


def bodies(shore: Shore) -> list[bytes]:
    return [shore.store.objects[key].body for key in KEYS]


def kinds(found: dict[str, Outcome]) -> list[type[Outcome]]:
    return [type(found[name]) for name in names()]


async def test_a_bin_that_nobody_knows_is_held_when_one_member_differs(
    shore: Shore,
) -> None:
    paths = await sent_before(shore)
    before = bodies(shore)
    repair(paths[Kind.ROI])
    shore.clock.advance(7200)
    found = await shore.run()
    assert held({"": found[ROI]}) is Hold.CHANGED
    outcome = found[ROI]
    assert isinstance(outcome, Held)
    assert outcome.detail == (
        "roi: not the bytes that are in the store; --replace-changed sends"
        " them"
    )
    assert skipped({HDR: found[HDR], ADC: found[ADC]}) is Skip.STORE
    assert bodies(shore) == before
    found = await shore.run(replace_changed=True)
    assert isinstance(found[ROI], Uploaded)
    assert all(entry.whole for entry in shore.known(*KEYS).values())
    assert skipped(await shore.run()) is Skip.JOURNAL


async def test_a_bin_that_was_adopted_is_held_when_it_changes(
    shore: Shore,
) -> None:
    paths = await sent_before(shore)
    assert skipped(await shore.run()) is Skip.LISTING
    rewrite(paths[Kind.ROI], bin_bytes().roi + b"more")
    before = bodies(shore)
    found = await shore.run()
    assert held({"": found[ROI]}) is Hold.CHANGED
    assert skipped({HDR: found[HDR], ADC: found[ADC]}) is Skip.STORE
    assert bodies(shore) == before


async def test_a_bin_that_was_proven_is_guarded_like_one_that_was_sent(
    shore: Shore,
) -> None:
    paths = await sent_before(shore)
    for path in paths.values():
        touch(path, age=-1)
    shore.clock.advance(7200)
    assert skipped(await shore.run()) is Skip.STORE
    assert all(entry.whole for entry in shore.known(*KEYS).values())
    repair(paths[Kind.ROI])
    found = await shore.run()
    assert held({"": found[ROI]}) is Hold.CHANGED


@pytest.mark.parametrize("known", [False, True])
async def test_half_a_bin_that_somebody_else_sent_is_repaired(
    shore: Shore, known: bool
) -> None:
    paths = write_bin(shore.source)
    whole = bin_bytes().by_kind()
    for key in KEYS:
        body = whole[Kind(key[-3:])]
        shore.store.place(key, body if known else body[:-5], LATER)
    if known:  # it was half here as well when it was adopted
        await shore.run()
        rewrite(paths[Kind.ROI], bin_bytes().roi + b"more")
    found = await shore.run()
    assert isinstance(found[ROI], Uploaded)
    assert bodies(shore) == [
        paths[Kind(key[-3:])].read_bytes() for key in KEYS
    ]
    assert all(entry.whole for entry in shore.known(*KEYS).values())


async def test_nobody_who_may_not_look_replaces_what_may_be_whole(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    for key in KEYS:
        shore.store.place(key, b"somebody's", LATER)
    shore.store.script(Op.HEAD, "", *[AccessDenied] * 4)
    assert held(await shore.run()) is Hold.CHANGED


@pytest.mark.parametrize("denied", [False, True])
@pytest.mark.parametrize("there", [False, True])
async def test_a_journal_that_lost_its_last_second_is_no_leave_to_replace(
    shore: Shore, denied: bool, there: bool
) -> None:
    paths = write_bin(shore.source)
    shore.store.script(Op.PUT, ADC, ObjectRefused, late=there)
    await shore.run()  # to the journal the .adc did not arrive
    assert (KEYS[-1] in shore.store.objects) is there
    rewrite(paths[Kind.ROI], bin_bytes().roi + b"more")
    if denied:
        shore.store.script(Op.LIST, "", AccessDenied)
    found = await shore.run()
    if there:
        assert held({"": found[ROI]}) is Hold.CHANGED
        assert shore.store.objects[KEYS[0]].body == bin_bytes().roi
    else:
        assert isinstance(found[ROI], Uploaded)
        assert isinstance(found[ADC], Uploaded)


async def test_a_replacement_that_was_begun_is_brought_to_its_end(
    shore: Shore,
) -> None:
    paths = await sent_before(shore)
    for kind in (Kind.ROI, Kind.HDR):
        rewrite(paths[kind], paths[kind].read_bytes() + b"\n")
    shore.store.script(Op.PUT, HDR, ObjectRefused)
    found = await shore.run(replace_changed=True)
    assert isinstance(found[ROI], Uploaded)
    assert not isinstance(found[HDR], Uploaded)
    await shore.run()
    local = [paths[Kind(key[-3:])].read_bytes() for key in KEYS]
    assert bodies(shore) == local
    assert all(entry.whole for entry in shore.known(*KEYS).values())


async def test_nothing_goes_on_top_of_what_somebody_else_has_just_sent(
    shore: Shore,
) -> None:
    write_bin(shore.source)
    gate = shore.store.gate(Op.LIST, "", late=True)
    gate.when_reached = lambda: shore.store.place(KEYS[0], b"other", LATER)
    gate.let_go.set()
    found = await shore.run(existing=Existing.SKIP)
    assert skipped({"": found[ROI]}) is Skip.EXISTS
    assert held({"": found[ADC]}) is Hold.SETTLING
    assert KEYS[-1] not in shore.store.objects


async def test_a_bin_that_is_broken_here_and_there_is_never_called_whole(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source)
    cut = paths[Kind.ROI].read_bytes()[:-5]
    rewrite(paths[Kind.ROI], cut)
    for path in paths.values():
        touch(path, age=7200)
    for key, kind in zip(KEYS, (Kind.ROI, Kind.HDR, Kind.ADC), strict=True):
        shore.store.place(key, paths[kind].read_bytes(), LATER)
    await shore.run(compare=Compare.CHECKSUM)
    assert not any(entry.whole for entry in shore.known(*KEYS).values())
    rewrite(paths[Kind.ROI], bin_bytes().roi)
    found = await shore.run()
    assert isinstance(found[ROI], Uploaded)


async def test_metadata_that_somebody_else_sent_in_half_is_repaired(
    shore: Shore,
) -> None:
    paths = write_bin(shore.source)
    whole = paths[Kind.HDR].read_bytes()
    shore.store.place(KEYS[0], paths[Kind.ROI].read_bytes(), LATER)
    shore.store.place(KEYS[1], whole[:-5], LATER)
    members = frozenset({Kind.HDR, Kind.ROI})
    found = await shore.run(members=members)
    assert isinstance(found[HDR], Uploaded)
    assert shore.store.objects[KEYS[1]].body == whole
