"""What a run tells its test, record by record, in a file that is only grown.

A record is written in one piece as soon as it is known, so that a run that
is killed has told all that it ever reported.
"""

import os
import pickle
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from pt5_async.events import BegunAgain, Event, JobDone, SentBefore
from pt5_async.model import Failed, Held, Skipped, Uploaded
from pt5_async.settings import Settings
from pt5_async.summary import Summary


class Order(NamedTuple):
    """What a child is to do; what it tells goes to the file `out`."""

    source: str
    target: str
    settings: Settings
    out: str


class Fate(NamedTuple):
    """What became of one file; `why` is a reason or an error's name."""

    key: str
    relative: str
    what: str
    why: str
    proof: str = ""
    checksum: str = ""


class End(NamedTuple):
    """How a run came to its end; `error` is the name of what ended it."""

    found: int
    uploaded: int
    skipped: int
    held: int
    failed: int
    error: str = ""
    words: str = ""


class Again(NamedTuple):
    """The run begins anew: what was told before counts no longer."""

    reason: str


class Teller:
    """An observer that writes down what became of each file.

    What is told in sum has no names; those that the journal said it knows
    are noted by `knew`.
    """

    def __init__(self, out: str) -> None:
        self._file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._known: list[list[str]] = []

    def knew(self, keys: list[str]) -> None:
        """Files of one folder were known; from any thread."""
        self._known.append(keys)

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, JobDone):
            self.say([_fate(one) for one in event.outcomes])
        elif isinstance(event, SentBefore):
            self.say(self._names(event))
        elif isinstance(event, BegunAgain):
            self._known.clear()
            self.say(Again(event.reason))

    def _names(self, event: SentBefore) -> list[Fate]:
        """The files of a sum: the first that was known and is like it."""
        start = f"p/{event.folder}/" if event.folder else "p/"
        for keys in self._known:
            folder = keys[0].rpartition("/")[0]
            if len(keys) == event.files and f"{folder}/" == start:
                self._known.remove(keys)
                return [
                    Fate(key, key.removeprefix("p/"), "skipped", "JOURNAL")
                    for key in keys
                ]
        raise AssertionError(f"nobody asked for what was told: {event}")

    def say(self, record: object) -> None:
        os.write(self._file, pickle.dumps(record))

    def ended(
        self, summary: Summary | None, error: BaseException | None = None
    ) -> None:
        numbers = [0] * 5
        if summary is not None:
            kinds = (
                summary.found,
                summary.uploaded,
                summary.skipped,
                summary.held,
                summary.failed,
            )
            numbers = [one.files for one in kinds]
        name = type(error).__name__ if error else ""
        self.say(End(*numbers, name, str(error or "")))


def _fate(one: Uploaded | Skipped | Held | Failed) -> Fate:
    key, relative = one.item.key, one.item.file.relative
    match one:
        case Uploaded():
            return Fate(
                key, relative, "uploaded", one.why, one.proof, one.checksum
            )
        case Skipped() | Held():
            what = type(one).__name__.lower()
            return Fate(key, relative, what, one.reason.name)
        case Failed():
            why = f"{type(one.error).__name__}: {one.error}"
            return Fate(key, relative, "failed", why)


class Told:
    """All that a run told; `end` is None where it was killed."""

    def __init__(self, out: Path) -> None:
        self.fates: list[Fate] = []
        self.end: End | None = None
        for record in _records(out):
            if isinstance(record, End):
                self.end = record
            elif isinstance(record, Again):
                self.fates.clear()
            else:
                assert isinstance(record, list)
                self.fates += record

    def all_of(self, what: str) -> list[Fate]:
        return [one for one in self.fates if one.what == what]


def _records(out: Path) -> Iterator[object]:
    stream = BytesIO(out.read_bytes() if out.exists() else b"")
    while True:
        try:
            yield pickle.load(stream)
        except EOFError:
            return
