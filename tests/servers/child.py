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
from collections.abc import Iterator
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
def running(module: str, log: Path) -> Iterator[str]:
    """Run servers.MODULE until the block ends; gives its address.

    The module gets one argument, a folder of its own beside `log`.

    What it writes goes to `log`. Nothing of the caller's environment but
    PATH reaches it. It has to end when its standard input does, which is
    when the block ends or this process does, in whatever way.

    Raises:
        NoServer: when it ends, or names no address within a minute.
    """
    folder = log.with_suffix("")
    folder.mkdir()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", f"servers.{module}", str(folder)],
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


def wait_for_the_end() -> None:
    """In a child: wait until the parent is gone or wants no more."""
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
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
