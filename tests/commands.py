"""The installed command, run as an operator runs it, and what it said.

Always a process of its own with an environment of its own: nothing of the
test's reaches it but what coverage needs to count it.
"""

import os
import re
import signal
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from nobody import nobody
from servers.routing import Op
from servers.scripted import IDENTITY, ScriptedServer

PROGRAM = Path(sysconfig.get_path("scripts")) / "pt5-async"
TARGET = "s3://bucket/p"
SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
LONG_ENOUGH = 8
_BEGINNINGS = ("Uploading ", "Inspecting ", "Verifying ", "Reporting ")
SECONDS = 60.0
"""A command that takes longer than this hangs."""


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one sentence about what went wrong.

        Nothing else may stand on standard error but where it was going.
        """
        lines = self.err.splitlines()
        [line] = [one for one in lines if not one.startswith(_BEGINNINGS)]
        assert line.startswith("pt5-async: "), line
        return line.removeprefix("pt5-async: ")


class Running:
    """A command under way; its two outputs go to files.

    `check` looks at it once it has ended.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        said: Path,
        check: Callable[[Done], None],
    ) -> None:
        self.process = process
        self._said = said
        self._check = check

    @property
    def err(self) -> str:
        return (self._said / "err").read_text()

    def signal(self, signum: signal.Signals) -> None:
        self.process.send_signal(signum)

    def await_words(self, words: str) -> None:
        """Wait until `words` stand on standard error."""
        until(lambda: words in self.err or self.process.poll() is not None)
        assert words in self.err

    def end(self, seconds: float = SECONDS) -> Done:
        """Wait for the end, at most so many seconds."""
        code = self.process.wait(seconds)
        done = Done(code, (self._said / "out").read_text(), self.err)
        self._check(done)
        return done


class Pier:
    """An operator's machine: a tree of bins, a home, a store in reach.

    `environ` is all of the command's environment, `cwd` where it starts.
    """

    def __init__(
        self, root: Path, home: Path, server: ScriptedServer | None = None
    ) -> None:
        self.root = root
        self.home = home
        self.source = root / "ifcb"
        self.cwd = root / "cwd"
        for folder in (self.source, self.cwd, root / "tmp"):
            folder.mkdir()
        self.environ = environment(home, root / "tmp")
        if server is not None:
            self.environ |= {
                "AWS_ENDPOINT_URL": server.url,
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": IDENTITY.access_key,
                "AWS_SECRET_ACCESS_KEY": IDENTITY.secret_key,
            }

    @property
    def by_nobody(self) -> tuple[object, ...]:
        """The command by one to whom rights apply; the pier is theirs."""
        return (*nobody(self.root, self.home), PROGRAM)

    @property
    def state(self) -> Path:
        """Where the journal is when nothing else is said."""
        return self.home / ".local" / "state" / "pt5-async"

    def run(
        self,
        *args: object,
        program: tuple[object, ...] = (PROGRAM,),
        **variables: str,
    ) -> Done:
        """Run a command to its end; `variables` join its environment."""
        done = subprocess.run(
            [str(word) for word in (*program, *args)],
            cwd=self.cwd,
            env=self.environ | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        ended = Done(
            done.returncode, done.stdout.decode(), done.stderr.decode()
        )
        self.refuse_leaks(ended, variables)
        return ended

    def refuse_leaks(
        self, done: Done, variables: Mapping[str, str] | None = None
    ) -> None:
        """Fail if a secret stands in anything that a run has written."""
        environ = self.environ | dict(variables or {})
        secrets = {environ.get(name) or "" for name in SECRETS}
        wrote = {"out": done.out.encode(), "err": done.err.encode()}
        for place in (self.state, self.root / "tmp"):
            wrote |= files_below(place)
        # A word of a few letters may stand anywhere.
        hidden = [re.escape(s) for s in secrets if len(s) >= LONG_ENOUGH]
        leak = re.compile("|".join(["Signature=[0-9a-f]", *hidden]).encode())
        leaks = [name for name, text in wrote.items() if leak.search(text)]
        assert not leaks, f"there is a secret in {leaks}"

    def upload(self, *args: object, code: int = 0) -> Done:
        """Upload the tree; it has to end with `code`."""
        done = self.run("upload", self.source, "--to", TARGET, *args)
        assert done.code == code, done
        assert "Traceback" not in done.err
        return done

    @contextmanager
    def uploading(self, *args: object) -> Iterator[Running]:
        """An upload of the tree under way, as `running` runs it."""
        words = ("upload", self.source, "--to", TARGET, *args)
        with self.running(*words) as running:
            yield running

    @contextmanager
    def running(
        self, *args: object, program: Sequence[object] = (PROGRAM,)
    ) -> Iterator[Running]:
        """A command under way; killed if it outlives the block.

        As the leader of a session of its own, where no signal of the
        test's terminal reaches it.
        """
        said = Path(tempfile.mkdtemp(prefix="said-", dir=self.root))
        words = [*program, *args]
        with ExitStack() as files:
            out, err = (
                files.enter_context((said / name).open("wb"))
                for name in ("out", "err")
            )
            process = subprocess.Popen(
                [str(word) for word in words],
                cwd=self.cwd,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        try:
            yield Running(process, said, self.refuse_leaks)
        finally:
            process.kill()
            process.wait()


def environment(home: Path, tmp: Path) -> dict[str, str]:
    """What a command's environment has to have, and nothing else."""
    counted = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("COVERAGE_")
    }
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(tmp),
        "LANG": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
        **counted,
    }


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def files_below(root: Path) -> dict[str, bytes]:
    """Every file below `root`, by its path with "/" between folders."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def bodies(server: ScriptedServer, prefix: str = "p/") -> dict[str, bytes]:
    """Every object in the bucket by its key; all have to be below `prefix`."""
    found = {}
    for key, thing in sorted(server.objects.items()):
        assert key.startswith(prefix)
        assert thing.body is not None
        found[key.removeprefix(prefix)] = thing.body
    return found


def asked(server: ScriptedServer, *ops: Op) -> list[str]:
    """The keys of all requests of these kinds that are over, in order."""
    return [one.key for one in server.log if one.op in ops]


def settle(server: ScriptedServer) -> None:
    """Open all gates and wait until all that they held is over."""
    server.clear()
    until(lambda: not server._exchanges.requests.now)


def forget(server: ScriptedServer) -> None:
    """Let everything come to its end, then forget what was asked."""
    settle(server)
    server.log.clear()


def part_numbers(scripted: ScriptedServer) -> list[int]:
    """The parts that arrived, in order of number."""
    parts = [one for one in scripted.log if one.op == Op.PART and one.status]
    return sorted(int(one.query["partNumber"]) for one in parts)


def snapshot(root: Path) -> Mapping[str, tuple[int, int, bytes]]:
    """Everything below `root`: mode, time and bytes."""
    seen = {}
    for path in sorted(root.rglob("*")):
        stat = path.lstat()
        body = path.read_bytes() if path.is_file() else b""
        seen[str(path)] = stat.st_mode, stat.st_mtime_ns, body
    return seen
