"""What a run did, in numbers that add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .errors import RunFailed
from .events import (
    Limit,
)
from .model import (
    Failed,
    Held,
    Hold,
    Proof,
    Send,
    Skip,
    Target,
)

FOR_GOOD: Final = frozenset({Hold.BROKEN, Hold.CHANGED})
"""Reasons that no later run will lift by itself."""

NAMED: Final = 20
"""So many failures, held files and warnings are kept by name."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number of files, and their size in bytes."""

    files: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class BinCounts:
    """Bins by what became of them; each counts once.

    A bin with a failed file counts as failed, else one with a held file
    as held, else one with an uploaded file as uploaded, else as skipped.
    `empty` and `suspicious` are verdicts among those that were looked at.
    `metadata_only` are those of the uploaded ones whose images were not
    asked for.
    """

    found: int = 0
    uploaded: int = 0
    skipped: int = 0
    held: int = 0
    failed: int = 0
    empty: int = 0
    suspicious: int = 0
    metadata_only: int = 0


@dataclass(frozen=True, slots=True)
class BrokenCounts:
    """Bins held as broken or changed: all, and those not known before.

    `known_files` are the files of those that were.
    """

    bins: int = 0
    new: int = 0
    known_files: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. ``found = uploaded + skipped + held + failed``.

    `seconds` is the run's duration, `retries` the number of attempts after
    a first; `left` files belong to no bin, `transient` ones are copies
    under way, `hidden` entries are the system's own, `unasked` files were
    taken out by the selection (those in folders that were not entered are
    unknown). `limit` is what ended a `stopped` run that nobody asked to
    stop. `overdue` files are held for over a day though a later run should
    have sent them (not those of bins that are known to be broken).
    `failures`, `overdue_holds` and `holds`, the other held files, are the
    first 20. In a dry run, `uploaded` is what would be.
    """

    run: str
    source: str
    target: Target
    dry_run: bool
    seconds: float
    uploaded: Count
    skipped: Count
    held: Count
    failed: Count
    skipped_by: Mapping[Skip, Count]
    held_by: Mapping[Hold, Count]
    sent_by: Mapping[Send, Count]
    proofs: Mapping[Proof, int]
    bins: BinCounts
    left: int
    transient: int
    hidden: int
    unasked: int
    retries: int
    stopped: bool
    broken: BrokenCounts
    limit: Limit | None
    failures: tuple[Failed, ...]
    holds: tuple[Held, ...]
    overdue: Count
    overdue_holds: tuple[Held, ...]
    warnings: tuple[str, ...]

    @property
    def found(self) -> Count:
        """All files that the walk has seen and that were asked for."""
        kinds = (self.uploaded, self.skipped, self.held, self.failed)
        return Count(
            sum(count.files for count in kinds),
            sum(count.size for count in kinds),
        )

    @property
    def rate(self) -> float:
        """Bytes uploaded per second of the run."""
        return self.uploaded.size / self.seconds if self.seconds else 0.0

    @property
    def files_per_second(self) -> float:
        """Files uploaded per second of the run."""
        return self.uploaded.files / self.seconds if self.seconds else 0.0

    @property
    def broken_or_changed(self) -> int:
        """Files held for a reason that no later run will lift by itself.

        Those of bins that were known to be broken do not count.
        """
        held = (self.held_by.get(reason, Count()) for reason in FOR_GOOD)
        return sum(one.files for one in held) - self.broken.known_files

    def raise_for_failures(self) -> None:
        """Turn failed files into an exception, for those who want one.

        Raises:
            RunFailed: when at least one file failed.
        """
        if self.failed.files:
            first = self.failures[0]
            raise RunFailed(
                f"{self.failed.files} files failed, the first is "
                f"{first.item.file.relative}: {first.error}"
            )
