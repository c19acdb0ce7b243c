"""The search for secrets in all that the suite leaves finds them."""

from pathlib import Path

import pytest
from leaks import leaks_in, left_in
from servers.sigv4 import Identity

WHO = Identity("AKIAFOUND", "found/secret" + "+key", "found-" + "token")


@pytest.mark.parametrize(
    "text", [f"a {WHO.secret_key} b", WHO.token, "signature=" + "0a" * 32]
)
def test_a_secret_is_found_wherever_it_stands(text: str) -> None:
    assert len(list(leaks_in([text, text.encode(), "nothing"]))) == 2


def test_files_are_looked_at_but_for_those_that_tests_put_keys_into(
    tmp_path: Path,
) -> None:
    for name in ("log", ".env", "site.env", "credentials"):
        (tmp_path / name).write_text("x")
    assert [Path(one).name for one in left_in([tmp_path])] == ["log"]
