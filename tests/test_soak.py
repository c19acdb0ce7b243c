"""A soak: 200,000 small objects through one process, which stays as it is."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest
from benchmarks.trees import SHAPES, make
from commands import Pier, Running
from servers.scripted import IDENTITY

FILES = 200_000
MIB = 1024 * 1024
SINK = Path(__file__).parent / "benchmarks" / "sink.py"


class Sample(NamedTuple):
    """A process at one moment: bytes in memory, sockets, other files."""

    memory: int
    sockets: int
    files: int


def sampled(pid: int) -> Sample:
    proc = Path(f"/proc/{pid}")
    resident = int((proc / "statm").read_text().split()[1])
    links = []
    for link in (proc / "fd").iterdir():
        with suppress(FileNotFoundError):
            links.append(os.readlink(link))
    sockets = sum(link.startswith("socket:") for link in links)
    return Sample(
        resident * os.sysconf("SC_PAGE_SIZE"), sockets, len(links) - sockets
    )


def samples(running: Running) -> list[Sample]:
    """How it was, twice a second, until its end."""
    found = []
    while running.process.poll() is None:
        with suppress(OSError):
            found.append(sampled(running.process.pid))
        time.sleep(0.5)
    return found


@contextmanager
def a_light_sink() -> Iterator[str]:
    """The benchmark's, which keeps nothing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, SINK, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as sink:
        assert sink.stdout
        assert sink.stdout.readline() == b"ready\n"
        yield f"http://127.0.0.1:{port}"
        sink.terminate()


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.skipif(
    sys.platform != "linux", reason="other system: /proc tells of a process"
)
def test_memory_and_connections_stay_flat_over_200_000_small_objects(
    tmp_path: Path, clean_environment: Path
) -> None:
    pier = Pier(tmp_path, clean_environment)
    make(SHAPES["many"], -(-FILES // 3), pier.source)
    with a_light_sink() as url:
        pier.environ |= {
            "AWS_ENDPOINT_URL": url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": IDENTITY.access_key,
            "AWS_SECRET_ACCESS_KEY": IDENTITY.secret_key,
        }
        with pier.uploading("--lane", "express", "--min-age", "0") as running:
            found = samples(running)
            done = running.end()
    print(done.out[-700:])
    assert done.code == 0, done
    assert "Total Files: 200001" in done.out
    # The first tenth is the start; from there on nothing may grow.
    found = found[len(found) // 10 :]
    half, tail = found[: len(found) // 2], found[-len(found) // 4 :]
    memory = [median(one.memory for one in some) for some in (half, tail)]
    sockets = max(one.sockets for one in found)
    files = max(one.files for one in tail)
    print(
        f"{len(found)} samples: {memory[0] / MIB:.0f} MiB, at last"
        f" {memory[1] / MIB:.0f}; {sockets} sockets, {files} other files"
    )
    assert memory[1] < 1.1 * memory[0] + 4 * MIB
    # As many connections as a burst of requests takes, up to --connections;
    # one that is lost sight of in each listing would make hundreds.
    assert sockets <= 100 + 8
    assert files <= max(one.files for one in half) + 2
