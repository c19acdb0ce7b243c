"""Everything that pt5_async raises on purpose, drawn as one tree.

Pt5Error
├── UsageError              an option, setting or target that cannot be used
├── SourceError             a local file or folder
│   ├── SourceMissing       SOURCE is not there
│   ├── SourceEmpty         nothing is in it, and once there was
│   ├── SourceUnreadable    it is there and cannot be read
│   ├── SourceVanished      it was there a moment ago
│   ├── SourceChanged       it changed while it was looked at or read
│   ├── MemberMissing       another member of its bin did not arrive
│   └── NameRefused         its name cannot become an object's key
├── StoreError              the object store
│   ├── StoreBusy           throttled, overloaded or broken for the moment
│   ├── ConnectionLost      the connection broke or stalled in a request
│   ├── StoreUnreachable    no connection can be made
│   ├── BodyRefused         what arrived is not what was sent
│   │   └── BodySpoiled     and it is an object now
│   ├── ChecksumUnsupported this store cannot take that checksum
│   ├── UploadGone          the multipart upload is not there any more
│   ├── ObjectExists        there is one, and it is not to be replaced
│   ├── ObjectRefused       this one object is not accepted
│   ├── OptionRefused       what was asked of every object is not accepted
│   ├── AccessDenied        the identity is known and may not do this
│   ├── CredentialsRefused  none, wrong or expired credentials
│   ├── BucketMissing       no such bucket
│   ├── WrongRegion         the bucket lives in another region
│   └── CertificateRefused  the endpoint's TLS certificate is not trusted
├── JournalError            the journal cannot be used
│   ├── JournalFull         its disk is full
│   ├── JournalOutdated     the store lost what it says is there
│   ├── JournalUnfit        damaged, a newer version's or another program's
│   └── RunBusy             another run holds this journal and target
└── RunFailed               files failed; only `raise_for_failures` raises it

Each class says two things about itself: `transient`, whether the same
request may well succeed a little later, and `fatal`, whether going on with
other files is pointless.
"""

from typing import ClassVar

__all__ = [
    "AccessDenied",
    "BodyRefused",
    "BodySpoiled",
    "BucketMissing",
    "CertificateRefused",
    "ChecksumUnsupported",
    "ConnectionLost",
    "CredentialsRefused",
    "JournalError",
    "JournalFull",
    "JournalOutdated",
    "JournalUnfit",
    "MemberMissing",
    "NameRefused",
    "ObjectExists",
    "ObjectRefused",
    "OptionRefused",
    "Pt5Error",
    "RunBusy",
    "RunFailed",
    "SourceChanged",
    "SourceEmpty",
    "SourceError",
    "SourceMissing",
    "SourceUnreadable",
    "SourceVanished",
    "StoreBusy",
    "StoreError",
    "StoreUnreachable",
    "UploadGone",
    "UsageError",
    "WrongRegion",
]


class Pt5Error(Exception):
    """Root of all errors that this package raises on purpose.

    One that ends a run carries the run's `Summary` up to there. `attempts`
    says how often a request was made before it ended in this error.
    """

    transient: ClassVar[bool] = False
    fatal: ClassVar[bool] = False
    attempts: int = 0
    summary: object | None = None


class UsageError(Pt5Error):
    """An option, a setting or a target cannot be used as it is given."""

    fatal = True


class SourceError(Pt5Error):
    """Something is wrong with a local file or folder."""


class SourceMissing(SourceError):
    """SOURCE itself is not there, or is neither a folder nor a file."""

    fatal = True


class SourceEmpty(SourceError):
    """SOURCE is there without a file, and files of it were sent before."""

    fatal = True


class SourceUnreadable(SourceError):
    """A file or folder is there and the system refuses to read it."""


class SourceVanished(SourceError):
    """A file that the walk saw is gone when it is to be read."""


class SourceChanged(SourceError):
    """A file changed between the look at it and the end of reading it."""


class MemberMissing(SourceError):
    """A file waits for another member of its bin, which failed."""


class NameRefused(SourceError):
    """A file's name cannot become an object's key."""


class StoreError(Pt5Error):
    """The object store did not do what it was asked.

    `silent` says that no byte went or came for as long as is waited for one:
    then the link was away, for a while, rather than anything wrong with this
    one object.
    """

    silent: bool = False


class StoreBusy(StoreError):
    """The store throttles, is overloaded or broken for the moment.

    `slow` says that it asked for fewer requests (503, 429); `wait` for how
    many seconds it wants none, if it said so.
    """

    transient = True
    slow: bool = False
    wait: float = 0.0


class ConnectionLost(StoreError):
    """A connection broke, or moved no byte for too long, in a request."""

    transient = True


class StoreUnreachable(StoreError):
    """No connection to the store can be made: refused, no route, no DNS."""

    transient = True


class BodyRefused(StoreError):
    """The store holds, or was handed, other bytes than were read."""

    transient = True


class BodySpoiled(BodyRefused):
    """The store took the request, and the object has other bytes."""


class ChecksumUnsupported(StoreError):
    """This store answers an error to that kind of checksum header."""


class UploadGone(StoreError):
    """The store does not know the multipart upload (any more)."""


class ObjectExists(StoreError):
    """There is such an object, and it was not to be replaced.

    `resent` says that the HTTP client sent the request twice by itself, so
    that an answer to the first may have been lost.
    """

    resent: bool = False


class ObjectRefused(StoreError):
    """The store refuses this one object; others may pass."""


class OptionRefused(StoreError):
    """The store does not take what was asked of every object."""

    fatal = True


class AccessDenied(StoreError):
    """The identity is known to the store and may not do this."""


class CredentialsRefused(StoreError):
    """There are no credentials, or the store does not accept them."""

    fatal = True


class BucketMissing(StoreError):
    """There is no bucket of that name at this endpoint."""

    fatal = True


class WrongRegion(StoreError):
    """The bucket lives in another region than the request was signed for."""

    fatal = True


class CertificateRefused(StoreError):
    """The endpoint's TLS certificate is not trusted."""

    fatal = True


class JournalError(Pt5Error):
    """The journal cannot be opened, read or written."""

    fatal = True


class JournalFull(JournalError):
    """The disk under the journal is full."""


class JournalOutdated(JournalError):
    """An object that the journal knows is not in the store any more."""


class JournalUnfit(JournalError):
    """A file is there that this program cannot go on with."""


class RunBusy(JournalError):
    """Another run holds the same journal and target.

    `seconds` says for how long, as far as its file tells.
    """

    seconds: float = 0.0


class RunFailed(Pt5Error):
    """Some files of a run failed; raised by `raise_for_failures` alone."""


def without_frames(error: Pt5Error) -> Pt5Error:
    """`error` without the frames, and so the bodies, that it kept alive."""
    error.__traceback__ = None
    error.__cause__ = None
    error.__context__ = None
    return error
