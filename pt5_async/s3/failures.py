"""The one seam at which botocore's errors become this package's own."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from ..errors import (
    CertificateRefused,
    ConnectionLost,
    CredentialsRefused,
    Pt5Error,
    StoreBusy,
    StoreError,
    StoreUnreachable,
    UsageError,
    WrongRegion,
)
from .meaning import MEANING, by_status
from .sayings import (
    code_in,
    host_in,
    message_in,
    region_in,
    unparsable,
    unreadable,
)
from .sockets import NONE_LEFT

LONGEST_WAIT: Final = 300.0
"""Seconds for which a store's Retry-After is heeded, at most."""

_Meaning = Callable[[Exception], type[Pt5Error]]

_SLOW: Final = frozenset(
    {
        "429",
        "503",
        "BandwidthLimitExceeded",
        "KMS.ThrottlingException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
    }
)
"""Codes by which a store asks for fewer requests; without one, the status."""

_IDENTITY: Final = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.NoAuthTokenError,
    aws.SSOError,
    aws.TokenRetrievalError,
    aws.LoginError,
)

_SIGN_ON: Final = (
    aws.NoAuthTokenError,
    aws.SSOError,
    aws.TokenRetrievalError,
)

_SETTINGS: Final = (
    aws.ConfigNotFound,
    aws.ConfigParseError,
    aws.EndpointProviderError,
    aws.InvalidConfigError,
    aws.InvalidRegionError,
    aws.NoRegionError,
    aws.ParamValidationError,
    aws.ProfileNotFound,
    aws.InvalidEndpointConfigurationError,
    aws.UnknownCredentialError,
    aws.UnknownEndpointError,
)

_PLAIN: Final = frozenset({CredentialsRefused, StoreBusy, WrongRegion})
"""What an answer means to us whoever gives it."""

_PROXY_ASKS: Final = 407
_TO_PROXY: Final = (
    "; the proxy wants a name and a password, give them in HTTPS_PROXY"
    " (http://name:password@host:port)"
)

_TOO_LATE: Final = (aws.ConnectTimeoutError, aws.ReadTimeoutError)
"""Nothing came for as long as is waited for it."""

_ON_THE_WAY: Final = (
    aws.ConnectionError,
    aws.ConnectionClosedError,
    aws.ReadTimeoutError,
)
"""Errors whose sentence repeats the whole URL, and hides the cause."""


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn what botocore raises inside into a `Pt5Error` about `what`."""
    try:
        yield
    except Pt5Error:
        raise
    except Exception as error:
        ours = translate(error, what)
        if ours is None:
            raise
        raise ours from error


def translate(error: Exception, what: str) -> Pt5Error | None:
    """The `Pt5Error` that `error` means; None for what is not S3's."""
    if isinstance(error, aws.ClientError):
        return _answered(error, what)
    ours = _error_in(error)
    if isinstance(ours, Pt5Error):  # of our own HTTP session
        return type(ours)(f"{what}: {ours}")
    if unparsable(error):
        return StoreBusy(f"{what}: an answer that is not S3's")
    for kinds, meaning in _KINDS:
        if isinstance(error, kinds):
            found = meaning(error)(f"{what}: {_words(error)}")
            if isinstance(found, StoreError):
                found.silent = isinstance(error, _TOO_LATE)
            return found
    return None


def code_of(error: BaseException | None) -> str:
    """The S3 error code behind a translated error; "" for none."""
    cause = error.__cause__ if error else None
    if isinstance(cause, aws.ClientError):
        return code_in(cause.response.get("Error", {}))
    return ""


def status_of(error: BaseException | None) -> int:
    """The HTTP status behind a translated error; 0 for none."""
    cause = error.__cause__ if error else None
    if isinstance(cause, aws.ClientError):
        meta = cause.response.get("ResponseMetadata", {})
        return int(meta.get("HTTPStatusCode", 0))
    return 0


def _answered(error: aws.ClientError, what: str) -> StoreError:
    details = error.response.get("Error", {})
    code = code_in(details)
    meta = error.response.get("ResponseMetadata", {})
    status = int(meta.get("HTTPStatusCode", 0))
    headers = meta.get("HTTPHeaders", {})
    region = region_in(headers, details)
    meant = MEANING.get(code)
    kind = meant.error if meant else by_status(status, region)
    hint = meant.hint if meant else ""
    if meant is None and kind not in _PLAIN and _is_page(error, headers):
        kind, hint = StoreBusy, "; a page for people, not S3's answer"
    elif kind is WrongRegion and region:
        hint = f"; the bucket is in {region}, say --region {region}"
    elif status == _PROXY_ASKS:
        hint = _TO_PROXY
    elif kind is StoreBusy and "location" in headers:
        hint = f"; sent on to {host_in(headers['location'])}"
    words = message_in(details)
    said = f"{code or status}: {words}" if words else f"{code or status}"
    found = kind(f"{what}: {said.rstrip('.')}{hint}")
    # The store's own word for a body that did not come on for 20 s.
    found.silent = code == "RequestTimeout"
    if isinstance(found, StoreBusy):
        found.slow = (code if code in MEANING else str(status)) in _SLOW
        found.wait = _wait_in(headers)
    return found


