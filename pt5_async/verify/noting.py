"""What the journal is to know of a verification, once it is over."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ..errors import JournalError
from ..events import Event, Level, Notice
from ..journal.history import note_verification
from ..journal.past import PastVerification, Place
from ..model import Target
from ..settings import Depth
from .record import as_note
from .totals import Verification


@dataclass(slots=True)
class Noting:
    """A verification while it is under way.

    `run` is its id, `source` the absolute SOURCE; `endpoint` is known once
    the store was spoken to.
    """

    run: str
    source: str
    target: Target
    endpoint: str = ""
    begun_ns: int = field(default_factory=time.time_ns)

    def about(self, depth: Depth) -> dict[str, str]:
        """What a list is of, for the file beside it."""
        return {
            "run": self.run,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "level": depth.value,
            "source": self.source,
            "target": str(self.target),
        }

    async def note(
        self, folder: Path, seen: Verification, tell: Callable[[Event], None]
    ) -> None:
        """Note in the journal what it came to.

        That it cannot be noted costs a line.
        """
        past = PastVerification(
            self.run,
            Place(self.endpoint, self.target.bucket, self.target.prefix),
            self.source,
            seen.depth.value,
            self.begun_ns,
            time.time_ns(),
            as_note(seen),
        )
        try:
            await asyncio.to_thread(note_verification, folder, past)
        except JournalError as error:
            text = f"the journal has no note of this verification: {error}"
            tell(Notice(Level.INFO, text))
