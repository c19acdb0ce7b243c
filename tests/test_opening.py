"""A store in the open is warned of, once."""

from pathlib import Path

import pytest

from pt5_async import Settings
from pt5_async.journal import Journal, NoJournal, Traits
from pt5_async.opening import exposed


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://me:secret@store.lan:9000/x", "http://store.lan:9000"),
        ("http://10.0.0.7", "http://10.0.0.7"),
        ("https://store.lan", None),
        ("http://127.0.0.1:9000", None),
        ("http://[::1]:9000", None),
        ("http://localhost:9000", None),
        (None, None),
    ],
)
def test_a_store_in_the_open_is_warned_of_until_the_journal_knows_it(
    tmp_path: Path, url: str | None, said: str | None
) -> None:
    rules = Settings(endpoint_url=url)
    with Journal.open(tmp_path, endpoint="e", bucket="b") as journal:
        words = exposed(rules, journal)
        assert (words or "").partition(": everybody")[0] == (said or "")
        journal.set_traits(Traits(algorithm="crc64nvme"))
        assert exposed(rules, journal) is None
    assert exposed(rules, NoJournal()) is None
