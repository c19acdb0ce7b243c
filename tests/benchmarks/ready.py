"""What has to be there before anything is measured, made once in a folder.

Trees, certificates, the journal of a tree that was sent, peers. What takes
memory is made by a process of its own: a large parent would count as a peak
of its children.
"""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import peers
import trees
from measure import Failed
from peers import Job, Peer
from sinks import Wire

HERE: Final = Path(__file__).parent
PREPARES: Final = 3600.0
"""Seconds that the making of a tree, or of its journal, may take."""

_FOREIGN: Final = ("AWS_", "PT5_", "IFCB_", "RCLONE_", "S3_", "S5CMD_")
_SHAPES: Final = {
    "far": "small",
    "again": "many",
    "walk": "many",
    "verify": "small",
    "listing": "many",
}


def say(words: str) -> None:
    """Tell how it goes; what comes of it is on standard output."""
    print(words, file=sys.stderr, flush=True)


class Ready:
    """The folder of the benchmark, and what is in it."""

    def __init__(self, given: Namespace) -> None:
        self._given = given
        self.folder: Path = given.folder.absolute()
        self.home = self.folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.installed: dict[str, str] = {}
        self._missing: dict[str, str] = {}

    def tree(self, name: str) -> trees.Tree:
        """The tree that is sent under this name, in the system's cache."""
        kind = _SHAPES.get(name, name)
        bins = getattr(self._given, "far" if name == "far" else kind)
        path = trees.place(self.folder, kind, bins)
        if trees.made(path) is None:
            say(f"making {path}")
            _run("trees.py", kind, str(bins), str(self.folder))
        tree = trees.made(path)
        assert tree
        trees.warm(tree.path, bodies=kind != "many")
        return tree

    def state(self, tree: trees.Tree) -> Path:
        """Where the journal of `tree`, as it is once all is sent, is kept."""
        return self.folder / f"state-{tree.path.name}"

    def fill(self, tree: trees.Tree) -> None:
        """Have that journal."""
        state = self.state(tree)
        # It speaks of one server, and a port is part of its name.
        done = state / f"filled-{self._given.port}"
        if not done.exists():
            say(f"filling {state}")
            # Of what is many nobody reads the bytes.
            sums = [] if tree.path.name.startswith("many") else ["--sums"]
            endpoint = self.wire().endpoint
            _run("fill.py", str(tree.path), str(state), endpoint, *sums)
            done.touch()

    def wire(self) -> Wire:
        return Wire(self._given.port)

    def wires(self) -> Iterator[Wire]:
        """Those that are asked for, plain HTTP first."""
        if "http" in self._given.wires:
            yield self.wire()
        if "tls" in self._given.wires:
            folder = self.folder / "certificates"
            if not (folder / "authority.pem").exists():
                folder.mkdir(exist_ok=True)
                _run("certificate.py", str(folder))
            yield Wire(self._given.port, folder)

    def installation(self, peer: Peer) -> Path:
        """The peer's own environment, made where it was not yet.

        Raises:
            Failed: when it cannot be installed.
        """
        if peer.package is None:
            return self.folder
        if peer.package in self._missing:
            raise Failed(self._missing[peer.package])
        folder = self.folder / "peers"
        try:
            what = peers.install(peer.package, folder)
        except (OSError, subprocess.SubprocessError) as error:
            said = f"missing: {peer.package} cannot be installed ({error})"
            self._missing[peer.package] = said
            raise Failed(said) from error
        self.installed[peer.package] = what
        return peers.place(peer.package, folder)

    def environment(self, job: Job) -> dict[str, str]:
        """That of a machine without settings, and keys for the sink."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_FOREIGN)
            and name != "PYTHONDONTWRITEBYTECODE"
        }
        if job.authority:
            kept["AWS_CA_BUNDLE"] = str(job.authority)
            kept["SSL_CERT_FILE"] = str(job.authority)
        return kept | {
            "HOME": str(self.home),
            "TERM": "xterm",
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def _run(script: str, *words: str) -> None:
    subprocess.run(
        [sys.executable, str(HERE / script), *words],
        check=True,
        timeout=PREPARES,
    )
