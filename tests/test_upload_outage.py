"""The store goes away in the middle of a run and comes back: both lanes.

Every run here has one attempt for each request: an outage uses up none.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from time import monotonic

import pytest
from aiohttp import ClientTimeout
from asking import HTML
from commands import bodies, files_below
from fakes import Recorder
from runs import large, pid_text, write_bin
from servers.faults import Answer, Cut, Hang, Rule, Stage
from servers.routing import Op
from servers.scripted import ScriptedServer
from uploads import TARGET, a_session, reaching

from pt5_async import Settings, Stop, Summary, upload_tree
from pt5_async.errors import StoreUnreachable
from pt5_async.events import JobDone, Paused, Resumed, Retrying
from pt5_async.model import Held, Uploaded
from pt5_async.s3 import bucket, manners, pool, straight
from pt5_async.settings import Lane

BINS = 12

ON_LANES = pytest.mark.parametrize("lane", [Lane.PLAIN, Lane.EXPRESS])

Away = Callable[[ScriptedServer], AbstractContextManager[None]]


@contextmanager
def answering(server: ScriptedServer, answer: Answer) -> Iterator[None]:
    """Have every request answered so for the time of the block."""
    server.script(Rule(answer))
    yield
    server.clear()


def refusing(server: ScriptedServer) -> AbstractContextManager[None]:
    return server.away()


def portal(server: ScriptedServer) -> AbstractContextManager[None]:
    return answering(server, Answer(200, body=HTML))


def forbidding(server: ScriptedServer) -> AbstractContextManager[None]:
    page = {"Content-Type": "text/html"}
    return answering(server, Answer(403, body=HTML, headers=page))


def redirecting(server: ScriptedServer) -> AbstractContextManager[None]:
    there = {"Location": "http://portal.example/login"}
    return answering(server, Answer(302, headers=there))


def storm(server: ScriptedServer) -> AbstractContextManager[None]:
    return answering(server, Answer(503, "SlowDown", "Reduce your rate."))


def gateway(server: ScriptedServer) -> AbstractContextManager[None]:
    return answering(server, Answer(502, body=HTML))


@contextmanager
def cutting(server: ScriptedServer) -> Iterator[None]:
    server.script(Rule(Cut(Stage.HEAD)))
    yield
    server.clear()


class Voyage:
    """A run that is under way, and what it told."""

    def __init__(self, source: Path, settings: Settings) -> None:
        self.tell = Recorder()
        self.stop = Stop()
        self.task = asyncio.create_task(
            upload_tree(
                source,
                TARGET,
                settings=settings,
                session=a_session(),
                observer=self.tell,
                stop=self.stop,
            )
        )

    async def until(self, kind: type, count: int = 1) -> None:
        async with asyncio.timeout(20):
            await self.tell.until(kind, count)

    async def ended(self) -> Summary:
        async with asyncio.timeout(30):
            return await self.task


def source_of(root: Path, bins: int = BINS) -> Path:
    source = root / "tree"
    for number in range(bins):
        write_bin(source, number)
    return source


@ON_LANES
@pytest.mark.parametrize(
    "away",
    [refusing, portal, forbidding, redirecting, storm, gateway, cutting],
)
async def test_a_run_goes_on_where_it_was_when_the_store_is_back(
    tmp_path: Path, scripted: ScriptedServer, lane: Lane, away: Away
) -> None:
    source = source_of(tmp_path)
    settings = reaching(scripted, lane=lane, attempts=1, concurrency=2)
    gate = scripted.gate(Op.PUT, skip=12)
    voyage = Voyage(source, settings)
    await gate.wait()
    with away(scripted):
        gate.release()
        await voyage.until(Paused)
    summary = await voyage.ended()
    assert summary.uploaded.files == 3 * BINS
    assert bodies(scripted) == files_below(source)
    assert len(scripted.visible) == 3 * BINS
    assert len(voyage.tell.of(Resumed)) == 1
    if away is not storm:
        assert not voyage.tell.of(Retrying)


@ON_LANES
async def test_parts_of_a_large_file_are_not_sent_again(
    tmp_path: Path, scripted: ScriptedServer, lane: Lane
) -> None:
    source = tmp_path / "tree"
    large(source, 40)
    settings = reaching(scripted, lane=lane, attempts=1, all_files=True)
    gate = scripted.gate(Op.PART, part=5)
    voyage = Voyage(source, settings)
    await gate.wait()
    with scripted.away():
        await voyage.until(Paused)
    gate.release()
    assert (await voyage.ended()).uploaded.files == 1
    assert bodies(scripted) == files_below(source)
    begun = [one for one in scripted.log if one.op == Op.CREATE]
    assert len(begun) == 1
    sent = [
        one.query["partNumber"]
        for one in scripted.log
        if one.op == Op.PART and one.status == 200
    ]
    assert sorted(sent) == sorted(set(sent))


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up in a second what is silent; else it takes half a minute."""
    limits = ClientTimeout(sock_connect=1, sock_read=1)
    for place, name in (
        (straight, "FIRST"),
        (straight, "LATER"),
        (manners, "LATER"),
    ):
        assert isinstance(getattr(place, name), ClientTimeout)
        monkeypatch.setattr(place, name, limits)
    monkeypatch.setattr(pool, "ANSWER_SECONDS", 1.0)
    for begin in (pool.Pool.__init__, bucket.Bucket.__init__):
        changed = {**begin.__kwdefaults__, "stall": 1.0}
        assert changed.keys() == begin.__kwdefaults__.keys()
        monkeypatch.setattr(begin, "__kwdefaults__", changed)


