"""What a report says in words: statements, numbers, tables. Pure."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from .cadence import DAY, PAUSE
from .days import THIN, Instrument, Look
from .report import Report, Totals
from .seen import ILL, Standing
from .words import bins, day, lasting, moment, size

SHOWN: Final = 200
"""So many rows has a table at most."""

SILENT: Final = 4
"""An instrument is silent after so many bins that did not come."""

_MARKS: Final = {"good": "✓", "care": "!", "bad": "!", "plain": "i"}
_LEVELS: Final = {
    "listing": "by size",
    "checksum": "by checksum",
    "download": "byte for byte",
}


class Statement(NamedTuple):
    """A sentence, and how it is meant."""

    tone: str
    words: str

    @property
    def mark(self) -> str:
        """What stands before it."""
        return _MARKS[self.tone]


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


def statements(report: Report) -> list[Statement]:
    """What an operator has to know, the worst first."""
    seen = report.totals()
    said = [*_bad(report, seen), *_gone(report), *_late(report, seen)]
    if not report.instruments:
        return [*said, Statement("care", "There is no bin.")]
    if not report.known:
        said.append(
            Statement(
                "plain",
                "No journal tells what is in the store; pt5-async verify"
                " asks the store itself.",
            )
        )
    elif not seen.bins:
        said.append(
            Statement(
                "plain",
                f"No bin is here; the journal has {bins(seen.sent)} in the"
                " store.",
            )
        )
    elif not said:
        all_ = bins(seen.bins)
        said.append(
            Statement(
                "good", f"All is well: {all_} here, all of them in the store."
            )
        )
    return said


def _bad(report: Report, seen: Totals) -> Iterator[Statement]:
    kinds = [one for one in Standing if one in ILL and seen.here.get(one)]
    each = ", ".join(f"{seen.here[one]:,} {one}" for one in kinds)
    whose = f"{bins(seen.ill)}: {each}"
    if len(kinds) == 1:
        whose = bins(seen.ill, kinds[0])
    if kinds:
        yield Statement("bad", f"Somebody has to look at {whose}.")
    last = report.last
    if last is not None and last.early:
        yield Statement(
            "bad",
            f"The last run ({moment(last.begun)}) ended early: {last.early}.",
        )
    failed = sum(one.standing is Standing.FAILED for one in report.left)
    if failed:
        yield Statement(
            "bad", f"{failed:,} file{_s(failed)} failed in the last run."
        )
    if loose := len(report.loose):
        yield Statement(
            "bad",
            f"{loose:,} file{_s(loose)} or folder{_s(loose)} could not be"
            " looked at.",
        )
    for one in report.verified:
        part = " of a part" if one.partial else ""
        named = f"The verification{part} of {moment(one.when)}"
        if one.lacking:
            missed = f"missed {bins(one.lacking)} in the store"
            yield Statement("bad", f"{named} {missed}.")
        if one.unread:
            some = f"{one.unread:,} file{_s(one.unread)}"
            some += f" or folder{_s(one.unread)}"
            yield Statement("bad", f"{named} could not look at {some}.")


def _gone(report: Report) -> Iterator[Statement]:
    for one in report.origins:
        if one.gone:
            yield Statement("care", f"{one.path} is not there; is it mounted?")


def _late(report: Report, seen: Totals) -> Iterator[Statement]:
    for one in report.instruments:
        if (silence := silent_for(one, report.made)) is not None:
            yield Statement(
                "care", f"{one.name} has been silent for {lasting(silence)}."
            )
    if seen.later:
        waiting = seen.here.get(Standing.WAITING, 0)
        held = seen.later - waiting
        parts = [f"{waiting:,} left for the next upload"] if waiting else []
        parts += [f"{held:,} settling or being written"] if held else []
        if len(parts) == 1:
            parts = [parts[0].partition(" ")[2]]
        yield Statement(
            "care",
            f"{bins(seen.later)} not in the store yet: {', '.join(parts)}."
            f"{_since_last(report) if waiting else ''}",
        )


def silent_for(one: Instrument, now: float) -> float | None:
    """How long an instrument that is at work has made no bin, if too long."""
    usual = one.cadence.at(now)
    if usual is None or not one.cadence.spans:
        return None
    last = one.cadence.gaps[-1] if one.cadence.gaps else None
    ends = one.cadence.spans[-1][1]
    if last is None or last.end != ends or last.missed < SILENT:
        return None
    silence = now - (last.begin - usual)
    return silence if silence < PAUSE else None


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
        + (f"; {gaps:,} day{_s(gaps)} without any" if gaps else ""),
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


def _since_last(report: Report) -> str:
    """When the last run was, if that may be why bins wait."""
    if report.last is None or report.made - report.last.begun < DAY:
        return ""
    ago = lasting(report.made - report.last.begun)
    return f" The last run was {ago} ago."


def _s(count: int) -> str:
    return "" if count == 1 else "s"


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
            one.place,
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
            _MARKS[tone],
            (
                f"{moment(one.when)} UTC{part}: {said}, {level}"
                f" ({counts or 'no bins'}). {one.source} against {one.target}"
            ),
        )
    if not report.verified:
        yield (
            "plain",
            _MARKS["plain"],
            (
                "None is in the journal. pt5-async verify holds every bin"
                " against the store."
            ),
        )
