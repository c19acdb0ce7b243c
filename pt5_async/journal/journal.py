"""Journal: the memory that lasts, one SQLite file for all targets."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from ..errors import JournalError
from ..model import Entry
from ..store import Part
from . import statements as sql
from .database import Database
from .failures import damaged
from .memory import OpenUpload, Run, Traits, Unsent
from .uploads import Uploads
from .writer import Discard, Look, Writer

SECOND_NS: Final = 10**9

LOOK_LIFE_NS: Final = 400 * 24 * 3600 * 10**9
"""A first look older than this, in nanoseconds, is forgotten."""


class Journal:
    """A `Memory` in ``journal.sqlite3`` of a state folder.

    `Journal.open` makes one. Several processes may use one file, each for
    other targets: who opens it to write has the target's `lock.hold`.
    """

    def __init__(
        self,
        database: Database,
        *,
        endpoint: str,
        bucket: str,
        read_only: bool = False,
    ) -> None:
        self._database = database
        self._endpoint = endpoint
        self._target = _target(database, endpoint, bucket, read_only)
        if not read_only:
            _forget_old_looks(database, self._target)
        self._uploads = Uploads(
            database.rows(sql.UPLOADS, (self._target,)),
            database.rows(sql.PARTS, (self._target,)),
        )
        [traits] = database.rows(sql.TRAITS, (endpoint,))
        self._traits = sql.as_traits(traits)
        self._closed = False
        self._prefix: str | None = None
        self._marked_ns = 0
        self._writer = Discard() if read_only else Writer(database)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        endpoint: str,
        bucket: str,
        read_only: bool = False,
    ) -> Self:
        """What `folder` remembers of `bucket` at `endpoint`.

        With `read_only` nothing is made or changed on the disk: a journal
        that is not there is an empty one, and notes are not written.

        Raises:
            JournalFull: when the disk is full.
            JournalError: when the folder or the file cannot be made, read
                or written, when the file is damaged or no journal, or when
                a newer version wrote it.
        """
        begin = Database.open_read_only if read_only else Database.open
        database = begin(folder)
        try:
            return cls(
                database,
                endpoint=endpoint,
                bucket=bucket,
                read_only=read_only,
            )
        except BaseException:
            database.close()
            raise

    lasting: Final = True

    @property
    def trouble(self) -> JournalError | None:
        """Why notes could not be written; None when all is well."""
        return self._writer.trouble

    def look_up(self, keys: Sequence[str]) -> dict[str, Entry]:
        """The entries of those of `keys` that are known, by key."""
        known: dict[str, Entry] = {}
        with self._database.lock:
            for begin in range(0, len(keys), sql.KEYS_AT_ONCE):
                some = keys[begin : begin + sql.KEYS_AT_ONCE]
                question = sql.entries_of(len(some))
                found = self._database.rows(question, (self._target, *some))
                try:
                    known.update((row[0], sql.as_entry(row)) for row in found)
                except KeyError as error:
                    raise damaged(
                        self._database.file, f"no proof is called {error}"
                    ) from error
            for batch in self._writer.waiting():
                batch.amend(known, keys)
        return known

    def knows_all(self, files: list[tuple[str, int, int]]) -> bool:
        """Whether all of these are known just so; see `Memory.knows_all`."""
        first, last, at_most = files[0][0], files[-1][0], 2 * len(files)
        with self._database.lock:
            waiting = self._writer.waiting()
            if any(
                batch.amends(key for key, *_ in files) for batch in waiting
            ):
                return False  # what is in the file is of the past
            row = (self._target, first, last, at_most)
            found = self._database.rows(sql.BETWEEN, row)
        return found == files or set(found).issuperset(files)

    def record(self, entry: Entry) -> None:
        """Note an object; it replaces what was known of its key."""
        row = sql.entry_row(self._target, entry)
        newest = self._is_newest(entry)
        with self._writer.note() as batch:
            batch.changes.append((sql.RECORD, row))
            batch.record(entry)
            if newest:
                name = (self._target, self._prefix, entry.key)
                batch.changes.append((sql.SET_NEWEST, name))

    def touch(self, key: str, mtime_ns: int) -> None:
        """Note that the file has the same bytes under another mtime."""
        row = (sql.bounded(mtime_ns), self._target, key)
        with self._writer.note() as batch:
            batch.changes.append((sql.TOUCH, row))
            batch.touch(key, mtime_ns)

    def open_upload(self, key: str) -> OpenUpload | None:
        """The upload of `key` that was begun last and not ended."""
        with self._writer.note():
            return self._uploads.newest(key)

    def begin_upload(self, upload: OpenUpload) -> None:
        """Note an upload that the store has begun."""
        with self._writer.note() as batch:
            batch.changes.extend(sql.upload_changes(self._target, upload))
            self._uploads.begin(upload)

    def add_part(self, key: str, upload_id: str, part: Part) -> None:
        """Note a part that the store has; its number may come again."""
        name = (self._target, key, upload_id)
        with self._writer.note() as batch:
            batch.changes.append(
                (sql.ADD_PART, (*sql.part_values(part), *name))
            )
            self._uploads.add_part(key, upload_id, part)

    def end_upload(self, key: str, upload_id: str) -> None:
        """Note that an upload is complete, aborted or gone."""
        name = (self._target, key, upload_id)
        with self._writer.note() as batch:
            batch.changes.append((sql.END_UPLOAD, name))
            self._uploads.end(key, upload_id)

    def stale_uploads(self, older_than_ns: int) -> list[OpenUpload]:
        """The uploads begun before a moment in ns, the oldest first."""
        with self._writer.note():
            return self._uploads.older_than(older_than_ns)

    def first_look(
        self, key: str, *, size: int, mtime_ns: int, now_ns: int
    ) -> int:
        """When the file was first seen with this size and mtime, in ns."""
        mtime_ns = sql.bounded(mtime_ns)
        with self._database.lock:
            seen = self._look(key)
            if (
                seen
                and (seen.size, seen.mtime_ns) == (size, mtime_ns)
                and seen.first_ns <= now_ns
            ):
                return seen.first_ns
            row = (self._target, key, size, mtime_ns, now_ns)
            with self._writer.note() as batch:
                batch.changes.append((sql.SET_LOOK, row))
                batch.looks[key] = Look(size, mtime_ns, now_ns)
        return now_ns

    def traits(self) -> Traits:
        """What is known about the endpoint, whatever the bucket."""
        return self._traits

    def set_traits(self, traits: Traits) -> None:
        """Note what was learnt about the endpoint."""
        row = (self._endpoint, traits.algorithm, traits.etag_is_md5)
        habits = (self._endpoint, traits.keeps_new)
        with self._writer.note() as batch:
            batch.changes.append((sql.SET_TRAITS, row))
            batch.changes.append((sql.SET_HABITS, habits))
            self._traits = traits

    def knows(self, prefix: str) -> bool:
        """Whether any object below `prefix` is known; "" is the bucket."""
        return self.newest(prefix) is not None

    def newest(self, prefix: str) -> str | None:
        """The key below `prefix` that was noted last, to within a second.

        An index by time would make the file half as large again.
        """
        self.flush()
        row = (self._target, sql.legible(prefix))
        # As UTF-8 sorts: what begins with "p/" ends before "p0".
        ends = (f"{prefix}/", f"{prefix}0") if prefix else ("", "\U0010ffff")
        found = self._database.rows(sql.NEWEST, row) or self._database.rows(
            sql.LAST_KEY, (self._target, *ends)
        )
        return str(found[0][0]) if found else None

    def last_layout(self, prefix: str) -> str | None:
        """The layout of the run to `prefix` that began last."""
        self.flush()
        row = (self._target, sql.legible(prefix))
        found = self._database.rows(sql.LAST_LAYOUT, row)
        return str(found[0][0]) if found else None

    def begin_run(self, run: Run) -> None:
        """Note that a run begins."""
        names = (sql.legible(run.source), sql.legible(run.prefix))
        row = (self._target, run.id, *names, run.layout, run.begun_ns)
        with self._writer.note() as batch:
            batch.changes.append((sql.BEGIN_RUN, row))
            self._prefix = sql.legible(run.prefix)

    def end_run(
        self,
        run: str,
        *,
        ended_ns: int,
        counts: Mapping[str, int],
        error: str | None = None,
        unsent: Sequence[Unsent] = (),
    ) -> None:
        """Note that a run ended, its counts, and what did not go."""
        changes = sql.end_changes(
            self._target, run, ended_ns, counts, error, unsent
        )
        with self._writer.note() as batch:
            batch.changes.extend(changes)

    def flush(self) -> None:
        """Write all that waits, and raise what stands against it."""
        self._writer.write()

    def close(self) -> None:
        """Flush, then let go of the file even if that fails."""
        if self._closed:
            return
        self._closed = True
        try:
            self._writer.close()
        finally:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_newest(self, entry: Entry) -> bool:
        """Whether to mark an entry, which is done once a second."""
        sent_ns = entry.sent_at_ns
        if self._prefix is None or sent_ns < self._marked_ns + SECOND_NS:
            return False
        if entry.size >= 0:
            self._marked_ns = sent_ns
        return entry.size >= 0

    def _look(self, key: str) -> Look | None:
        for batch in reversed(self._writer.waiting()):
            if key in batch.looks:
                return batch.looks[key]
        found = self._database.rows(sql.LOOK, (self._target, key))
        return Look(*found[0]) if found else None


def _target(
    database: Database, endpoint: str, bucket: str, read_only: bool
) -> int:
    """The number of a target in the file; 0, which none has, for none."""
    name = (sql.legible(endpoint), sql.legible(bucket))
    if not database.rows(sql.FIND_TARGET, name) and not read_only:
        database.write([(sql.ADD_TARGET, name)])
    found = database.rows(sql.FIND_TARGET, name)
    return int(found[0][0]) if found else 0


def _forget_old_looks(database: Database, target: int) -> None:
    row = (target, time.time_ns() - LOOK_LIFE_NS)
    if database.rows(sql.FIND_OLD_LOOK, row):  # else there is no write
        database.write([(sql.FORGET_OLD_LOOKS, row)])
