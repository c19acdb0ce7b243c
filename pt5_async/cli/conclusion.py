"""A run's summary as lines of words, the older script's six among them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final, TypeVar

from ..ifcb.names import braced
from ..model import Held, Hold, Proof, Send, Skip
from ..settings import MIB
from ..summary import Count, Summary
from .amounts import files, size
from .words import Said, Tone, because, failure, listed

_SKIPPED: Final = {Skip.JOURNAL: "skipped by the journal, store not asked"}
_CARE: Final = (Hold.BROKEN, Hold.CHANGED)

Reason = TypeVar("Reason", Skip, Hold, Send)


def conclusion(summary: Summary) -> Iterator[Said]:
    """All that a person should know of a run when it is over.

    The names come first: a terminal's last lines are those that are read.
    """
    yield from _failed(summary)
    yield from overdue(summary)
    yield from _held(summary)
    yield from _older_lines(summary)
    yield from _bins(summary)
    yield from _outcomes(summary)
    yield from _others(summary)
    if summary.stopped:
        how = f"by --{summary.limit}" if summary.limit else "early"
        yield Said(f"Stopped {how}; run again to send the rest.", Tone.CARE)


def _older_lines(summary: Summary) -> Iterator[Said]:
    """The lines that scripts may look for, in the form that they know.

    They count what was really sent in this run, and nothing else.
    """
    sent = summary.uploaded
    if summary.dry_run:
        yield Said("Dry Run Summary Report (nothing was sent):", Tone.STRONG)
        yield Said(f"Files To Send: {sent.files}")
        yield Said(f"Size To Send: {size(sent.size)}")
        yield Said(f"Duration: {summary.seconds:.2f} seconds")
        return
    yield Said("Upload Summary Report:", Tone.STRONG)
    yield Said(f"Total Files: {sent.files}")
    yield Said(f"Total Size: {size(sent.size)}")
    yield Said(f"Duration: {summary.seconds:.2f} seconds")
    yield Said(f"Average Rate: {summary.rate / MIB:.2f} MB/s")
    yield Said(f"Files/Second: {summary.files_per_second:.2f}")


def _bins(summary: Summary) -> Iterator[Said]:
    bins = summary.bins
    if not bins.found:
        return
    fates = {
        "to send" if summary.dry_run else "uploaded": bins.uploaded,
        "skipped": bins.skipped,
        "held": bins.held,
        "failed": bins.failed,
    }
    seen = listed(
        {
            "empty": bins.empty,
            "suspicious": bins.suspicious,
            "metadata only": bins.metadata_only,
        }
    )
    among = f"; among those read, {seen}" if seen else ""
    yield Said(f"Bins: {bins.found} ({listed(fates)}{among})")


def _outcomes(summary: Summary) -> Iterator[Said]:
    """Files by what became of them and why; the numbers add up."""
    if summary.proofs and not summary.dry_run:
        proofs = {
            "nothing" if proof is Proof.NONE else proof.value: count
            for proof, count in summary.proofs.items()
        }
        yield Said(f"Proven By: {listed(proofs)}")
    yield from _sends(summary)
    if summary.skipped.files:
        yield Said(f"Skipped: {_count(summary.skipped)}", Tone.DULL)
    for skip, count in _largest_first(summary.skipped_by):
        words = _SKIPPED.get(skip, skip.value)
        yield Said(f"  {count.files} {words}", Tone.DULL)
    if summary.held.files:
        yield Said(f"Held: {_count(summary.held)}")
    for hold, count in _largest_first(summary.held_by):
        tone = Tone.CARE if hold in _CARE else Tone.PLAIN
        yield Said(f"  {count.files} {hold.value}", tone)
    if summary.overdue.files:
        yield Said(f"  {summary.overdue.files} for over 24 hours", Tone.CARE)
    if summary.broken.known_files:
        bins, new = summary.broken.bins, summary.broken.new
        tone = Tone.CARE if new else Tone.PLAIN
        one = "bin" if bins == 1 else "bins"
        yield Said(f"  {bins} broken {one}, {new} new", tone)
    if summary.failed.files:
        yield Said(f"Failed: {_count(summary.failed)}", Tone.BAD)


def _sends(summary: Summary) -> Iterator[Said]:
    """Why files were sent, or would be, where that is not plain."""
    for why, count in _largest_first(summary.sent_by):
        if summary.dry_run or why not in {Send.NEW, Send.UNSEEN}:
            words = f"{_count(count)} because: {why.value}"
            yield Said(f"  {'to send' if summary.dry_run else 'sent'} {words}")


def _others(summary: Summary) -> Iterator[Said]:
    """What was seen and is no outcome: nobody asked for it."""
    if summary.left:
        yield Said(
            f"{files(summary.left, 'other')} left"
            " (derived products and others; --all-files sends them)"
        )
    if summary.unasked:
        asked = files(summary.unasked)
        yield Said(f"{asked} not asked for", Tone.DULL)
    if summary.transient:
        unfinished = files(summary.transient, "unfinished")
        yield Said(f"{unfinished} left", Tone.DULL)
    if summary.hidden:
        yield Said(
            f"Hidden or system entries left: {summary.hidden}", Tone.DULL
        )
    if summary.retries:
        yield Said(f"Repeated attempts: {summary.retries}", Tone.DULL)


def _failed(summary: Summary) -> Iterator[Said]:
    if not summary.failures:
        return
    yield Said("Failed Files:", Tone.STRONG)
    for failed in summary.failures:
        yield Said(f"  {failure(failed)}", Tone.BAD)
    yield from _more(summary.failed.files - len(summary.failures))


def _held(summary: Summary) -> Iterator[Said]:
    """The held files by name; the members of a bin stand on one line."""
    if not summary.holds:
        return
    yield Said("Held Files:", Tone.STRONG)
    yield from _by_bin(summary.holds, Tone.PLAIN)
    unreached = summary.held_by.get(Hold.NOT_REACHED, Count()).files
    others = unreached + summary.broken.known_files + summary.overdue.files
    yield from _more(summary.held.files - others - len(summary.holds))


def overdue(summary: Summary) -> Iterator[Said]:
    """What is held for over a day, by name: a job has to say that, too."""
    if not summary.overdue_holds:
        return
    yield Said("Held For Over 24 Hours:", Tone.STRONG)
    yield from _by_bin(summary.overdue_holds, Tone.CARE)
    yield from _more(summary.overdue.files - len(summary.overdue_holds))


def _by_bin(holds: Iterable[Held], tone: Tone) -> Iterator[Said]:
    for (stem, why), group in groupby(holds, _bin_and_reason):
        names = [held.item.file.relative for held in group]
        yield Said(f"  {braced(stem, names)}  {why}", tone)


def _bin_and_reason(held: Held) -> tuple[str, str]:
    path = held.item.file.relative
    folder, slash, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    return f"{folder}{slash}{stem}", because(held.reason, held.detail)


def _more(count: int) -> Iterator[Said]:
    if count > 0:
        yield Said(f"  and {files(count, 'more')}", Tone.DULL)


def _count(count: Count) -> str:
    return f"{files(count.files)}, {size(count.size)}"


def _largest_first(
    counts: Mapping[Reason, Count],
) -> list[tuple[Reason, Count]]:
    return sorted(counts.items(), key=lambda pair: -pair[1].files)
