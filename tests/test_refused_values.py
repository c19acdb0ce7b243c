"""Every number beyond its limits, and options that contradict each other.

Given to the command itself, in this process: parsed, resolved, refused.
"""

import io
from pathlib import Path

import pytest

from pt5_async.cli import app
from pt5_async.cli.flags import Flags
from pt5_async.cli.variables import variables
from pt5_async.settings import LIMITS

BEYOND = {
    "concurrency": ("0", "1001"),
    "connections": ("0", "1001"),
    "attempts": ("0", "21"),
    "max_memory": ("63MiB", "9" * 400),
    "min_age": ("-1s", "367d"),
    "broken_after": ("-1s", "367d"),
    "grace": ("-1s", "25h"),
    "limit_rate": ("7kbit/s", "9" * 400 + "Mbit/s"),
    "max_duration": ("0", "367d"),
    "max_transfer": ("0", "9" * 400),
    # Nothing is above "forever", but a word that is almost that.
    "max_outage": ("-1s", "for ever"),
}
"""For each setting with limits a value below and one above them."""

NUMBERS = ("", "nan", "inf", "-", "1e3", "3.5.", "\u0663", "1\x00", "0x10")
"""What no option takes for a number."""

CONTRADICTIONS = (
    "--to s3://b --bucket c",
    "--to s3://b --prefix c",
    "--source elsewhere",
    "--state s --no-journal",
    "--ca-bundle c --no-verify-ssl",
    "--quiet --verbose",
    "--dry-run --validate",
    "--dry-run --receipt r",
    "--receipt r --log-file r",
    "--receipt r --log-file ./r",
    "--receipt r --known-broken r",
    "--receipt-all",
    "--sse-kms-key-id k",
    "--sse AES256 --sse-kms-key-id k",
    "--since 2013-05-27 --until 2013-05-26",
    "--include a --exclude a",
    "--tag a=1 --tag a=2",
    "--metadata a=1 --metadata A=2",
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A current folder without a .env."""
    monkeypatch.chdir(tmp_path)


def refused(*words: str) -> str:
    """The sentence with which an upload is refused."""
    err = io.StringIO()
    given = ["upload", "source", *words]
    if "--to" not in words:
        given += ["--to", "s3://b"]
    assert app.run(given, err) == 2, words
    said = err.getvalue()
    assert said.startswith("pt5-async: ")
    assert said.count("\n") == 1
    assert len(said) < 1000
    return said


def option(setting: str) -> str:
    [found] = [one for one in variables(Flags) if one.field == setting]
    return found.option


def test_every_setting_with_limits_is_tried() -> None:
    assert BEYOND.keys() == LIMITS.keys()


@pytest.mark.parametrize("setting", BEYOND)
def test_a_number_beyond_its_limits_is_refused(setting: str) -> None:
    for value in BEYOND[setting]:
        assert option(setting) in refused(option(setting), value)


@pytest.mark.parametrize("setting", BEYOND)
def test_what_is_no_number_is_refused(setting: str) -> None:
    for value in NUMBERS:
        said = refused(option(setting), value)
        assert option(setting) in said
        assert "\x00" not in said


def test_a_whole_number_is_asked_for_in_plain_words() -> None:
    for value in ("few", "3.5", "9" * 5000):
        said = refused("--attempts", value)
        assert "'--attempts': write a valid integer, such as 3;" in said


@pytest.mark.parametrize("words", CONTRADICTIONS)
def test_options_that_contradict_each_other_are_named(words: str) -> None:
    said = refused(*words.split())
    named = [word for word in words.split() if word.startswith("--")]
    assert any(one in said for one in named)


def test_the_last_of_an_option_that_is_given_twice_counts() -> None:
    assert "9h is" not in refused("--grace", "99h", "--grace", "26h")
    assert "26h is more than 1d" in refused("--grace", "9h", "--grace", "26h")
