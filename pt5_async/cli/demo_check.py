"""Whether a demo went as it should: each thing that did not, as a clause."""

import filecmp
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..model import Hold, Skip
from ..summary import Summary
from ..verify import State, Verification
from .amounts import files
from .demo_tree import HOLDS, DemoBin, to_be_sent


def wrong_in_first(summary: Summary, bins: Sequence[DemoBin]) -> Iterator[str]:
    """What is wrong in the run that was to send all that is whole."""
    asked, sent = len(to_be_sent(bins)), summary.uploaded.files
    if sent != asked:
        yield f"the first run sent {files(sent)}, not {asked}"
    yield from _wrong_in_both(summary, bins, "first")


def wrong_in_second(
    summary: Summary, bins: Sequence[DemoBin]
) -> Iterator[str]:
    """What is wrong in the run that was to find nothing to do."""
    if sent := summary.uploaded.files:
        yield f"the second run sent {files(sent)} again"
    known, asked = summary.skipped_by.get(Skip.JOURNAL), len(to_be_sent(bins))
    if known is None or known.files != asked:
        found = files(known.files if known else 0)
        yield f"the journal knew {found} in the second run, not {asked}"
    yield from _wrong_in_both(summary, bins, "second")


def _wrong_in_both(
    summary: Summary, bins: Sequence[DemoBin], which: str
) -> Iterator[str]:
    if failed := summary.failed.files:
        yield f"{files(failed)} failed in the {which} run"
    asked: Counter[Hold] = Counter()
    for one in bins:
        if one.fate in HOLDS:
            asked[HOLDS[one.fate]] += len(one.files)
    for hold in sorted({*asked, *summary.held_by}):
        count = summary.held_by.get(hold)
        held = count.files if count else 0
        if held != asked[hold]:
            yield (
                f"the {which} run held {files(held)} as {hold.value},"
                f" not {asked[hold]}"
            )


def wrong_in_verification(
    seen: Verification, bins: Sequence[DemoBin]
) -> Iterator[str]:
    """What a verification found that is not as it was made."""
    asked = sum(one.fate not in HOLDS for one in bins)
    if (safe := seen.number(State.SAFE)) != asked:
        yield f"the verification found {safe} bins safe, not {asked}"
    if seen.lacking:
        yield f"the verification found {seen.lacking} lacking"


def wrong_in_store(
    objects: Path, tree: Path, bins: Sequence[DemoBin]
) -> Iterator[str]:
    """Where the files below `objects` are not the bins that are whole.

    Every byte is compared, of what the server wrote with what it was sent.

    Raises:
        OSError: when a file cannot be read.
    """
    asked, there = set(to_be_sent(bins)), set(_below(objects))
    for name in sorted(asked - there):
        yield f"{name} is not in the store"
    for name in sorted(there - asked):
        yield f"{name} is in the store and was not to be sent"
    for name in sorted(asked & there):
        if not filecmp.cmp(objects / name, tree / name, shallow=False):
            yield f"{name} is in the store with other bytes"


def _below(root: Path) -> Iterator[str]:
    for path, _, names in os.walk(root):
        for name in names:
            yield (Path(path) / name).relative_to(root).as_posix()
