"""When and as whom requests are signed, where the library is not right.

It signs with this machine's clock, and as whom it found at the start. What
the store says of the time, and credentials that were looked up again after
the first had expired, count more: its requests are signed anew just before
they leave, and the express lane asks here.
"""

import asyncio
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

from aiobotocore.credentials import AioCredentials
from aiobotocore.session import AioSession
from botocore.exceptions import ClientError, NoCredentialsError

from ..errors import CredentialsRefused, Pt5Error
from .failures import code_of, translated
from .sigv4 import Identity, Signer

EXPIRED: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidToken",
        "TokenRefreshRequired",
    }
)
"""Codes after which credentials are looked up again, once."""

SKEWED: Final = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
"""Codes after which the store's clock counts."""

_GIVEN: Final = frozenset({"explicit", "env"})
"""Where credentials come from that will be the same when looked up again."""

_SIGNED: Final = re.compile(
    "AWS4-HMAC-SHA256 Credential=[^/]+/[0-9]{8}/([^/]+)/s3/aws4_request, "
    "SignedHeaders=([^,]+), Signature=[0-9a-f]+"
)


class Signing:
    """The time and the identity of all requests of one client.

    `warn` is told, once each, of a clock that is wrong and of credentials
    that were renewed.
    """

    def __init__(self, session: AioSession) -> None:
        """Sign as `session` does, until there is a reason not to."""
        self._session = session
        self._credentials: Any = None
        self._skew = 0.0
        self._second, self._stamped = -1, ""
        self._last: tuple[object, object, object] | None = None
        self._identity: Identity | None = None
        self._told = False
        self.renewals = 0
        self._door = asyncio.Lock()
        self._signers: dict[str, Signer] = {}
        self.warn: Callable[[str], None] = lambda _: None

    @property
    def known(self) -> Identity | None:
        """Who it is, of keys that are the same until somebody sets others."""
        held = self._credentials
        if type(held) is not AioCredentials:  # others may be renewed
            return None
        now = (held.access_key, held.secret_key, held.token)
        if now != self._last:
            self._last, self._identity = now, Identity(*now)
        return self._identity

    async def ask(self) -> Identity:
        """Whom to sign as, asked for each time: it may be renewed."""
        if self._credentials is None:
            found = await self._session.get_credentials()
            if found is None:
                raise NoCredentialsError
            self._credentials = found
        now = await self._credentials.get_frozen_credentials()
        return Identity(now.access_key, now.secret_key, now.token)

    def stamp(self) -> str:
        """The time to sign with, ``20130526T095207Z``."""
        now = int(time.time() + self._skew)
        if now != self._second:
            self._second = now
            self._stamped = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        return self._stamped

    def set_clock(self, date: str) -> bool:
        """Go by the store's clock; whether `date` is a time."""
        try:
            then = parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError):
            return False
        self._skew = then - time.time()
        if not self._told:
            self._told = True
            way = "behind" if self._skew > 0 else "ahead of"
            self.warn(
                f"this machine's clock is {_rounded(abs(self._skew))} {way}"
                " the store's; requests are signed with the store's time,"
                " but set the clock (NTP): what goes by the age of files"
                " may go wrong"
            )
        return True

    async def mends(self, error: CredentialsRefused, renewals: int) -> bool:
        """Whether time or keys are right now, that were not.

        `renewals` is how many there had been when the request was begun.
        """
        code, cause = code_of(error), error.__cause__
        if code in SKEWED and isinstance(cause, ClientError):
            meta = cause.response.get("ResponseMetadata", {})
            return self.set_clock(meta.get("HTTPHeaders", {}).get("date", ""))
        if code not in EXPIRED:
            return False
        # Who comes later waits, and takes what the first has found.
        async with self._door:
            return self.renewals != renewals or await self._renewed()

    async def _renewed(self) -> bool:
        """Look credentials up again; whether there are others."""
        before = await self.ask()
        method = self._credentials.method
        if method in _GIVEN:
            return False
        fresh = AioSession(profile=self._session.profile)
        try:
            with translated("credentials"):
                found = await fresh.get_credentials()
                # Never as somebody else: they must come from the same place.
                if found is None or found.method != method:
                    return False
                frozen = await found.get_frozen_credentials()
        except Pt5Error:
            return False
        if frozen.token == before.token:
            return False
        self._credentials = found
        self.renewals += 1
        self.warn("the credentials had expired and were looked up again")
        return True

    # ---- the library's requests

    async def resign(self, request: Any, **_: Any) -> None:
        """Sign a request of the library's anew, where that is needed."""
        if not self._skew and not self.renewals:
            return
        headers = request.headers
        old = _SIGNED.fullmatch(_text(headers.get("Authorization", "")))
        if old is None:
            return  # signed in another way, or not at all
        region, names = old.groups()
        who = await self.ask()
        stamp = self.stamp()
        _put(headers, "X-Amz-Date", stamp)
        if "X-Amz-Security-Token" in headers:
            del headers["X-Amz-Security-Token"]
        signed = set(names.split(";")) - {"x-amz-security-token"}
        if who.token:
            _put(headers, "X-Amz-Security-Token", who.token)
            signed.add("x-amz-security-token")
        url = urlsplit(request.url)
        values = {"host": url.netloc.rpartition("@")[2]}
        values |= {name.lower(): _text(v) for name, v in headers.items()}
        pairs = [one.partition("=") for one in url.query.split("&") if one]
        signer = self._signers.setdefault(region, Signer(region))
        authorization = signer.authorization(
            who,
            [(name, values[name]) for name in sorted(signed)],
            method=request.method,
            path=url.path or "/",
            query="&".join(sorted(f"{n}={v}" for n, _, v in pairs)),
            payload=values["x-amz-content-sha256"],
            stamp=stamp,
        )
        _put(headers, "Authorization", authorization)


def _put(headers: Any, name: str, value: str) -> None:
    if name in headers:
        del headers[name]
    headers[name] = value


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _rounded(seconds: float) -> str:
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
