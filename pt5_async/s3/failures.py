"""The one seam at which botocore's errors become this package's own."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from ..errors import (
    AccessDenied,
    BodyRefused,
    BucketMissing,
    CertificateRefused,
    ConnectionLost,
    CredentialsRefused,
    ObjectExists,
    ObjectRefused,
    Pt5Error,
    StoreBusy,
    StoreError,
    StoreUnreachable,
    UploadGone,
    UsageError,
    WrongRegion,
)
from .sayings import (
    code_in,
    host_in,
    message_in,
    region_in,
    unparsable,
    unreadable,
)

_Meaning = Callable[[Exception], type[Pt5Error]]

MEANING: Final[dict[str, type[StoreError]]] = {
    "AccessDenied": AccessDenied,
    "AllAccessDisabled": AccessDenied,
    "AccountProblem": AccessDenied,
    "AuthorizationHeaderMalformed": WrongRegion,
    "BadDigest": BodyRefused,
    "BandwidthLimitExceeded": StoreBusy,
    "ConditionalRequestConflict": StoreBusy,
    "ExpiredToken": CredentialsRefused,
    "ExpiredTokenException": CredentialsRefused,
    "IllegalLocationConstraintException": WrongRegion,
    "IncompleteBody": ConnectionLost,
    "InternalError": StoreBusy,
    "InvalidAccessKeyId": CredentialsRefused,
    "InvalidDigest": BodyRefused,
    "InvalidSecurity": CredentialsRefused,
    "InvalidToken": CredentialsRefused,
    "KMS.DependencyTimeoutException": StoreBusy,
    "KMS.KMSInternalException": StoreBusy,
    "KMS.ThrottlingException": StoreBusy,
    "NoSuchBucket": BucketMissing,
    "NoSuchUpload": UploadGone,
    "NotImplemented": ObjectRefused,
    "NotSignedUp": AccessDenied,
    "OperationAborted": StoreBusy,
    "PreconditionFailed": ObjectExists,
    "PermanentRedirect": WrongRegion,
    "RequestLimitExceeded": StoreBusy,
    "RequestThrottled": StoreBusy,
    "RequestTimeTooSkewed": CredentialsRefused,
    "RequestTimeout": ConnectionLost,
    "ServiceUnavailable": StoreBusy,
    "SignatureDoesNotMatch": CredentialsRefused,
    "SlowDown": StoreBusy,
    "TemporaryRedirect": WrongRegion,
    "Throttling": StoreBusy,
    "ThrottlingException": StoreBusy,
    "TokenRefreshRequired": CredentialsRefused,
    "TooManyRequests": StoreBusy,
    "XAmzContentSHA256Mismatch": BodyRefused,
}
"""What an S3 error code means for a run; others go by the HTTP status.

Codes: Amazon S3 API Reference, "List of error codes".
"""

_STATUS: Final[dict[int, type[StoreError]]] = {
    401: CredentialsRefused,
    403: AccessDenied,
    408: ConnectionLost,
    412: ObjectExists,
    429: StoreBusy,
    501: ObjectRefused,
}
"""What an HTTP status means that comes without a code of S3's."""

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

_ON_THE_WAY: Final = (
    aws.ConnectionError,
    aws.ConnectionClosedError,
    aws.ReadTimeoutError,
)
"""Errors whose sentence repeats the whole URL, and hides the cause."""

_HINTS: Final[dict[str, str]] = {
    "RequestTimeTooSkewed": "; this machine's clock is wrong, set it (NTP)",
    "ExpiredToken": "; get new credentials and run again",
    "NoSuchBucket": "; check its name, and the endpoint",
    "SignatureDoesNotMatch": "; check the secret key",
    "InvalidAccessKeyId": "; check the access key and the endpoint",
}


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
            return meaning(error)(f"{what}: {_words(error)}")
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
    kind = MEANING.get(code) or _by_status(status, region)
    hint = _HINTS.get(code, "")
    if kind is WrongRegion and region:
        hint = f"; the bucket is in {region}, say --region {region}"
    elif kind is StoreBusy and "location" in headers:
        hint = f"; sent on to {host_in(headers['location'])}"
    words = message_in(details)
    said = f"{code or status}: {words}" if words else f"{code or status}"
    return kind(f"{what}: {said.rstrip('.')}{hint}")


def _by_status(status: int, region: str | None) -> type[StoreError]:
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own numbers
        # S3 names the region; a captive portal sends us to a form.
        return WrongRegion if region else StoreBusy
    others = StoreBusy if status >= 500 else ObjectRefused  # noqa: PLR2004
    return _STATUS.get(status, others)


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
    if isinstance(cause, (aiohttp.ClientConnectorError, socket.gaierror)):
        return StoreUnreachable
    return ConnectionLost


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
    if not isinstance(error, _ON_THE_WAY):
        return unreadable(_error_in(error)) or _one_line(error)
    url = urlsplit(str(error.kwargs.get("endpoint_url", "")))
    who = f"{url.scheme}://{url.netloc}"
    if isinstance(error, aws.ProxyConnectionError):
        who = f"the proxy {error.kwargs['proxy_url']}"
    said = " ".join(_cause(error).split())[:200]
    return f"no answer from {who} ({said}); check the address and the network"


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
    (
        (aws.ConnectTimeoutError, aws.ProxyConnectionError),
        _always(StoreUnreachable),
    ),
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
