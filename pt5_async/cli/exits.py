"""Exit codes: the one table that turns an error or a summary into one.

What a verification or an inspection came to is described here, not imported:
an upload would load all of both, which takes 20 ms.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, Protocol

from ..errors import (
    AccessDenied,
    BucketMissing,
    CertificateRefused,
    CredentialsRefused,
    OptionRefused,
    Pt5Error,
    RunBusy,
    RunFailed,
    SourceEmpty,
    StoreError,
    StoreUnreachable,
    WrongRegion,
)
from ..summary import Count, Summary
from ..validate import Check


class Exit(IntEnum):
    """What a caller of the command learns from its exit code."""

    WELL = 0
    BUG = 1
    USAGE = 2
    FAILED = 3
    HELD = 4
    UNREACHABLE = 5
    REFUSED = 6
    BUSY = 7
    INTERRUPTED = 130
    TERMINATED = 143


class Inspected(Protocol):
    """What is asked of an `Inspection`."""

    @property
    def failures(self) -> object:
        """What could not be looked at, if anything."""
        ...

    @property
    def new_broken(self) -> int:
        """Broken bins that were not known before."""
        ...


class Verified(Protocol):
    """What is asked of a `Verification`."""

    @property
    def trouble(self) -> Pt5Error | None:
        """What kept it from its end."""
        ...

    @property
    def stopped(self) -> bool:
        """Whether it was stopped before its end."""
        ...

    @property
    def lacking(self) -> int:
        """What is not shown to be in the store."""
        ...

    @property
    def stuck(self) -> Count:
        """What could not be mended."""
        ...

    @property
    def new_broken(self) -> int:
        """Broken bins that were not known before."""
        ...

    @property
    def changed(self) -> int:
        """Bins that changed here after they were sent."""
        ...


_BY_ERROR: Final[tuple[tuple[type[Pt5Error], Exit], ...]] = (
    (RunBusy, Exit.BUSY),
    (StoreUnreachable, Exit.UNREACHABLE),
    (CredentialsRefused, Exit.REFUSED),
    (AccessDenied, Exit.REFUSED),
    (BucketMissing, Exit.USAGE),
    (WrongRegion, Exit.USAGE),
    (CertificateRefused, Exit.USAGE),
    (OptionRefused, Exit.USAGE),
    # The store is there and fails for the moment, or for this request.
    (StoreError, Exit.FAILED),
    (RunFailed, Exit.FAILED),
    # Its disk may be mounted again, and nothing has to be changed.
    (SourceEmpty, Exit.FAILED),
    # Options, the source, the journal: somebody must change something.
    (Pt5Error, Exit.USAGE),
)


def of_error(error: Pt5Error) -> Exit:
    """The exit code of an error that ended a run; the first kind counts."""
    return next(code for kind, code in _BY_ERROR if isinstance(error, kind))


def of_checks(checks: Iterable[Check]) -> Exit:
    """The exit code of what was validated: that of the first that failed."""
    for check in checks:
        if check.error is not None:
            return of_error(check.error)
        if check.ok is False:
            return Exit.USAGE
    return Exit.WELL


def of_summary(
    summary: Summary, stopped_by: int | None = None, *, report: bool = False
) -> Exit:
    """The exit code of a run that came to its end.

    `stopped_by` is the number of the signal that asked to stop; it counts
    only where the run did stop before its work was done. With `report`,
    held bins have no say.
    """
    if summary.stopped and stopped_by is not None:
        return Exit(128 + stopped_by)
    if summary.failed.files:
        return Exit.FAILED
    if summary.broken_or_changed and not report:
        return Exit.HELD
    return Exit.WELL


def of_inspection(seen: Inspected, stopped_by: int | None = None) -> Exit:
    """The exit code of an inspection, by the same words as a run's.

    `stopped_by` is the number of the signal that ended it early.
    """
    if stopped_by is not None:
        return Exit(128 + stopped_by)
    if seen.failures:
        return Exit.FAILED
    return Exit.HELD if seen.new_broken else Exit.WELL


def of_verification(seen: Verified, stopped_by: int | None = None) -> Exit:
    """The exit code of a verification: well only where all is safe.

    `stopped_by` is the number of the signal that ended it early.
    """
    if stopped_by is not None:
        return Exit(128 + stopped_by)
    if seen.trouble is not None:
        return max(Exit.FAILED, of_error(seen.trouble))
    if seen.lacking or seen.stopped or seen.stuck.files:
        return Exit.FAILED
    return Exit.HELD if seen.new_broken or seen.changed else Exit.WELL
