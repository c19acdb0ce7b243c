"""Other people's S3 servers as child processes that end with their test run.

A child tells the address that it listens on by writing it to its log, so
that the system chooses every port and no two servers can want the same.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_TESTS: Final = Path(__file__).parents[1]
_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+")
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 10.0


class NoServer(Exception):
    """A server did not start; the message ends with its log."""


@contextmanager
def running(command: Sequence[str], log: Path) -> Iterator[str]:
    """Run a server until the block ends; gives its address.

    What it writes goes to `log`. Nothing of the caller's environment but
    PATH reaches it. Its standard input ends when this process does,
    whatever the way, which our own modules take as the sign to end.

    Raises:
        NoServer: when it ends, or names no address within a minute.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=_TESTS,
            env=_environment(log.parent),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _address(process, log)
    finally:
        _end(process)


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules."""
    return [sys.executable, "-m", f"servers.{module}", *arguments]


def wait_for_the_end() -> None:
    """In a child: sleep until the parent is gone or wants no more."""
    sys.stdin.read()


def _environment(home: Path) -> dict[str, str]:
    kept = ("PATH", "SYSTEMROOT")
    inherited = {name: os.environ[name] for name in kept if name in os.environ}
    return {
        **inherited,
        "HOME": str(home),
        "TMPDIR": tempfile.gettempdir(),
        "PYTHONUNBUFFERED": "1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        ended = process.poll() is not None
        if match := _ADDRESS.search(log.read_text(errors="replace")):
            return match.group()
        if ended:
            break
        time.sleep(0.02)
    raise NoServer(f"{process.args!r}: {log.read_text(errors='replace')}")


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
