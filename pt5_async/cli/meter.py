"""The numbers of a run as they grow, and what they say of its speed."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..events import (
    BegunAgain,
    Counted,
    Event,
    JobDone,
    Paused,
    Resumed,
    RunBegun,
    Sending,
    SentBefore,
)
from ..model import Failed, Held, Hold, Item, Outcome, Uploaded

_WINDOW: Final = 20.0
"""Seconds over which a rate is the mean: a bar must neither jump nor lag."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The numbers at one moment: files, and bytes.

    `done` files are through, whatever became of them; `done_bytes` counts
    what is under way as well; `sent_bytes` travelled in this run. The
    totals are those of the count so far, None where nothing counts;
    `final` says that the count is through. `next_try` is in how many
    seconds a store that is away is asked again; None where it is there.
    """

    done: int = 0
    done_bytes: int = 0
    sent_bytes: int = 0
    held: int = 0
    failed: int = 0
    total: int | None = None
    total_bytes: int | None = None
    final: bool = False
    next_try: float | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a run is: bytes sent per second, and seconds still to go.

    None where it cannot be told (yet).
    """

    rate: float | None = None
    left: float | None = None


class Meter:
    """An observer that only counts: a run may call it a million times."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._dry = False
        self._next_try: float | None = None
        self._forget()

    def _forget(self) -> None:
        self._done = self._done_bytes = self._sent_bytes = 0
        self._held = self._failed = 0
        self._counted: Counted | None = None
        self._under_way: dict[str, int] = {}
        self._under_way_bytes = 0

    def __call__(self, event: Event, /) -> None:
        """Count what `event` tells."""
        match event:
            case JobDone(outcomes=outcomes):
                self._count(outcomes)
            case SentBefore(files=files, size=size):
                self._done += files
                self._done_bytes += size
            case Sending(item=item, sent=sent):
                self._move(item, sent)
            case Counted():
                self._counted = event
            case RunBegun(dry_run=dry):
                self._dry = dry
            case Paused(delay=delay):
                self._next_try = self._clock() + delay
            case Resumed():
                self._next_try = None
            case BegunAgain():
                self._forget()
            case _:
                pass

    def _count(self, outcomes: tuple[Outcome, ...]) -> None:
        done = size = sent = 0
        for outcome in outcomes:
            if self._under_way:
                self._move(outcome.item, 0)
            kind = type(outcome)
            if isinstance(outcome, Held) and (
                outcome.reason is Hold.NOT_REACHED
            ):
                continue
            bytes_ = outcome.item.file.size
            size += bytes_
            done += 1
            if kind is Uploaded:
                sent += bytes_
            elif kind is Held:
                self._held += 1
            elif kind is Failed:
                self._failed += 1
        self._done += done
        self._done_bytes += size
        if not self._dry:
            self._sent_bytes += sent

    def _move(self, item: Item, sent: int) -> None:
        before = self._under_way.pop(item.key, 0)
        self._under_way_bytes += sent - before
        if sent:
            self._under_way[item.key] = sent

    def read(self) -> Reading:
        """The numbers now; the totals never fall behind what is done."""
        done_bytes = self._done_bytes + self._under_way_bytes
        counted = self._counted
        return Reading(
            done=self._done,
            done_bytes=done_bytes,
            sent_bytes=self._sent_bytes + self._under_way_bytes,
            held=self._held,
            failed=self._failed,
            total=max(counted.files, self._done) if counted else None,
            total_bytes=max(counted.size, done_bytes) if counted else None,
            final=counted is not None and counted.final,
            next_try=self._until_next_try(),
        )

    def _until_next_try(self) -> float | None:
        then = self._next_try
        return None if then is None else max(then - self._clock(), 0.0)


class Speedometer:
    """The pace over the last seconds, from readings and their times."""

    def __init__(self, window: float = _WINDOW) -> None:
        self._window = window
        self._past: deque[tuple[float, Reading]] = deque()

    def pace(self, reading: Reading, now: float) -> Pace:
        """The pace at `now`, in seconds of a clock that never goes back.

        What is left is judged by all that got done, skipped files
        included: they pass in no time, and so does the end of them.
        """
        past = self._past
        past.append((now, reading))
        while len(past) > 2 and now - past[1][0] >= self._window:  # noqa: PLR2004
            past.popleft()
        then, earlier = past[0]
        seconds = now - then
        if seconds < 1:
            return Pace()
        rate = (reading.sent_bytes - earlier.sent_bytes) / seconds
        done = (reading.done_bytes - earlier.done_bytes) / seconds
        left = None
        if reading.final and reading.total_bytes is not None and done > 0:
            left = (reading.total_bytes - reading.done_bytes) / done
        # A retry begins an object again, so that bytes can become fewer.
        return Pace(max(rate, 0.0), left)
