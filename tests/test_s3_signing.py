"""A clock that is wrong, and keys that expire in the middle: both lanes."""

import datetime as dt
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from asking import ask_list, ask_parts
from catalogue import row
from commands import bodies, files_below
from fakes import Recorder
from runs import write_bin
from servers.faults import Answer, Rule
from servers.personality import Personality
from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer
from servers.sigv4 import Identity
from servers.tls import certificate
from stores import LANES, Place, place_of, put
from uploads import TARGET, a_session, reaching

from pt5_async import Summary, upload_tree
from pt5_async.errors import CertificateRefused, CredentialsRefused
from pt5_async.events import JobDone, Notice
from pt5_async.settings import Lane
from pt5_async.store import Store

Renew = Callable[[Identity], object]
Where = Callable[[Path, pytest.MonkeyPatch], AbstractContextManager[Renew]]

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


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("ahead", [7 * HOURS, -7 * HOURS])
async def test_a_wrong_clock_is_set_by_the_store_over_tls_too(
    tmp_path: Path, lane: str, ahead: float
) -> None:
    trust = certificate(tmp_path)
    with ScriptedServer(
        personality=Personality(clock_ahead=ahead), tls=trust.server
    ) as server:
        place = Place(server.endpoint, authority=trust.authority)
        async with warning(place, lane) as (store, warned):
            for key in "abc":
                await put(store, key)
            await ask_parts(store)
        assert set(server.objects) >= {"a", "b", "c"}
        assert [one.status for one in server.log].count(403) == 1
    [said] = warned
    assert "clock is 7 h 0 min" in said


@row("certificate")
@ON_LANES
async def test_a_clock_that_no_certificate_fits_is_told_from_a_wrong_store(
    tmp_path: Path, lane: Lane
) -> None:
    trust = certificate(tmp_path, begins=dt.timedelta(hours=3))
    with ScriptedServer(tls=trust.server) as server:
        settings = reaching(server, lane=lane, ca_bundle=trust.authority)
        with pytest.raises(
            CertificateRefused, match=r"not yet valid.*clock right"
        ):
            await upload_tree(
                source_of(tmp_path),
                TARGET,
                settings=settings,
                session=a_session(),
            )


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


def token_of(who: Identity) -> str:
    return f"of {who.access_key}"


def write_keys(path: Path, who: Identity) -> None:
    path.write_text(
        "[default]\n"
        f"aws_access_key_id = {who.access_key}\n"
        f"aws_secret_access_key = {who.secret_key}\n"
        f"aws_session_token = {token_of(who)}\n"
    )


def in_a_file(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> AbstractContextManager[Renew]:
    """Keys that somebody writes into AWS's own file."""
    keys = root / "keys"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(keys))
    return nullcontext(lambda who: write_keys(keys, who))


def as_json(who: Identity) -> str:
    """A role's keys, which are said to be good for a long time."""
    return json.dumps(
        {
            "Version": 1,
            "AccessKeyId": who.access_key,
            "SecretAccessKey": who.secret_key,
            "SessionToken": token_of(who),
            "Token": token_of(who),
            "Expiration": "2999-01-01T00:00:00Z",
        }
    )


def of_a_process(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> AbstractContextManager[Renew]:
    """A program that says them (credential_process)."""
    keys, config = root / "keys", root / "config"
    config.write_text(f"[default]\ncredential_process = cat {keys}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    return nullcontext(lambda who: keys.write_text(as_json(who)))


@contextmanager
def of_a_container(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Renew]:
    """A service beside it that gives a role's keys to whoever asks."""
    del root
    said: list[Identity] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = as_json(said[-1]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/keys"
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url)
        yield said.append
        server.shutdown()


@ON_LANES
@pytest.mark.parametrize(
    ("where", "code"),
    [
        (in_a_file, "ExpiredToken"),
        (in_a_file, "InvalidToken"),
        (in_a_file, "TokenRefreshRequired"),
        (of_a_process, "ExpiredToken"),
        (of_a_container, "ExpiredToken"),
    ],
)
async def test_keys_that_expired_are_looked_up_again_once(
    tmp_path: Path,
    lane: Lane,
    where: Where,
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, tell = source_of(tmp_path), Recorder()
    who = [
        Identity(one.access_key, one.secret_key, token_of(one))
        for one in (IDENTITY, LATER)
    ]
    with (
        ScriptedServer(identities=tuple(who)) as server,
        where(tmp_path, monkeypatch) as renew,
    ):
        renew(IDENTITY)
        tell.also = lambda event: (
            renew(LATER) if isinstance(event, JobDone) else None
        )
        settings = reaching(server, lane=lane, concurrency=1, attempts=1)
        rule = Rule(Answer(400, code, "Expired."), Op.PUT, skip=9, times=1)
        server.script(rule)
        summary = await upload_tree(
            source, TARGET, settings=settings, observer=tell
        )
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
