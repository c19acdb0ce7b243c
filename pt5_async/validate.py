"""Whether a target can be used, found out without making anything visible."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Final

from .errors import (
    AccessDenied,
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
    from .s3.doctor import Access, Findings

_NO_STORE: Final = (
    StoreUnreachable,
    CertificateRefused,
    ConnectionLost,
    StoreBusy,
)
"""Errors after which nothing is known of what stands behind the endpoint."""

SKEW_SECONDS: Final = 15 * 60
"""S3 refuses a request whose time is further off (RequestTimeTooSkewed)."""

_UNTRIED: Final = "not tried"
_ALONE: Final = "not needed: the journal alone decides then"
_LEFT_BEHIND: Final = (
    "what is cut off stays in the bucket, unseen, until its own rules remove"
    " it"
)
_FAILS: Final = "a file that has to be asked for fails as long as that lasts"


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
    tell: "Callable[[Access], None]" = lambda _: None,
) -> list[Check]:
    """Try credentials, clock, region, bucket, and each right below the prefix.

    Writing is tried by beginning and aborting an upload in parts, so that
    no object ever shows. Of the rights (put, abort, list, head) only put
    has to be there. `tell` is told where and as whom the store is asked
    before it is.

    Raises:
        UsageError: when the settings make no client.
    """
    aim = Target.parse(target) if isinstance(target, str) else target
    doctor = await asyncio.to_thread(import_module, f"{__package__}.s3.doctor")
    found = await doctor.examine(settings or Settings(), aim, session, tell)
    return [
        *_stages(found, aim),
        *_rights(found.rights, aim),
        _clock(found.date),
    ]


def _stages(found: "Findings", aim: Target) -> Iterator[Check]:
    """What has to be well for an upload, up to the first that is not."""
    access, trouble, failed = found.access, found.trouble, False
    for name, kinds, well in (
        ("endpoint", _NO_STORE, access.endpoint),
        (
            "credentials",
            (CredentialsRefused,),
            f"access key {access.key} ({access.method})",
        ),
        ("region", (WrongRegion,), access.region),
        ("bucket", (BucketMissing,), f"s3://{aim.bucket} answers"),
        ("put", (Pt5Error,), f"may write below {aim}"),
    ):
        if failed:
            yield Check(name, ok=None, detail=_UNTRIED)
        elif isinstance(trouble, kinds):
            failed = True
            yield Check(name, False, str(trouble), trouble)
        else:
            # Without credentials nobody was asked anything.
            unknown = name == "endpoint" and found.identity_error
            yield Check(name, None if unknown else True, well)


def _rights(
    tried: "Mapping[str, Pt5Error | None]", aim: Target
) -> Iterator[Check]:
    """A row for each right that an upload can do without."""
    for name, well, without in (
        ("abort", "may throw away what was begun", _LEFT_BEHIND),
        ("list", f"may list {aim}", _ALONE),
        ("head", f"may look at objects below {aim}", _ALONE),
    ):
        if name not in tried:
            yield Check(name, ok=None, detail=_UNTRIED)
        elif (error := tried[name]) is None:
            yield Check(name, ok=True, detail=well)
        elif isinstance(error, AccessDenied) or name == "abort":
            yield Check(name, ok=None, detail=f"{error}; {without}")
        else:
            yield Check(name, ok=None, detail=f"{error}; {_FAILS}")


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
