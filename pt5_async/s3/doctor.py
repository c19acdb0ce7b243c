"""One try of each right that an upload needs; nothing becomes visible."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from aiobotocore.session import AioSession

from ..errors import (
    AccessDenied,
    CredentialsRefused,
    ObjectRefused,
    Pt5Error,
    StoreBusy,
)
from ..model import Target
from ..settings import Settings
from .bucket import Bucket
from .client import Connection, connect, make_session
from .failures import status_of, translated

PROBE: Final = "pt5-async-validate"
"""The name below the prefix under which an upload is begun and aborted."""

_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Access:
    """Where and as whom the store is asked, AWS's own chain included.

    `region_configured` says that the region stands in AWS's own
    configuration. `key` is a shortened access key id, `method` botocore's
    word for the way that it was found; both None without credentials.
    """

    endpoint: str
    region: str
    region_configured: bool
    key: str | None = None
    method: str | None = None


@dataclass(slots=True)
class Findings:
    """What was seen; an error is None where the try went well.

    `rights` has those that were tried: put, abort, list, head.
    """

    access: Access
    date: datetime | None = None
    identity_error: Pt5Error | None = None
    rights: dict[str, Pt5Error | None] = field(default_factory=dict)

    @property
    def trouble(self) -> Pt5Error | None:
        """What stands against an upload; putting is all that one needs."""
        return self.identity_error or self.rights.get("put")


async def examine(
    settings: Settings,
    target: Target,
    session: AioSession | None,
    tell: Callable[[Access], None],
) -> Findings:
    """Try everything once, and go on after what fails.

    `tell` is told where and as whom before the first request.

    Raises:
        UsageError: when the settings make no client.
    """
    chosen = session or make_session(None, profile=settings.profile)
    async with connect(settings, chosen) as connection:
        found = await _identified(connection, chosen)
        tell(found.access)
        if found.identity_error is None:
            await _try_all(connection, target, found)
        return found


async def _identified(connection: Connection, session: AioSession) -> Findings:
    meta = connection.client.meta
    where = (
        _without_user(meta.endpoint_url),
        meta.region_name,
        session.get_config_variable("region") is not None,
    )
    try:
        with translated("credentials"):
            credentials = await session.get_credentials()
            if credentials is None:
                raise CredentialsRefused(
                    "no credentials: set AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY (in .env, too), or name a profile"
                )
            frozen = await credentials.get_frozen_credentials()
    except Pt5Error as error:
        return Findings(Access(*where), identity_error=error)
    key = shortened(frozen.access_key)
    return Findings(Access(*where, key, str(credentials.method)))


def shortened(key: str) -> str:
    """An access key id by its ends, enough to tell it from others."""
    whole = len("AKIA") * 3
    return f"{key[:4]}...{key[-4:]}" if len(key) >= whole else f"{key[:2]}..."


def _without_user(url: str) -> str:
    """An address of AWS's own configuration may hold a password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


async def _try_all(
    connection: Connection, target: Target, found: Findings
) -> None:
    def note(parsed: dict[str, Any], **_: Any) -> None:
        headers = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        found.date = _date(headers.get("date")) or found.date

    connection.client.meta.events.register("after-call.s3", note)
    bucket = connection.bucket(target.bucket)
    below = target.prefix and f"{target.prefix}/"
    key = f"{below}{PROBE}"
    rights = found.rights
    rights["put"] = await _error(
        _begin_and_abort(bucket, key, found, what=f"write below {target}")
    )
    if not isinstance(rights["put"], AccessDenied | ObjectRefused | None):
        return  # whoever answers, or nobody, it is not about rights
    rights["list"] = await _error(
        bucket.ask(
            "list_objects_v2", what=f"list {target}", Prefix=below, MaxKeys=1
        )
    )
    rights["head"] = await _error(
        bucket.ask("head_object", what=f"look at {key}", Key=key)
    )
    if status_of(rights["head"]) == _NOT_FOUND:
        rights["head"] = None  # who may not look is not told so


async def _begin_and_abort(
    bucket: Bucket, key: str, found: Findings, *, what: str
) -> None:
    answer = await bucket.ask("create_multipart_upload", what=what, Key=key)
    upload = answer.get("UploadId")
    if not upload:
        raise StoreBusy(f"{what}: an answer without UploadId, not S3's")
    # An identity that may not abort can upload all the same.
    found.rights["abort"] = await _error(
        bucket.ask(
            "abort_multipart_upload",
            what=f"abort {key}",
            Key=key,
            UploadId=upload,
        )
    )


async def _error(trial: Awaitable[Any]) -> Pt5Error | None:
    try:
        await trial
    except Pt5Error as error:
        return error
    return None


def _date(value: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(value) if value else None
    except ValueError:
        return None
    if date is not None and date.tzinfo is None:
        return date.replace(tzinfo=UTC)
    return date
