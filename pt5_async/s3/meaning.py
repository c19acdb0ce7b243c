"""What a store's answers mean for a run: one table, code by code.

README.md has it for people ("What a store's answers mean"); a test holds
both together. `Meaning.differs` says why where we judge otherwise than the
failure catalogue from which it was drawn.

Codes: Amazon S3 API Reference, "List of error codes".
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..errors import (
    AccessDenied,
    BodyRefused,
    BucketMissing,
    ConnectionLost,
    CredentialsRefused,
    ObjectExists,
    ObjectRefused,
    StoreBusy,
    StoreError,
    UploadGone,
    WrongRegion,
)


class Then(StrEnum):
    """What comes of the file, and of the run."""

    AGAIN = "tried again"
    ANEW = "its upload begins anew"
    LEFT = "left as it is"
    FAILS = "this file fails"
    DENIED = "this file fails; the run ends if none was ever accepted"
    ENDS = "the run ends"


THEN: Final[dict[type[StoreError], Then]] = {
    StoreBusy: Then.AGAIN,
    ConnectionLost: Then.AGAIN,
    BodyRefused: Then.AGAIN,
    UploadGone: Then.ANEW,
    ObjectExists: Then.LEFT,
    ObjectRefused: Then.FAILS,
    AccessDenied: Then.DENIED,
    CredentialsRefused: Then.ENDS,
    BucketMissing: Then.ENDS,
    WrongRegion: Then.ENDS,
}
"""Whoever is tried again too often fails, and is tried by the next run."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What codes of one kind mean.

    `hint` ends the sentence that a user reads.
    """

    codes: str
    error: type[StoreError]
    words: str
    hint: str = ""
    differs: str = ""

    @property
    def then(self) -> Then:
        """What comes of it."""
        return THEN[self.error]


TABLE: Final = (
    Meaning(
        "BandwidthLimitExceeded InternalError KMS.DependencyTimeoutException"
        " KMS.KMSInternalException KMS.ThrottlingException"
        " RequestLimitExceeded RequestThrottled ServiceUnavailable SlowDown"
        " Throttling ThrottlingException TooManyRequests",
        StoreBusy,
        "the store is overloaded, or broken for the moment",
    ),
    Meaning(
        "ConditionalRequestConflict OperationAborted",
        StoreBusy,
        "somebody else writes the same object",
        differs="the reference begins an upload in parts anew; a store that"
        " wants that answers NoSuchUpload to the next attempt, and only then"
        " is it done",
    ),
    Meaning(
        "IncompleteBody RequestTimeout",
        ConnectionLost,
        "the body came too slowly, or not to its end",
        differs="the reference opens the file again; here the bytes in hand"
        " are those of its checksum, and a later change has no part in them",
    ),
    Meaning(
        "BadDigest InvalidDigest XAmzContentSHA256Mismatch",
        BodyRefused,
        "other bytes arrived than were sent",
        differs="the reference reads the file again; the checksum is of the"
        " very bytes in hand, and a disk that gives others is seen when the"
        " bin is read in the next run",
    ),
    Meaning(
        "InvalidPart InvalidPartOrder NoSuchUpload",
        UploadGone,
        "an upload in parts, or a part of it, is not there any more; unless"
        " the object is, and has these very bytes",
    ),
    Meaning(
        "PreconditionFailed",
        ObjectExists,
        "somebody else's object is there, and `--existing skip` was said",
        differs="the reference calls another object a failed file; who says"
        " --existing skip asked for it to be left",
    ),
    Meaning(
        "EntityTooLarge EntityTooSmall InvalidTag KeyTooLongError"
        " MaxMessageLengthExceeded MetadataTooLarge MissingContentLength"
        " NotImplemented",
        ObjectRefused,
        "the store cannot take this one",
        differs="the reference begins once more after EntityTooSmall; parts"
        " of the same size would be refused again",
    ),
    Meaning(
        "InvalidObjectState MethodNotAllowed",
        ObjectRefused,
        "a rule of the bucket protects the object",
        hint="; look at the bucket's object lock and its rules",
    ),
    Meaning(
        "AccessDenied AccountProblem AllAccessDisabled NotSignedUp",
        AccessDenied,
        "the keys may not do this",
        differs="the reference ends the run after some denials in a row; a"
        " policy may deny one folder and allow the next, and each file costs"
        " one request",
    ),
    Meaning(
        "KMS.DisabledException KMS.KMSInvalidStateException"
        " KMS.NotFoundException",
        AccessDenied,
        "the key that encrypts the bucket cannot be used",
        hint="; look at the bucket's encryption and its key",
        differs="the reference always ends the run; the key may belong to"
        " one folder's rule",
    ),
    Meaning(
        "InvalidAccessKeyId",
        CredentialsRefused,
        "the access key is not known there",
        hint="; check the access key and the endpoint",
    ),
    Meaning(
        "SignatureDoesNotMatch",
        CredentialsRefused,
        "the secret key does not fit, or a proxy changes requests",
        hint="; check the secret key",
        differs="the reference tries once more; a proxy that changes one"
        " request changes the next, and another run goes on where this one"
        " stood",
    ),
    Meaning(
        "ExpiredToken ExpiredTokenException InvalidSecurity InvalidToken"
        " TokenRefreshRequired",
        CredentialsRefused,
        "the keys are expired or withdrawn, and no others are found",
        hint="; get new credentials and run again",
    ),
    Meaning(
        "RequestExpired RequestTimeTooSkewed",
        CredentialsRefused,
        "this machine's clock is wrong, and the store's does not help",
        hint="; this machine's clock is wrong, set it (NTP)",
    ),
    Meaning(
        "InvalidBucketName NoSuchBucket",
        BucketMissing,
        "there is no such bucket",
        hint="; check its name, and the endpoint",
    ),
    Meaning(
        "AuthorizationHeaderMalformed IllegalLocationConstraintException"
        " PermanentRedirect TemporaryRedirect",
        WrongRegion,
        "the bucket is in another region, which the sentence names",
        differs="the reference goes there by itself; a region is said once,"
        " in .env, and nothing signed is ever carried to another host",
    ),
)
"""What an S3 error code means; others go by the HTTP status."""

MEANING: Final = {
    code: meaning for meaning in TABLE for code in meaning.codes.split()
}
"""The same, by code."""

_STATUS: Final[dict[int, type[StoreError]]] = {
    401: CredentialsRefused,
    403: AccessDenied,
    407: CredentialsRefused,
    408: ConnectionLost,
    412: ObjectExists,
    429: StoreBusy,
    501: ObjectRefused,
}
"""What an HTTP status means that comes without a code of S3's.

407 is a proxy's, which wants a name and a password: every request's answer.
"""


def by_status(status: int, region: str | None) -> type[StoreError]:
    """What an answer means whose code, if any, is not in the table."""
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own numbers
        # S3 names the region; a captive portal sends us to a form.
        return WrongRegion if region else StoreBusy
    others = StoreBusy if status >= 500 else ObjectRefused  # noqa: PLR2004
    return _STATUS.get(status, others)
