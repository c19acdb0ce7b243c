"""What flags, environment and .env add up to."""

from pathlib import Path
from typing import Any

import pytest
from resolving import lines, refusal, solved

from pt5_async.cli.flags import Flags
from pt5_async.model import Target
from pt5_async.settings import (
    Settings,
)


def test_nothing_but_source_and_target_gives_the_library_s_defaults() -> None:
    found = solved()

    assert found.source == Path("/data")
    assert found.target == Target("b", "p")
    assert found.settings == Settings(state=Path("/state"))
    assert found.credentials is None
    assert found.warnings == ()


def test_a_flag_beats_the_environment_and_that_beats_dotenv() -> None:
    environ = {"AWS_REGION": "from-environment", "IFCB_DATA_DIR": "/env"}
    dotenv = lines(AWS_REGION="from-dotenv", AWS_UPLOAD_URL="s3://dot/env")
    bare = Flags()

    by_flag = solved(Flags(region="from-flag"), environ, dotenv)

    assert by_flag.settings.region == "from-flag"
    assert solved(bare, environ, dotenv).settings.region == "from-environment"
    assert (
        solved(bare, {"IFCB_DATA_DIR": "/env"}, dotenv).settings.region
        == "from-dotenv"
    )
    assert by_flag.source == Path("/env")
    assert by_flag.target == Target("dot", "env")


def test_a_variable_that_is_set_to_nothing_is_not_set() -> None:
    found = solved(
        environ={"AWS_REGION": "", "AWS_PROFILE": ""},
        dotenv=lines(AWS_REGION="eu-west-1"),
    )

    assert found.settings.region == "eu-west-1"
    assert found.settings.profile is None


def test_the_first_of_three_region_variables_counts_in_each_place() -> None:
    environ = {"AWS_S3_REGION": "third", "AWS_DEFAULT_REGION": "second"}

    assert solved(environ=environ).settings.region == "second"
    assert (
        solved(
            environ=environ, dotenv=lines(AWS_REGION="dotenv")
        ).settings.region
        == "second"
    )


def test_the_endpoint_for_s3_alone_beats_the_one_for_all_services() -> None:
    environ = {
        "AWS_ENDPOINT_URL": "https://all.example.org",
        "AWS_ENDPOINT_URL_S3": "https://s3.example.org",
    }

    found = solved(environ=environ)

    assert found.settings.endpoint_url == "https://s3.example.org"


@pytest.mark.parametrize(
    "address",
    [
        "s3.example.org",
        "ftp://s3.example.org",
        "https://",
        "https://host:port",
        "https://host:0",
        "https://host:65536",
        "https://user:hunter2@s3.example.org",
        "https://s3.example.org/?hunter2",
        "https://s3.example.org/#hunter2",
    ],
)
def test_what_is_no_plain_address_is_refused_without_showing_it(
    address: str,
) -> None:
    said = refusal(Flags(path="/d", to="s3://b", endpoint_url=address))

    assert said.startswith("--endpoint-url: ")
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9000", "http://[::1]:9000/s3", "https://a_b.example"],
)
def test_addresses_of_real_servers_are_taken(address: str) -> None:
    found = solved(Flags(path="/d", to="s3://b", endpoint_url=address))

    assert found.settings.endpoint_url == address


def test_bucket_and_prefix_each_replace_their_half_of_the_url() -> None:
    environ = {"AWS_UPLOAD_URL": "s3://bucket/a/prefix/"}

    def target(**flags: Any) -> Target:
        return solved(Flags(path="/d", **flags), environ).target

    assert target() == Target("bucket", "a/prefix")
    assert target(bucket="other") == Target("other", "a/prefix")
    assert target(prefix="/new/") == Target("bucket", "new")
    assert target(prefix="") == Target("bucket", "")
    assert target(bucket="other", prefix="p") == Target("other", "p")


def test_a_bad_url_does_not_matter_where_both_halves_are_given() -> None:
    flags = Flags(path="/d", bucket="b", prefix="p")

    assert solved(flags, {"AWS_UPLOAD_URL": "nonsense"}).target.bucket == "b"


