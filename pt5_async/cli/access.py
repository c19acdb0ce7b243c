"""As whom, where and in which region the store is asked."""

import re
from typing import Final, NamedTuple

from ..settings import Credentials
from .places import Given, Place, Places, first, flag, text_of
from .store_flags import StoreFlags

_ADDRESS: Final = re.compile(
    r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?"
    r"(/[A-Za-z0-9._~/-]*)?",
    re.ASCII | re.IGNORECASE,
)
_REGION: Final = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)", re.ASCII)
_LAST_PORT: Final = 65535


class Identity(NamedTuple):
    """Keys and a profile that were given, and by what; None for neither."""

    keys: Credentials | None = None
    profile: str | None = None
    origin: str | None = None


def identity(flags: StoreFlags, where: Places) -> Identity:
    """Keys and profile, both from one place: flag, environment or .env.

    Keys that a place gives beat a profile that it names, as in AWS's own
    chain; a place that gives either hides those after it. Neither means
    that AWS's own chain decides.

    Raises:
        UsageError: when a place has only half a pair of keys.
    """
    asked = flag(flags.profile, "--profile")
    if asked is not None:
        return Identity(None, asked.text, asked.origin)
    for place in where:
        profile = text_of(place.get("AWS_PROFILE"))
        keys = _keys(place)
        if keys or profile:
            named = place["AWS_ACCESS_KEY_ID" if keys else "AWS_PROFILE"]
            return Identity(keys, profile, named.origin)
    return Identity()


def _keys(place: Place) -> Credentials | None:
    access = place.get("AWS_ACCESS_KEY_ID")
    secret = place.get("AWS_SECRET_ACCESS_KEY")
    if access and secret:
        token = place.get("AWS_SESSION_TOKEN")
        for given in filter(None, (access, secret, token)):
            _refuse_garbage(given)
        return Credentials(access.text, secret.text, text_of(token))
    half = access or secret
    if half is None:
        return None
    other = "AWS_SECRET_ACCESS_KEY" if access else "AWS_ACCESS_KEY_ID"
    raise half.refused(f"{other} is missing; both must stand in one place")


def _refuse_garbage(given: Given) -> None:
    """Refuse what no header of a request can hold, without showing it."""
    text = given.text
    if not (text.isascii() and text.isprintable()) or text != text.strip():
        raise given.refused(
            "blanks at its ends, a line's end or letters that are no ASCII"
            " are no part of a key; copy it again"
        )


def region(flags: StoreFlags, where: Places) -> Given | None:
    """The region that is named; None leaves it to AWS's own chain.

    Raises:
        UsageError: when it can be none.
    """
    given = flag(flags.region, "--region") or first(
        where, "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_S3_REGION"
    )
    if given is not None and not _REGION.fullmatch(given.text):
        raise given.refused(
            f"{given.text!r} is no region; write it like us-east-1"
        )
    return given


def endpoint(flags: StoreFlags, where: Places) -> Given | None:
    """The store's address; None for Amazon's own.

    Raises:
        UsageError: when it is no plain http or https address; what was
            given is not shown, it may hold a password.
    """
    given = flag(flags.endpoint_url, "--endpoint-url") or first(
        where, "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"
    )
    if given is None:
        return None
    match = _ADDRESS.fullmatch(given.text)
    if match is None:
        raise given.refused(
            "an address looks like https://s3.example.org:9000,"
            " with no user, password, ? or # in it"
        )
    port = match["port"]
    if port is not None and not 1 <= int(port) <= _LAST_PORT:
        raise given.refused(f"{port} is no port; they go to {_LAST_PORT}")
    return given
