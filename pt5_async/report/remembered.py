"""The bins in the store, as the journal has them; and how fast they came."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ..ifcb.names import Kind, Member, Pid, parse_name
from ..journal.past import SentObject
from ..model import Proof
from .seen import BinSent

SLICES: Final = 60
"""The last run is cut into so many slices of time."""


@dataclass(slots=True)
class Slice:
    """What of a run arrived in a slice of its time."""

    files: int = 0
    size: int = 0


@dataclass(slots=True)
class Pulse:
    """A run's time in slices, filled object by object.

    `begun` and `ended` are seconds since 1970, UTC.
    """

    begun: float
    ended: float
    slices: list[Slice] = field(
        default_factory=lambda: [Slice() for _ in range(SLICES)]
    )

    @property
    def width(self) -> float:
        """Seconds in a slice; a second at least, as the clock has them."""
        return max((self.ended - self.begun) / SLICES, 1.0)

    def add(self, one: SentObject) -> None:
        """Count an object if it came in this run."""
        at = one.sent_at_ns / 1e9
        if not self.begun <= at <= self.ended or _adopted(one):
            return
        place = min(int((at - self.begun) / self.width), SLICES - 1)
        self.slices[place].files += 1
        self.slices[place].size += one.size

    def steps(self) -> list[Slice]:
        """The slices, up to the last in which anything came."""
        used = [n for n, one in enumerate(self.slices) if one.files]
        return self.slices[: used[-1] + 1] if used else []


def bins_sent(
    objects: Iterable[SentObject], pulse: Pulse | None = None
) -> Iterator[BinSent]:
    """The bins of which `objects`, in order of keys, have the .adc.

    Without that, no reader finds a bin. `pulse` is told of every object.
    """
    stem, pid, some = "", None, dict[Kind, SentObject]()
    for one in objects:
        if pulse is not None:
            pulse.add(one)
        named = parse_name(one.key.rpartition("/")[2])
        if not isinstance(named, Member):
            continue
        if one.key[:-4] != stem:
            if pid is not None and Kind.ADC in some:
                yield _sent(pid, some)
            stem, pid, some = one.key[:-4], named.pid, {}
        some[named.kind] = one
    if pid is not None and Kind.ADC in some:
        yield _sent(pid, some)


def _sent(pid: Pid, some: dict[Kind, SentObject]) -> BinSent:
    adopted = any(_adopted(one) for one in some.values())
    arrived = max(one.sent_at_ns for one in some.values()) / 1e9
    return BinSent(
        pid.text,
        pid.instrument,
        int(pid.time.timestamp()),
        sum(one.size for one in some.values()),
        None if adopted else arrived,
        images=Kind.ROI in some,
        place=some[Kind.ADC].path[:-4],
    )


def _adopted(one: SentObject) -> bool:
    """Whether it was found in a listing, so that its time is the store's."""
    return one.proof == Proof.SIZE_DATE
