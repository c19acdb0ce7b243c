"""The test's side: lives that begin on command, and are ended."""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from commands import environment
from servers.tls import certificate

from pt5_async.settings import Settings

from .telling import Order, Told

_TESTS: Final = Path(__file__).parents[1]
LONGEST: Final = 90.0
"""Seconds after which a run hangs."""


class Hangs(Exception):
    """A run did not come to its end; it is dead now."""


class Life:
    """One run in a process of its own."""

    def __init__(self, pid: int, out: Path, nursery: "Nursery") -> None:
        self._pid, self._out, self._nursery = pid, out, nursery
        self._code: int | None = None
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._wait, daemon=True)
        self._watch.start()

    def _wait(self) -> None:
        self._code = int(self._nursery.line())
        self._over.set()

    def over(self, seconds: float) -> bool:
        """Wait so long for the end; whether it has come."""
        return self._over.wait(seconds)

    def send(self, signum: signal.Signals) -> bool:
        """Send a signal; whether it came in time, as far as can be told.

        The pid is the zygote's to reap: until it has said so there is
        nobody else of that number.
        """
        if self._over.is_set():
            return False
        try:
            os.kill(self._pid, signum)
        except ProcessLookupError:
            return False
        return True

    def end(self, seconds: float = LONGEST) -> Told:
        """Wait for the end.

        Raises:
            Hangs: when it does not come.
        """
        if not self.over(seconds):
            self.send(signal.SIGKILL)
            self.over(seconds)
            raise Hangs(f"still at it after {seconds} s")
        assert self._code in {0, -signal.SIGKILL}, (
            f"ended with {self._code}; {self._nursery.err}"
        )
        return Told(self._out)

    @property
    def killed(self) -> bool:
        """Whether it was ended by force."""
        return self._code == -signal.SIGKILL


class Nursery:
    """Begins one life after the other, in `folder`; `trust` is for TLS."""

    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path):
        self._process, self._folder = process, folder
        self.trust = certificate(folder)
        self._numbers = count()
        assert self.line() == "ready", self.err

    def line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().decode().strip()

    @property
    def err(self) -> str:
        """What all lives wrote on standard error."""
        return (self._folder / "err").read_text()

    def begin(self, source: Path, target: str, settings: Settings) -> Life:
        """A run of `upload_tree`; the one before must be over."""
        out = self._folder / f"{next(self._numbers)}.told"
        out.unlink(missing_ok=True)
        order = Order(str(source), target, settings, str(out))
        assert self._process.stdin
        pickle.dump(order, self._process.stdin)
        self._process.stdin.flush()
        return Life(int(self.line()), out, self)


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A process that forks runs until the block ends."""
    with tempfile.TemporaryDirectory(prefix="lives-") as name:
        folder = Path(name)
        (folder / "home").mkdir()
        (folder / "tmp").mkdir()
        with (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "lives.zygote"],
                cwd=_TESTS,
                env=_environment(folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
            )
        with process:
            try:
                yield Nursery(process, folder)
            finally:
                assert process.stdin
                process.stdin.close()


def _environment(folder: Path) -> dict[str, str]:
    own = environment(folder / "home", folder / "tmp")
    return {k: v for k, v in own.items() if not k.startswith("COVERAGE_")}
