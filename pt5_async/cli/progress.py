"""The progress of a run on standard error: a bar, or a line a minute."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, TextIO

from .amounts import files, interval, short_size, stamp
from .footer import LINE_SECONDS, Line, columns, shown
from .meter import Meter, Pace, Reading, Speedometer
from .screen import Screen

_SHORTEST_BAR: Final = 6


@contextmanager
def progress(
    screen: Screen,
    meter: Meter,
    *,
    line_seconds: float = LINE_SECONDS,
    bar: bool = True,
) -> Iterator[None]:
    """Show what `meter` counts: a bar on a terminal, else plain lines.

    Without `bar` there are only the lines.
    """
    speedometer = Speedometer()

    def line() -> None:
        reading = meter.read()
        pace = speedometer.pace(reading, time.monotonic())
        now = stamp(datetime.now(UTC))
        screen.say(f"{now} {one_line(reading, pace)}")

    footer = None
    if bar and screen.interactive:
        footer = Bar(screen.err, meter, speedometer)
    with shown(screen, footer, line, line_seconds=line_seconds):
        yield


class Bar(Line):
    """A footer: how far a run is, as much as fits the terminal."""

    def __init__(
        self,
        stream: TextIO,
        meter: Meter,
        speedometer: Speedometer,
        *,
        width: Callable[[TextIO], int] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stream)
        self._meter = meter
        self._speedometer = speedometer
        self._width = width or columns
        self._clock = clock

    def draw(self) -> None:
        """Write the numbers as they are now."""
        reading = self._meter.read()
        pace = self._speedometer.pace(reading, self._clock())
        # The last column stays free: some terminals wrap when it is used.
        self._line.ncols = self._width(self._stream) - 1
        self._line.total = reading.total_bytes
        self._line.n = reading.done_bytes
        self._line.bar_format = layout(reading, pace, self._line.ncols)
        self._line.refresh()


def one_line(reading: Reading, pace: Pace) -> str:
    """Everything that can be said, for a line of any length."""
    words = [text for _, text in _parts(reading, pace)]
    return ", ".join([_percent(reading), *words]).lstrip(" ,")


def layout(reading: Reading, pace: Pace, width: int) -> str:
    """The format, as tqdm takes it, of a line of `width` characters.

    What says least goes first where there is no room for all: the number
    of files, the time left, the rate, what is held.
    """
    parts = _parts(reading, pace)
    percent = _percent(reading)
    while len(parts) > 1 and _length(percent, parts) > width:
        parts.remove(min(parts))
    text = "  ".join(words for _, words in parts)
    room = width - _length(percent, parts) - 2
    if percent and room >= _SHORTEST_BAR:
        return f"{percent} {{bar}}  {text}"
    return f"{percent}  {text}".lstrip()


def _length(percent: str, parts: list[tuple[int, str]]) -> int:
    text = sum(len(words) + 2 for _, words in parts)
    return len(percent) + text


def _percent(reading: Reading) -> str:
    total = reading.total_bytes
    if total is None:
        return ""
    done = reading.done_bytes * 100 // total if total else 0
    return f"{done:3}%"


def _parts(reading: Reading, pace: Pace) -> list[tuple[int, str]]:
    """What the line says, each with its weight, in the line's order."""
    done, total = reading.done, reading.total
    more = "" if reading.final else "+"
    parts = [(9, short_size(reading.done_bytes)), (1, files(done))]
    if total is not None and reading.total_bytes is not None:
        size = f"{_of(reading.done_bytes, reading.total_bytes)}{more}"
        parts = [(9, size), (1, f"{done}/{total}{more} files")]
    if reading.next_try is not None:
        parts.append((10, _away(reading.next_try)))
    elif pace.rate is not None:
        parts.append((3, f"{short_size(pace.rate)}/s"))
    if pace.left is not None and reading.next_try is None:
        parts.append((2, f"{interval(pace.left)} left"))
    if reading.held:
        parts.append((4, f"{reading.held} held"))
    if reading.failed:
        parts.append((5, f"{reading.failed} failed"))
    return parts


def _away(seconds: float) -> str:
    when = f"in {seconds:.0f} s" if round(seconds) else "now"
    return f"store unreachable, next try {when}"


def _of(done: float, total: float) -> str:
    """Two sizes; the unit is said once where it is the same."""
    whole = short_size(total)
    part = short_size(done)
    if part.split()[1] == whole.split()[1]:
        part = part.split()[0]
    return f"{part}/{whole}"
