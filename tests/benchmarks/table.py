"""Runs into medians, medians into a table. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median
from textwrap import shorten
from typing import Final, NamedTuple

BASE: Final = "s5cmd"
"""Ratios are to the row of this name."""


class Run(NamedTuple):
    """One run: seconds, seconds of CPU, MB at its peak; and of the sink."""

    wall: float
    cpu: float
    peak: float
    sink_cpu: float | None = None
    requests: int | None = None


@dataclass(slots=True)
class Row:
    """A peer's runs, the first in the first round; or why it has none."""

    name: str
    connections: int | None = None
    runs: list[Run] = field(default_factory=list)
    fault: str | None = None


@dataclass(slots=True)
class Section:
    """One tree over one wire to one sink.

    Where the sink answers after `delay` seconds, connections limit what
    can be had at all.
    """

    title: str
    files: int
    size: int
    rows: list[Row]
    delay: float = 0.0

    def ratio(self, row: Row) -> float | None:
        """How often as fast as the base: the median over the rounds."""
        base = next((r for r in self.rows if r.name == BASE), None)
        if base is None or base.fault or row.fault:
            return None
        pairs = zip(base.runs, row.runs, strict=False)
        ratios = [theirs.wall / ours.wall for theirs, ours in pairs]
        return median(ratios) if ratios else None

    def reached(self, row: Row) -> float | None:
        """The part of what its connections can carry that was reached."""
        if not self.delay or row.connections is None or not row.runs:
            return None
        best = row.connections / self.delay
        return self.files / median(run.wall for run in row.runs) / best


HEADS: Final = (
    "files/s", "MB/s", "ratio", "CPU s/1000", "RSS MB", "spread",
    "requests", "sink", "of best", "runs",
)  # fmt: skip

_NAME: Final = 26
_WHY: Final = 90


def cells(section: Section, row: Row) -> list[str]:
    """What stands under `HEADS`; "-" where nothing is known."""
    walls = [run.wall for run in row.runs]
    wall = median(walls)
    busy = _known(
        None if run.sink_cpu is None else run.sink_cpu / run.wall
        for run in row.runs
    )
    asked = _known(run.requests for run in row.runs)
    reached = section.reached(row)
    ratio = section.ratio(row)
    cpu = median(run.cpu for run in row.runs)
    return [
        _rate(section.files / wall),
        _rate(section.size / wall / 1e6),
        "-" if ratio is None else f"{ratio:.2f}",
        f"{cpu / section.files * 1e3:.3f}",
        f"{max(run.peak for run in row.runs):,.0f}",
        f"{(max(walls) - min(walls)) / wall:.0%}",
        "-" if asked is None else f"{asked:,.0f}",
        "-" if busy is None else f"{busy:.0%}",
        "-" if reached is None else f"{reached:.0%}",
        str(len(walls)),
    ]


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"


def _known(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def lines(section: Section) -> Iterator[str]:
    """The section's title and its table."""
    size = f"{section.size / 1e6:,.0f} MB"
    yield f"{section.title}: {section.files:,} files, {size}"
    yield _line("", HEADS)
    for row in section.rows:
        if row.fault is None and row.runs:
            yield _line(row.name, cells(section, row))
        else:
            why = shorten(row.fault or "not run", _WHY)
            yield f"  {row.name:{_NAME}} {why}"


def _line(name: str, values: Iterable[str]) -> str:
    told = zip(HEADS, values, strict=True)
    under = " ".join(f"{cell:>{max(8, len(head))}}" for head, cell in told)
    return f"  {name:{_NAME}} {under}"


LEGEND: Final = """\
Medians over the runs, RSS the highest; whole processes from outside, their
start and their children included. ratio: files/s to those of s5cmd in the
same round. spread: slowest less fastest run. sink: how busy one core of the
sink was; near 100% it was the sink that was measured. of best: files/s to
connections / delay."""
