"""Settings keep to their limits, and .env is read strictly."""

from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from pt5_async.errors import UsageError
from pt5_async.settings import (
    LIMITS,
    Credentials,
    Line,
    Settings,
    default_state,
    read_dotenv,
)


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_settings_outside_their_limits_cannot_be_made(name: str) -> None:
    low, high = LIMITS[name]

    def made(value: Any) -> Settings:
        given_: dict[str, Any] = {name: value}
        return Settings(**given_)

    assert getattr(made(low), name) == low
    for wrong in (low - 1, nan, *([high + 1] if high < inf else [])):
        with pytest.raises(UsageError, match=f"{name} is .* must be "):
            made(wrong)


def test_credentials_do_not_show_their_secrets() -> None:
    shown = repr(Credentials("AKIA", "hunter2", "hunter3"))

    assert "AKIA" in shown
    assert "hunter" not in shown


def test_by_default_the_journal_is_in_the_user_s_state_folder(
    clean_environment: Path,
) -> None:
    folder = default_state()

    assert folder.is_relative_to(clean_environment)
    assert folder.name == "pt5-async"
    assert not folder.exists()


def dotenv_file(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_bytes(text.encode())
    return path


def test_dotenv_values_are_read_with_their_lines(tmp_path: Path) -> None:
    path = dotenv_file(
        tmp_path,
        "\ufeff# comment\r\n\r\nexport A=1\r\nB = 'two # words'\r\n"
        'C="three\nlines"\n\n\nD=${A} $A\nA=again # last\nE=\n',
    )

    assert read_dotenv(path) == {
        "A": Line("again", 10, str(path)),
        "B": Line("two # words", 4, str(path)),
        "C": Line("three\nlines", 5, str(path)),
        "D": Line("${A} $A", 9, str(path)),
        "E": Line("", 11, str(path)),
    }


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("A=1\n\n\nhunter2\nB=2\n", 4),
        ("A=1\nB='hunter2\n", 2),
        ("=hunter2\n", 1),
        ("\n  \nA B=hunter2\n", 3),
    ],
)
def test_a_malformed_line_is_named_and_not_shown(
    tmp_path: Path, text: str, number: int
) -> None:
    with pytest.raises(UsageError) as caught:
        read_dotenv(dotenv_file(tmp_path, text))

    assert f".env, line {number} is not NAME=VALUE" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_no_file_and_a_folder_of_that_name_are_no_dotenv(
    tmp_path: Path,
) -> None:
    (tmp_path / "venv").mkdir()

    assert read_dotenv(tmp_path / "none") == {}
    assert read_dotenv(tmp_path / "venv") == {}


def test_a_dotenv_that_is_no_text_or_cannot_be_read_is_an_error(
    tmp_path: Path,
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"A=\xff\xfe\n")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)

    with pytest.raises(UsageError, match="not UTF-8"):
        read_dotenv(binary)
    with pytest.raises(UsageError, match="cannot read"):
        read_dotenv(loop)


def test_a_bundle_that_nobody_is_to_look_at_is_a_contradiction() -> None:
    with pytest.raises(UsageError, match="contradict each other"):
        Settings(ca_bundle=Path("x.pem"), verify_ssl=False)


@pytest.mark.parametrize(
    "limit", [{"limit_rate": 999}, {"max_duration": 0}, {"max_transfer": 0}]
)
def test_a_limit_that_would_let_nothing_through_is_refused(
    limit: dict[str, Any],
) -> None:
    with pytest.raises(UsageError, match=f"Settings.{next(iter(limit))} is"):
        Settings(**limit)
