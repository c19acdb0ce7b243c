"""The receipt's file: appended to, never in SOURCE, and never silently cut."""

import json
import sys
from pathlib import Path

import pytest
from saying import begun, done, skipped, uploaded

from pt5_async.cli.kept import KeptReceipt, refuse_inside
from pt5_async.errors import UsageError


def test_lines_are_added_to_those_of_earlier_runs(tmp_path: Path) -> None:
    path = tmp_path / "receipt"
    for _ in range(2):
        kept = KeptReceipt(path, everything=False)
        kept(begun())
        kept(done(uploaded(), skipped()))
        kept.close()
        kept.raise_if_lost()

    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [line["outcome"] for line in lines] == ["uploaded"] * 2


def test_skipped_files_have_lines_where_everything_is_wanted(
    tmp_path: Path,
) -> None:
    kept = KeptReceipt(tmp_path / "receipt", everything=True)
    kept(done(uploaded(), skipped()))
    kept.close()

    assert (tmp_path / "receipt").read_text("utf-8").count("\n") == 2


def test_a_receipt_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write the receipt .*none"):
        KeptReceipt(tmp_path / "none" / "receipt", everything=False)


@pytest.mark.skipif(
    sys.platform != "linux", reason="other system: no /dev/full"
)
def test_a_full_disk_ends_the_run_and_is_said_afterwards() -> None:
    lost: list[bool] = []
    kept = KeptReceipt(Path("/dev/full"), everything=False)
    kept.when_lost = lambda: lost.append(True)

    for _ in range(3):
        kept(done(uploaded()))
    kept.close()

    assert lost == [True]
    with pytest.raises(UsageError, match="No space left"):
        kept.raise_if_lost()


def test_nothing_may_be_written_into_the_tree_that_is_uploaded(
    tmp_path: Path,
) -> None:
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(source)

    for inside in (source, source / "deep" / "x", tmp_path / "link" / "x"):
        with pytest.raises(UsageError, match="inside SOURCE"):
            refuse_inside(source, inside, "the receipt")
        with pytest.raises(UsageError, match="inside SOURCE"):
            refuse_inside(tmp_path / "link", inside, "the receipt")
    refuse_inside(source, tmp_path / "source-receipt", "the receipt")
