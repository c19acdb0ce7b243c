"""The walk, batch by batch, keyed and held against the journal."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from .disk.look import Found, Oddity
from .errors import Pt5Error
from .events import (
    Event,
    FolderSeen,
    JobDone,
    Level,
    Notice,
    SentBefore,
)
from .guard import guarded
from .ifcb.layout import Layout, arranged, key_of, key_trouble
from .ifcb.names import Pid
from .journal import Claims, Memory
from .model import (
    Failed,
    Group,
    Item,
    Job,
    LocalFile,
    Outcome,
    Skip,
    Skipped,
)
from .plan import SECOND, Need, Planned, arrange, planned, refused, skipped
from .settings import Settings
from .waiting import touched

BATCH_FILES: Final = 1000
"""The walk is planned in batches of so many files."""


@dataclass(slots=True)
class Batch:
    """A batch of the walk: what to tell, what is still to be done.

    `last` says that the walk is at its end.
    """

    events: list[Event] = field(default_factory=list)
    work: list[Planned] = field(default_factory=list)
    last: bool = False


class Batches:
    """The walk of one run, batch by batch; called from one thread."""

    def __init__(
        self,
        walk: Generator[Found, None, None],
        *,
        prefix: str,
        settings: Settings,
        memory: Memory,
        now_ns: Callable[[], int],
    ) -> None:
        """Key what `walk` finds below `prefix`, and ask `memory` of it."""
        self._walk = walk
        self._prefix = prefix
        self._settings = settings
        self._layout = settings.layout
        self._claims = Claims()
        self._memory = memory
        self._now_ns = now_ns
        self._warned: set[str] = set()

    def next(self) -> Batch:
        """The next batch; a bin is never split over two."""
        batch, jobs, files = Batch(), [], 0
        for found in self._walk:
            match found:
                case Group():
                    jobs.append(self._job(found, batch))
                    files += len(found.files)
                case Oddity():
                    batch.events.append(self._odd(found))
                    files += 1
                case FolderSeen():
                    batch.events.append(found)
                case SentBefore():
                    batch.events.append(found)
                    files += found.bins
            if max(files, len(batch.events)) >= BATCH_FILES:
                break
        else:
            batch.last = True
        self._plan(jobs, batch)
        return batch

    def close(self) -> None:
        """End the walk, and the threads that look ahead for it."""
        self._walk.close()
        self._claims.close()

    def _job(self, group: Group, batch: Batch) -> Job:
        """The job of a group; its members not asked for are skipped."""
        rules = self._settings
        job = arrange(
            group, self._prefix, layout=rules.layout, members=rules.members
        )
        if job.beside:
            skips = tuple(Skipped(one, Skip.MEMBER) for one in job.beside)
            batch.events.append(JobDone(Job(None, job.beside), skips))
        return job

    def _plan(self, jobs: list[Job], batch: Batch) -> None:
        # A name that is no text cannot be asked for, nor be a key.
        keys = [
            item.key
            for job in jobs
            for item in job.items
            if item.key.isascii() or not key_trouble(item.key)
        ]
        known = self._memory.look_up(keys) if keys else {}
        for job in jobs:
            if not job.items:
                continue
            batch.events.extend(self._odd_name(job.pid))
            one = self._contested(planned(job, known, self._settings))
            # A key that the journal knows was a key before.
            no = None if one.settled else refused(job)
            if no is not None:
                batch.events.append(JobDone(job, no))
            elif one.settled:
                batch.events.append(JobDone(job, skipped(one)))
            else:
                batch.work.append(self._aged(guarded(one), batch))

    def _contested(self, one: Planned) -> Planned:
        """`one`, with who came to its keys before."""
        if self._layout is Layout.MIRROR:
            return one
        first = one.job.items[0]
        place = first.key if one.job.pid is None else first.key[:-4]
        if key_trouble(place):
            return one
        folder = "".join(first.file.relative.rpartition("/")[:2])
        rivals = tuple(self._earlier(place, folder))
        if not rivals:
            return one
        needs = (Need.SEND,) * len(one.needs)
        return one._replace(needs=needs, rivals=rivals)

    def _earlier(self, place: str, folder: str) -> Iterator[str]:
        """The folders that came to `place` before; it is added to them."""
        for turn in count():
            # No key has a line feed in it.
            rival = self._claims.first(f"{place}\n{turn}", folder)
            if rival is None:
                return
            yield rival

    def _aged(self, one: Planned, batch: Batch) -> Planned:
        """`one`, with how long ago its files were touched."""
        now = self._now_ns()
        # Each is asked: the look at a file from the future must be noted.
        ages = [self._age(item, now, batch) for item in one.job.items]
        times = [other.file.mtime_ns for other in one.job.beside]
        ages += [(mtime, mtime) for mtime in times if mtime <= now]
        return one._replace(
            young=self._too_young(max(since for since, _ in ages), now),
            touched_ns=max(touched for _, touched in ages),
        )

    def _age(self, item: Item, now: int, batch: Batch) -> tuple[int, int]:
        """Since when the file is left alone, and when it was touched."""
        file, memory = item.file, self._memory
        if file.mtime_ns <= now:
            return file.mtime_ns, file.mtime_ns
        seen = memory.first_look(
            item.key, size=file.size, mtime_ns=file.mtime_ns, now_ns=now
        )
        last = touched(file, seen_ns=seen, now_ns=now)
        since = seen if memory.lasting else last
        self._warn_of_clock(file, batch, waits=self._too_young(since, now))
        return since, last

    def _too_young(self, since_ns: int, now_ns: int) -> bool:
        return since_ns > now_ns - int(self._settings.min_age * SECOND)

    def _warn_of_clock(
        self, file: LocalFile, batch: Batch, *, waits: bool
    ) -> None:
        topic = f"clock {waits}"
        if topic in self._warned:
            return
        self._warned.add(topic)
        apart = f"{self._settings.min_age:g} s"
        how = (
            f"two looks that are {apart} apart find them the same"
            if self._memory.lasting
            else f"their inode has not changed for {apart} (no journal keeps "
            "an earlier look)"
        )
        batch.events.append(
            Notice(
                Level.WARNING,
                f"{file.relative} is dated in the future: a clock is wrong"
                + (f"; such files go up once {how}" if waits else ""),
            )
        )

    def _odd_name(self, pid: Pid | None) -> Iterator[Event]:
        if pid is None or pid.strict:
            return
        name = f"IFCB{pid.instrument}"
        if name not in self._warned:
            self._warned.add(name)
            yield Notice(
                Level.WARNING,
                f"{pid}: pyifcb will not accept names of this instrument "
                f"({name}); its bins go up as they are",
            )

    def _odd(self, oddity: Oddity) -> JobDone:
        file = oddity.file
        place = arranged(self._layout, file.relative, None)
        item = Item(file, key_of(self._prefix, place))
        outcome: Outcome
        if isinstance(oddity.why, Pt5Error):
            outcome = Failed(item, oddity.why)
        else:
            outcome = Skipped(item, oddity.why, oddity.detail)
        return JobDone(Job(None, (item,)), (outcome,))
