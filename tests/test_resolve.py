"""What flags, environment and .env add up to."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resolving import lines, refusal, solved

from pt5_async.cli.flags import ColorChoice, Flags
from pt5_async.cli.places import VARIABLES
from pt5_async.cli.resolve import color_of
from pt5_async.errors import UsageError
from pt5_async.model import Target
from pt5_async.settings import (
    MIB,
    Addressing,
    ChecksumChoice,
    Settings,
    read_dotenv,
)

EXAMPLE = Path(__file__).parent.parent / ".env.example"


# ---- what is given where


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


# ---- the target and the source


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


@pytest.mark.parametrize("name", ["s3://b", "a/b", "a b", "$BUCKET", "-b"])
def test_what_is_no_bucket_is_refused(name: str) -> None:
    assert refusal(Flags(path="/d", bucket=name)).startswith("--bucket: ")


def test_a_prefix_that_cannot_be_seen_is_refused() -> None:
    said = refusal(Flags(path="/d", to="s3://b/a\x1b[2Jb"))

    assert "\x1b" not in said
    assert "prefix" in said


def test_source_may_be_an_argument_or_an_option() -> None:
    assert solved(Flags(source="/a", to="s3://b")).source == Path("/a")
    both = Flags(path="/a/", source="/a", to="s3://b")
    assert solved(both, {"IFCB_DATA_DIR": "/c"}).source == Path("/a")


def test_two_different_sources_are_refused() -> None:
    assert "differ" in refusal(Flags(path="/a", source="/b", to="s3://b"))


def test_no_source_is_refused_unless_only_the_target_is_validated() -> None:
    assert "IFCB_DATA_DIR" in refusal(Flags(to="s3://b"))
    assert solved(Flags(to="s3://b", validate=True)).validate


# ---- numbers and switches


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
            concurrency=1,
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
        ({"concurrency": 0}, "--concurrency: 0 is less than 1"),
        ({"concurrency": 1001}, "--concurrency: 1001 is more than 1000"),
        ({"connections": -1}, "--connections: -1 is less than 1"),
        ({"attempts": 21}, "--attempts: 21 is more than 20"),
        ({"max_memory": "31MiB"}, "--max-memory: 31MiB is less than 32MiB"),
        ({"max_memory": "128"}, "--max-memory: 128 is less than 32MiB"),
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
        PT5_STAT="/x", AWS_CA_BUNDLE="/y", PATH="/z", AWS_REGION="r"
    )

    warnings = solved(dotenv=dotenv).warnings

    assert len(warnings) == 2
    assert ".env, line 1: PT5_STAT" in warnings[0]
    assert "AWS_CA_BUNDLE" in warnings[1]


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


# ---- .env.example


class Watched(Mapping[str, str]):
    """An environment that notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_the_example_explains_every_variable_that_is_read_and_no_other() -> (
    None
):
    watched = Watched()
    solved(environ=watched)
    text = EXAMPLE.read_text("utf-8")
    explained = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE)

    assert len(explained) == len(set(explained))
    assert set(explained) == watched.asked


def test_the_example_is_a_dotenv_file_with_and_without_its_marks(
    tmp_path: Path,
) -> None:
    text = EXAMPLE.read_text("utf-8")
    marked = re.compile(r"^#(?=[A-Z][A-Z0-9_]+=)", re.MULTILINE)

    assert read_dotenv(EXAMPLE) == {}
    (tmp_path / ".env").write_text(marked.sub("", text), "utf-8")
    filled = read_dotenv(tmp_path / ".env")
    assert solved(Flags(), dotenv=filled).target.bucket == "my-bucket"