@ON_LANES
@pytest.mark.parametrize(
    "action", [Hang(Stage.BODY), Hang(), Answer(400, "RequestTimeout")]
)
async def test_outages_too_short_to_be_met_use_up_no_attempts(
    tmp_path: Path,
    scripted: ScriptedServer,
    short_waits: None,
    lane: Lane,
    action: Hang | Answer,
) -> None:
    source = source_of(tmp_path, 3)
    settings = reaching(scripted, lane=lane, attempts=1, concurrency=2)
    scripted.script(Rule(action, Op.PUT, key=f"p/{pid_text(1)}.roi", times=2))
    voyage = Voyage(source, settings)
    assert (await voyage.ended()).uploaded.files == 3 * 3
    assert bodies(scripted) == files_below(source)
    assert len(voyage.tell.of(Retrying)) == 2
    assert not voyage.tell.of(Paused)


async def test_it_gives_up_in_the_end_and_says_what_did_not_go(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    settings = reaching(scripted, concurrency=2, max_outage=1.5)
    gate = scripted.gate(Op.PUT, skip=12)
    voyage = Voyage(source_of(tmp_path), settings)
    await gate.wait()
    with scripted.away():
        begun = monotonic()
        with pytest.raises(StoreUnreachable) as caught:
            await voyage.ended()
        assert 1.4 < monotonic() - begun < 8
    said = str(caught.value)
    assert "; it was waited for, 2 s (--max-outage); of what" in said
    summary = caught.value.summary
    assert isinstance(summary, Summary)
    assert f", {summary.held.files} files (" in said
    assert summary.uploaded.files == len(scripted.objects)
    assert summary.found.files == 3 * BINS
    assert not summary.failed.files
    pauses = voyage.tell.of(Paused)
    assert [one.limit for one in pauses] == [1.5] * len(pauses)
    assert sum(one.delay for one in pauses) < 1.6


async def test_a_store_that_takes_nothing_and_lists_is_not_waited_for_longer(
    tmp_path: Path, scripted: ScriptedServer
) -> None:
    settings = reaching(scripted, concurrency=2, max_outage=1.0)
    scripted.script(Rule(Answer(503, "SlowDown"), Op.PUT, skip=6))
    voyage = Voyage(source_of(tmp_path), settings)
    with pytest.raises(
        StoreUnreachable, match=r"SlowDown.*1 s \(--max-outage"
    ):
        await voyage.ended()
    assert {type(one) for one in voyage.tell.outcomes().values()} == {
        Uploaded,
        Held,
    }


@ON_LANES
async def test_who_stops_a_run_that_waits_does_not_wait(
    tmp_path: Path, scripted: ScriptedServer, lane: Lane
) -> None:
    settings = reaching(scripted, lane=lane, concurrency=2, attempts=1)
    gate = scripted.gate(Op.PUT, skip=12)
    voyage = Voyage(source_of(tmp_path), settings)
    await gate.wait()
    with scripted.away():
        await voyage.until(Paused)
        begun = monotonic()
        voyage.stop.finish()
        summary = await voyage.ended()
        assert monotonic() - begun < 2
    assert summary.stopped
    assert not summary.failed.files
    assert summary.found.files == 3 * BINS


@ON_LANES
@pytest.mark.parametrize("concurrency", [2, None])
async def test_a_store_that_is_too_busy_for_a_third_of_it_costs_time_alone(
    tmp_path: Path, scripted: ScriptedServer, lane: Lane, concurrency: int
) -> None:
    source = source_of(tmp_path, 6)
    chance = random.Random(1)
    slow = Answer(503, "SlowDown", "Please reduce your request rate.")
    rule = Rule(slow, key=lambda _: chance.random() < 0.3)
    struck = scripted.script(rule)
    rules = {"lane": lane, "concurrency": concurrency, "attempts": 1}
    summary = await Voyage(source, reaching(scripted, **rules)).ended()
    assert struck.hits > 2
    assert summary.uploaded.files == 3 * 6
    assert bodies(scripted) == files_below(source)


@ON_LANES
@pytest.mark.parametrize(
    "headers", [{"Retry-After": "2"}, {"x-amz-retry-after": "2000"}]
)
async def test_a_store_that_says_when_is_not_asked_before(
    tmp_path: Path,
    scripted: ScriptedServer,
    lane: Lane,
    headers: dict[str, str],
) -> None:
    source = source_of(tmp_path)
    slow = Answer(503, "SlowDown", headers=headers)
    scripted.script(Rule(slow, Op.PUT, skip=6, times=1))
    rules = {"lane": lane, "concurrency": 1, "attempts": 1}
    voyage = Voyage(source, reaching(scripted, **rules))
    await voyage.until(JobDone)
    assert (await voyage.ended()).uploaded.files == 3 * BINS
    [busy] = [one for one in scripted.log if one.status == 503]
    again = min(
        one.began
        for one in scripted.log
        if one.key == busy.key and one.began > busy.began
    )
    assert again - busy.ended >= 1.9
