"""Archives that never were, for tests of what a report shows of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pt5_async.report import Report
from pt5_async.report.days import Days
from pt5_async.report.remembered import Pulse
from pt5_async.report.report import Origin, RunSeen, Verified
from pt5_async.report.seen import BinHere, BinSent, Standing, Trouble

NOW = datetime(2026, 11, 26, 23, tzinfo=UTC).timestamp()
HOUR = 3600
DAY = 24 * HOUR

HOSTILE = "<img src=x onerror=alert(1)></script><!--\x1b[31m\u202e&amp;"
"""A folder's name that wants to be more than a name."""


def bin_name(start: float, instrument: int = 104) -> str:
    when = datetime.fromtimestamp(start, UTC)
    return f"D{when:%Y%m%dT%H%M%S}_IFCB{instrument:03}"


def here(
    start: float,
    standing: Standing = Standing.STORED,
    *,
    instrument: int = 104,
    size: int = 5_000_000,
    rois: int | None = 900,
    reason: str = "",
    folder: str = "day",
) -> BinHere:
    name = bin_name(start, instrument)
    return BinHere(
        name,
        f"{folder}/{name}",
        instrument,
        int(start),
        size,
        standing,
        reason,
        rois,
    )


def sent(
    start: float,
    lag: float | None = HOUR,
    *,
    instrument: int = 104,
    size: int = 5_000_000,
) -> BinSent:
    arrived = None if lag is None else start + lag
    name = bin_name(start, instrument)
    return BinSent(name, instrument, int(start), size, arrived, place=name)


def starts(begin: float, number: int, every: float = 23 * 60) -> list[int]:
    return [int(begin + n * every) for n in range(number)]


def filled(
    bins: Iterable[BinHere] = (), stored: Iterable[BinSent] = ()
) -> Days:
    days = Days()
    for one in bins:
        days.add(one)
    for other in stored:
        days.add_sent(other)
    return days


def report(
    days: Days,
    *,
    origins: Sequence[Origin] = (Origin("/data/ifcb", "s3://bucket/p"),),
    known: bool = True,
    **more: object,
) -> Report:
    instruments = days.instruments(NOW)
    made: Report = Report(
        NOW, "0.1.0", tuple(origins), instruments, known, **more
    )  # type: ignore[arg-type]
    return made


def weeks(number: int = 3) -> Report:
    """Some weeks of one instrument, with one of everything."""
    many = number * 7 * 62
    times = starts(NOW - many * 23 * 60, many)
    gap = range(300, 450)
    lost = [t for n, t in enumerate(times) if n not in gap]
    fates = {
        40: (Standing.BROKEN, f"broken: {HOSTILE}"),
        41: (Standing.CHANGED, ".roi: not the size that was sent"),
        len(lost) - 2: (Standing.WAITING, ""),
        len(lost) - 1: (Standing.PASSING, "being written: roi is short"),
    }
    usual = (Standing.STORED, "")
    bins = [
        here(t, fates.get(n, usual)[0], reason=fates.get(n, usual)[1])
        for n, t in enumerate(lost)
    ]
    stored = [
        sent(one.start) for one in bins if one.standing is Standing.STORED
    ]
    return report(
        filled(bins, stored),
        origins=(
            Origin("/data/ifcb", "s3://bucket/p"),
            Origin(f"/data/{HOSTILE}", None, "is not there now"),
        ),
        left=(
            Trouble(
                HOSTILE, HOSTILE, None, None, Standing.FAILED, "AccessDenied"
            ),
        ),
        runs=runs(),
        pulse=pulse(),
        verified=(
            Verified(
                "/data/ifcb",
                "s3://bucket/p",
                NOW - DAY,
                "checksum",
                safe=True,
                partial=False,
                bins={"safe": 1300},
            ),
        ),
    )


def runs(number: int = 5) -> tuple[RunSeen, ...]:
    return tuple(
        RunSeen(
            id=f"{n:012x}",
            source="/data/ifcb",
            target="s3://bucket/p",
            begun=NOW - (n + 1) * HOUR,
            ended=NOW - (n + 1) * HOUR + 30,
            seconds=30.0,
            files=30 * n,
            bins=10 * n,
            size=90_000_000 * n,
            failed=n == 2,
            held=1,
            outcome="exit code 0",
            well=n != 2,
        )
        for n in range(number)
    )


def pulse() -> Pulse:
    made = Pulse(NOW - HOUR, NOW - HOUR + 600)
    for place, one in enumerate(made.slices):
        one.files, one.size = place, place * 1_000_000
    return made


def ten_years(instruments: Sequence[int] = (10, 104, 127)) -> Report:
    """So many days that a page has to be clever; five bins in each."""
    days = Days()
    for one in instruments:
        for t in starts(NOW - 3653 * DAY, 3653 * 5, DAY / 5):
            broken = t // DAY % 97 == one % 97
            fate = Standing.BROKEN if broken else Standing.STORED
            if t // DAY % 61 > 1:
                days.add(here(t, fate, instrument=one))
                days.add_sent(sent(t, instrument=one))
    return report(days, runs=runs(30))
