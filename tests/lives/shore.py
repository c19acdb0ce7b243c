"""Tree, store, journal and runs, as a model moves them; and their count."""

import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from commands import until
from entries import opened
from servers.faults import Rule, Spoil, Spoiled, Stage
from servers.personality import Checksums, Etags, Personality
from servers.routing import Op
from servers.scripted import ScriptedServer
from uploads import TARGET, reaching

from pt5_async.model import Entry
from pt5_async.settings import Existing, Settings

from . import promises
from .nursery import Life, Nursery
from .telling import Told
from .tree import MIN_AGE, Tree

Change = Callable[[Tree], object]

BEHIND: Final = -2.0
"""The store's clock is late: listings know whole seconds, and what is
written within the second of an upload must not look older than that."""


class Shore:
    """One source, one store, one journal, many lives."""

    def __init__(self, nursery: Nursery, count: Counter[str]) -> None:
        self._nursery, self._count = nursery, count
        self._root = Path(tempfile.mkdtemp(prefix="shore-"))
        self.tree = Tree(self._root / "ifcb")
        self.rules: dict[str, Any] = {}
        self._open = ExitStack()
        self._open.callback(shutil.rmtree, self._root)
        self._unknown: set[int] = set()
        self._asked = 0

    def close(self) -> None:
        self._count["requests"] += len(self.server.log)
        self._open.close()

    # ---- what the store is like

    def become(
        self, personality: Personality, *, sealed: bool, **rules: Any
    ) -> None:
        """A store like that, `sealed` by TLS, and how the runs treat it."""
        trust = self._nursery.trust if sealed else None
        self.server = self._open.enter_context(
            ScriptedServer(
                personality=replace(personality, clock_ahead=BEHIND),
                tls=trust.server if trust else None,
            )
        )
        self.watch = promises.Watch(self.server, self.tree)
        self.rules = rules
        if trust is not None:
            self.rules["ca_bundle"] = trust.authority

    @property
    def _provable(self) -> bool:
        """Whether bytes that the store got wrong can be told by anybody."""
        mine = self.server.personality
        return mine.checksums is Checksums.FULL or mine.etags is Etags.MD5

    def befall(self, rule: Rule) -> bool:
        """Put a fault in force; whether it fits this store."""
        if rule.action == Spoil(Spoiled.BODY):
            if not self._provable:
                return False
            self.watch.spoilers = True
        self.server.script(rule)
        self._count["faults"] += 1
        return True

    # ---- lives

    def begin(self, *, bins: int = 0, settled: bool = False) -> Life:
        """Begin a run over so many more bins.

        With `settled`, when all has been left alone for long enough.
        """
        self._count["runs"] += 1
        self.tree.arrive(bins)
        self._unknown = self._bins_unknown()
        self._asked = len(self.server.log)
        if settled:
            time.sleep(self.tree.unsettled())
        settings: Settings = reaching(
            self.server,
            state=self._root / "state",
            min_age=MIN_AGE,
            grace=2.0,
            **self.rules,
        )
        return self._nursery.begin(self.tree.root, TARGET, settings)

    def change(self, change: Change) -> None:
        """Change a bin between two runs."""
        change(self.tree)

    def _bins_unknown(self) -> set[int]:
        """The bins in the store of which the journal knows nothing."""
        known, there = self.known(), self.server.objects
        found = set()
        for number in self.tree.states:
            names = self.tree.names(number)
            keys = {promises.PREFIX + name for name in names}
            if keys <= there.keys() and keys.isdisjoint(known):
                found.add(number)
        return found

    def _was_denied_to_list(self) -> bool:
        return any(
            one.op == Op.LIST and one.status == 403
            for one in self.server.log[self._asked :]
        )

    def ended(self, life: Life, *, quiet: bool = True) -> Told:
        """Wait for the end, and hold the promises against it.

        `quiet` says that nobody meddled with the source or the run.
        """
        told = life.end()
        self.settled()
        if life.killed:
            self._count["killed"] += 1
        self._count["files"] += len(told.fates)
        files = set(self.tree.files)
        self.nothing_was_changed()
        if self._was_denied_to_list():
            self._count["unseen"] += len(self._unknown)
            self.watch.unseen |= self._unknown
        self.watch.no_half_bin_was_ever_visible()
        promises.counts_add_up(told, files if quiet else None)
        promises.what_is_reported_is_in_the_bucket(
            told,
            self.server.objects,
            self.tree.files if quiet else {},
            {key: str(one.proof) for key, one in self.known().items()},
        )
        return told

    def run(self, *, bins: int = 0, settled: bool = False) -> Told:
        return self.ended(self.begin(bins=bins, settled=settled))

    def meddled(self, life: Life, change: Change, after: float) -> Told:
        """Change a bin while a run is at it."""
        life.over(after)
        change(self.tree)
        return self.ended(life, quiet=False)

    def kill_at_request(self, life: Life, number: int, at: Stage) -> Told:
        """End it by force when a request of it has come so far."""
        gate = self.server.gate(at=at, skip=number, times=1)
        while not gate.reached.wait(0.005) and not life.over(0):
            pass
        return self._killed(life, gate.release)

    def signalled(
        self, life: Life, what: signal.Signals, after: float
    ) -> Told:
        """Send a signal to it after so many seconds."""
        life.over(after)
        if what is signal.SIGKILL:
            return self._killed(life, lambda: None)
        if life.send(what):
            self._count["stopped"] += 1
        return self.ended(life, quiet=False)

    def _killed(self, life: Life, then: Callable[[], object]) -> Told:
        life.send(signal.SIGKILL)
        life.over(5)
        then()
        return self.ended(life, quiet=False)

    def settled(self) -> None:
        """Wait until the store has nothing on its hands any more."""
        exchanges = self.server._exchanges
        until(lambda: not exchanges.requests.now)

    # ---- what is known

    def nothing_was_changed(self) -> None:
        """(e), nor was anything put there."""
        assert self.tree.on_disk() == self.tree.files

    def known(self) -> dict[str, Entry]:
        """What the journal says of each object."""
        folder = self._root / "state"
        keys = [f"{promises.PREFIX}{name}" for name in self.tree.bodies]
        if not folder.exists() or not list(folder.glob("*.sqlite3")):
            return {}
        where = self.server.url.partition("://")[2]
        # Not for reading alone: a kill may have left it in need of repair.
        with opened(folder, endpoint=where, bucket="bucket") as journal:
            return journal.look_up(keys)

    def all_arrives(self) -> None:
        """(d), once nothing is wrong any more."""
        self.server.clear()
        self.settled()
        if not self.tree.files:
            return
        self.rules["attempts"] = 3
        told = self.run(settled=True)
        assert told.end
        assert not told.end.error, told.end
        changed = promises.held_as_changed(told.fates)
        left = promises.left_alone(told.fates)
        for number in self.tree.wholes():
            names = self.tree.names(number)
            if not changed.isdisjoint(names):
                self._is_rightly_held(number)
                continue
            for name in names:
                if name not in left:
                    self._is_there(name)
        self._sends_nothing()

    def _is_there(self, name: str) -> None:
        key = f"{promises.PREFIX}{name}"
        assert key in self.server.objects, f"{name} did not arrive"
        body = self.server.objects[key].body
        assert body == self.tree.files[name][0], f"{name} is wrong"

    def _is_rightly_held(self, number: int) -> None:
        """A bin that is held as changed is there, in one of its states."""
        self._count["held as changed"] += 1
        watch, leaves = self.watch, self.rules["existing"] is Existing.SKIP
        unsure = leaves or watch.spoilers or number in watch.unseen
        told = f"{self.tree.names(number)} are held, and not there"
        assert unsure or watch.shows_one_state(number), told

    def _sends_nothing(self) -> None:
        before = len(self.server.log)
        self.run()
        asked = [one.op for one in self.server.log[before:]]
        sent = promises.SENDS.intersection(asked)
        assert not sent, f"a run with nothing to do asked for {sent}"
