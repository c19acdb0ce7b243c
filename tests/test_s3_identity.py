"""Who may not, where no bucket is, and what else is set wrongly."""

from collections.abc import AsyncIterator

import pytest
from asking import Ask, ask_list, ask_parts, ask_put, error_of
from servers.faults import Answer, Rule
from servers.personality import Personality
from servers.scripted import ScriptedServer
from servers.sigv4 import Identity
from stores import ON_SERVERS, Place, opened, place_of, session_of

from pt5_async.errors import BucketMissing, CredentialsRefused, WrongRegion
from pt5_async.s3.client import connect
from pt5_async.settings import Credentials
from pt5_async.store import Store


@pytest.fixture
async def store(scripted: ScriptedServer) -> AsyncIterator[Store]:
    async with opened(Place(scripted.endpoint)) as store:
        yield store


@pytest.mark.parametrize("server", [s for s in ON_SERVERS if "moto" not in s])
async def test_a_wrong_secret_is_refused(
    server: str, request: pytest.FixtureRequest
) -> None:
    lane, name = server.split("-")
    async with (
        place_of(name, request) as place,
        opened(place, lane=lane, secret="hunter2") as store,
    ):
        error = await error_of(store)

    assert isinstance(error, CredentialsRefused)
    assert error.fatal
    assert "hunter2" not in str(error)
    assert "check the secret key" in str(error)


@pytest.mark.parametrize("server", ON_SERVERS)
async def test_a_bucket_that_is_not_there_is_missed(
    server: str, request: pytest.FixtureRequest
) -> None:
    lane, name = server.split("-")
    async with place_of(name, request) as place:
        nowhere = Place(place.endpoint, "no-such-bucket", place.authority)
        async with opened(nowhere, lane=lane) as store:
            errors = [
                await error_of(store, ask)
                for ask in (ask_put, ask_parts, ask_list)
            ]

    assert {type(error) for error in errors} == {BucketMissing}
    assert all(error.fatal for error in errors)


async def test_an_unknown_key_is_refused(scripted: ScriptedServer) -> None:
    keys = Credentials("AKIAUNKNOWN", "secret")
    settings = Place(scripted.endpoint).settings()
    async with connect(settings, session_of(keys)) as connection:
        error = await error_of(connection.store("bucket"))

    assert isinstance(error, CredentialsRefused)
    assert "check the access key" in str(error)


async def test_a_token_that_has_expired_is_refused() -> None:
    who = Identity("AKIAOLD", "secret", token="its token", expired=True)
    keys = Credentials(who.access_key, who.secret_key, who.token)
    with ScriptedServer(identities=(who,)) as server:
        settings = Place(server.endpoint).settings()
        async with connect(settings, session_of(keys)) as connection:
            error = await error_of(connection.store("bucket"))

    assert isinstance(error, CredentialsRefused)
    assert "get new credentials" in str(error)


@pytest.mark.parametrize("ahead", [3600.0, -3600.0])
async def test_a_clock_that_cannot_be_set_right_is_named(
    scripted: ScriptedServer, store: Store, ahead: float
) -> None:
    scripted.personality = Personality(clock_ahead=ahead)
    scripted.script(Rule(Answer(403, "RequestTimeTooSkewed", "Too far.")))

    error = await error_of(store)

    assert isinstance(error, CredentialsRefused)
    assert "this machine's clock is wrong" in str(error)


@pytest.mark.parametrize("ask", [ask_put, ask_parts, ask_list])
async def test_another_region_is_named_and_not_gone_to(
    scripted: ScriptedServer, store: Store, ask: Ask
) -> None:
    with ScriptedServer(region="eu-north-1") as server:
        async with opened(
            Place(server.endpoint), region="us-east-1"
        ) as astray:
            signed_wrong = await error_of(astray, ask)
        assert len(server.log) == 1
    scripted.make_bucket("bucket", region="eu-north-1")
    redirected = await error_of(store, ask)

    assert len(scripted.log) == 1
    for error in (signed_wrong, redirected):
        assert isinstance(error, WrongRegion)
        assert error.fatal
        assert str(error).endswith("say --region eu-north-1")