def test_a_bucket_alone_needs_no_url() -> None:
    assert solved(Flags(path="/d", bucket="b")).target == Target("b", "")


def test_to_together_with_bucket_or_prefix_is_refused() -> None:
    assert "--to" in refusal(Flags(path="/d", to="s3://b", bucket="c"))
    assert "--to" in refusal(Flags(path="/d", to="s3://b", prefix=""))


def test_a_prefix_without_any_bucket_is_no_target() -> None:
    assert "no target" in refusal(Flags(path="/d", prefix="p"))


@pytest.mark.parametrize("url", ["bucket/prefix", "https://b/p", "s3://"])
def test_a_target_that_is_none_is_refused_with_its_place(url: str) -> None:
    said = refusal(Flags(path="/d"), dotenv=lines(X="", AWS_UPLOAD_URL=url))

    assert said.startswith("AWS_UPLOAD_URL in .env, line 2: ")


@pytest.mark.parametrize(
    "name", ["s3://b", "a/b", "a b", "$BUCKET", "-b", "b:90", "b" * 256]
)
def test_what_is_no_bucket_is_refused(name: str) -> None:
    assert refusal(Flags(path="/d", bucket=name)).startswith("--bucket: ")


def test_a_prefix_that_cannot_be_seen_is_refused() -> None:
    said = refusal(Flags(path="/d", to="s3://b/a\x1b[2Jb"))

    assert "\x1b" not in said
    assert "prefix" in said


@pytest.mark.parametrize("blank", [" ", "\u00a0"])
def test_a_prefix_that_ends_in_a_blank_is_refused(blank: str) -> None:
    said = refusal(Flags(path="/d", bucket="b", prefix=f"p{blank}"))

    assert said.endswith("cannot be seen; give another")


@pytest.mark.parametrize("prefix", ["a//b", "a/../b", ".", "x" * 1000])
def test_a_prefix_under_which_no_file_could_go_is_refused(
    prefix: str,
) -> None:
    said = refusal(Flags(path="/d", to=f"s3://b/{prefix}"))

    assert said.startswith(f"under the prefix '{prefix[:80]}' nothing can")
    assert said.endswith("; give another")


def test_a_bucket_may_be_an_access_point() -> None:
    name = "arn:aws:s3:us-west-2:123456789012:accesspoint:pier"

    assert solved(Flags(path="/d", bucket=name)).target.bucket == name


@pytest.mark.parametrize("region", ["us east", "-a", "a" * 64, "us_east_1"])
def test_what_is_no_region_is_refused(region: str) -> None:
    said = refusal(Flags(path="/d", to="s3://b"), {"AWS_REGION": region})

    assert said.startswith("environment variable AWS_REGION: ")
    assert said.endswith("is no region; write it like us-east-1")


@pytest.mark.parametrize("spoilt", ["hunter2\r", " hunter2", "hünter2"])
@pytest.mark.parametrize(
    "name",
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"],
)
def test_a_key_that_no_request_can_hold_is_refused_and_not_shown(
    name: str, spoilt: str
) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"}

    said = refusal(Flags(path="/d", to="s3://b"), keys | {name: spoilt})

    assert said.startswith(f"environment variable {name}: ")
    assert "nter2" not in said


def test_source_may_be_an_argument_or_an_option() -> None:
    assert solved(Flags(source="/a", to="s3://b")).source == Path("/a")
    both = Flags(path="/a/", source="/a", to="s3://b")
    assert solved(both, {"IFCB_DATA_DIR": "/c"}).source == Path("/a")


def test_two_different_sources_are_refused() -> None:
    assert "differ" in refusal(Flags(path="/a", source="/b", to="s3://b"))


def test_no_source_is_refused_unless_only_the_target_is_validated() -> None:
    assert "IFCB_DATA_DIR" in refusal(Flags(to="s3://b"))
    assert solved(Flags(to="s3://b", validate=True)).validate