def _is_page(error: aws.ClientError, headers: Mapping[str, str]) -> bool:
    """Whether somebody else answers: a portal on the way, a web server.

    Of what an answer without a body says it is, nothing follows.
    """
    if error.operation_name.startswith("Head"):
        return False
    ours = any(name.startswith("x-amz") for name in headers)
    return not ours and "html" in headers.get("content-type", "").lower()


def _wait_in(headers: Mapping[str, str]) -> float:
    """For how many seconds the store wants no request; 0 if it is silent."""
    text = headers.get("retry-after", "").strip()
    try:
        # The one of AWS's own has milliseconds.
        own = float(headers.get("x-amz-retry-after", "") or 0) / 1000
        seconds = float(text) if text[:1].isdigit() else 0.0
        if text and not seconds:
            at = parsedate_to_datetime(text).timestamp()
            seconds = at - time.time()
    except (TypeError, ValueError, OverflowError):
        return 0.0
    asked = max(own, seconds)
    return min(asked, LONGEST_WAIT) if asked > 0 else 0.0


def _tls(error: Exception) -> type[StoreError]:
    cause = _error_in(error)
    untrusted = isinstance(
        cause, (aiohttp.ClientConnectorCertificateError, ssl.CertificateError)
    )
    if untrusted or "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return CertificateRefused
    return ConnectionLost


def _connecting(error: Exception) -> type[StoreError]:
    # aiobotocore calls every broken connection by this name; only the
    # cause tells one that could not be made from one that broke later.
    cause = _error_in(error)
    if getattr(cause, "errno", None) in NONE_LEFT:
        return StoreBusy
    if isinstance(cause, (aiohttp.ClientConnectorError, socket.gaierror)):
        return StoreUnreachable
    return ConnectionLost


def _proxy(error: Exception) -> type[StoreError]:
    return CredentialsRefused if _asks(error) else StoreUnreachable


def _asks(error: Exception) -> bool:
    """Whether a proxy wants to know who we are."""
    cause = getattr(error, "kwargs", {}).get("error")
    return getattr(cause, "status", 0) == _PROXY_ASKS


def _always(kind: type[Pt5Error]) -> _Meaning:
    return lambda _: kind


def _words(error: Exception) -> str:
    if isinstance(error, aws.NoCredentialsError):
        return (
            "no credentials: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY (in .env, too), or name a profile"
        )
    if isinstance(error, aws.ProfileNotFound):
        return (
            f"{_one_line(error)}; check its name (--profile, AWS_PROFILE)"
            " and AWS's configuration (~/.aws/config)"
        )
    if isinstance(error, _SIGN_ON):
        return f"{_one_line(error)}; run `aws sso login` and start again"
    if isinstance(error, aws.ProxyConnectionError) and _asks(error):
        return f"407 from {host_in(error.kwargs['proxy_url'])}{_TO_PROXY}"
    if not isinstance(error, _ON_THE_WAY):
        return unreadable(_error_in(error)) or _one_line(error)
    url = urlsplit(str(error.kwargs.get("endpoint_url", "")))
    who = f"{url.scheme}://{url.netloc}"
    if isinstance(error, aws.ProxyConnectionError):
        who = f"the proxy {error.kwargs['proxy_url']}"
    said = " ".join(_cause(error).split())[:200]
    way = "check the address and the network"
    if "not yet valid" in said or "has expired" in said:
        way = "is this machine's clock right? Else it is the certificate"
    return f"no answer from {who} ({said}); {way}"


def _cause(error: Exception) -> str:
    """The system's own words; aiohttp's show its objects and whole URLs."""
    cause = _error_in(error)
    if isinstance(cause, TimeoutError):
        return "it took too long"
    return str(getattr(cause, "os_error", cause) or type(error).__name__)


def _error_in(error: Exception) -> object:
    """What one of botocore's errors was raised for, if that is known."""
    return getattr(error, "kwargs", {}).get("error")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


_KINDS: Final[tuple[tuple[tuple[type[Exception], ...], _Meaning], ...]] = (
    (_IDENTITY, _always(CredentialsRefused)),
    (_SETTINGS, _always(UsageError)),
    ((aws.SSLError,), _tls),
    ((aws.EndpointConnectionError,), _connecting),
    ((aws.ProxyConnectionError,), _proxy),
    ((aws.ConnectTimeoutError,), _always(StoreUnreachable)),
    ((aws.HTTPClientError, aws.ConnectionError), _always(ConnectionLost)),
    (
        (
            aws.BotoCoreError,
            aiohttp.ClientError,
            ResponseParserError,
        ),
        _always(StoreBusy),
    ),
)
"""What botocore raises without an answer, the particular before the general.

The last is an answer that is none of S3's: of a captive portal, say."""
