"""What `validate_target` finds out, row by row, without leaving a trace."""

from pathlib import Path

import pytest
from asking import XHTML, at
from servers.faults import Answer, Rule
from servers.personality import Denied, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from servers.tls import certificate
from stores import SERVERS, Place, place_of, session_of

from pt5_async.errors import (
    AccessDenied,
    BucketMissing,
    CertificateRefused,
    ConnectionLost,
    CredentialsRefused,
    Pt5Error,
    StoreBusy,
    StoreUnreachable,
    UsageError,
    WrongRegion,
)
from pt5_async.model import Target
from pt5_async.s3.doctor import Access, shortened
from pt5_async.settings import Settings
from pt5_async.validate import Check, validate_target

STAGES = ["endpoint", "credentials", "region", "bucket", "put"]
SPARE = ["abort", "list", "head"]
ROWS = [*STAGES, *SPARE, "clock"]
WELL = dict.fromkeys(ROWS, True)


async def checks_of(
    place: Place,
    to: str = "s3://bucket/buoy",
    secret: str | None = None,
    **settings: str,
) -> dict[str, Check]:
    """The rows by name."""
    checks = await validate_target(
        to, settings=place.settings(**settings), session=place.session(secret)
    )
    assert [check.name for check in checks] == ROWS
    return {check.name: check for check in checks}


def oks(checks: dict[str, Check]) -> dict[str, bool | None]:
    return {name: check.ok for name, check in checks.items()}


def failed_at(checks: dict[str, Check], name: str) -> Pt5Error | None:
    """The error of the one row that failed; those after it were not tried."""
    place = STAGES.index(name)
    before, after = STAGES[:place], STAGES[place + 1 :]
    assert all(checks[one].ok for one in before)
    assert checks[name].ok is False
    assert checks[name].detail == str(checks[name].error)
    assert {checks[one].detail for one in after} <= {"not tried"}
    assert all(checks[one].ok is None for one in after)
    if name != "put":
        assert all(checks[one].detail == "not tried" for one in SPARE)
    return checks[name].error


@pytest.mark.parametrize("to", ["s3://bucket", "s3://bucket/buoy/7"])
async def test_a_good_target_is_well_and_stays_as_it_is(
    scripted: ScriptedServer, to: str
) -> None:
    checks = await checks_of(Place(scripted.endpoint), to)

    assert oks(checks) == WELL
    assert checks["endpoint"].detail == scripted.url
    assert checks["region"].detail == "us-east-1"
    assert "PTED" in checks["credentials"].detail
    assert all(check.error is None for check in checks.values())
    assert not scripted.visible
    assert not scripted.uploads


@pytest.mark.parametrize("server", SERVERS)
async def test_every_server_can_be_validated(
    server: str, request: pytest.FixtureRequest
) -> None:
    async with place_of(server, request) as place:
        checks = await checks_of(place, f"s3://{place.bucket}/buoy")

    assert oks(checks) == WELL


async def test_only_below_the_prefix_must_writing_be_allowed(
    scripted: ScriptedServer,
) -> None:
    scripted.personality = Personality(denied=(Denied(Op.CREATE, "other/"),))
    place = Place(scripted.endpoint)

    assert oks(await checks_of(place, "s3://bucket/buoy")) == WELL
    denied = await checks_of(place, "s3://bucket/other")

    assert isinstance(failed_at(denied, "put"), AccessDenied)
    assert denied["abort"].detail == "not tried"
    assert denied["list"].ok
    assert denied["head"].ok


async def test_secrets_are_not_shown(scripted: ScriptedServer) -> None:
    right = await checks_of(Place(scripted.endpoint))
    wrong = await checks_of(Place(scripted.endpoint), secret="hunter2")

    said = f"{list(right.values())} {list(wrong.values())}"
    assert "scripted/secret" not in said
    assert "AKIASCRIPTED" not in said
    assert "hunter2" not in said


async def test_a_wrong_secret_fails_at_the_credentials(
    scripted: ScriptedServer,
) -> None:
    checks = await checks_of(Place(scripted.endpoint), secret="wrong")

    assert isinstance(failed_at(checks, "credentials"), CredentialsRefused)
    assert checks["clock"].ok


async def test_without_credentials_nobody_is_asked(
    scripted: ScriptedServer,
) -> None:
    found = await validate_target(
        "s3://bucket",
        settings=Place(scripted.endpoint).settings(),
        session=session_of(None),
    )

    checks = {check.name: check for check in found}
    assert checks["endpoint"].ok is None
    assert checks["credentials"].ok is False
    assert "AWS_ACCESS_KEY_ID" in checks["credentials"].detail
    assert not scripted.log


async def test_a_bucket_that_is_not_there_fails_at_the_bucket(
    scripted: ScriptedServer,
) -> None:
    checks = await checks_of(Place(scripted.endpoint), "s3://nowhere/buoy")

    assert isinstance(failed_at(checks, "bucket"), BucketMissing)


async def test_another_region_fails_at_the_region() -> None:
    with ScriptedServer(region="eu-north-1") as server:
        checks = await checks_of(Place(server.endpoint), region="us-east-1")

    assert isinstance(failed_at(checks, "region"), WrongRegion)
    assert "--region eu-north-1" in checks["region"].detail


