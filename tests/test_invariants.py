"""The promises, attacked at random: a model moves, breaks, kills and looks.

Every step is one that happens on a pier: a bin grows, is completed, copied,
repaired, removed; the store or the way to it goes wrong as in the failure
catalogue; the process runs, is stopped, cancelled, killed. After each run the
promises (a) to (e) are held against the store's own log.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from lives.nursery import Nursery, nursery
from lives.shore import Shore
from lives.tree import Tree
from lives.weather import rules
from servers.faults import Delay, Rule, Stage
from servers.personality import Checksums, Etags, Personality

from pt5_async.ifcb.names import Kind
from pt5_async.settings import Compare, Existing, Lane

GATE_SECONDS = 50.0
GATE_SEED = 20261126

AT_RANDOM = settings(
    max_examples=8,
    stateful_step_count=30,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

BINS = st.integers(0, 3)
BACK = st.integers(0, 5)
"""How many bins ago one came."""

VARIANTS = st.integers(0, 3)
SOON = st.floats(0, 0.4) | st.floats(0, 1.6)
EXISTING = (Existing.UPDATE, Existing.UPDATE, Existing.SKIP)
GENTLE = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
CHANGES = st.sampled_from(
    ("copy", "copy", "grow", "replace", "replace", "touch", "remove", "lose")
)


def change(how: str, number: int, variant: int, tree: Tree) -> None:
    """What happens to a bin on the disk."""
    match how:
        case "copy":
            tree.copy(number, variant)
        case "grow":
            tree.grow(number, variant // 2, (0.0, 0.6)[variant % 2])
        case "replace":
            tree.replace(number, variant)
        case "remove":
            tree.remove(number)
        case "lose":
            tree.remove(number, tuple(Kind)[variant % 3])
        case _:
            tree.touch(number, 4.0 + variant)


class Pier(RuleBasedStateMachine):
    """`trail` says what was done: hypothesis cannot do a kill again."""

    nursery: ClassVar[Nursery]
    count: ClassVar[Counter[str]]
    until: ClassVar[float]

    def __init__(self) -> None:
        super().__init__()
        self.shore = Shore(self.nursery, self.count)
        self.trail: list[str] = []

    def did(self, *words: object) -> bool:
        """Note a step; whether there is time for it."""
        if time.monotonic() > self.until:
            return False
        self.count["steps"] += 1
        self.trail.append(" ".join(map(str, words)))
        return True

    @initialize(
        lane=st.sampled_from(Lane),
        checksums=st.sampled_from(Checksums),
        etags=st.sampled_from((Etags.MD5, Etags.OPAQUE)),
        compare=st.sampled_from(Compare),
        existing=st.sampled_from(EXISTING),
        sealed=st.integers(0, 3).map(lambda one: not one),
        attempts=st.integers(1, 3),
        concurrency=st.sampled_from((1, 4, 32)),
        patience=st.sampled_from((0.5, 5.0, None)),
        known_in_sum=st.booleans(),
        bins=st.integers(1, 5),
        start=st.integers(0, 9),
    )
    def open(
        self,
        lane: Lane,
        checksums: Checksums,
        etags: Etags,
        compare: Compare,
        existing: Existing,
        sealed: bool,
        attempts: int,
        concurrency: int,
        patience: float | None,
        known_in_sum: bool,
        bins: int,
        start: int,
    ) -> None:
        store = checksums.name, etags.name, "TLS" if sealed else "no TLS"
        self.did("open", lane, *store, compare, existing, attempts, patience)
        self.shore.tree.newest += start
        self.shore.tree.arrive(bins)
        self.shore.become(
            Personality(checksums=checksums, etags=etags),
            sealed=sealed,
            lane=lane if lane is not Lane.EXPRESS else Lane.AUTO,
            compare=compare,
            existing=existing,
            attempts=attempts,
            concurrency=concurrency,
            max_outage=patience,
            known_in_sum=known_in_sum,
        )

    @rule(how=CHANGES, back=BACK, variant=VARIANTS)
    def change(self, how: str, back: int, variant: int) -> None:
        number = max(0, self.shore.tree.newest - back)
        if self.did(how, number, variant):
            self.shore.change(partial(change, how, number, variant))

    @rule(fault=rules())
    def befall(self, fault: Rule) -> None:
        if self.did("befall", fault):
            self.shore.befall(fault)

    @rule(slow=st.booleans())
    def clear(self, slow: bool) -> None:
        """All is well again, but for a long way to the store, perhaps."""
        if self.did("clear", slow):
            self.shore.server.clear()
            if slow:
                self.shore.befall(Rule(Delay(0.15)))

    @rule(bins=BINS, settled=st.booleans())
    def run(self, bins: int, settled: bool) -> None:
        if self.did("run", bins, settled):
            self.shore.run(bins=bins, settled=settled)

    @rule(bins=BINS, settled=st.booleans(), after=SOON)
    def kill(self, bins: int, settled: bool, after: float) -> None:
        if self.did("kill after", after, bins, settled):
            life = self.shore.begin(bins=bins, settled=settled)
            self.shore.signalled(life, signal.SIGKILL, after)

    @rule(moments=st.lists(st.floats(0, 0.25), min_size=3, max_size=8))
    def kill_again_and_again(self, moments: list[float]) -> None:
        """As where the power comes and goes; each time there is news."""
        for after in moments:
            self.kill_once(after)

    def kill_once(self, after: float) -> None:
        if self.did("kill again after", after):
            life = self.shore.begin(bins=1)
            self.shore.signalled(life, signal.SIGKILL, after)

    @rule(
        bins=BINS,
        settled=st.booleans(),
        number=st.integers(0, 12),
        at=st.sampled_from(Stage),
    )
    def kill_at(
        self, bins: int, settled: bool, number: int, at: Stage
    ) -> None:
        if self.did("kill at request", number, at.name, bins, settled):
            life = self.shore.begin(bins=bins, settled=settled)
            self.shore.kill_at_request(life, number, at)

    @rule(bins=BINS, what=st.sampled_from(GENTLE), after=SOON)
    def stop(self, bins: int, what: signal.Signals, after: float) -> None:
        if self.did("stop", what.name, after, bins):
            life = self.shore.begin(bins=bins, settled=True)
            self.shore.signalled(life, what, after)

    @rule(bins=BINS, how=CHANGES, back=BACK, variant=VARIANTS, after=SOON)
    def change_meanwhile(
        self, bins: int, how: str, back: int, variant: int, after: float
    ) -> None:
        number = max(0, self.shore.tree.newest + bins - back)
        if self.did("meanwhile", how, number, variant, after, bins):
            self.shore.meddled(
                self.shore.begin(bins=bins, settled=True),
                partial(change, how, number, variant),
                after,
            )

    def teardown(self) -> None:
        try:
            if self.did("all arrives"):
                self.shore.all_arrives()
        finally:
            self.shore.close()


@pytest.fixture(scope="module")
def lives() -> Iterator[Nursery]:
    with nursery() as opened:
        yield opened


def attack(lives: Nursery, seconds: float, first: int) -> Counter[str]:
    """One machine after the other, each from a seed of its own."""
    count: Counter[str] = Counter()
    until, number = time.monotonic() + seconds, first
    while time.monotonic() < until:
        _one(lives, count, until, number)
        print(f"seeds {first} to {number}: {dict(count)}", flush=True)
        number += 1
    return count


def _one(
    lives: Nursery, count: Counter[str], until: float, number: int
) -> None:
    trail: list[list[str]] = []

    class Seeded(Pier):
        def __init__(self) -> None:
            super().__init__()
            trail.append(self.trail)

    Seeded.nursery, Seeded.count, Seeded.until = lives, count, until
    try:
        run_state_machine_as_test(seed(number)(Seeded), settings=AT_RANDOM)
    except BaseException as error:
        steps = "\n".join(next(filter(None, reversed(trail)), []))
        error.add_note(f"seed {number}, {dict(count)}:\n{steps}")
        raise


@pytest.mark.timeout(300)
def test_the_promises_hold_for_a_minute_of_random_attacks(
    lives: Nursery,
) -> None:
    count = attack(lives, GATE_SECONDS, GATE_SEED)
    assert count["killed"]
    assert count["faults"]


@pytest.mark.long
@pytest.mark.timeout(0)
def test_the_promises_hold_for_an_hour_of_random_attacks(
    lives: Nursery,
) -> None:
    minutes = float(os.environ.get("LONG_MINUTES", "60"))
    first = int(os.environ.get("LONG_SEED", random.randrange(10**9)))
    attack(lives, 60 * minutes, first)
