import re
import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
from runs import write

from pt5_async import errors, upload_tree
from pt5_async.errors import Pt5Error, RunFailed, StoreError, StoreUnreachable
from pt5_async.s3.client import make_session
from pt5_async.settings import Credentials, Settings
from pt5_async.summary import Summary


def classes() -> dict[str, type[Pt5Error]]:
    return {
        name: each
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, Pt5Error)
    }


@dataclass(frozen=True)
class Drawn:
    """A line of the drawing: a class and its place below another."""

    name: str
    parent: str


def drawing() -> list[Drawn]:
    """The tree in the module's docstring."""
    found: list[Drawn] = []
    above = ["Pt5Error"]
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"([│ ]*)[├└]── (\w+)", line)
        if match:
            depth = len(match[1]) // 4 + 1
            del above[depth:]
            found.append(Drawn(match[2], above[-1]))
            above.append(match[2])
    return found


def test_the_drawing_in_the_docstring_is_the_tree() -> None:
    drawn = {one.name: one.parent for one in drawing()}
    real = {
        name: each.__bases__[0].__name__
        for name, each in classes().items()
        if each is not Pt5Error
    }
    assert drawn == real


def test_every_error_is_public_and_says_what_it_is() -> None:
    assert sorted(errors.__all__) == sorted(classes())
    for each in classes().values():
        assert each.__doc__, each


def test_what_may_pass_by_itself_is_the_stores_trouble_alone() -> None:
    transient = {name for name, each in classes().items() if each.transient}
    assert transient == {
        "BodyRefused",
        "BodySpoiled",
        "ConnectionLost",
        "StoreBusy",
        "StoreUnreachable",
    }
    assert all(issubclass(classes()[name], StoreError) for name in transient)


def test_what_ends_a_run_would_meet_every_other_file_too() -> None:
    fatal = {name for name, each in classes().items() if each.fatal}
    assert fatal == {
        "BucketMissing",
        "CertificateRefused",
        "CredentialsRefused",
        "JournalError",
        "JournalFull",
        "JournalOutdated",
        "JournalUnfit",
        "OptionRefused",
        "SourceEmpty",
        "RunBusy",
        "SourceMissing",
        "UsageError",
        "WrongRegion",
    }


def test_nothing_is_both() -> None:
    assert not [e for e in classes().values() if e.transient and e.fatal]
    assert not RunFailed.transient


async def test_an_error_that_ends_a_run_is_bare_and_has_the_summary(
    tmp_path: Path,
) -> None:
    for name in ("D20220522T000000_IFCB134.adc", "loose"):
        write(tmp_path / name)
    session = make_session(Credentials("key", "secret"))
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # the port is taken; nobody listens
        settings = Settings(
            endpoint_url=f"http://127.0.0.1:{deaf.getsockname()[1]}",
            region="us-east-1",
            attempts=1,
            all_files=True,
        )
        with pytest.raises(StoreUnreachable) as caught:
            await upload_tree(
                tmp_path, "s3://bucket", settings=settings, session=session
            )
    summary = caught.value.summary
    assert isinstance(summary, Summary)
    assert summary.held.files == summary.found.files == 2
    assert summary.source == str(tmp_path)
