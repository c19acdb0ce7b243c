"""What is here: the walk, keyed and held against the journal, in a table."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..batch import Batch, Batches
from ..disk.walk import Source, walk
from ..errors import (
    MemberMissing,
    NameRefused,
    SourceEmpty,
    UsageError,
)
from ..events import Event, FolderSeen, JobDone, Notice
from ..journal import NoJournal
from ..kit import Kit
from ..model import Failed, Skip, Skipped, Target
from ..plan import planned
from .finding import Finding, State, Unreadable, Verified
from .table import Table
from .unseen import Unseen

Tell = Callable[[Finding], None]


@dataclass(frozen=True, slots=True)
class Gathering:
    """Takes what the walk finds into the table, and tells what is odd.

    What could not be looked at is taken by `unseen`, too.
    """

    source: Source
    target: Target
    kit: Kit
    table: Table
    tell: Tell
    unseen: Unseen

    async def walk(self) -> None:
        """Take all that is here into the table.

        Raises:
            Pt5Error: when it cannot be looked at, or would all be missing.
        """
        kit, rules = self.kit, self.kit.settings
        batches = Batches(
            walk(
                self.source,
                recursive=rules.recursive,
                all_files=rules.all_files,
            ),
            prefix=self.target.prefix,
            settings=rules,
            memory=NoJournal(),
            now_ns=kit.now_ns,
        )
        await kit.in_thread(self._check_layout)
        loop, anything, last = asyncio.get_running_loop(), False, False
        walker = ThreadPoolExecutor(1, "pt5-walk")
        try:
            while not last:
                with kit.reading.of("the next folder"):
                    batch = await loop.run_in_executor(walker, batches.next)
                last = batch.last
                for event in batch.events:
                    self._told(event)
                    if isinstance(event, JobDone):
                        self._hide(event)
                anything = anything or _has_files(batch)
                await kit.in_thread(self._take, batch)
        finally:
            # Behind a batch that is still being made, in the same thread.
            walker.submit(batches.close)
            walker.shutdown(wait=False)
        if not anything:
            await kit.in_thread(self._check_found)

    def _take(self, batch: Batch) -> None:
        jobs = [one.job for one in batch.work]
        keys = [item.key for job in jobs for item in job.items]
        known = self.kit.memory.look_up(keys) if keys else {}
        taken = []
        for one in batch.work:
            sent = planned(one.job, known)
            both = one._replace(entries=sent.entries)
            taken.append((both, sent.sent_whole))
        self.table.add(taken)

    def _told(self, event: Event) -> None:
        """Tell what the planning has decided already."""
        match event:
            case JobDone(job=job, outcomes=outcomes) if job.pid is not None:
                bad = [one for one in outcomes if isinstance(one, Failed)]
                if bad:
                    files = tuple(Unreadable(o.item, o.error) for o in bad)
                    self.tell(Verified(job.pid, files, State.UNREADABLE))
            case JobDone(outcomes=outcomes):
                for one in outcomes:
                    if isinstance(one, Failed):
                        self.tell(Unreadable(one.item, one.error))
                    elif isinstance(one, Skipped):
                        self._skipped(one)
            case FolderSeen() | Notice():
                self.tell(event)
            case _:
                pass

    def _hide(self, done: JobDone) -> None:
        """Let no object be extra of which the file could not be looked at."""
        for one in done.outcomes:
            if isinstance(one, Failed):
                seen = isinstance(one.error, NameRefused | MemberMissing)
                self.unseen.take(one.item, seen=seen)

    def _skipped(self, one: Skipped) -> None:
        if one.reason is not Skip.MEMBER:
            self.tell(one)

    def _check_layout(self) -> None:
        """Raise a `UsageError` where every key would be another."""
        memory, layout = self.kit.memory, self.kit.settings.layout
        last = memory.last_layout(self.target.prefix)
        if last is not None and last != layout:
            raise UsageError(
                f"{self.target} was filled with --layout {last}, so that"
                f" nothing would be found under --layout {layout}; give that"
            )

    def _check_found(self) -> None:
        """Raise a `SourceEmpty` for a tree that is suspiciously empty."""
        if self.source.selection.narrow:
            return
        if self.kit.memory.knows(self.target.prefix):
            raise SourceEmpty(
                f"{self.source.path} is empty, and files were sent to"
                f" {self.target} before; is its disk mounted?"
            )


def _has_files(batch: Batch) -> bool:
    """Whether a batch of the walk came upon any file at all."""
    seen = [e for e in batch.events if isinstance(e, FolderSeen)]
    left = any(one.left or one.transient for one in seen)
    jobs = any(isinstance(e, JobDone) for e in batch.events)
    return bool(batch.work) or left or jobs
