"""Runs a program that ends with whoever started this, in whatever way.

Standard input is the leash: it ends when the other side closes it or is
gone, be it killed, and then the program is ended. This file is run by its
path, in a process of its own, so that it imports nothing of the package.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Final

_PATIENCE: Final = 2.0
"""Seconds that the program gets to end by itself."""

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")


def main(command: Sequence[str]) -> int:
    """Run `command` for as long as standard input lasts; its exit code."""
    for name in _SIGNALS:
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), _leave)
    try:
        process = subprocess.Popen(  # noqa: S603 - from who started this
            command, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")
    try:
        threading.Thread(target=_watch, args=(process,), daemon=True).start()
        return process.wait()
    finally:
        _end(process)


def _leave(_signal: int, _frame: FrameType | None, /) -> None:
    sys.exit(1)


def _watch(process: subprocess.Popen[bytes]) -> None:
    # os.read, because a thread inside of sys.stdin's own lock would make
    # Python's end fatal.
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
