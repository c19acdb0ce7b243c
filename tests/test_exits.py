"""Exit codes: what a caller of the command can rely on."""

import inspect
import signal

import pytest
from saying import begun, done, failed, held, summed, uploaded

from pt5_async import errors
from pt5_async.cli.exits import of_checks, of_error, of_summary
from pt5_async.errors import (
    AccessDenied,
    BucketMissing,
    CertificateRefused,
    ConnectionLost,
    CredentialsRefused,
    JournalError,
    JournalFull,
    Pt5Error,
    RunBusy,
    RunFailed,
    SourceMissing,
    SourceUnreadable,
    StoreBusy,
    StoreUnreachable,
    UsageError,
    WrongRegion,
)
from pt5_async.events import Stopping
from pt5_async.model import Hold
from pt5_async.validate import Check


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (UsageError, 2),
        (SourceMissing, 2),
        (SourceUnreadable, 2),
        (BucketMissing, 2),
        (WrongRegion, 2),
        (CertificateRefused, 2),
        (JournalError, 2),
        (JournalFull, 2),
        (StoreBusy, 3),
        (ConnectionLost, 3),
        (RunFailed, 3),
        (StoreUnreachable, 5),
        (CredentialsRefused, 6),
        (AccessDenied, 6),
        (RunBusy, 7),
    ],
)
def test_each_kind_of_error_has_its_exit_code(
    kind: type[Pt5Error], code: int
) -> None:
    assert of_error(kind("sentence")) == code


def test_no_error_of_ours_looks_like_success_or_a_bug() -> None:
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Pt5Error)
    ]

    assert len(kinds) > 20
    assert all(2 <= of_error(kind("sentence")) <= 7 for kind in kinds)


def test_settling_and_being_written_are_no_reason_to_worry() -> None:
    settling = done(
        held(reason=Hold.SETTLING), held(reason=Hold.BEING_WRITTEN)
    )

    assert of_summary(summed(settling, done(uploaded()))) == 0


@pytest.mark.parametrize("reason", [Hold.BROKEN, Hold.CHANGED])
def test_bins_that_somebody_must_look_at_give_4(reason: Hold) -> None:
    assert of_summary(summed(done(held(reason=reason)))) == 4


def test_a_failed_file_outweighs_a_broken_one() -> None:
    assert of_summary(summed(done(held()), done(failed()))) == 3


@pytest.mark.parametrize(
    ("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_stopped_run_tells_by_which_signal(signum: int, code: int) -> None:
    stopped = summed(done(failed()), Stopping(at_once=False))

    assert of_summary(stopped, signum) == code


def test_a_signal_that_came_too_late_to_stop_anything_does_not_count() -> None:
    assert of_summary(summed(begun(), done(uploaded())), signal.SIGINT) == 0


def test_the_first_failed_check_decides() -> None:
    fine = Check("endpoint", ok=True, detail="")
    refused = Check("put", ok=False, detail="", error=AccessDenied("no"))
    clock = Check("clock", ok=False, detail="an hour behind")

    assert of_checks([fine, Check("list", ok=None, detail="")]) == 0
    assert of_checks([fine, refused, clock]) == 6
    assert of_checks([fine, clock]) == 2
