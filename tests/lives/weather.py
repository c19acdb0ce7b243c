"""What befalls the store: the failure catalogue, as rules to draw from."""

from typing import Final

from hypothesis import strategies as st
from servers.faults import (
    Action,
    Answer,
    Cut,
    Delay,
    Hang,
    Rule,
    Spoil,
    Spoiled,
)
from servers.faults import Stage as At
from servers.routing import Op

_PORTAL: Final = (
    b"<html><body>Please log in to the harbour's net</body></html>"
)
_WEB: Final = {"Content-Type": "text/html"}

ANSWERS: Final[tuple[Answer, ...]] = (
    Answer(503, "SlowDown"),
    Answer(503, "ServiceUnavailable", headers={"Retry-After": "1"}),
    Answer(429, "TooManyRequests"),
    Answer(400, "ThrottlingException"),
    Answer(500, "InternalError"),
    Answer(500, "InternalError", work=True),
    Answer(502, headers=_WEB, body=b"<html>Bad Gateway</html>"),
    Answer(504),
    Answer(302, headers=_WEB | {"Location": "http://127.0.0.1:9/"}, body=b""),
    Answer(200, headers=_WEB, body=_PORTAL),
    Answer(403, headers=_WEB, body=_PORTAL),
    Answer(407, headers=_WEB, body=_PORTAL),
    Answer(400, "RequestTimeout"),
    Answer(400, "IncompleteBody"),
    Answer(400, "BadDigest"),
    Answer(400, "InvalidDigest"),
    Answer(400, "ExpiredToken"),
    Answer(400, "InvalidPart"),
    Answer(400, "EntityTooLarge"),
    Answer(400, "KeyTooLongError"),
    Answer(400, "InvalidRequest"),
    Answer(403, "AccessDenied"),
    Answer(403, "InvalidAccessKeyId"),
    Answer(403, "SignatureDoesNotMatch"),
    Answer(403, "RequestTimeTooSkewed"),
    Answer(403, "InvalidObjectState"),
    Answer(404, "NoSuchBucket"),
    Answer(404, "NoSuchUpload"),
    Answer(404, "NoSuchUpload", work=True),
    Answer(405, "MethodNotAllowed"),
    Answer(409, "OperationAborted"),
    Answer(409, "ConditionalRequestConflict"),
    Answer(411, "MissingContentLength"),
    Answer(412, "PreconditionFailed"),
    Answer(412, "PreconditionFailed", work=True),
    Answer(501, "NotImplemented"),
)

_CUTS: Final = tuple(Cut(at, clean) for at in At for clean in (False, True))
_SPOILS: Final = tuple(map(Spoil, Spoiled))
_ASKED: Final = (
    None,
    Op.LIST,
    Op.PUT,
    Op.PUT,
    Op.CREATE,
    Op.PART,
    Op.COMPLETE,
    Op.ABORT,
)
HANGS: Final = 3.5
"""Seconds, which is longer than the runs wait, see `zygote`: then the
connection ends, or what was sent is done after all."""

_HANGS: Final = tuple(
    one for at in At for one in (Hang(at, HANGS), Delay(HANGS, at))
)
_ERROR_INSIDE: Final = Rule(Answer(200, "InternalError"), Op.COMPLETE)

_ACTIONS: Final = st.one_of(
    st.sampled_from(ANSWERS),
    st.sampled_from(_CUTS),
    st.sampled_from(_SPOILS),
    st.builds(Delay, st.sampled_from((0.02, 0.1, 0.3)), st.sampled_from(At)),
)


def _rule(
    action: Action, op: Op | None, key: str, skip: int, times: int
) -> Rule:
    if isinstance(action, Answer) and action.body is _PORTAL and op is None:
        op = Op.PUT
    return Rule(action, op, key=key, skip=skip, times=times)


def rules() -> st.SearchStrategy[Rule]:
    """One thing that goes wrong, for some requests of some kind.

    It passes by itself: `times` is small, as every fault ends some day.
    """
    return st.one_of(
        st.builds(
            _rule,
            _ACTIONS,
            st.sampled_from(_ASKED),
            st.sampled_from(("*", "*", "*.adc", "*.roi", "*.hdr", "p/day1/*")),
            skip=st.integers(0, 6),
            times=st.integers(1, 8),
        ),
        st.builds(
            Rule,
            st.sampled_from(_HANGS),
            st.sampled_from(_ASKED),
            skip=st.integers(0, 6),
            times=st.integers(1, 2),
        ),
        st.just(_ERROR_INSIDE),
    )
