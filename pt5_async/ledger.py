"""What the journey of one job leaves in the journal, and in which order.

An entry is `whole` only while the bin in the store may be one state of the
source, judged whole: that is what guards it against being replaced. It is
taken back before the first byte of another state is sent, and given again
when all members are in.
"""

from collections.abc import Iterable
from dataclasses import replace

from .fates import Fates
from .ifcb.names import Kind
from .kit import Kit
from .model import Entry, Held, Item, Proof, Skipped, Uploaded
from .plan import Planned
from .store import Stored
from .waiting import PASSING, overdue

NO_SIZE = -1
"""The size of an object that is known to hold other bytes than the file:
no file has it, so that it is sent again and never taken for right."""


class Ledger:
    """The journal's side of one job; a dry run leaves nothing in it."""

    def __init__(self, planned: Planned, kit: Kit) -> None:
        """Keep what becomes of `planned`."""
        self._planned = planned
        self._kit = kit
        self._doubted = False

    def sent(
        self, item: Item, checksum: str, stored: Stored, *, whole: bool
    ) -> None:
        """The file is in the store, by our sending it or before."""
        size = item.file.size
        self._record(item, size, checksum, stored, whole=whole)

    def spoiled(self, item: Item) -> None:
        """The store was seen to hold other bytes than were sent."""
        nothing = Stored("", None, Proof.NONE)
        self._record(item, NO_SIZE, "", nothing, whole=False)
        # At once: a process that is killed now would leave an object that a
        # listing shows to be of the right size, and new. What stands against
        # writing is told by the journal itself.
        self._kit.pool.submit(self._kit.memory.flush)

    def same(self, item: Item) -> None:
        """The file has the same bytes under another time."""
        if not self._kit.dry:
            self._kit.memory.touch(item.key, item.file.mtime_ns)

    async def doubt(self, sends: Iterable[Item]) -> None:
        """Another state of a bin is about to go over one that is whole.

        That is on the disk before anything is sent: a process that is
        killed in between would leave a bin of two states, held as changed.
        What is in the place of `sends` is not known from here on.

        Raises:
            JournalError: when the journal cannot be written.
        """
        if self._kit.dry:
            return
        self._doubted = True
        nothing = Stored("", None, Proof.NONE)
        for entry in filter(None, self._planned.entries):
            if entry.proof is not Proof.SIZE_DATE:
                self._kit.memory.record(entry._replace(whole=False))
        for item in sends:
            self._record(item, NO_SIZE, "", nothing, whole=False)
        await self._kit.in_thread(self._kit.memory.flush)

    def confirm(self, fates: Fates) -> None:
        """All of a whole bin is in: what was not sent now belongs to it."""
        planned = self._planned
        if self._kit.dry or not any(planned.entries):
            return
        known = fates.known
        there = [one for one in known if isinstance(one, Uploaded | Skipped)]
        if len(known) < len(Kind) or len(there) < len(known):
            return
        for item, entry in zip(
            planned.job.items, planned.entries, strict=True
        ):
            own = entry is not None and entry.proof is not Proof.SIZE_DATE
            if own and isinstance(fates.of(item), Skipped):
                self._lift(item, entry)

    async def overdue(self, fates: Fates) -> None:
        """Say so of what is held for over a day."""
        held = [
            one
            for one in fates.known
            if type(one) is Held and one.reason in PASSING
        ]
        if not held:
            return
        since = await self._kit.in_thread(self._held_since)
        words = overdue(since, self._kit.now_ns())
        for one in held if words else ():
            detail = "; ".join(filter(None, (one.detail, words)))
            fates.note(replace(one, detail=detail, overdue=True))

    def _held_since(self) -> int:
        """When a run first held the job after it was last sent, in ns."""
        planned = self._planned
        first = planned.job.items[0].key
        whole = first if planned.job.pid is None else first[:-4]
        entries = (entry for entry in planned.entries if entry is not None)
        sent = max((entry.sent_at_ns for entry in entries), default=0)
        # A look at what no file can be; sending it begins another.
        return self._kit.memory.first_look(
            f"{whole}/",
            size=NO_SIZE,
            mtime_ns=sent,
            now_ns=self._kit.now_ns(),
        )

    def _lift(self, item: Item, entry: Entry | None) -> None:
        if entry is not None and (self._doubted or not entry.whole):
            self._kit.memory.record(
                entry._replace(whole=True, mtime_ns=item.file.mtime_ns)
            )

    def _record(
        self,
        item: Item,
        size: int,
        checksum: str,
        stored: Stored,
        *,
        whole: bool,
    ) -> None:
        if self._kit.dry:
            return
        self._kit.memory.record(
            # By position, as this is done for every file.
            Entry(
                item.key,
                item.file.relative,
                size,
                item.file.mtime_ns,
                checksum,
                stored.etag,
                stored.version,
                stored.proof,
                whole,
                self._kit.now_ns(),
            )
        )
