"""Changes that wait for the disk, and the thread that takes them there.

Whoever notes something only appends to a list; a daemon thread writes the
list half a second later, so that a killed process loses less than a second.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from ..errors import JournalError
from ..model import Entry
from .database import Database
from .statements import Change

DELAY: Final = 0.5
"""Seconds between the first change that waits and the write."""

MANY: Final = 5000
"""So many changes are written at once, which takes some 25 ms."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a file looked, and since when (ns)."""

    size: int
    mtime_ns: int
    first_ns: int


@dataclass(slots=True)
class Batch:
    """Changes for one transaction, and what they make of the answers.

    `entries`, `mtimes` and `looks` hold by key what the changes will have
    done; a look of None is one that was forgotten.
    """

    changes: list[Change] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    mtimes: dict[str, int] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)

    def record(self, entry: Entry) -> None:
        """An entry that will be there."""
        self.entries[entry.key] = entry
        self.mtimes.pop(entry.key, None)

    def touch(self, key: str, mtime_ns: int) -> None:
        """An mtime that will be there, if there is an entry."""
        if entry := self.entries.get(key):
            self.entries[key] = entry._replace(mtime_ns=mtime_ns)
        else:
            self.mtimes[key] = mtime_ns

    def amends(self, keys: Iterable[str]) -> bool:
        """Whether the file has something else for any of `keys`."""
        noted = self.entries or self.mtimes
        return bool(noted) and any(
            key in self.entries or key in self.mtimes for key in keys
        )

    def amend(self, found: dict[str, Entry], keys: Iterable[str]) -> None:
        """Make `found` what the file will answer after this batch."""
        for key in keys if self.entries or self.mtimes else ():
            if entry := self.entries.get(key):
                found[key] = entry
            elif key in self.mtimes and key in found:
                mtime_ns = self.mtimes[key]
                found[key] = found[key]._replace(mtime_ns=mtime_ns)


class Writer:
    """Writes what is noted, in order, at most DELAY seconds later.

    `trouble` is what stood against the last write; then the changes stay,
    and only `write` and `close` try again.
    """

    def __init__(self, database: Database) -> None:
        self.trouble: JournalError | None = None
        self.database = database
        self.batches = [Batch()]
        self.changed = threading.Condition()
        self.closing = False
        self._thread = threading.Thread(
            target=self._work, name="pt5-journal", daemon=True
        )
        self._thread.start()

    def note(self) -> "Note":
        """The batch to add changes to; never waits for the disk.

        Raises:
            JournalError: on entering, after `close`.
        """
        return Note(self)

    def waiting(self) -> Sequence[Batch]:
        """What is not written, the oldest first.

        It is in step with the file as long as the caller holds the
        database's lock.
        """
        with self.changed:
            return tuple(self.batches)

    def write(self) -> None:
        """Write all that waits, in one transaction.

        Raises:
            JournalFull: when the disk is full.
            JournalError: when the file cannot be written.
        """
        with self.database.lock:
            with self.changed:
                if self.batches[-1].changes:
                    self.batches.append(Batch())
                full = self.batches[:-1]
            try:
                if full:
                    self.database.write(
                        chain.from_iterable(batch.changes for batch in full)
                    )
            except JournalError as error:
                self.trouble = error
                raise
            with self.changed:
                del self.batches[: len(full)]
                self.trouble = None
                self.changed.notify()  # what came meanwhile is due again

    def close(self) -> None:
        """End the thread and write what is left; raises as `write` does."""
        with self.changed:
            self.closing = True
            self.changed.notify()
        self._thread.join()
        self.write()

    def _work(self) -> None:
        while self._wait():
            with suppress(JournalError):  # it is in `trouble`
                self.write()

    def _wait(self) -> bool:
        """Wait until there is something to write; False to end."""
        with self.changed:
            self.changed.wait_for(
                lambda: self.closing or (self._due(1) and not self.trouble)
            )
            self.changed.wait_for(
                lambda: self.closing or self._due(MANY), DELAY
            )
            return not self.closing

    def _due(self, count: int) -> bool:
        return len(self.batches[-1].changes) >= count


class Note:
    """A batch while changes are added to it, one thread at a time.

    A generator for it would cost as much as what happens inside.
    """

    __slots__ = ("_batch", "_before", "_writer")

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def __enter__(self) -> Batch:
        writer = self._writer
        writer.changed.acquire()
        if writer.closing:
            writer.changed.release()
            raise JournalError(
                f"the journal {writer.database.file} is closed; nothing"
                " more can be noted in it"
            )
        self._batch = writer.batches[-1]
        self._before = len(self._batch.changes)
        return self._batch

    def __exit__(self, *_: object) -> None:
        writer, before = self._writer, self._before
        after = len(self._batch.changes)
        if before == 0 < after or before < MANY <= after:
            writer.changed.notify()
        writer.changed.release()


class Discard:
    """The writer of a journal that is only read: it drops every note."""

    trouble: Final = None

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def note(self) -> Iterator[Batch]:
        """A batch that nobody reads."""
        with self._lock:
            yield Batch()

    def waiting(self) -> Sequence[Batch]:
        """Nothing waits."""
        return ()

    def write(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing waits."""
