"""The run's tasks: producer, bounded queue, consumers, stop.

The producer pulls the walk batch by batch out of a thread, where the keys
are computed and the journal is asked, asks the store's listings for the
rest, and puts one job after the other on a bounded queue. Consumers take
one job each. After a stop or a fatal error they keep taking jobs, without
working on them, so that the producer is never stuck and every file found
gets its outcome.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final, Protocol, Self

from .adopt import Shelf
from .batch import Batch
from .errors import Pt5Error
from .events import Counted, JobDone, Stopping
from .kit import Kit
from .plan import ADOPTED, Planned, skipped
from .transfer import Delivery
from .width import Width

QUEUE_FILES: Final = 2000
"""At most so many files wait on the queue."""

SEATS: Final = 2
"""For each job at work there may be one of which the .adc is under way."""

_QUEUE_JOBS: Final = QUEUE_FILES // 3
"""A bin has three files at most, and is one job."""


class Feed(Protocol):
    """Gives what is to be brought, batch by batch; called in one thread."""

    def next(self) -> Batch:
        """The next batch; none is asked for behind the last."""
        ...

    def close(self) -> None:
        """Let go of whatever it holds, however far it came."""
        ...


class Pipeline:
    """One run over one tree.

    `batches` of the walk are made, one after the other, in a thread of
    their own; `totals`, if given, are those of a second, counting walk,
    which begins when the journal does not know all.
    """

    def __init__(
        self,
        batches: Feed,
        *,
        kit: Kit,
        totals: Iterator[tuple[int, int]] | None = None,
    ) -> None:
        """Bring everything that `batches` give, with the run's `kit`."""
        self._batches = batches
        self._kit = kit
        self._totals = totals
        self._asks = asyncio.Event()
        self._queue: asyncio.Queue[Planned | None] = asyncio.Queue(_QUEUE_JOBS)
        self._walker = ThreadPoolExecutor(1, "pt5-walk")
        self._counter = ThreadPoolExecutor(1, "pt5-count")
        self._shelf = Shelf(kit)
        self._error: Pt5Error | None = None
        self._hurried: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run to the end, or to where a stop or an error ends it.

        Raises:
            Pt5Error: the first error after which nothing could go on,
                bare, when all that was running has come to its end.
        """
        rules = self._kit.settings
        self._kit.width.begin()
        width = (rules.concurrency or rules.connections) * SEATS
        try:
            async with asyncio.TaskGroup() as group:
                start = group.create_task
                work = [start(self._produce(width), name="producer")]
                work += [
                    start(self._consume(), name=f"consumer-{number}")
                    for number in range(width)
                ]
                aside = [
                    start(self._watch(work), name="stop"),
                    start(self._tell_totals(), name="count"),
                ]
                await asyncio.wait(work)
                for task in aside:
                    task.cancel()
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            # Behind a batch that is still being made, in the same thread.
            self._walker.submit(self._batches.close)
            self._walker.shutdown(wait=False)
            self._counter.shutdown(wait=False, cancel_futures=True)
        if self._error is not None:
            raise self._error

    # ---- the producer

    async def _produce(self, width: int) -> None:
        with self._swallowed_hurry():
            try:
                await self._feed()
            except Pt5Error as error:
                self._fail(error)
        while width:
            with self._swallowed_hurry():
                await self._queue.put(None)
                width -= 1

    async def _feed(self) -> None:
        loop = asyncio.get_running_loop()
        while self._kit.may_begin():
            with self._kit.reading.of("the next folder"):
                batch = await loop.run_in_executor(
                    self._walker, self._batches.next
                )
            for event in batch.events:
                self._kit.tell(event)
            await self._put(deque(batch.work))
            if batch.last:
                return

    async def _put(self, work: deque[Planned]) -> None:
        """Ask the store where that is needed, then queue job by job."""
        if work:
            self._asks.set()
        try:
            if self._kit.may_begin():
                await self._ask_store(work)
            while work and self._kit.may_begin():
                job = work[0]
                self._adopt(job)
                if job.settled:
                    self._kit.tell(JobDone(job.job, skipped(job)))
                else:
                    await self._queue.put(job)
                work.popleft()
        finally:
            for job in work:
                self._kit.tell(Delivery(job, self._kit).done())

    async def _ask_store(self, work: deque[Planned]) -> None:
        """Decide by listings what the journal could not.

        What could not be asked after fails, and is gone from `work`.
        """
        asking = [job for job in work if job.asks]
        answers = iter(await self._shelf.answer(asking))
        jobs = []
        for job in work:
            answer = next(answers) if job.asks else job
            if isinstance(answer, Planned):
                jobs.append(answer)
            else:
                self._kit.tell(Delivery(job, self._kit).failed(answer))
        work.clear()
        work.extend(jobs)

    def _adopt(self, job: Planned) -> None:
        if self._kit.dry:
            return
        for need, entry in zip(job.needs, job.entries, strict=True):
            if need in ADOPTED and entry is not None:
                self._kit.memory.record(entry)

    # ---- the consumers

    async def _consume(self) -> None:
        """Take one job after the other, each with a place of its own.

        It is given up as soon as no more than the .adc is left of a job, so
        that somebody else can begin the next.
        """
        while True:
            try:
                async with _Turn(self._kit.width) as turn:
                    job = await self._queue.get()
                    if job is None:
                        return
                    await self._deliver(job, turn)
            except asyncio.CancelledError:
                if not self._only_hurried():
                    raise

    async def _deliver(self, job: Planned, turn: "_Turn") -> None:
        delivery = Delivery(job, self._kit, committing=turn.end)
        try:
            trouble = self._kit.memory.trouble
            if trouble is not None:
                self._fail(trouble)
            await delivery.run()
        except Pt5Error as error:
            self._fail(error)
        finally:
            self._kit.tell(delivery.done())

    def _fail(self, error: Pt5Error) -> None:
        if self._error is None:
            self._error = error
        self._kit.halted.set()
        self._kit.width.hold_nobody()

    # ---- stop and count

    async def _watch(self, work: list[asyncio.Task[None]]) -> None:
        stop = self._kit.stop
        await stop.wait()
        self._kit.width.hold_nobody()
        self._kit.tell(Stopping(at_once=stop.now))
        with suppress(TimeoutError):
            async with asyncio.timeout(self._kit.settings.grace):
                await stop.wait_now()
        self._kit.tell(Stopping(at_once=True))
        self._hurried.update(work)
        for task in work:
            task.cancel()

    @contextmanager
    def _swallowed_hurry(self) -> Iterator[None]:
        """End what is inside when the run hurries, and go on after it.

        A cancellation from elsewhere passes through, also a later one.
        """
        try:
            yield
        except asyncio.CancelledError:
            if not self._only_hurried():
                raise

    def _only_hurried(self) -> bool:
        """Whether this task was cancelled by the run alone."""
        task = asyncio.current_task()
        if task not in self._hurried or task.uncancel() > 0:
            return False
        self._hurried.discard(task)
        return True

    async def _tell_totals(self) -> None:
        loop = asyncio.get_running_loop()
        files = size = 0
        # Where nothing is to be done, one walk is over as soon as the other.
        await self._asks.wait()
        while self._totals is not None:
            total = await loop.run_in_executor(
                self._counter, next, self._totals, None
            )
            if total is not None:
                files, size = total
            self._kit.tell(Counted(files, size, final=total is None))
            if total is None:
                return


class _Turn:
    """A place that is given back early, or at the end of the block."""

    def __init__(self, width: Width) -> None:
        self._width = width
        self._held = False

    def end(self) -> None:
        """Give the place back, if that did not happen yet."""
        if self._held:
            self._held = False
            self._width.give()

    async def __aenter__(self) -> Self:
        await self._width.take()
        self._held = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.end()
