"""Runs and verifications that are over, as values; rows to them and back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from .failures import damaged
from .memory import Unsent
from .statements import Found, Row, bounded, legible

SECOND_NS: Final = 10**9


class Place(NamedTuple):
    """Where objects went: an endpoint, a bucket and a prefix in it."""

    endpoint: str
    bucket: str
    prefix: str

    @property
    def bounds(self) -> tuple[str, str]:
        """Between these are the keys below it, as UTF-8 sorts."""
        if not self.prefix:
            return "", "\U0010ffff"
        return f"{self.prefix}/", f"{self.prefix}0"

    @property
    def target(self) -> str:
        """As ``s3://BUCKET/PREFIX``."""
        return f"s3://{self.bucket}/{self.prefix}"


class Ending(StrEnum):
    """How a run came to its end.

    ENDED noted its end, whatever that was. CUT_OFF did not: it was killed,
    or lost its power or its journal's disk. RUNNING is still at it.
    """

    ENDED = "ended"
    CUT_OFF = "cut off"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run of `upload`, as far as the journal knows.

    Attributes:
        id: the run's id, as in the log and in receipts.
        place: where it sent to.
        source: the absolute SOURCE.
        layout: that of the keys.
        begun_ns: when it began, in ns since 1970, UTC.
        ended_ns: when it ended; None where that was not noted.
        ending: whether it came to an end.
        exit_code: the command's; None where none was noted (a run in
            somebody's own Python, one that was cut off, an older journal).
        error: the class of what ended it early, and `reason` its sentence.
        counts: its numbers by name, see `logbook.counts`; empty where it
            was cut off. Those that an older version did not note are not
            in it.
        upto_ns: when the next run to this bucket began, else later than
            any time.
    """

    id: str
    place: Place
    source: str
    layout: str
    begun_ns: int
    ended_ns: int | None
    ending: Ending
    exit_code: int | None
    error: str | None
    reason: str | None
    counts: Mapping[str, int]
    upto_ns: int = 2**63 - 1

    @property
    def target(self) -> str:
        """As ``s3://BUCKET/PREFIX``."""
        return self.place.target

    @property
    def seconds(self) -> float | None:
        """How long it took; None where nobody knows."""
        if "milliseconds" in self.counts:
            return self.counts["milliseconds"] / 1000
        if self.ended_ns is None:
            return None
        return max(self.ended_ns - self.begun_ns, 0) / SECOND_NS

    @property
    def rate(self) -> float | None:
        """Bytes sent per second; None where nobody knows."""
        seconds, size = self.seconds, self.counts.get("bytes")
        return size / seconds if seconds and size is not None else None

    @property
    def stopped(self) -> bool:
        """Whether it was asked to stop before its work was done."""
        return bool(self.counts.get("stopped"))

    @property
    def idle(self) -> bool:
        """Whether it had nothing to do, and all was well."""
        done = ("uploaded", "failed", "broken_or_changed", "stopped")
        well = self.ending is Ending.ENDED and not self.error
        return well and not (
            self.exit_code or any(self.counts.get(one) for one in done)
        )

    def under_way(self) -> "PastRun":
        """The same, still at it."""
        return replace(self, ending=Ending.RUNNING)


@dataclass(frozen=True, slots=True)
class PastVerification:
    """What a verification came to.

    Attributes:
        id: its id, as in its receipt and beside its list.
        place: what it held SOURCE against.
        source: the absolute SOURCE.
        level: what had to be shown: listing, checksum or download.
        begun_ns: when it began, in ns since 1970, UTC; `ended_ns` its end.
        totals: its numbers, as `verify --json` has them at its end: "safe"
            and "stopped" are truths, "bins" has a number for each state,
            "same" files and bytes by what showed it, "missing", "differs",
            "undue" and so on likewise; "part" says that only a part of
            the tree, or of its bins, was asked for. After --fix, the bins
            are as that has left them, and files as they were found.
    """

    id: str
    place: Place
    source: str
    level: str
    begun_ns: int
    ended_ns: int
    totals: Mapping[str, Any]

    @property
    def target(self) -> str:
        """As ``s3://BUCKET/PREFIX``."""
        return self.place.target

    @property
    def safe(self) -> bool:
        """Whether every bin that should be in the store was there."""
        return bool(self.totals.get("safe"))

    @property
    def stopped(self) -> bool:
        """Whether it was stopped before its end."""
        return bool(self.totals.get("stopped"))

    @property
    def partial(self) -> bool:
        """Whether only a part of the tree was asked for, or reached."""
        whole = self.totals.get("extra") is not None
        return self.stopped or bool(self.totals.get("part", not whole))

    @property
    def bins(self) -> Mapping[str, int]:
        """How many bins were in each state ("safe", "broken here", ...)."""
        return dict(self.totals.get("bins", {}))


class SentObject(NamedTuple):
    """An object as the journal knows it."""

    key: str
    path: str
    size: int
    proof: str
    whole: bool
    sent_at_ns: int


@dataclass(slots=True)
class Amount:
    """Files and bytes, counted together."""

    files: int = 0
    bins: int = 0
    size: int = 0

    def add(self, one: SentObject) -> None:
        """One more; a bin is there with its .adc, which comes last."""
        self.files += 1
        self.bins += one.key[-4:].lower() == ".adc"
        self.size += one.size


@dataclass(frozen=True, slots=True)
class Left:
    """What a run left here, by name: the first of each kind."""

    run: str
    files: tuple[Unsent, ...] = field(default=())


def as_run(found: Found, file: Path, upto_ns: int) -> PastRun:
    """A run from its row.

    Raises:
        JournalUnfit: for one that makes no sense.
    """
    *place, run, source, layout, begun_ns, ended_ns, told, code = found
    noted = _read(told or "{}", dict, file)
    error, colon, reason = str(noted.pop("error", "")).partition(": ")
    counts = {name: n for name, n in noted.items() if isinstance(n, int)}
    return PastRun(
        id=run,
        place=Place(*place),
        source=source,
        layout=layout,
        begun_ns=begun_ns,
        ended_ns=ended_ns,
        ending=Ending.CUT_OFF if ended_ns is None else Ending.ENDED,
        exit_code=code,
        error=error or None,
        reason=reason if colon else None,
        counts=counts,
        upto_ns=upto_ns,
    )


def as_verification(found: Found, file: Path) -> PastVerification:
    """A verification from its row; raises as `as_run` does."""
    *place, run, source, level, begun_ns, ended_ns, told = found
    return PastVerification(
        run,
        Place(*place),
        source,
        level,
        begun_ns,
        ended_ns,
        _read(told, dict, file),
    )


def verification_row(one: PastVerification) -> Row:
    """The values of a verification's row, but for its target."""
    return (
        one.id,
        legible(one.source),
        legible(one.place.prefix),
        one.level,
        bounded(one.begun_ns),
        bounded(one.ended_ns),
        json.dumps(dict(one.totals)),
    )


def as_left(found: Found, file: Path) -> Left:
    """What a run left, from its row; raises as `as_run` does."""
    run, told = found
    try:
        files = tuple(Unsent(*one) for one in _read(told, list, file))
    except TypeError as error:
        raise damaged(file, error) from error
    return Left(run, files)


def _read(text: str, kind: type, file: Path) -> Any:
    try:
        told = json.loads(text)
    except (TypeError, ValueError) as error:
        raise damaged(file, error) from error
    if not isinstance(told, kind):
        raise damaged(file, f"{text[:40]!r} is no {kind.__name__}")
    return told
