"""Exit codes: the one table that turns an error or a summary into one."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

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
from ..inspect import Inspection
from ..summary import Summary
from ..validate import Check
from ..verify import State, Verification


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


def of_inspection(seen: Inspection, stopped_by: int | None = None) -> Exit:
    """The exit code of an inspection, by the same words as a run's.

    `stopped_by` is the number of the signal that ended it early.
    """
    if stopped_by is not None:
        return Exit(128 + stopped_by)
    if seen.failures:
        return Exit.FAILED
    return Exit.HELD if seen.new_broken else Exit.WELL


def of_verification(seen: Verification, stopped_by: int | None = None) -> Exit:
    """The exit code of a verification: well only where all is safe.

    `stopped_by` is the number of the signal that ended it early.
    """
    if stopped_by is not None:
        return Exit(128 + stopped_by)
    if seen.trouble is not None:
        return max(Exit.FAILED, of_error(seen.trouble))
    if seen.lacking or seen.stopped or seen.stuck.files:
        return Exit.FAILED
    ill = seen.new_broken or seen.number(State.CHANGED)
    return Exit.HELD if ill else Exit.WELL
