"""An inspection in words: a line for a finding, and the summary. Pure."""

from collections.abc import Iterator
from typing import Final

from ..ifcb.names import braced
from ..ifcb.verdict import Judgement
from ..inspect import Count, Inspected, Inspection
from ..model import Failed, Hold, Skipped
from .amounts import files, size
from .words import Said, Tone, because, failure, listed

_CARE: Final = frozenset(
    {
        Judgement.INCOMPLETE,
        Judgement.TRUNCATED,
        Judgement.SUSPICIOUS,
        Hold.BROKEN,
    }
)
"""What somebody should look at."""


def bin_line(found: Inspected) -> Said:
    """A bin and what is to be said of it, as an upload names held ones."""
    names = [file.relative for file in found.files]
    # The names of one bin differ in their last four characters alone.
    return Said(
        f"  {braced(names[0][:-4], names)}  {_why(found)}", _tone(found)
    )


def _why(found: Inspected) -> str:
    if found.error is not None:
        return f"failed: {found.error}"
    reasons = [because(*found.held)] if found.held else []
    if found.verdict and (found.held is None or _suspicious(found)):
        reasons.append(because(found.verdict.judgement, found.verdict.reason))
    return "; ".join(reasons)


def _suspicious(found: Inspected) -> bool:
    verdict = found.verdict
    return verdict is not None and verdict.judgement is Judgement.SUSPICIOUS


def _tone(found: Inspected) -> Tone:
    if found.error is not None:
        return Tone.BAD
    if found.broken or _suspicious(found):
        return Tone.CARE
    return Tone.DULL if found.well else Tone.PLAIN


def odd_line(odd: Failed | Skipped) -> Said:
    """What could not be looked at, or was rightly left alone."""
    if isinstance(odd, Failed):
        return Said(f"  failed: {failure(odd)}", Tone.BAD)
    why = because(odd.reason, odd.detail)
    return Said(f"  {odd.item.file.relative}  left: {why}", Tone.DULL)


def report(seen: Inspection, *, days: bool, stopped: bool) -> Iterator[Said]:
    """The summary; `days` asks for a line per day, too."""
    if days and seen.by_day:
        yield Said("Days:", Tone.STRONG)
        for day, count in seen.by_day.items():
            yield _row(day.isoformat(), count)
    if seen.by_instrument:
        yield Said("Instruments:", Tone.STRONG)
        for number, count in seen.by_instrument.items():
            yield _row(f"IFCB{number}", count)
    yield Said("Inspection Summary Report:", Tone.STRONG)
    yield from _totals(seen)
    yield from _others(seen)
    if stopped:
        yield Said(
            "Stopped early; what is counted here is what was seen.", Tone.CARE
        )
    elif not seen.total.bins and not seen.failures:
        none = "No bin was found that was asked for."
        if not seen.unasked:
            none = "No bins here; is it the right folder?"
        yield Said(none, Tone.CARE)


def _row(name: str, count: Count) -> Said:
    """One instrument, or one day; what is broken stands behind."""
    said = f"  {name}  {_bins(count.bins)} ({_judged(count)})"
    if broken := count.held.get(Hold.BROKEN):
        return Said(f"{said}, {broken} broken", Tone.CARE)
    return Said(said)


def _totals(seen: Inspection) -> Iterator[Said]:
    total = seen.total
    yield Said(f"Total Bins: {total.bins}")
    yield Said(f"Total Files: {total.files}")
    yield Said(f"Total Size: {size(total.size)}")
    yield Said(f"Duration: {seen.seconds:.2f} seconds")
    yield Said(f"Bins/Second: {_rate(seen):.2f}")
    if days := list(seen.by_day):
        yield Said(f"Days: {len(days)}, from {days[0]} to {days[-1]} (UTC)")
    for judgement, number in total.judged.items():
        tone = Tone.CARE if judgement in _CARE else Tone.PLAIN
        yield Said(f"{judgement.capitalize()}: {_bins(number)}", tone)
    if total.held:
        yield Said(f"Held: {_bins(sum(total.held.values()))}")
    for hold, number in total.held.items():
        tone = Tone.CARE if hold in _CARE else Tone.PLAIN
        yield Said(f"  {number} {hold}", tone)
    if seen.known_broken:
        tone = Tone.CARE if seen.new_broken else Tone.PLAIN
        one = "bin" if seen.broken == 1 else "bins"
        new = seen.new_broken
        yield Said(f"  {seen.broken} broken {one}, {new} new", tone)


def _others(seen: Inspection) -> Iterator[Said]:
    if seen.total.failed:
        yield Said(f"Failed: {_bins(seen.total.failed)}", Tone.BAD)
    if seen.unseen:
        yield Said(f"Failed: {seen.unseen} other files or folders", Tone.BAD)
    counts = {
        "links not followed": seen.links,
        "no regular files": seen.specials,
        "hidden or system entries": seen.hidden,
        "unfinished copies": seen.transient,
    }
    if seen.left:
        yield Said(f"{files(seen.left, 'other')} left (not of any bin)")
    if seen.unasked:
        yield Said(f"{files(seen.unasked)} not asked for", Tone.DULL)
    if few := listed(counts):
        yield Said(f"Left alone: {few}", Tone.DULL)


def _judged(count: Count) -> str:
    return (
        listed(
            {
                **{str(one): number for one, number in count.judged.items()},
                "failed": count.failed,
            }
        )
        or "changed meanwhile"
    )


def _bins(number: int) -> str:
    return f"{number} bin{'' if number == 1 else 's'}"


def _rate(seen: Inspection) -> float:
    return seen.total.bins / seen.seconds if seen.seconds else 0.0
