"""What a verification found lacking, sent by the journey of an upload."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..batch import Batch
from ..disk.walk import Source
from ..errors import Pt5Error
from ..events import Event, JobDone
from ..fold import SummaryFold
from ..journal import Memory
from ..kit import Kit, Stop
from ..model import Send, Skipped, Target, Uploaded
from ..pipeline import Pipeline
from ..plan import Planned, planned
from ..run import noted
from ..settings import Settings
from ..summary import Summary
from ..turn import in_turn
from ..upload import Bring, journey
from .amends import Whys, needs
from .fix import Fix
from .fold import VerificationFold
from .results import Results
from .table import Row

if TYPE_CHECKING:
    from ..s3.client import AioSession


@dataclass(frozen=True, slots=True)
class Mending:
    """Sends what the `results` of a verification say is lacking."""

    source: str | os.PathLike[str]
    target: Target
    results: Results
    settings: Settings
    session: "AioSession | None"
    fold: VerificationFold
    fix: Fix
    stop: Stop

    async def mend(self) -> None:
        """Send it, once no other run is in the way; the fold has it all.

        Raises:
            Pt5Error: what ends an upload.
        """
        if not await asyncio.to_thread(self.results.lacking, 0):
            return
        self.fix.begin(self.fold.verification())
        try:
            if not self.stop.asked:
                self.fold.fixed = await in_turn(
                    self._send, self.stop, self.fix.observer
                )
        except Pt5Error as error:
            if isinstance(error.summary, Summary):
                self.fold.fixed = error.summary
            raise
        fixed = self.fold.fixed
        # One that came to a limit of its own was looked at to the end.
        self.fold.stopped = fixed is None or (
            fixed.stopped and fixed.limit is None
        )

    async def _send(self) -> Summary:
        return await journey(
            self.source,
            self.target,
            self._begin,
            settings=self.settings,
            session=self.session,
            observer=self._told,
            stop=self.stop,
        )

    @contextmanager
    def _begin(self, source: Source, _: Settings) -> Iterator[Bring]:
        async def bring(kit: Kit, fold: SummaryFold) -> None:
            feed = Lacking(self.results, kit.memory, kit.settings)
            pipeline = Pipeline(feed, kit=kit)
            await noted(source, kit, fold, lambda _: pipeline.run())

        yield bring

    def _told(self, event: Event) -> None:
        well = (Uploaded, Skipped)
        if isinstance(event, JobDone):
            done = all(isinstance(one, well) for one in event.outcomes)
            self.fold.mended += done
            self.fold.mended_loose += done and event.job.pid is None
        self.fix.observer(event)


class Lacking:
    """The bins that something is to be sent of, as the walk found them."""

    def __init__(
        self, results: Results, memory: Memory, settings: Settings
    ) -> None:
        """Take them from `results`, and ask `memory` anew."""
        self._results = results
        self._memory = memory
        self._settings = settings
        self._after = 0

    def next(self) -> Batch:
        """The next of them."""
        some = self._results.lacking(self._after)
        if not some:
            return Batch(last=True)
        self._after = some[-1][0].id
        keys = [item.key for row, _ in some for item in row.planned.job.items]
        known = self._memory.look_up(keys)
        rules = self._settings
        return Batch(
            work=[
                _to_send(row, whys, planned(row.planned.job, known, rules))
                for row, whys in some
            ]
        )

    def close(self) -> None:
        """Nothing is open."""


def _to_send(row: Row, whys: Whys, now: Planned) -> Planned:
    """A bin as the walk found it, with what is to be sent of it."""
    return row.planned._replace(
        entries=now.entries,
        needs=needs(now, whys),
        whys=tuple(why or Send.NEW for why in whys),
        amends=True,
    )
