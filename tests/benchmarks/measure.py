"""One process, seen from outside: time, CPU and memory, start-up included.

Whoever imports this stays small: what a process takes at its peak is, for
the system, at least what its parent took when it was started.
"""

import os
import signal
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from resource import struct_rusage
from typing import IO, Final, NamedTuple

SAID: Final = 2_000
"""So many bytes of what a process said last are told where it failed."""

LINGERS: Final = 5.0
"""Seconds that a child left behind may hold on to its parent's terminal."""


class Taken(NamedTuple):
    """What one process took: seconds, seconds of CPU, MB at its peak."""

    wall: float
    cpu: float
    peak: float


class Failed(Exception):
    """A process that did not end well; says why."""


def take(
    words: Sequence[str],
    *,
    env: Mapping[str, str],
    folder: Path,
    limit: float,
    terminal: bool = False,
) -> Taken:
    """Run a process in `folder`, its children counted with it.

    With `terminal` it speaks to one, so that it draws its progress.

    Raises:
        Failed: when it ends with another code than 0, or not in `limit`
            seconds.
    """
    with tempfile.TemporaryFile() as said:
        with _ear(said, terminal) as stderr:
            begun = time.perf_counter()
            process = subprocess.Popen(
                words,
                env=env,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )
            used = _waited(process, limit)
            wall = time.perf_counter() - begun
        if process.returncode:
            raise Failed(_why(process.returncode, wall, limit, said))
    return Taken(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _waited(process: subprocess.Popen[bytes], limit: float) -> struct_rusage:
    """What a process took in all, once it has ended or was ended."""
    late = threading.Timer(limit, _kill, (process.pid,))
    late.start()
    try:
        _, status, used = os.wait4(process.pid, 0)
    except BaseException:
        _kill(process.pid)
        raise
    finally:
        late.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return used


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _why(code: int, wall: float, limit: float, said: IO[bytes]) -> str:
    if wall >= limit:
        return f"not done after {limit:.0f} s"
    said.seek(max(0, said.seek(0, os.SEEK_END) - SAID))
    lines = said.read().decode(errors="replace").split("\n")
    last = [line.strip() for line in lines if line.strip()][-3:]
    return f"exit code {code}: {' / '.join(last)}"


@contextmanager
def _ear(said: IO[bytes], terminal: bool) -> Iterator[int]:
    """Where a process may write; what it says is in `said` in the end."""
    if not terminal:
        yield said.fileno()
        return
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (40, 120))

    def listen() -> None:
        try:
            while heard := os.read(ours, 65_536):
                said.write(heard)
        except OSError:  # EIO: the last one who could speak is gone
            pass

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield theirs
    finally:
        os.close(theirs)
        listener.join(LINGERS)
        os.close(ours)
