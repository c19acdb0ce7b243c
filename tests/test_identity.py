"""As whom the store is asked: keys, tokens and profiles."""

from resolving import lines, refusal, solved

from pt5_async.cli.flags import Flags
from pt5_async.settings import Credentials


def test_keys_come_from_one_place_with_their_token() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "es"}
    dotenv = lines(
        AWS_ACCESS_KEY_ID="D",
        AWS_SECRET_ACCESS_KEY="ds",
        AWS_SESSION_TOKEN="dt",
    )

    assert solved(environ=environ, dotenv=dotenv).credentials == Credentials(
        "E", "es"
    )
    assert solved(dotenv=dotenv).credentials == Credentials("D", "ds", "dt")
    left_over = {"AWS_SESSION_TOKEN": "of another day"}
    assert solved(environ=left_over, dotenv=dotenv).credentials == Credentials(
        "D", "ds", "dt"
    )


def test_half_a_pair_of_keys_is_refused_and_nothing_is_borrowed() -> None:
    flags = Flags(path="/d", to="s3://b")
    whole = lines(AWS_ACCESS_KEY_ID="D", AWS_SECRET_ACCESS_KEY="ds")

    no_secret = refusal(flags, {"AWS_ACCESS_KEY_ID": "E"}, whole)
    no_id = refusal(flags, dotenv=lines(AWS_SECRET_ACCESS_KEY="hunter2"))

    assert "environment variable AWS_ACCESS_KEY_ID" in no_secret
    assert "AWS_SECRET_ACCESS_KEY is missing" in no_secret
    assert ".env, line 1" in no_id
    assert "hunter2" not in no_id


def test_a_profile_that_is_asked_for_beats_keys() -> None:
    environ = {"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "es"}

    found = solved(
        Flags(path="/d", to="s3://b", profile="buoy"),
        environ | {"AWS_PROFILE": "pier"},
    )

    assert found.credentials is None
    assert found.settings.profile == "buoy"


def test_a_profile_in_the_environment_hides_the_keys_of_dotenv() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "D", "AWS_SECRET_ACCESS_KEY": "ds"}

    hidden = solved(environ={"AWS_PROFILE": "pier"}, dotenv=lines(**keys))
    beside = solved(environ={"AWS_PROFILE": "pier"} | keys)
    after = solved(environ=keys, dotenv=lines(AWS_PROFILE="pier"))

    assert (hidden.credentials, hidden.settings.profile) == (None, "pier")
    assert beside.credentials == Credentials("D", "ds")
    assert beside.settings.profile == "pier"
    assert after.credentials == Credentials("D", "ds")
    assert after.settings.profile is None
