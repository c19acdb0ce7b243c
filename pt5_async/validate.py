"""Whether a target can be used, found out without making anything visible."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final

from .errors import (
    BucketMissing,
    CertificateRefused,
    ConnectionLost,
    CredentialsRefused,
    Pt5Error,
    StoreBusy,
    StoreUnreachable,
    WrongRegion,
)
from .model import Target
from .settings import Settings

if TYPE_CHECKING:
    from .s3.client import AioSession

_NO_STORE: Final = (
    StoreUnreachable,
    CertificateRefused,
    ConnectionLost,
    StoreBusy,
)
"""Errors after which nothing is known of what stands behind the endpoint."""

SKEW_SECONDS: Final = 15 * 60
"""S3 refuses a request whose time is further off (RequestTimeTooSkewed)."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried: whether it went, and what was seen.

    `ok` is None where the answer does not matter for an upload.
    """

    name: str
    ok: bool | None
    detail: str
    error: Pt5Error | None = None


async def validate_target(
    target: str | Target,
    *,
    settings: Settings | None = None,
    session: "AioSession | None" = None,
) -> list[Check]:
    """Try credentials, clock, region, bucket, and writing below the prefix.

    Writing is tried by beginning and aborting an upload in parts, so that
    no object ever shows.

    Raises:
        UsageError: when the settings make no client.
    """
    aim = Target.parse(target) if isinstance(target, str) else target
    doctor = await asyncio.to_thread(import_module, f"{__package__}.s3.doctor")
    found = await doctor.examine(settings or Settings(), aim, session)
    trouble = found.trouble
    checks: list[Check] = []
    for name, kinds, well in (
        ("endpoint", _NO_STORE, found.endpoint),
        ("credentials", (CredentialsRefused,), found.identity),
        ("region", (WrongRegion,), found.region),
        ("bucket", (BucketMissing,), f"s3://{aim.bucket} answers"),
        ("write", (Pt5Error,), f"may write below {aim}"),
    ):
        failed = any(check.ok is False for check in checks)
        if failed:
            checks.append(Check(name, ok=None, detail="not tried"))
        elif isinstance(trouble, kinds):
            checks.append(Check(name, False, str(trouble), trouble))
        else:
            # Without credentials nobody was asked anything.
            unknown = name == "endpoint" and found.identity_error
            checks.append(Check(name, None if unknown else True, well))
    if not any(check.ok is False for check in checks):
        checks.append(_listing(found.list_error, aim))
    if found.abort_error is not None:
        checks.append(_aborting(found.abort_error))
    return [*checks, _clock(found.date)]


def _clock(date: datetime | None) -> Check:
    if date is None:
        return Check("clock", ok=None, detail="the store did not say its time")
    off = (datetime.now(UTC) - date).total_seconds()
    return Check(
        "clock",
        ok=abs(off) < SKEW_SECONDS,
        detail=f"{abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} "
        "the store's",
    )


def _aborting(error: Pt5Error) -> Check:
    return Check(
        "abort",
        ok=None,
        detail=f"{error}; what is cut off stays in the bucket, unseen, "
        "until its own rules remove it",
    )


def _listing(error: Pt5Error | None, target: Target) -> Check:
    if error is not None:
        return Check(
            "list", ok=None, detail=f"{error}; the journal alone will decide"
        )
    return Check("list", ok=True, detail=f"may list {target}")
