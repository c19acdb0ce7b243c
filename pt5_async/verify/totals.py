"""What a verification has found: bins by state, files by outcome."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import Pt5Error, RunFailed
from ..model import Hold
from ..settings import Depth
from ..summary import Count, Summary
from .deletable import Written
from .finding import (
    By,
    State,
    What,
)


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification has found so far.

    Attributes:
        depth: what had to be shown.
        seconds: the time that it took.
        stopped: whether it was stopped before its end.
        part: whether only a part of the tree, or of its bins, was asked for.
        bins: how many, by what became of each.
        loose: the same of files that belong to no bin.
        same: files that the store has, by what shows it.
        missing: files that it has not.
        differs: files for which it has others, by what is unlike.
        undue: files of bins that are broken here, or not due yet: none of
            these has to be there, and none counts as same or missing.
        unreadable: files, and folders, of which nothing can be said.
        extra: objects without a file; None where a part of the tree was
            asked for, so that nobody can tell.
        unknown: objects that may have a file where nobody could look: none
            of these counts as extra.
        others: objects that belong to no bin, where files that belong to
            none were not asked for.
        halves: bins in the store with their .adc and without their .roi.
        held: bins that an upload would leave here for now, and why.
        known_broken: of the broken bins, those that were known before.
        requests: what the store was asked, by the operations' names.
        listed: what is in the list of files that are safe to delete; None
            where none was asked for, or not written.
        astray: bins of which the store has files under the names of another
            layout, too.
        mended: of the bins, and other files, that are incomplete in the
            store, those that were made complete by sending what lacked;
            `mended_loose` are the other files among them.
        fixed: what was done for that, and told in the words of an upload;
            None for nothing.
        blind: whether each object had to be asked for by itself, because
            listing is not allowed.
        open: uploads in parts that were left open, and the bytes of their
            parts; None where they were not, or could not be, looked for.
        cleared: those of them that were aborted.
        stuck: those that should have been, and could not be.
        trouble: why none, or no more, of those that should have been could
            be looked for or aborted; None for nothing.
    """

    depth: Depth
    seconds: float
    stopped: bool
    bins: Mapping[State, int]
    loose: Mapping[State, int]
    same: Mapping[By, Count]
    missing: Count
    differs: Mapping[What, Count]
    undue: Count
    unreadable: int
    extra: Count | None
    others: int
    halves: int
    held: Mapping[Hold, int]
    known_broken: int
    links: int
    specials: int
    left: int
    transient: int
    hidden: int
    unasked: int
    requests: Mapping[str, int]
    listed: Written | None = None
    astray: int = 0
    mended: int = 0
    fixed: Summary | None = None
    blind: bool = False
    mended_loose: int = 0
    unknown: Count = Count()  # noqa: RUF009 - it is frozen
    part: bool = False
    open: Count | None = None
    cleared: Count = Count()  # noqa: RUF009 - it is frozen
    stuck: Count = Count()  # noqa: RUF009 - it is frozen
    trouble: Pt5Error | None = None

    def number(self, *states: State) -> int:
        """How many bins and loose files are in one of these states."""
        both = (self.bins, self.loose)
        return sum(some.get(one, 0) for some in both for one in states)

    @property
    def new_broken(self) -> int:
        """Those of the broken bins that were not known before."""
        return self.number(State.BROKEN) - self.known_broken

    @property
    def changed(self) -> int:
        """Bins that changed here after they were sent."""
        return self.number(State.CHANGED)

    @property
    def lacking(self) -> int:
        """Bins, files and folders that are not shown to be in the store."""
        there = self.number(State.INCOMPLETE, State.UNPROVEN)
        return there - self.mended + self.unreadable

    @property
    def safe(self) -> bool:
        """Whether every bin that should be there is there, as asked for."""
        ill = self.lacking + self.new_broken + self.changed
        return not (ill or self.stopped)

    def raise_unless_safe(self) -> None:
        """Raise a `RunFailed` unless every bin that should be there is."""
        if not self.safe:
            short = "stopped early" if self.stopped else "not all is safe"
            raise RunFailed(
                f"{short}: {self.lacking} not shown to be in the store,"
                f" {self.new_broken} broken here,"
                f" {self.changed} changed here"
            )
