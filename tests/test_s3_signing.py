"""A clock that is wrong, and keys that expire in the middle: both lanes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asking import ask_list, ask_parts
from commands import bodies, files_below
from fakes import Recorder
from runs import write_bin
from servers.faults import Answer, Rule
from servers.personality import Personality
from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer
from servers.sigv4 import Identity
from stores import LANES, Place, place_of, put
from uploads import TARGET, a_session, reaching

from pt5_async import Settings, Summary, upload_tree
from pt5_async.errors import CredentialsRefused
from pt5_async.events import JobDone, Notice
from pt5_async.settings import Lane
from pt5_async.store import Store

HOURS = 3600.0
LATER = Identity("AKIALATER", "later/secret+key")
BINS = 8

ON_LANES = pytest.mark.parametrize("lane", [Lane.PLAIN, Lane.EXPRESS])


@asynccontextmanager
async def warning(
    place: Place, lane: str
) -> AsyncIterator[tuple[Store, list[str]]]:
    """A store, and what it warned of."""
    warned: list[str] = []
    settings = place.settings()
    async with LANES[lane](settings, place.session()) as connection:
        yield connection.store(place.bucket, warned=warned.append), warned


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("server", ["scripted", "tls"])
@pytest.mark.parametrize("ahead", [7 * HOURS, -7 * HOURS])
async def test_a_clock_wrong_by_hours_costs_one_request_and_is_said_once(
    request: pytest.FixtureRequest, lane: str, server: str, ahead: float
) -> None:
    async with (
        place_of(server, request) as place,
        warning(place, lane) as (store, warned),
    ):
        if server == "scripted":
            scripted: ScriptedServer = request.getfixturevalue("scripted")
            scripted.personality = Personality(clock_ahead=ahead)
        await put(store, "odd name/+ü &=?#.adc")
        for key in "abc":
            await put(store, key)
        await ask_parts(store)
        await ask_list(store)
        await store.head("a")
        if server == "scripted":
            [said] = warned
            way = "behind" if ahead > 0 else "ahead of"
            assert f"clock is 7 h 0 min {way} the store's" in said
            refused = [one for one in scripted.log if one.status == 403]
            assert len(refused) == 1
        else:
            assert not warned


@ON_LANES
async def test_a_run_tells_of_the_clock_and_goes_on(
    tmp_path: Path, scripted: ScriptedServer, lane: Lane
) -> None:
    source = source_of(tmp_path)
    tell = Recorder()
    settings = reaching(scripted, lane=lane)
    ahead = Personality(clock_ahead=-5 * HOURS)

    def wind(event: object) -> None:
        if isinstance(event, JobDone):
            scripted.personality = ahead

    tell.also = wind
    summary = await upload_tree(
        source, TARGET, settings=settings, session=a_session(), observer=tell
    )
    assert summary.uploaded.files == 3 * BINS
    assert len([one for one in tell.notices() if "clock is" in one]) == 1


def source_of(root: Path) -> Path:
    source = root / "tree"
    for number in range(BINS):
        write_bin(source, number)
    return source


def write_keys(path: Path, who: Identity) -> None:
    path.write_text(
        "[default]\n"
        f"aws_access_key_id = {who.access_key}\n"
        f"aws_secret_access_key = {who.secret_key}\n"
        f"aws_session_token = of {who.access_key}\n"
    )


async def expiring(
    source: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    keys: Path,
    tell: Recorder,
) -> Summary:
    write_keys(keys, IDENTITY)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(keys))
    return await upload_tree(source, TARGET, settings=settings, observer=tell)


@ON_LANES
@pytest.mark.parametrize(
    "code", ["ExpiredToken", "InvalidToken", "TokenRefreshRequired"]
)
async def test_keys_that_expired_are_looked_up_again_once(
    tmp_path: Path,
    lane: Lane,
    code: str,
    clean_environment: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, keys, tell = source_of(tmp_path), tmp_path / "keys", Recorder()

    def renew(event: object) -> None:
        if isinstance(event, JobDone):
            write_keys(keys, LATER)

    tell.also = renew
    who = tuple(
        Identity(one.access_key, one.secret_key, f"of {one.access_key}")
        for one in (IDENTITY, LATER)
    )
    with ScriptedServer(identities=who) as server:
        settings = reaching(server, lane=lane, concurrency=1, attempts=1)
        rule = Rule(Answer(400, code, "Expired."), Op.PUT, skip=9, times=1)
        server.script(rule)
        summary = await expiring(source, settings, monkeypatch, keys, tell)
        assert summary.uploaded.files == 3 * BINS
        assert bodies(server) == files_below(source)
        last = server.log[-1].headers["authorization"]
        assert LATER.access_key in last
    [said] = tell.notices()[-1:]
    assert said == "the credentials had expired and were looked up again"


@ON_LANES
@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidAccessKeyId"])
async def test_keys_that_are_the_same_again_end_the_run_and_it_is_on_record(
    tmp_path: Path, scripted: ScriptedServer, lane: Lane, code: str
) -> None:
    source, tell = source_of(tmp_path), Recorder()
    state = tmp_path / "state"
    settings = reaching(scripted, lane=lane, concurrency=1, state=state)
    scripted.script(Rule(Answer(403, code, "Gone."), skip=9))
    with pytest.raises(CredentialsRefused, match=code) as caught:
        await upload_tree(
            source,
            TARGET,
            settings=settings,
            session=a_session(),
            observer=tell,
        )
    assert isinstance(caught.value.summary, Summary)
    sent = caught.value.summary.uploaded.files
    assert 0 < sent < 3 * BINS
    assert not caught.value.summary.failed.files
    assert not [one for one in tell.of(Notice) if "looked up" in one.text]
    scripted.clear()
    summary = await upload_tree(
        source, TARGET, settings=settings, session=a_session()
    )
    assert summary.skipped.files == sent
    assert bodies(scripted) == files_below(source)
