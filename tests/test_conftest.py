"""The ground under the tests: servers, environment, and rules for skips."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from servers.child import NoServer, running
from servers.endpoint import Endpoint

TESTS = Path(__file__).parent


async def test_every_server_takes_a_signed_object(
    any_server: Endpoint,
) -> None:
    any_server.make_bucket("ground")
    async with AioSession().create_client(
        "s3",
        endpoint_url=any_server.url,
        region_name=any_server.region,
        aws_access_key_id=any_server.access_key,
        aws_secret_access_key=any_server.secret_key,
        config=AioConfig(request_checksum_calculation="when_required"),
    ) as client:
        await client.put_object(Bucket="ground", Key="a/b", Body=b"bytes")
        answer = await client.list_objects_v2(Bucket="ground")
    assert [(o["Key"], o["Size"]) for o in answer["Contents"]] == [("a/b", 5)]


def test_nothing_of_the_machine_is_left_in_the_environment(
    clean_environment: Path,
) -> None:
    assert Path.home() == clean_environment
    assert not list(clean_environment.iterdir())
    strange = {name for name in os.environ if name.startswith("AWS_")}
    assert strange == {
        "AWS_CONFIG_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_SHARED_CREDENTIALS_FILE",
    }


def test_a_server_that_cannot_start_shows_why(tmp_path: Path) -> None:
    with pytest.raises(NoServer, match="No module named"):
        running("nothing", tmp_path / "nothing.log").__enter__()


RunPytest = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run_pytest(tmp_path: Path) -> RunPytest:
    """Runs pytest in a process of its own on a file with our conftest."""

    def run(source: str, **environment: str) -> object:
        file = tmp_path / "test_it.py"
        file.write_text(f"import os, pytest, socket\n{source}\n")
        return subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-c", os.devnull),
                *("-p", "conftest", "-p", "no:cacheprovider", str(file)),
            ],
            cwd=tmp_path,
            env=os.environ
            | {"PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
            | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run  # type: ignore[return-value]


SKIPS = """
def test_no_sample():
    pytest.skip("no ifcb_sample beside this clone")

@pytest.mark.skip(reason="other system: needs POSIX signals")
def test_other(): ...

@pytest.mark.xfail
def test_known(): assert 0

@pytest.mark.skipif("True", reason="I did not feel like it")
def test_lazy(): ...
"""


def test_in_ci_only_allowed_skips_pass(run_pytest: RunPytest) -> None:
    at_home = run_pytest(SKIPS, CI="")
    assert "3 skipped, 1 xfailed" in at_home.stdout
    in_ci = run_pytest(SKIPS, CI="true")
    assert in_ci.returncode == 1
    assert "2 skipped, 1 xfailed, 1 error" in in_ci.stdout
    assert "I did not feel like it" in in_ci.stdout


def test_in_ci_a_module_that_skips_itself_fails(
    run_pytest: RunPytest,
) -> None:
    source = "pytest.importorskip('no_such_module')"
    assert "1 skipped" in run_pytest(source, CI="").stdout
    in_ci = run_pytest(source, CI="true")
    assert in_ci.returncode != 0
    assert "no_such_module" in in_ci.stdout


def test_who_reaches_out_fails_even_if_he_shrugs_it_off(
    run_pytest: RunPytest,
) -> None:
    result = run_pytest("""
def test_shrugs():
    try:
        socket.create_connection(("192.0.2.1", 80), 0.1)
    except OSError:
        pass

def test_stays():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
""")
    assert "1 error" in result.stdout
    assert "reached out to ['192.0.2.1:80']" in result.stdout
    assert "2 passed" in result.stdout


def test_a_server_does_not_outlive_a_killed_run(tmp_path: Path) -> None:
    starts = (
        "from pathlib import Path\n"
        "from servers.rclone import rclone\n"
        f"with rclone(Path({str(tmp_path)!r})) as endpoint:\n"
        "    print(endpoint.url, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starts],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        host, _, port = process.stdout.readline().strip().rpartition(":")
        assert host == "http://127.0.0.1"
        process.kill()
    until = time.monotonic() + 10
    while _listens(int(port)):
        assert time.monotonic() < until, "rclone is still there"
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
