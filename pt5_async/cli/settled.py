"""What a run's settings add up to, and who named each: for --validate.

Pure: what AWS's own chain made of what nobody named is handed in.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ..s3.doctor import Access, shortened
from .origins import Setting
from .resolve import Resolved

NONE: Final = "none"
_CHAIN: Final = "AWS's own configuration"
_DEFAULT: Final = "the default"


def settings_of(
    resolved: Resolved, access: Access | None
) -> Iterator[Setting]:
    """Each value that decides where, as whom and what to send.

    `access` None means that AWS's own chain was not reached.
    """
    told, settings = resolved.origins, resolved.settings
    yield Setting("env_file", *(told.env_file or (NONE, "no .env is there")))
    if told.source is None:
        yield Setting("source", NONE, "nobody names one")
    else:
        yield Setting("source", str(resolved.source), told.source)
    yield Setting("target", str(resolved.target), told.target)
    address = access.endpoint if access else settings.endpoint_url
    yield Setting(
        "endpoint",
        address or NONE,
        told.endpoint or _whose(address),
    )
    region = access.region if access else settings.region
    configured = access is None or access.region_configured
    yield Setting(
        "region",
        region or NONE,
        told.region or (_CHAIN if configured else _DEFAULT),
    )
    yield _credentials(resolved, access)
    yield Setting(
        "state",
        str(settings.state) if settings.state else NONE,
        told.state or _DEFAULT,
    )


def _whose(address: str | None) -> str:
    host = urlsplit(address or "").hostname or ""
    amazon = host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return "Amazon's own" if amazon else _CHAIN


def _credentials(resolved: Resolved, access: Access | None) -> Setting:
    """The access key, shortened; never a secret."""
    named, given = resolved.origins.credentials, resolved.credentials
    if given is not None and named is not None:
        return Setting("credentials", shortened(given.access_key), named)
    profile = resolved.settings.profile
    who = f"profile {profile} ({named})" if named else "AWS's own chain"
    if access is None or access.key is None:
        return Setting("credentials", NONE, who)
    return Setting("credentials", access.key, f"{who}: {access.method}")
