"""What every test stands on: a clean environment, loopback only, S3 servers.

The servers are started when the first test asks for one and run until the
end of the session (of each worker under pytest-xdist); `scripted` is fresh
for each test.
"""

import os
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from leaks import leaks_in, left_in
from loopback import connections_outside
from servers.endpoint import Endpoint
from servers.moto import moto
from servers.raw import Wire
from servers.rclone import rclone
from servers.scripted import ScriptedServer
from servers.swift import swift

SKIPS_ALLOWED: Final = ("no ifcb_sample", "other system")
"""How the reason of a skipped test may begin in CI; others fail there."""

IN_CI: Final = os.environ.get("CI", "").lower() in {"1", "true"}

_FOLDERS: Final = ("tmp_path", "clean_environment", "public")
"""Fixtures whose folders may have no secret in them after a test."""

_LEAKS: Final = (
    "AWS_",
    "BOTO",
    "PT5_",
    "IFCB_",
    "XDG_",
    "SSL_CERT_",
    "CURL_CA_",
    "REQUESTS_CA_",
)
"""Variables of the machine that could change what is tested."""

_LEAKING: Final = frozenset(
    {
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "COLUMNS",
        "LINES",
        "TZ",
    }
)


@pytest.fixture(autouse=True)
def clean_environment(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Nothing of the machine's settings reaches a test or its children.

    Returns the home folder that stands in for the user's.
    """
    base = tmp_path_factory.getbasetemp()
    home = Path(tempfile.mkdtemp(prefix="home-", dir=base))
    for name in tuple(os.environ):
        if name.startswith(_LEAKS) or name.upper() in _LEAKING:
            monkeypatch.delenv(name)
    for name, value in _places(home).items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return home


def _places(home: Path) -> dict[str, Path]:
    return {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "appdata",
        "LOCALAPPDATA": home / "appdata",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "AWS_CONFIG_FILE": home / ".aws" / "config",
        "AWS_SHARED_CREDENTIALS_FILE": home / ".aws" / "credentials",
    }


@pytest.fixture(autouse=True)
def only_loopback() -> Iterator[None]:
    """Fail a test that connects to anything but this machine.

    The attempt itself already raises; this catches code that shrugs it
    off and goes on.
    """
    before = len(connections_outside)
    yield
    strangers = connections_outside[before:]
    assert not strangers, f"this test reached out to {strangers}"


@pytest.fixture(params=["express", "plain"])
def lane(request: pytest.FixtureRequest) -> str:
    """Each way to the store in turn, for what has to be the same on both."""
    name: str = request.param
    return name


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that any user may enter; pytest's own are root's alone."""
    with tempfile.TemporaryDirectory(prefix="pt5-public-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        for folder in (path, *filter(Path.is_dir, path.iterdir())):
            folder.chmod(0o755)


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """The scripted S3 server, with the empty bucket "bucket"."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def wire(scripted: ScriptedServer) -> Iterator[Wire]:
    """A connection to the scripted server, byte for byte."""
    with Wire(scripted.endpoint) as wire:
        yield wire


@pytest.fixture(scope="session")
def moto_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Endpoint]:
    """A moto server, with no buckets."""
    with moto(tmp_path_factory.mktemp("moto")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def swift_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Endpoint]:
    """An OpenStack Swift server, with no buckets."""
    if sys.platform != "linux":
        pytest.skip("other system: swift runs on Linux only")
    with swift(tmp_path_factory.mktemp("swift")) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def rclone_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Endpoint]:
    """An rclone server, with no buckets."""
    with rclone(tmp_path_factory.mktemp("rclone")) as endpoint:
        yield endpoint


@pytest.fixture(params=["scripted", "moto", "swift", "rclone"])
def any_server(request: pytest.FixtureRequest) -> Endpoint:
    """Each of the four servers in turn, for what must work on all."""
    if request.param == "scripted":
        server: ScriptedServer = request.getfixturevalue("scripted")
        return server.endpoint
    endpoint: Endpoint = request.getfixturevalue(f"{request.param}_server")
    return endpoint


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """No test leaves a secret behind; in CI, one that skips itself fails."""
    report = yield
    if report.when == "call":
        _refuse_leaks(item, report)
    _forbid_skip(report)
    return report


def _refuse_leaks(item: pytest.Item, report: pytest.TestReport) -> None:
    given = getattr(item, "funcargs", {})
    folders = [given[name] for name in _FOLDERS if name in given]
    texts = [text for _, text in report.sections]
    if report.passed and (
        leaks := [*leaks_in(texts), *leaks_in(left_in(folders).values())]
    ):
        report.outcome = "failed"
        report.longrepr = f"a secret was left behind: {leaks}"


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI, a module that skips itself has failed to run."""
    report = yield
    _forbid_skip(report)
    return report


def _forbid_skip(report: Any) -> None:
    # An expected failure is "skipped" too, and says so in wasxfail.
    if not IN_CI or not report.skipped or hasattr(report, "wasxfail"):
        return
    *_, reason = report.longrepr
    if reason.removeprefix("Skipped: ").startswith(SKIPS_ALLOWED):
        return
    report.outcome = "failed"
    report.longrepr = f"{reason} (in CI a skipped test has failed)"
