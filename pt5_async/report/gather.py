"""The library door: what there is to be shown, read from disk and journal.

No store is asked. What is in it is told by the journal.
"""

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Final

from ..disk.walk import open_source
from ..errors import SourceMissing, UsageError
from ..events import FolderSeen
from ..journal import Journal, Memory, NoJournal
from ..journal.history import History
from ..journal.past import PastRun, Place
from ..model import Target
from ..settings import Settings
from .archive import bins_here
from .days import Days
from .past import failed, last_sending, run_seen, verified
from .remembered import Pulse, bins_sent
from .report import RUNS, Origin, Report
from .seen import BinHere, BinSent, Trouble
from .trees import Tree, strangers, trees

MOST_RUNS: Final = 100_000
"""Two years of a run every ten minutes; older ones are not looked at."""

NAMED: Final = 5
"""So many targets does a refusal name."""


def gather(
    sources: Collection[str | os.PathLike[str]] = (),
    *,
    target: Target | None = None,
    settings: Settings | None = None,
    heard: Callable[[BinHere | BinSent], None] = lambda _: None,
    now: Callable[[], float] = time.time,
) -> Report:
    """Read all that a report shows. It blocks, and asks no network.

    Args:
        sources: trees, each a folder or a link to one; without any, those
            that the journal has runs of.
        target: only what went there; else wherever the last run sent to.
        settings: `state` is the journal's folder, None for none;
            `selection`, `known_broken`, and what makes a bin whole count.
        heard: told of each bin; what it raises ends all.
        now: the wall clock, in seconds since 1970, UTC.

    Raises:
        UsageError: where nobody says which tree is meant, or the journal
            knows other targets alone.
        SourceError: when a tree that was named is not there, or cannot be
            listed.
        JournalError: when the journal cannot be read.
    """
    rules = settings or Settings()
    with ExitStack() as stack:
        history: History | None = None
        runs: list[PastRun] = []
        if rules.state is not None:
            history = stack.enter_context(History.open(rules.state))
            runs = list(islice(history.runs(), MOST_RUNS))
        if target and (others := strangers(runs, target)):
            raise UsageError(_unknown(target, others))
        chosen = trees(sources, runs, target)
        if not chosen:
            raise UsageError(_nobody(rules.state, target))
        reading = _Reading(rules, heard, named=bool(sources), now=now)
        for tree in chosen:
            reading.tree(tree)
        return reading.report(chosen, history, runs)


def _nobody(state: Path | None, target: Target | None) -> str:
    where = f"the journal in {state} has no run" if state else "no journal"
    to = f" to {target}" if target and state else ""
    return (
        f"no SOURCE, and {where}{to} that would name one; name the folder"
        " with the bins, or set IFCB_DATA_DIR"
    )


