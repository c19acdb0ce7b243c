"""One try of each right that an upload needs; nothing becomes visible."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from aiobotocore.session import AioSession

from ..errors import CredentialsRefused, Pt5Error, StoreBusy
from ..model import Target
from ..settings import Settings
from .bucket import Bucket
from .client import Connection, connect, make_session
from .failures import translated

PROBE: Final = "pt5-async-validate"
"""The name below the prefix under which an upload is begun and aborted."""


@dataclass(slots=True)
class Findings:
    """What was seen; an error is None where the try went well."""

    endpoint: str = ""
    region: str = ""
    identity: str = ""
    date: datetime | None = None
    identity_error: Pt5Error | None = None
    list_error: Pt5Error | None = None
    write_error: Pt5Error | None = None
    abort_error: Pt5Error | None = None

    @property
    def trouble(self) -> Pt5Error | None:
        """What stands against an upload; listing is not needed for one."""
        return self.identity_error or self.write_error


async def examine(
    settings: Settings, target: Target, session: AioSession | None
) -> Findings:
    """Try everything once, and go on after what fails.

    Raises:
        UsageError: when the settings make no client.
    """
    chosen = session or make_session(None, profile=settings.profile)
    async with connect(settings, chosen) as connection:
        meta = connection.client.meta
        found = Findings(meta.endpoint_url, meta.region_name)
        await _identify(chosen, found)
        if found.identity_error is None:
            await _try_all(connection, target, found)
        return found


async def _identify(session: AioSession, found: Findings) -> None:
    with_error = None
    try:
        with translated("credentials"):
            credentials = await session.get_credentials()
    except Pt5Error as error:
        credentials, with_error = None, error
    if credentials is None:
        found.identity_error = with_error or CredentialsRefused(
            "no credentials: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY (in .env, too), or name a profile"
        )
        return
    frozen = await credentials.get_frozen_credentials()
    found.identity = (
        f"access key ...{frozen.access_key[-4:]} ({credentials.method})"
    )


async def _try_all(
    connection: Connection, target: Target, found: Findings
) -> None:
    def note(parsed: dict[str, Any], **_: Any) -> None:
        headers = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        found.date = _date(headers.get("date")) or found.date

    connection.client.meta.events.register("after-call.s3", note)
    bucket = connection.bucket(target.bucket)
    below = target.prefix and f"{target.prefix}/"
    found.list_error = await _error(
        bucket.ask(
            "list_objects_v2", what=f"list {target}", Prefix=below, MaxKeys=1
        )
    )
    found.write_error = await _error(
        _begin_and_abort(
            bucket, f"{below}{PROBE}", found, what=f"write below {target}"
        )
    )


async def _begin_and_abort(
    bucket: Bucket, key: str, found: Findings, *, what: str
) -> None:
    answer = await bucket.ask("create_multipart_upload", what=what, Key=key)
    upload = answer.get("UploadId")
    if not upload:
        raise StoreBusy(f"{what}: an answer without UploadId, not S3's")
    # An identity that may not abort can upload all the same.
    found.abort_error = await _error(
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
