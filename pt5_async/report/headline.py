"""What an operator has to know, in a few sentences. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from .cadence import DAY, SHOUTED, silent_since
from .report import Report, Totals
from .seen import ILL, Standing, Trouble
from .words import bins, day, lasting, moment, plural

MARKS: Final = {"good": "✓", "care": "!", "bad": "!", "plain": "i"}


class Statement(NamedTuple):
    """A sentence, and how it is meant."""

    tone: str
    words: str

    @property
    def mark(self) -> str:
        """What stands before it."""
        return MARKS[self.tone]


def statements(report: Report) -> list[Statement]:
    """What an operator has to know, the worst first."""
    seen = report.totals()
    said = [
        *unmounted(report),
        *_bad(report, seen),
        *_gone(report),
        *_silent(report, retired=False),
        *_late(report, seen),
    ]
    if not report.instruments:
        return [*said, Statement("care", "There is no bin.")]
    said += _overall(report, seen, well=not said)
    return [*said, *_silent(report, retired=True)]


def _overall(
    report: Report, seen: Totals, *, well: bool
) -> Iterator[Statement]:
    if not report.known:
        yield Statement(
            "plain",
            "No journal tells what is in the store; pt5-async verify asks the"
            " store itself.",
        )
    elif not seen.bins and not any(one.empty for one in report.origins):
        yield Statement(
            "plain",
            f"No bin is here; the journal has {bins(seen.sent)} in the store.",
        )
    elif well:
        all_ = bins(seen.bins)
        yield Statement(
            "good", f"All is well: {all_} here, all of them in the store."
        )


def unmounted(report: Report) -> Iterator[Statement]:
    """Trees that are empty, and hardly should be."""
    for one in report.origins:
        if one.empty:
            yield Statement(
                "bad",
                f"{one.path} is empty: no bin is in it, and the journal has"
                f" {bins(one.sent)} in the store. Is its disk mounted?",
            )


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
    if report.left:
        failed = _bins_and_files(report.left)
        yield Statement("bad", f"{failed} failed in the last run.")
    if loose := len(report.loose):
        yield Statement(
            "bad",
            f"{loose:,} file{plural(loose)} or folder{plural(loose)} could"
            " not be looked at.",
        )
    for one in report.verified:
        part = " of a part" if one.partial else ""
        named = f"The verification{part} of {moment(one.when)}"
        if one.lacking:
            missed = f"missed {bins(one.lacking)} in the store"
            yield Statement("bad", f"{named} {missed}.")
        if one.unread:
            some = f"{one.unread:,} file{plural(one.unread)}"
            some += f" or folder{plural(one.unread)}"
            yield Statement("bad", f"{named} could not look at {some}.")


def _bins_and_files(some: Sequence[Trouble]) -> str:
    """As "2 bins and 1 file"."""
    whole = sum(bool(one.members) for one in some)
    loose = len(some) - whole
    said = [bins(whole)] if whole else []
    said += [f"{loose:,} file{plural(loose)}"] if loose else []
    return " and ".join(said)


def _gone(report: Report) -> Iterator[Statement]:
    for one in report.origins:
        if one.gone:
            yield Statement("care", f"{one.path} is not there; is it mounted?")


def _silent(report: Report, *, retired: bool) -> Iterator[Statement]:
    """Instruments that fell silent; those `retired` are a quiet fact."""
    if not report.current:
        return
    for one in report.instruments:
        last = silent_since(one.cadence, report.made)
        if last is None:
            continue
        silence = report.made - last
        if retired != (silence >= SHOUTED):
            continue
        if retired:
            yield Statement(
                "plain", f"{one.name}: no bin since {day(last // DAY)}."
            )
        else:
            yield Statement(
                "care",
                f"{one.name} has been silent for {lasting(silence)}, since"
                f" {moment(last)}.",
            )


def _late(report: Report, seen: Totals) -> Iterator[Statement]:
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


def _since_last(report: Report) -> str:
    """When the last run was, if that may be why bins wait."""
    if report.last is None or report.made - report.last.begun < DAY:
        return ""
    ago = lasting(report.made - report.last.begun)
    return f" The last run was {ago} ago."
