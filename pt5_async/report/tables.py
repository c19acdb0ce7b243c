"""What a report says in numbers and tables. Pure."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from .cadence import DAY, PAUSE
from .days import THIN, Look
from .headline import MARKS
from .report import Report
from .seen import ILL
from .words import day, moment, plural, size

SHOWN: Final = 200
"""So many rows has a table at most."""

_LEVELS: Final = {
    "listing": "by size",
    "checksum": "by checksum",
    "download": "byte for byte",
}


class Fact(NamedTuple):
    """A number with its name, and what else is to be known of it."""

    name: str
    value: str
    note: str = ""
    tone: str = ""


def origins(report: Report) -> Iterator[str]:
    """Where the bins are, and where they go."""
    for one in report.origins:
        to = f" to {one.target}" if one.target else ""
        remark = f" ({one.remark})" if one.remark else ""
        yield f"{one.path}{to}{remark}"
    if report.part:
        yield f"Only {report.part}"


def facts(report: Report) -> Iterator[Fact]:
    """The numbers at the top."""
    seen = report.totals()
    yield Fact("Bins here", f"{seen.bins:,}", _since(report))
    if report.known:
        notes = ["by the journal"]
        if seen.alone:
            notes.append(f"{seen.alone:,} no longer here")
        if seen.metadata:
            notes.append(f"{seen.metadata:,} without images")
        yield Fact("In the store", f"{seen.sent:,}", ", ".join(notes))
        yield Fact("Not in the store yet", f"{seen.later:,}", "still to go")
    yield Fact(
        "To look at",
        f"{seen.ill:,}",
        "broken, changed or failed",
        "bad" if seen.ill else "",
    )
    gaps = seen.looks.get(Look.GAP, 0)
    yield Fact(
        "Missing",
        f"{seen.missed:,}",
        "fewer than expected"
        + (f"; {gaps:,} day{plural(gaps)} without any" if gaps else ""),
    )
    where = "here and in the store" if report.known else "here"
    yield Fact("Volume", size(seen.size), where)


def _since(report: Report) -> str:
    cells = [one.cells for one in report.instruments if one.cells]
    if not cells:
        return ""
    first = min(some[0].day for some in cells)
    last = max(some[-1].day for some in cells)
    fresh = last >= report.made // DAY - 1
    return f"since {day(first)}" if fresh else f"{day(first)} to {day(last)}"


def calendar_note(report: Report) -> str:
    """How the days are to be read."""
    usual = [
        f"{one.name} every {_minutes(one.cadence.usual)}"
        for one in report.instruments
        if one.cadence.usual
    ]
    expected = (
        "How many bins a day should have follows from the usual time between"
        " two: the median of a month"
        + (f" (over all time {', '.join(usual)}). " if usual else ". ")
        + f"A day is called thin with fewer than {THIN:.0%} of them, and a"
        f" silence of {PAUSE // DAY} days or more is a pause, in which none is"
        " expected and nothing is drawn. "
    )
    store = (
        "What is in the store is told by the journal, as it was when the store"
        " answered; only a verification asks the store again. "
        if report.known
        else ""
    )
    return f"{expected}{store}All days are in UTC."


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"


Row = tuple[str, str, str, tuple[str, str]]


def trouble_rows(report: Report) -> tuple[list[Row], int]:
    """Tone, standing, name, and when and why; and how many more there are."""
    all_ = report.troubles()
    rows = [
        (
            "bad" if one.standing in ILL else "care",
            one.standing.value,
            one.shown,
            (moment(one.start) if one.start else "", one.reason),
        )
        for one in all_[:SHOWN]
    ]
    return rows, max(0, len(all_) - SHOWN)


def verifications(report: Report) -> Iterator[tuple[str, str, str]]:
    """Tone, mark and words for each tree that was verified, and each not."""
    for one in report.verified:
        level = _LEVELS.get(one.level, one.level)
        part = ", of a part" if one.partial else ""
        counts = ", ".join(f"{n:,} {state}" for state, n in one.bins.items())
        tone = "bad" if one.ill else "good" if one.safe else "care"
        said = {
            "bad": "not all was in the store that should be"
            if one.lacking
            else "not all could be looked at",
            "care": "all that could be in the store was there",
            "good": "all that should be in the store was there",
        }[tone]
        yield (
            tone,
            MARKS[tone],
            (
                f"{moment(one.when)} UTC{part}: {said}, {level}"
                f" ({counts or 'no bins'}). {one.source} against {one.target}"
            ),
        )
    if not report.verified:
        yield (
            "plain",
            MARKS["plain"],
            (
                "None is in the journal. pt5-async verify holds every bin"
                " against the store."
            ),
        )
