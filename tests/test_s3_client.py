"""Where the client goes, and as whom: settings, keys, regions, endpoints."""

from pathlib import Path
from typing import Any

import pytest
from servers.scripted import ScriptedServer
from servers.sigv4 import Identity
from stores import Place, opened, put, session_of

from pt5_async.errors import CredentialsRefused, UsageError
from pt5_async.s3.client import connect, endpoint_name, make_session
from pt5_async.settings import Addressing, Credentials, Settings

KEY = "D20220522T000000_IFCB134.adc"
OTHERS = {
    "AWS_ACCESS_KEY_ID": "AKIASOMEBODYELSE",
    "AWS_SECRET_ACCESS_KEY": "somebody else's secret",
    "AWS_SESSION_TOKEN": "somebody else's token",
    "AWS_DEFAULT_REGION": "ap-southeast-2",
}


def give(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


async def test_keys_that_are_given_beat_others_in_the_environment(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, **OTHERS)

    async with opened(Place(scripted.endpoint)) as store:
        await put(store, KEY)

    headers = scripted.log[0].headers
    assert "Credential=AKIASCRIPTED/" in headers["authorization"]
    assert "/us-east-1/s3/" in headers["authorization"]
    assert "x-amz-security-token" not in headers


async def test_keys_that_are_given_beat_a_profile_of_the_environment(
    scripted: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    clean_environment: Path,
) -> None:
    folder = clean_environment / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        "[other]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=x\n"
    )
    give(monkeypatch, AWS_PROFILE="other")

    async with opened(Place(scripted.endpoint)) as store:
        await put(store, KEY)

    assert "AKIASCRIPTED" in scripted.log[0].headers["authorization"]


async def test_a_token_goes_with_its_keys() -> None:
    who = Identity("AKIATEMPORARY", "its secret", token="its token")
    keys = Credentials(who.access_key, who.secret_key, who.token)
    with ScriptedServer(identities=(who,)) as server:
        settings = Place(server.endpoint).settings()
        async with connect(settings, session_of(keys)) as connection:
            await put(connection.store("bucket"), KEY)

        assert server.log[0].headers["x-amz-security-token"] == "its token"


async def test_without_a_session_the_environment_says_who_asks(
    scripted: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(
        monkeypatch,
        AWS_ACCESS_KEY_ID=scripted.endpoint.access_key,
        AWS_SECRET_ACCESS_KEY=scripted.endpoint.secret_key,
    )

    async with connect(Place(scripted.endpoint).settings(), None) as opening:
        await put(opening.store("bucket"), KEY)

    assert set(scripted.objects) == {KEY}


async def test_a_profile_says_who_asks(
    scripted: ScriptedServer, clean_environment: Path
) -> None:
    who = scripted.endpoint
    folder = clean_environment / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        f"[pier]\naws_access_key_id={who.access_key}\n"
        f"aws_secret_access_key={who.secret_key}\n"
    )

    settings = Place(who).settings(profile="pier")
    async with connect(settings, None) as connection:
        await put(connection.store("bucket"), KEY)

    assert set(scripted.objects) == {KEY}


async def test_without_any_keys_nothing_is_sent(
    scripted: ScriptedServer,
) -> None:
    settings = Place(scripted.endpoint).settings()
    async with connect(settings, session_of(None)) as connection:
        with pytest.raises(CredentialsRefused, match="AWS_ACCESS_KEY_ID"):
            await put(connection.store("bucket"), KEY)

    assert not scripted.log


def test_a_secret_does_not_show() -> None:
    keys = Credentials("AKIA", "hunter2", "token3")

    shown = f"{keys!r} {make_session(keys)!r}"

    assert "hunter2" not in shown
    assert "token3" not in shown


async def test_a_store_with_an_address_needs_no_region(
    scripted: ScriptedServer,
) -> None:
    async with opened(Place(scripted.endpoint), region=None) as store:
        await put(store, KEY)

    assert set(scripted.objects) == {KEY}


async def test_a_region_of_the_environment_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    give(monkeypatch, AWS_DEFAULT_REGION="eu-north-1")
    with ScriptedServer(region="eu-north-1") as server:
        async with opened(Place(server.endpoint), region=None) as store:
            await put(store, KEY)

        assert set(server.objects) == {KEY}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"endpoint_url": "nonsense"}, "nonsense"),
        ({"endpoint_url": "http://two words"}, "two words"),
        ({"region": "no region!"}, "no region!"),
        ({"profile": "nobody"}, "nobody"),
    ],
)
async def test_settings_that_cannot_be_are_refused_at_once(
    settings: dict[str, Any], said: str
) -> None:
    usual = {"region": "us-east-1", "endpoint_url": "http://127.0.0.1:1"}

    with pytest.raises(UsageError, match=said):
        async with connect(Settings(**(usual | settings)), None):
            pass


async def test_an_endpoint_that_speaks_no_http_is_refused(
    scripted: ScriptedServer,
) -> None:
    place = Place(scripted.endpoint)
    async with opened(place, endpoint_url="ftp://127.0.0.1") as store:
        with pytest.raises(UsageError, match=r"ftp://127\.0\.0\.1"):
            await put(store, KEY)


@pytest.mark.parametrize(
    ("addressing", "url"),
    [
        (Addressing.PATH, "https://s3.example/bucket/key"),
        (Addressing.VIRTUAL, "https://bucket.s3.example/key"),
    ],
)
async def test_a_bucket_stands_where_it_is_asked_to(
    addressing: Addressing, url: str
) -> None:
    settings = Settings(
        endpoint_url="https://s3.example",
        region="us-east-1",
        addressing=addressing,
    )
    session = session_of(Credentials("AKIA", "secret"))
    async with connect(settings, session) as connection:
        made = await connection.client.generate_presigned_url(
            "put_object", {"Bucket": "bucket", "Key": "key"}
        )

    assert made.partition("?")[0] == url


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://s3.amazonaws.com", "s3.amazonaws.com"),
        ("https://s3.eu-north-1.amazonaws.com", "s3.amazonaws.com"),
        ("https://s3.dualstack.us-west-2.amazonaws.com/", "s3.amazonaws.com"),
        ("https://s3.cn-north-1.amazonaws.com.cn", "s3.amazonaws.com.cn"),
        ("https://S3.Example.org", "s3.example.org"),
        ("https://s3.example.org:443/", "s3.example.org"),
        ("http://s3.example.org:80", "s3.example.org"),
        ("http://127.0.0.1:9000", "127.0.0.1:9000"),
        ("https://me:hunter2@s3.example.org", "s3.example.org"),
        ("https://example.org/s3/", "example.org/s3"),
        ("https://notamazonaws.com", "notamazonaws.com"),
    ],
)
def test_an_endpoint_has_one_name_that_stays(url: str, name: str) -> None:
    assert endpoint_name(url) == name


async def test_a_store_says_at_which_endpoint_it_is(
    scripted: ScriptedServer,
) -> None:
    async with opened(Place(scripted.endpoint)) as store:
        assert store.endpoint == scripted.url.removeprefix("http://")
