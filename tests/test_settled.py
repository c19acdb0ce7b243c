"""Who named each value, and what AWS's own chain made of the others."""

from pathlib import Path

import pytest
from resolving import lines, solved

from pt5_async.cli.flags import Flags
from pt5_async.cli.origins import Setting, respelled
from pt5_async.cli.places import Given
from pt5_async.cli.resolve import Resolved, resolve
from pt5_async.cli.settled import settings_of
from pt5_async.s3.doctor import Access

AMAZON = Access(
    endpoint="https://s3.eu-west-1.amazonaws.com",
    region="eu-west-1",
    region_configured=True,
    key="AKIA...MPLE",
    method="iam-role",
)
KEYS = {"AWS_ACCESS_KEY_ID": "AKIA123456789", "AWS_SECRET_ACCESS_KEY": "s"}


def by_name(
    resolved: Resolved, access: Access | None = AMAZON
) -> dict[str, Setting]:
    return {one.name: one for one in settings_of(resolved, access)}


def test_what_nobody_names_is_aws_s_own_or_the_default() -> None:
    found = by_name(solved())

    assert found["env_file"][1:] == ("none", "no .env is there")
    assert found["source"][1:] == ("/data", "SOURCE")
    assert found["target"][1:] == ("s3://b/p", "--to")
    assert found["endpoint"][1:] == (AMAZON.endpoint, "Amazon's own")
    assert found["region"][1:] == ("eu-west-1", "AWS's own configuration")
    chain = ("AKIA...MPLE", "AWS's own chain: iam-role")
    assert found["credentials"][1:] == chain
    assert found["state"][1:] == ("/state", "the default")


def test_keys_of_a_place_are_named_by_it_and_shortened() -> None:
    for found in (
        by_name(solved(dotenv=lines(**KEYS))),
        by_name(solved(dotenv=lines(**KEYS)), None),
    ):
        assert found["credentials"].origin == (
            "AWS_ACCESS_KEY_ID in .env, line 1"
        )
    assert found["credentials"].value == "AKIA...6789"


def test_a_profile_is_told_with_who_named_it() -> None:
    found = by_name(solved(dotenv=lines(AWS_PROFILE="buoy")))
    unknown = by_name(solved(dotenv=lines(AWS_PROFILE="buoy")), None)

    who = "profile buoy (AWS_PROFILE in .env, line 1)"
    assert found["credentials"].origin == f"{who}: iam-role"
    assert unknown["credentials"][1:] == ("none", who)


@pytest.mark.parametrize(
    ("flags", "origin"),
    [
        (Flags(path="/d"), "AWS_UPLOAD_URL in .env, line 1"),
        (
            Flags(path="/d", prefix=""),
            "AWS_UPLOAD_URL in .env, line 1, --prefix",
        ),
        (Flags(path="/d", bucket="c", prefix="q"), "--bucket, --prefix"),
        (Flags(path="/d", to="s3://c"), "--to"),
    ],
)
def test_each_half_of_the_target_has_its_place(
    flags: Flags, origin: str
) -> None:
    dotenv = lines(AWS_UPLOAD_URL="s3://b/p")

    assert solved(flags, dotenv=dotenv).origins.target == origin


def test_an_option_that_a_variable_gave_is_called_by_the_variable() -> None:
    environ = {
        "PT5_REGION": "eu-west-1",
        "PT5_PROFILE": "buoy",
        "PT5_ENDPOINT_URL": "https://s3.example.org",
    }

    found = solved(environ=environ).origins

    variable = "environment variable PT5"
    assert found.region == f"{variable}_REGION"
    assert found.credentials == f"{variable}_PROFILE"
    assert found.endpoint == f"{variable}_ENDPOINT_URL"
    assert found.target == "--to"


def test_a_path_with_backslashes_is_spelled_as_it_is() -> None:
    name = r"PT5_REGION in C:\new\1.env, line 1"

    assert respelled({"--region": name}, "--region: bad") == f"{name}: bad"


@pytest.mark.parametrize(
    ("flags", "environ", "value", "origin"),
    [
        ({"state": "/s"}, {"PT5_STATE": "/e"}, "/s", "--state"),
        (
            {},
            {"STATE_DIRECTORY": "/run/a:/run/b"},
            "/run/a",
            "environment variable STATE_DIRECTORY",
        ),
        ({"no_journal": True}, {"PT5_STATE": "/e"}, "none", "--no-journal"),
    ],
)
def test_the_state_folder_is_named_or_the_default(
    flags: dict[str, str], environ: dict[str, str], value: str, origin: str
) -> None:
    given = Flags(path="/d", to="s3://b", **flags)  # type: ignore[arg-type]

    assert by_name(solved(given, environ))["state"][1:] == (value, origin)


def test_the_dotenv_that_was_read_is_handed_on() -> None:
    place = Given("/home/me/.env", "the current folder's")

    found = resolve(
        Flags(path="/d", to="s3://b"),
        {},
        {},
        state=lambda: Path("/state"),
        env_file=place,
    )

    assert by_name(found)["env_file"][1:] == tuple(place)
