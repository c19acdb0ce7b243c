"""Numbers, switches and contradictions of the command line."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resolving import lines, refusal, solved

from pt5_async.cli.flags import Flags
from pt5_async.cli.places import VARIABLES
from pt5_async.cli.resolve import color_of
from pt5_async.cli.shared_options import ColorChoice
from pt5_async.errors import UsageError
from pt5_async.model import Target
from pt5_async.settings import (
    MIB,
    Addressing,
    ChecksumChoice,
    Settings,
)


def test_every_flag_reaches_its_setting() -> None:
    found = solved(
        Flags(
            path="/d",
            to="s3://b",
            recursive=False,
            all_files=True,
            allow_incomplete=True,
            replace_changed=True,
            min_age="10m",
            broken_after="2h",
            addressing=Addressing.PATH,
            checksum=ChecksumChoice.MD5,
            concurrency="1",
            connections=2,
            attempts=4,
            max_memory="64MiB",
            grace="3s",
            state="/elsewhere",
        )
    )

    assert found.settings == Settings(
        recursive=False,
        all_files=True,
        allow_incomplete=True,
        replace_changed=True,
        min_age=600,
        broken_after=7200,
        addressing=Addressing.PATH,
        checksum=ChecksumChoice.MD5,
        concurrency=1,
        connections=2,
        attempts=4,
        max_memory=64 * MIB,
        grace=3,
        state=Path("/elsewhere"),
    )


@pytest.mark.parametrize(
    ("limit_rate", "given_", "bins"),
    [
        (None, None, 32),
        ("400kbit/s", None, 2),
        ("5Mbit/s", None, 5),
        ("1Gbit/s", None, 32),
        ("1Mbit/s", "7", 7),
        ("1Mbit/s", "auto", None),
    ],
)
def test_a_thin_link_is_shared_by_few_bins_unless_somebody_says_how_many(
    limit_rate: str | None, given_: str | None, bins: int | None
) -> None:
    flags = {"limit_rate": limit_rate, "concurrency": given_}
    found = solved(Flags(path="/d", to="s3://b", **flags))  # type: ignore[arg-type]
    assert found.settings.concurrency == bins


def test_every_choice_of_what_is_shown_gets_through() -> None:
    found = solved(
        Flags(
            path="/d",
            to="s3://b",
            verbose=True,
            json=True,
            color=ColorChoice.ALWAYS,
            receipt="/r",
            receipt_all=True,
        )
    )

    assert (found.verbose, found.json, found.quiet) == (True, True, False)
    assert (found.receipt, found.receipt_all) == (Path("/r"), True)
    assert found.color is ColorChoice.ALWAYS
    assert solved(Flags(path="/d", to="s3://b", dry_run=True)).dry_run
    assert solved(Flags(path="/d", to="s3://b", quiet=True)).quiet


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"concurrency": "0"}, "--concurrency: 0 is less than 1"),
        ({"concurrency": "1001"}, "--concurrency: 1001 is more than 1000"),
        ({"connections": -1}, "--connections: -1 is less than 1"),
        ({"attempts": 21}, "--attempts: 21 is more than 20"),
        ({"max_memory": "63MiB"}, "--max-memory: 63MiB is less than 64MiB"),
        ({"max_memory": "128"}, "--max-memory: 128 is less than 64MiB"),
        ({"min_age": "367d"}, "--min-age: 367d is more than 366d"),
        ({"grace": "25h"}, "--grace: 25h is more than 1d"),
    ],
)
def test_numbers_out_of_range_are_refused_with_the_limit(
    flags: dict[str, Any], said: str
) -> None:
    assert refusal(Flags(path="/d", to="s3://b", **flags)) == said


@pytest.mark.parametrize(
    ("flags", "option"),
    [
        ({"max_memory": "much"}, "--max-memory"),
        ({"max_memory": "-1GiB"}, "--max-memory"),
        ({"max_memory": "9" * 400}, "--max-memory"),
        ({"max_transfer": "9" * 400 + "GB"}, "--max-transfer"),
        ({"min_age": "soon"}, "--min-age"),
        ({"min_age": "-5"}, "--min-age"),
        ({"broken_after": "nan"}, "--broken-after"),
        ({"grace": "1e3"}, "--grace"),
        ({"region": ""}, "--region"),
        ({"state": ""}, "--state"),
        ({"receipt": ""}, "--receipt"),
        ({"source": ""}, "--source"),
    ],
)
def test_what_cannot_be_read_is_refused_naming_the_option(
    flags: dict[str, Any], option: str
) -> None:
    given_ = {"path": "/d", "to": "s3://b"} | flags

    assert refusal(Flags(**given_)).startswith(option)


@pytest.mark.parametrize(
    "flags",
    [
        {"state": "/s", "no_journal": True},
        {"quiet": True, "verbose": True},
        {"dry_run": True, "validate": True},
        {"dry_run": True, "receipt": "/r"},
        {"receipt_all": True},
    ],
)
def test_flags_that_contradict_each_other_are_refused(
    flags: dict[str, Any],
) -> None:
    names = [f"--{name.replace('_', '-')}" for name in flags]

    said = refusal(Flags(path="/d", to="s3://b", **flags))

    assert all(name in said for name in names)


@pytest.mark.parametrize(
    ("flags", "variable"),
    [
        ({"verbose": True}, "PT5_QUIET"),
        ({"quiet": True}, "PT5_VERBOSE"),
        ({"dry_run": True}, "PT5_RECEIPT"),
        ({"dry_run": True}, "PT5_RECEIPT_ALL"),
        ({"dry_run": True}, "PT5_VALIDATE"),
        ({"validate": True}, "PT5_DRY_RUN"),
        ({"state": "/s"}, "PT5_NO_JOURNAL"),
        ({"no_verify_ssl": True}, "PT5_CA_BUNDLE"),
        ({"ca_bundle": "/c"}, "PT5_NO_VERIFY_SSL"),
        ({"to": "s3://b"}, "PT5_BUCKET"),
        ({"to": "s3://b"}, "PT5_PREFIX"),
    ],
)
def test_a_variable_that_contradicts_an_option_is_overlooked(
    flags: dict[str, Any], variable: str
) -> None:
    given_ = Flags(**{"path": "/d", "to": "s3://b"} | flags)

    assert solved(given_, {variable: "1"}) == solved(given_)


def test_a_dry_run_that_a_variable_asks_for_is_not_overlooked() -> None:
    said = refusal(
        Flags(path="/d", to="s3://b", receipt="/r"), {"PT5_DRY_RUN": "1"}
    )

    assert "environment variable PT5_DRY_RUN sends nothing" in said


@pytest.mark.parametrize(
    ("flags", "environ", "dotenv"),
    [
        ({"verbose": True}, {"PT5_QUIET": "1"}, {}),
        ({"quiet": True}, {}, {"PT5_VERBOSE": "1"}),
        ({"dry_run": True}, {}, {"PT5_RECEIPT": "/r", "PT5_RECEIPT_ALL": "1"}),
        ({}, {"PT5_DRY_RUN": "1"}, {"PT5_RECEIPT": "/r"}),
        ({"no_verify_ssl": True}, {"PT5_CA_BUNDLE": "/c"}, {}),
        ({"validate": True}, {"PT5_DRY_RUN": "1"}, {}),
        ({"state": "/s"}, {"PT5_NO_JOURNAL": "1"}, {}),
        ({"to": "s3://b"}, {"PT5_BUCKET": "other"}, {"PT5_PREFIX": "p"}),
    ],
)
def test_a_variable_gives_way_to_what_it_contradicts_in_a_better_place(
    flags: dict[str, Any], environ: dict[str, str], dotenv: dict[str, str]
) -> None:
    aim = {} if "to" in flags else {"PT5_TO": "s3://b"}

    told = solved(Flags(path="/d", **flags), aim | environ, lines(**dotenv))

    assert told.target == Target("b")
    assert told.receipt is told.settings.ca_bundle is None
    asked = {"verbose": told.verbose, "quiet": told.quiet}
    assert all(asked[name] == flags.get(name, False) for name in asked)
    assert told.settings.state is not None
    assert told.validate == flags.get("validate", False)


def test_the_environments_aws_variables_beat_pt5s_in_dotenv() -> None:
    environ = {
        "AWS_REGION": "eu-north-1",
        "AWS_ENDPOINT_URL": "https://real",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_CA_BUNDLE": "/real",
    }
    dotenv = lines(
        PT5_REGION="us-west-2",
        PT5_ENDPOINT_URL="https://other",
        PT5_PROFILE="other",
        PT5_CA_BUNDLE="/other",
    )

    told = solved(None, environ, dotenv)
    alone = solved(None, {}, dotenv).settings

    assert told.settings.region == "eu-north-1"
    assert told.settings.endpoint_url == "https://real"
    assert told.settings.profile is None
    assert told.credentials is not None
    assert told.settings.ca_bundle == Path("/real")
    assert (alone.region, alone.profile) == ("us-west-2", "other")


@pytest.mark.parametrize(
    "variables",
    [
        {"PT5_QUIET": "1", "PT5_VERBOSE": "1"},
        {"PT5_DRY_RUN": "1", "PT5_RECEIPT": "/r"},
    ],
)
def test_variables_of_one_place_that_contradict_each_other_are_refused(
    variables: dict[str, str],
) -> None:
    assert "PT5_" in refusal(Flags(path="/d", to="s3://b"), variables)
    told = Flags(path="/d", to="s3://b")
    assert "PT5_" in refusal(told, {}, lines(**variables))


def test_the_journal_is_where_it_is_wanted_or_nowhere() -> None:
    def place(**flags: Any) -> Path | None:
        wanted = Flags(path="/d", to="s3://b", **flags)
        return solved(wanted, {"PT5_STATE": "/env"}).settings.state

    assert place() == Path("/env")
    assert place(state="/flag") == Path("/flag")
    assert place(no_journal=True) is None
    assert solved().settings.state == Path("/state")


@pytest.mark.parametrize(
    ("asked", "environ", "choice"),
    [
        (None, {}, ColorChoice.AUTO),
        (None, {"NO_COLOR": "1"}, ColorChoice.NEVER),
        (None, {"NO_COLOR": ""}, ColorChoice.AUTO),
        (None, {"CLICOLOR_FORCE": "1"}, ColorChoice.ALWAYS),
        (None, {"CLICOLOR_FORCE": "0"}, ColorChoice.AUTO),
        (None, {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, ColorChoice.NEVER),
        (ColorChoice.ALWAYS, {"NO_COLOR": "1"}, ColorChoice.ALWAYS),
    ],
)
def test_colour_is_what_was_asked_for_then_what_variables_say(
    asked: ColorChoice | None, environ: dict[str, str], choice: ColorChoice
) -> None:
    assert color_of(asked, environ, {}) is choice


def test_names_in_dotenv_that_nobody_reads_are_warned_of() -> None:
    dotenv = lines(
        PT5_STAT="/x", AWS_CONFIG_FILE="/y", PATH="/z", AWS_REGION="r"
    )

    warnings = solved(dotenv=dotenv).warnings

    assert len(warnings) == 2
    assert ".env, line 1: PT5_STAT" in warnings[0]
    assert "AWS_CONFIG_FILE" in warnings[1]


@given(
    st.dictionaries(st.sampled_from(VARIABLES), st.text(max_size=9)),
    st.dictionaries(st.sampled_from(VARIABLES), st.text(max_size=9)),
)
def test_whatever_is_set_there_is_an_answer_or_a_usage_error(
    environ: dict[str, str], dotenv: dict[str, str]
) -> None:
    with suppress(UsageError):
        found = solved(Flags(path="/d"), environ, lines(**dotenv))
        assert found.target.bucket