def _unknown(target: Target, others: Sequence[str]) -> str:
    named = ", ".join(others[:NAMED])
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return f"the journal has no run to {target}; it has runs to {named}{more}"


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    rules: Settings
    heard: Callable[[BinHere | BinSent], None]
    named: bool
    now: Callable[[], float]
    days: Days = field(default_factory=Days)
    loose: list[Trouble] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)

    def tree(self, tree: Tree) -> None:
        """Read what of a tree is here."""
        target = tree.place.target if tree.place else None
        rules = replace(self.rules, layout=tree.layout)
        try:
            origin = open_source(tree.path, rules.selection)
        except SourceMissing:
            if self.named:
                raise
            gone = Origin(tree.path, target, "is not there now", gone=True)
            self.origins.append(gone)
            return
        prefix = tree.place.prefix if tree.place else ""
        with _memory(rules.state, tree.place) as memory:
            found = bins_here(
                origin,
                memory,
                prefix=prefix,
                settings=rules,
                now_ns=lambda: int(self.now() * 1e9),
            )
            with closing(found):
                seen = sum(map(self._take, found))
        empty = not seen and _empty(tree.path, rules)
        self.origins.append(
            Origin(tree.path, target, tree.remark, empty=empty)
        )

    def _take(self, one: BinHere | Trouble | FolderSeen) -> bool:
        """Whether it is more than a folder."""
        if isinstance(one, BinHere):
            self.days.add(one)
            self.heard(one)
        elif isinstance(one, Trouble):
            self.loose.append(one)
        return not isinstance(one, FolderSeen)

    def report(
        self,
        chosen: list[Tree],
        history: History | None,
        runs: list[PastRun],
    ) -> Report:
        """Read what the journal has of the trees; all together."""
        places = list(dict.fromkeys(t.place for t in chosen if t.place))
        mine = [run for run in runs if run.place in places]
        pulse: Pulse | None = None
        left: list[Trouble] = []
        sent: dict[Place, int] = {}
        last = last_sending(mine)
        if history is not None:
            pulse = last.pulse() if last else None
            for place in places:
                here = last is not None and last.run.place == place
                sent[place] = self._sent(
                    history, place, pulse if here else None
                )
                left += failed(history.left(place))
        return Report(
            made=self.now(),
            version=version("pt5-async"),
            origins=tuple(self._origins(chosen, sent)),
            instruments=self.days.instruments(self.now()),
            known=bool(places),
            part=_part(self.rules),
            loose=tuple(self.loose),
            left=tuple(left),
            runs=tuple(run_seen(run) for run in mine if _sent_any(run))[:RUNS],
            last=run_seen(mine[0]) if mine else None,
            pulse=pulse,
            verified=verified(history, chosen) if history else (),
            current=_current(self.rules),
        )

    def _sent(
        self, history: History, place: Place, pulse: Pulse | None
    ) -> int:
        """Count the bins in the store, and say how many there are."""
        number = 0
        for one in bins_sent(history.objects(place), pulse):
            number += 1
            self.heard(one)
            if self._wanted(one):
                self.days.add_sent(one)
        return number

    def _origins(
        self, chosen: list[Tree], sent: dict[Place, int]
    ) -> Iterator[Origin]:
        """The trees, with what should be in those that are empty."""
        for tree, one in zip(chosen, self.origins, strict=True):
            number = sent.get(tree.place, 0) if tree.place else 0
            yield replace(one, empty=one.empty and number > 0, sent=number)

    def _wanted(self, one: BinSent) -> bool:
        """Whether a bin in the store is among those asked for.

        Where paths are chosen, only what is here can tell.
        """
        asked = self.rules.selection
        if asked.include or asked.exclude or asked.listed is not None:
            return self.days.has(one)
        folders = one.place.split("/")[:-1]
        return (
            (not asked.instruments or one.instrument in asked.instruments)
            and (asked.since is None or one.start >= asked.since.timestamp())
            and (asked.until is None or one.start < asked.until.timestamp())
            and not set(folders) & set(asked.exclude_dirs)
        )


def _empty(path: str, rules: Settings) -> bool:
    """Whether a tree in which nothing was found has nothing.

    Where a part was asked for, the rest of it may be full.
    """
    if rules.recursive and not _part(rules):
        return True
    with suppress(OSError):
        return not os.listdir(path)
    return False


def _sent_any(run: PastRun) -> bool:
    return bool(run.counts.get("uploaded"))


@contextmanager
def _memory(folder: Path | None, place: Place | None) -> Iterator[Memory]:
    if folder is None or place is None:
        yield NoJournal()
        return
    with Journal.open(
        folder, endpoint=place.endpoint, bucket=place.bucket, read_only=True
    ) as journal:
        yield journal


def _current(rules: Settings) -> bool:
    """Whether a bin of today would be taken, whatever its folder's name."""
    asked = rules.selection
    return not (asked.until or asked.include or asked.listed is not None)


def _part(rules: Settings) -> str:
    """Which part of the trees was asked for, in words."""
    asked = rules.selection
    said = [f"IFCB{one:03}" for one in asked.instruments]
    if asked.since is not None:
        said.append(f"since {asked.since:%Y-%m-%d %H:%M}")
    if asked.until is not None:
        said.append(f"before {asked.until:%Y-%m-%d %H:%M}")
    for words, some in (
        ("like", asked.include),
        ("not like", asked.exclude),
        ("without folders", asked.exclude_dirs),
    ):
        if some:
            said.append(f"{words} {', '.join(some)}")
    if asked.listed is not None:
        said.append("what a list names")
    return ", ".join(said)
