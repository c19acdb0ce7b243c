"""Speed, CPU and memory of uploaders, whole processes seen from outside.

    python tests/benchmarks/run.py [--short] [--help]

Makes its trees and installs the peers once, in `--folder`; starts a sink in
a second process; lets everybody send everything in turn, round by round;
prints one table. Nothing leaves this machine but for the installation of
the peers from PyPI.
"""

import dataclasses
import json
import shutil
import signal
import sys
from argparse import Namespace
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import peers
import sinks
from measure import Failed, take
from options import parse
from peers import Job, Peer
from ready import Ready, say
from sinks import Sink, Wire
from table import LEGEND, Row, Run, Section, lines
from trees import Tree


class Contest(NamedTuple):
    """Who sends which tree where; `sends` not, where all is there."""

    title: str
    tree: Tree
    wire: Wire
    sink: Sink
    peers: Sequence[Peer]
    delay: float = 0.0
    sends: bool = True


def contests(ready: Ready, given: Namespace) -> Generator[Contest, None, None]:
    """Everything that is asked for; each with its sink at work."""
    for name in given.trees:
        tree = ready.tree(name)
        if name == "far":
            yield from _far(ready, tree, given.delay)
        elif name in ("again", "walk"):
            yield from _nothing_to_do(ready, tree, name)
        elif name in ("verify", "listing"):
            yield from _all_there(ready, tree, name, given.delay)
        else:
            yield from _first_upload(ready, tree, name, given.sink)


def _first_upload(
    ready: Ready, tree: Tree, name: str, kind: str
) -> Iterator[Contest]:
    for which in ("own", "nginx") if kind == "both" else (kind,):
        for wire in ready.wires():
            scheme = "TLS" if wire.certificates else "HTTP"
            title = f"{name}, {scheme}, {which} sink"
            with _sink(which, wire, ready.folder / "nginx") as sink:
                yield Contest(title, tree, wire, sink, peers.UPLOADS)


@contextmanager
def _sink(which: str, wire: Wire, folder: Path) -> Iterator[Sink]:
    if which == "own":
        with sinks.own(wire) as sink:
            yield sink
    else:
        with sinks.nginx(wire, folder) as sink:
            yield sink


def _far(ready: Ready, tree: Tree, delay: float) -> Iterator[Contest]:
    wire = ready.wire()
    about = f"far, HTTP, own sink answering after {delay * 1e3:.0f} ms"
    with sinks.own(wire, delay=delay) as sink:
        for kind, them in (
            ("100 connections each", peers.HUNDRED),
            ("each with its defaults", peers.DEFAULTS),
        ):
            yield Contest(f"{about}, {kind}", tree, wire, sink, them, delay)


def _nothing_to_do(ready: Ready, tree: Tree, name: str) -> Iterator[Contest]:
    wire = ready.wire()
    ready.fill(tree)
    them = peers.AGAIN if name == "again" else peers.WALK
    title = "again, HTTP, own sink" if name == "again" else "walk, no store"
    with sinks.own(wire, tree=tree.path) as sink:
        yield Contest(title, tree, wire, sink, them, sends=False)


def _all_there(
    ready: Ready, tree: Tree, name: str, delay: float
) -> Iterator[Contest]:
    """Who says whether all is there, by bytes or by a listing alone."""
    wire, them = ready.wire(), peers.VERIFY
    ready.fill(tree)
    title, about = "verify, HTTP, own sink", {"sums": True}
    if name == "listing":
        them, about = peers.LISTING, {"delay": delay}
        title = f"listing, HTTP, own sink, {delay * 1e3:.0f} ms an answer"
    with sinks.own(wire, tree=tree.path, **about) as sink:
        yield Contest(title, tree, wire, sink, them, sends=False)


def held(contest: Contest, ready: Ready, given: Namespace) -> Section:
    """Let everybody run, round by round, each round begun by another."""
    chosen = [
        peer
        for peer in contest.peers
        if not given.peers or peer.step or peer.family in given.peers
    ]
    rows = [Row(peer.name, peer.connections) for peer in chosen]
    section = Section(
        contest.title, contest.tree.files, contest.tree.size, rows,
        contest.delay,
    )  # fmt: skip
    both = list(zip(chosen, rows, strict=True))
    for number in range(given.rounds if both else 0):
        first = number % len(both)
        for peer, row in both[first:] + both[:first]:
            if row.fault or (peer.slow and number):
                continue
            try:
                row.runs.append(measured(contest, peer, ready, given.limit))
                told = f"{row.runs[-1].wall:.2f} s"
            except Failed as failure:
                told = row.fault = str(failure)
            say(f"{contest.title}, round {number + 1}, {row.name}: {told}")
    return section


def measured(contest: Contest, peer: Peer, ready: Ready, limit: float) -> Run:
    """One run of one peer.

    Raises:
        Failed: when it fails, or did not send what it should.
    """
    tree, wire, sink = contest.tree, contest.wire, contest.sink
    home = ready.installation(peer)
    state = ready.state(tree) if peer.keeps else ready.folder / "state"
    if not peer.keeps:
        shutil.rmtree(state, ignore_errors=True)
    job = Job(tree.path, wire.endpoint, wire.authority, state)
    before = sink.tally()
    taken = take(
        peer.words(home, job),
        env=ready.environment(job),
        folder=ready.home,
        limit=limit,
        terminal=peer.terminal,
    )
    did = sink.tally() - before
    expected = tree.files if contest.sends else 0
    if did.sent not in (None, expected):
        raise Failed(f"sent {did.sent} objects, not {expected}")
    return Run(*taken, did.cpu, did.requests)


def tell(sections: list[Section], ready: Ready, file: Path | None) -> None:
    print()
    for section in sections:
        print(*lines(section), sep="\n", end="\n\n")
    print(LEGEND)
    if ready.installed:
        print("Peers:", ", ".join(sorted(ready.installed.values())))
    if file:
        every = [dataclasses.asdict(section) for section in sections]
        file.write_text(json.dumps(every, indent=1))


def _end(*_: object) -> None:
    sys.exit(143)


def main() -> None:
    # So that no sink and no peer is left behind.
    signal.signal(signal.SIGTERM, _end)
    given = parse()
    if given.sink != "own" and not sinks.nginx_found():
        say("nginx is not there (apt-get install nginx-light): own sink")
        given.sink = "own"
    ready, sections = Ready(given), list[Section]()
    try:
        # Closed at once, whatever happens: a sink is at work in it.
        with closing(contests(ready, given)) as every:
            sections.extend(held(contest, ready, given) for contest in every)
    finally:
        tell(sections, ready, given.json)


if __name__ == "__main__":
    main()
