"""What botocore's errors mean, case by case."""

import socket
import ssl
from collections.abc import Mapping

import aiohttp
import pytest
from botocore import exceptions as aws
from botocore.parsers import ResponseParserError
from botocores import HOST, REFUSED, URL, answered
from readme import named, rows

from pt5_async.errors import (
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
from pt5_async.s3.failures import code_of, status_of, translate, translated
from pt5_async.s3.meaning import MEANING, TABLE, THEN, Then

CODES: Mapping[type[StoreError], str] = {
    AccessDenied: (
        "AccessDenied AccountProblem AllAccessDisabled "
        "KMS.DisabledException KMS.KMSInvalidStateException "
        "KMS.NotFoundException NotSignedUp"
    ),
    BodyRefused: "BadDigest InvalidDigest XAmzContentSHA256Mismatch",
    BucketMissing: "InvalidBucketName NoSuchBucket",
    ConnectionLost: "IncompleteBody RequestTimeout",
    CredentialsRefused: (
        "ExpiredToken ExpiredTokenException InvalidAccessKeyId "
        "InvalidSecurity InvalidToken RequestExpired "
        "RequestTimeTooSkewed "
        "SignatureDoesNotMatch TokenRefreshRequired"
    ),
    ObjectExists: "PreconditionFailed",
    ObjectRefused: (
        "EntityTooLarge EntityTooSmall InvalidObjectState InvalidTag "
        "KeyTooLongError MaxMessageLengthExceeded MetadataTooLarge "
        "MethodNotAllowed MissingContentLength NotImplemented"
    ),
    StoreBusy: (
        "BandwidthLimitExceeded ConditionalRequestConflict InternalError "
        "KMS.DependencyTimeoutException KMS.KMSInternalException "
        "KMS.ThrottlingException OperationAborted "
        "RequestLimitExceeded RequestThrottled "
        "ServiceUnavailable SlowDown Throttling ThrottlingException "
        "TooManyRequests"
    ),
    UploadGone: "InvalidPart InvalidPartOrder NoSuchUpload",
    WrongRegion: (
        "AuthorizationHeaderMalformed IllegalLocationConstraintException "
        "PermanentRedirect TemporaryRedirect"
    ),
}
"""S3's error codes by what they mean for a run."""

MEANT = {code: kind for kind, codes in CODES.items() for code in codes.split()}

STATUSES: Mapping[int, type[StoreError]] = {
    301: StoreBusy,
    302: StoreBusy,
    307: StoreBusy,
    400: ObjectRefused,
    401: CredentialsRefused,
    403: AccessDenied,
    404: ObjectRefused,
    405: ObjectRefused,
    407: CredentialsRefused,
    408: ConnectionLost,
    411: ObjectRefused,
    412: ObjectExists,
    413: ObjectRefused,
    429: StoreBusy,
    500: StoreBusy,
    501: ObjectRefused,
    502: StoreBusy,
    503: StoreBusy,
    504: StoreBusy,
    507: StoreBusy,
}
"""What an answer means that has no code of S3's."""

NAMELESS = aiohttp.ClientConnectorDNSError(HOST, OSError(-2, "not known"))
PROXY_ASKS = aiohttp.ClientHttpProxyError(
    None,  # type: ignore[arg-type]
    (),
    status=407,
)
UNTRUSTED = aiohttp.ClientConnectorCertificateError(
    HOST, ssl.SSLCertVerificationError("CERTIFICATE_VERIFY_FAILED")
)
NO_TLS = aiohttp.ClientConnectorSSLError(HOST, OSError(1, "wrong version"))
RESET = aiohttp.ClientOSError(104, "Connection reset by peer")

EXCEPTIONS: tuple[tuple[Exception, type[Pt5Error]], ...] = (
    (aws.NoCredentialsError(), CredentialsRefused),
    (
        aws.PartialCredentialsError(provider="env", cred_var="secret"),
        CredentialsRefused,
    ),
    (
        aws.CredentialRetrievalError(provider="process", error_msg="died"),
        CredentialsRefused,
    ),
    (aws.UnauthorizedSSOTokenError(), CredentialsRefused),
    (aws.SSOTokenLoadError(error_msg="none"), CredentialsRefused),
    (
        aws.TokenRetrievalError(provider="sso", error_msg="expired"),
        CredentialsRefused,
    ),
    (aws.ProfileNotFound(profile="p"), UsageError),
    (aws.ConfigNotFound(path="/p"), UsageError),
    (aws.ConfigParseError(path="/p"), UsageError),
    (aws.NoRegionError(), UsageError),
    (aws.InvalidRegionError(region_name="no region!"), UsageError),
    (aws.ParamValidationError(report="Invalid bucket name"), UsageError),
    (aws.EndpointResolutionError(msg="not a valid URI"), UsageError),
    (aws.SSLError(endpoint_url=URL, error=UNTRUSTED), CertificateRefused),
    (aws.SSLError(endpoint_url=URL, error=NO_TLS), ConnectionLost),
    (
        aws.EndpointConnectionError(endpoint_url=URL, error=REFUSED),
        StoreUnreachable,
    ),
    (
        aws.EndpointConnectionError(endpoint_url=URL, error=NAMELESS),
        StoreUnreachable,
    ),
    (
        aws.EndpointConnectionError(endpoint_url=URL, error=socket.gaierror()),
        StoreUnreachable,
    ),
    (
        aws.EndpointConnectionError(endpoint_url=URL, error=RESET),
        ConnectionLost,
    ),
    (
        aws.ConnectTimeoutError(endpoint_url=URL, error=TimeoutError()),
        StoreUnreachable,
    ),
    (
        aws.ProxyConnectionError(proxy_url="http://proxy:8080", error=REFUSED),
        StoreUnreachable,
    ),
    (
        aws.ProxyConnectionError(proxy_url="http://p:80", error=PROXY_ASKS),
        CredentialsRefused,
    ),
    (aws.ReadTimeoutError(endpoint_url=URL, error=None), ConnectionLost),
    (aws.ConnectionClosedError(endpoint_url=URL), ConnectionLost),
    (aws.HTTPClientError(error=RESET), ConnectionLost),
    (aws.ResponseStreamingError(error=RESET), ConnectionLost),
    (ResponseParserError("<html> is no S3"), StoreBusy),
    (aiohttp.ClientPayloadError("half an answer"), StoreBusy),
    (aws.BotoCoreError(), StoreBusy),
)
"""What botocore raises when there is no answer, or none of S3's."""


def test_every_code_has_its_meaning() -> None:
    found = {code: meaning.error for code, meaning in MEANING.items()}
    assert found == MEANT
    assert len(MEANING) == sum(len(one.codes.split()) for one in TABLE)


def test_what_comes_of_it_is_what_the_error_says_of_itself() -> None:
    for kind, then in THEN.items():
        assert kind.transient is (then is Then.AGAIN), kind
        assert kind.fatal is (then is Then.ENDS), kind
    assert {one.then for one in TABLE} == set(Then)


def test_the_table_is_the_one_that_people_read() -> None:
    told = [
        (named(codes), words, then)
        for codes, words, then in rows("What a store's answers mean")
    ]
    assert told == [(m.codes.split(), m.words, m.then) for m in TABLE]


def test_a_hint_ends_the_sentence() -> None:
    for code, meaning in MEANING.items():
        found = translate(answered(400, code), "some/key.adc")
        assert str(found).endswith(meaning.hint or code), code


@pytest.mark.parametrize("code", MEANT)
def test_a_code_counts_more_than_its_status(code: str) -> None:
    for status in (200, 400, 403, 404, 500, 503):
        found = translate(answered(status, code), "some/key.adc")
        assert type(found) is MEANT[code], status


@pytest.mark.parametrize("status", STATUSES)
def test_without_a_code_the_status_counts(status: int) -> None:
    for code in ("", str(status), "NeverHeardOf"):
        found = translate(answered(status, code), "some/key.adc")
        assert type(found) is STATUSES[status], code


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_that_names_a_region_is_s3s_own(status: int) -> None:
    there = {"x-amz-bucket-region": "eu-north-1"}

    found = translate(answered(status, headers=there), "some/key.adc")

    assert type(found) is WrongRegion


@pytest.mark.parametrize(
    ("error", "kind"), EXCEPTIONS, ids=lambda case: type(case).__name__
)
def test_what_is_no_answer_has_a_meaning_too(
    error: Exception, kind: type[Pt5Error]
) -> None:
    found = translate(error, "some/key.adc")

    assert type(found) is kind
    assert str(found).startswith("some/key.adc: ")
    assert "\n" not in str(found)


def test_what_came_too_late_says_that_nothing_was_heard() -> None:
    told = {"RequestTimeout", "ReadTimeoutError", "ConnectTimeoutError"}
    errors = [answered(400, code) for code in MEANT]
    silent = {
        code_of(found) or type(found.__cause__).__name__
        for error in (*errors, *(error for error, _ in EXCEPTIONS))
        if (found := caught_from(error)).silent
    }
    assert silent == told


def caught_from(error: Exception) -> StoreError:
    """What `error` becomes; a store's own or none."""
    with pytest.raises(Pt5Error) as caught, translated("some/key.adc"):
        raise error
    found = caught.value
    return found if isinstance(found, StoreError) else StoreError()


def test_what_is_not_botocores_is_let_through() -> None:
    with pytest.raises(ZeroDivisionError), translated("some/key.adc"):
        raise ZeroDivisionError

    assert translate(KeyError("x"), "some/key.adc") is None


def test_our_own_errors_are_not_told_twice() -> None:
    with (
        pytest.raises(StoreBusy, match=r"^only this$"),
        translated("some/key"),
    ):
        raise StoreBusy("only this")


def test_an_error_keeps_what_it_was_made_of() -> None:
    with pytest.raises(StoreError) as caught, translated("some/key.adc"):
        raise answered(503, "SlowDown")

    assert (code_of(caught.value), status_of(caught.value)) == (
        "SlowDown",
        503,
    )
    assert (code_of(StoreBusy("x")), status_of(None)) == ("", 0)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 412, 501])
def test_a_page_for_people_is_no_answer_of_a_store_s(status: int) -> None:
    page = {"content-type": "text/html;charset=utf-8"}
    error = answered(status, headers=page)
    assert type(translate(error, "it")) is StoreBusy
    theirs = answered(status, headers=page | {"x-amz-request-id": "1"})
    assert type(translate(theirs, "it")) is not StoreBusy