async def test_a_store_that_is_not_there_fails_at_the_endpoint() -> None:
    checks = await checks_of(at("http://127.0.0.1:1"))

    assert isinstance(failed_at(checks, "endpoint"), StoreUnreachable)
    assert checks["clock"].ok is None


async def test_a_certificate_fails_at_the_endpoint(tmp_path: Path) -> None:
    with ScriptedServer(tls=certificate(tmp_path).server) as server:
        checks = await checks_of(Place(server.endpoint))
        plain = await checks_of(at(server.url.replace("https:", "http:")))

    assert isinstance(failed_at(checks, "endpoint"), CertificateRefused)
    assert isinstance(failed_at(plain, "endpoint"), ConnectionLost)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503, "SlowDown"),
        Answer(200, body=XHTML),
        Answer(302, headers={"Location": "http://127.0.0.1:1/login"}),
    ],
    ids=["busy", "page", "redirect"],
)
async def test_who_does_not_answer_as_a_store_fails_at_the_endpoint(
    scripted: ScriptedServer, answer: Answer
) -> None:
    scripted.script(Rule(answer))

    checks = await checks_of(Place(scripted.endpoint))

    assert isinstance(failed_at(checks, "endpoint"), StoreBusy)


async def test_listing_is_not_needed(scripted: ScriptedServer) -> None:
    scripted.personality = Personality(denied=(Denied(Op.LIST),))

    checks = await checks_of(Place(scripted.endpoint))

    assert oks(checks) == WELL | {"list": None}
    assert "AccessDenied" in checks["list"].detail
    assert "the journal alone decides" in checks["list"].detail
    assert not scripted.uploads


async def test_looking_at_objects_is_not_needed(
    scripted: ScriptedServer,
) -> None:
    scripted.personality = Personality(denied=(Denied(Op.HEAD, "buoy/"),))

    checks = await checks_of(Place(scripted.endpoint))

    assert oks(checks) == WELL | {"head": None}
    assert "the journal alone decides" in checks["head"].detail


async def test_a_store_that_cannot_list_is_told_from_one_that_denies_it(
    scripted: ScriptedServer,
) -> None:
    scripted.script(Rule(Answer(501, "NotImplemented"), op=Op.LIST))

    checks = await checks_of(Place(scripted.endpoint))

    assert oks(checks) == WELL | {"list": None}
    assert "the journal" not in checks["list"].detail
    assert "fails as long" in checks["list"].detail


async def test_where_and_as_whom_is_told_before_anybody_is_asked(
    scripted: ScriptedServer,
) -> None:
    told: list[Access] = []
    place = Place(scripted.endpoint)

    def tell(access: Access) -> None:
        assert not scripted.log
        told.append(access)

    await validate_target(
        Target("bucket"),
        settings=place.settings(),
        session=place.session(),
        tell=tell,
    )

    assert told == [
        Access(scripted.url, "us-east-1", False, "AKIA...PTED", "explicit")
    ]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("AKIAIOSFODNN7EXAMPLE", "AKIA...MPLE"),
        ("AKIA5678CDEF", "AKIA...CDEF"),
        ("minioadmin", "mi..."),
    ],
)
def test_a_short_access_key_shows_less_of_itself(key: str, shown: str) -> None:
    assert shortened(key) == shown


async def test_what_cannot_be_cleaned_up_is_named(
    scripted: ScriptedServer,
) -> None:
    scripted.personality = Personality(denied=(Denied(Op.ABORT),))

    checks = await checks_of(Place(scripted.endpoint))

    assert oks(checks) == WELL | {"abort": None}
    [left] = scripted.uploads.values()
    assert left.key in checks["abort"].detail


@pytest.mark.parametrize("ahead", [600.0, 3600.0, -3600.0])
async def test_a_clock_that_is_too_wrong_is_named(
    scripted: ScriptedServer, ahead: float
) -> None:
    scripted.personality = Personality(clock_ahead=ahead)

    checks = await checks_of(Place(scripted.endpoint))

    refused = abs(ahead) > 900
    assert checks["clock"].ok is not refused
    assert checks["credentials"].ok, "signed by the store's clock, they pass"
    seconds, side = checks["clock"].detail.split(" s ")
    assert abs(int(seconds) - abs(ahead)) < 30
    assert side == f"{'behind' if ahead > 0 else 'ahead of'} the store's"


async def test_a_target_may_be_given_as_it_is(
    scripted: ScriptedServer,
) -> None:
    place = Place(scripted.endpoint)

    checks = await validate_target(
        Target("bucket"), settings=place.settings(), session=place.session()
    )

    assert all(check.ok for check in checks)


@pytest.mark.parametrize(
    ("to", "settings"),
    [
        ("http://bucket", Settings()),
        ("s3://bucket", Settings(endpoint_url="nonsense")),
        ("s3://bucket", Settings(profile="nobody")),
    ],
)
async def test_what_makes_no_client_is_refused_at_once(
    to: str, settings: Settings
) -> None:
    with pytest.raises(UsageError):
        await validate_target(to, settings=settings)
