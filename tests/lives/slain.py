"""One long upload, killed again and again, and begun again each time."""

import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from commands import until
from runs import big_bin, write, write_bin
from servers.routing import Op
from servers.script import Gate
from servers.scripted import ScriptedServer
from servers.world import Logged
from uploads import TARGET, reaching

from .nursery import Life, Nursery
from .telling import Told

LARGE: Final = 4
"""So many bins, one here and one there, have a .roi that goes in parts."""

LOST: Final = 1.0
"""Seconds that a kill may cost the journal."""

ANSWER: Final = 0.25
"""Seconds for which an answer may be on its way to a process, and then to
the disk."""


def make_tree(source: Path, files: int) -> None:
    """So many files: bins, some of them large, and what is left over."""
    bins, loose = divmod(files, 3)
    for number in range(bins):
        made = big_bin(20) if number % (bins // LARGE) == 0 else None
        write_bin(source / f"day{number % 10}", number, made=made)
    for number in range(loose):
        write(source / f"loose{number}", b"loose")


@dataclass
class Slain:
    """The upload and its kills; `again` counts what was sent once more.

    `before` has what arrived, and how many seconds before a kill.
    """

    source: Path
    state: Path
    server: ScriptedServer
    nursery: Nursery
    kills: int = 0
    again: int = 0
    _dies: float = 0.0
    before: dict[tuple[str, str, str], float] = field(default_factory=dict)
    ends: list[float] = field(default_factory=list)

    def begin(self) -> Life:
        settings = reaching(self.server, state=self.state, all_files=True)
        return self.nursery.begin(self.source, TARGET, settings)

    def live(self, moment: int | None, jitter: float = 0.0) -> Told:
        """One life; killed when so many objects are visible, and a bit."""
        life, self._dies = self.begin(), float("inf")
        if moment is not None:
            while len(self.server.objects) < moment and not life.over(0.0005):
                pass
            life.over(jitter)
            self._kill(life)
        return self._ended(life)

    def kill_when(self, gate: Gate, later: float = 0.0) -> Told:
        """One life, killed when a request is at the gate, or a bit later."""
        life = self.begin()
        assert gate.reached.wait(20)
        life.over(later)
        self._kill(life)
        life.over(5)
        gate.release()
        return self._ended(life)

    def _kill(self, life: Life) -> None:
        self._dies = time.monotonic()
        life.send(signal.SIGKILL)

    def _ended(self, life: Life) -> Told:
        told = life.end(300)
        self.ends.append(time.time())
        exchanges = self.server._exchanges
        until(lambda: not exchanges.requests.now)
        self.judge()
        self.kills += life.killed
        return told

    def judge(self) -> None:
        """Nothing was sent twice but what a kill may have cost.

        That is the kill of the life in which it arrived.
        """
        sent = [one for one in self.server.log if one.op in {Op.PUT, Op.PART}]
        for one in sent:
            if (late := self.before.get(_name(one))) is not None:
                self.again += 1
                assert late < LOST, f"{_name(one)} was in {late:.2f} s before"
        for one in sent:
            if one.status == 200:
                self.before[_name(one)] = self._dies - one.ended
        self.server.log.clear()

    def orphans(self) -> list[str]:
        """Uploads in parts that nobody will end, or abort.

        But for those of which the answer was on its way at a kill.
        """
        return [
            one.key
            for one in self.server.uploads.values()
            if not any(0 <= end - one.begun < ANSWER for end in self.ends)
        ]


def _name(one: Logged) -> tuple[str, str, str]:
    query = one.query
    return one.key, query.get("uploadId", ""), query.get("partNumber", "")


def moments(kills: int, files: int, dice: random.Random) -> list[int]:
    """Random counts of visible objects, all over the upload."""
    return sorted(dice.randrange(1, files) for _ in range(kills))
