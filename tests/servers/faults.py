"""What can go wrong, with which requests, at which moment of them."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from . import answers, http
from .routing import Op, Request


class Stage(StrEnum):
    """The moments of a request at which something can happen."""

    HEAD = "before the body is read"
    BODY = "in the middle of the body"
    RECEIVED = "after the body, before any work"
    DONE = "after the work, before the answer"
    ANSWER = "in the middle of the answer"


class Spoiled(StrEnum):
    """What a store can get wrong without an error."""

    BODY = "the bytes it keeps; its checksum and ETag are of those"
    CHECKSUM = "the checksum in its answer"
    ETAG = "the ETag in its answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer this; `work` says whether the request is carried out too.

    `body` None makes an error document of `code` and `message`, whatever
    the status (Complete can be a 200 with an error inside); with neither
    code nor body the answer has no body at all.
    """

    status: int
    code: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    work: bool = False

    def render(self) -> http.Answer:
        """The answer to send."""
        if self.body is None and self.code:
            return answers.error(
                self.status, self.code, self.message, headers=self.headers
            )
        return http.Answer(self.status, dict(self.headers), self.body or b"")


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait so many seconds, then go on as usual."""

    seconds: float
    at: Stage = Stage.DONE


@dataclass(frozen=True, slots=True)
class Cut:
    """End the connection: by a reset, or with `clean` by a normal end.

    At `Stage.DONE` the work is done and its answer is lost.
    """

    at: Stage
    clean: bool = False


@dataclass(frozen=True, slots=True)
class Hang:
    """Never go on; the connection stays open, or for so many seconds."""

    at: Stage = Stage.RECEIVED
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Spoil:
    """Get something wrong and do not say so."""

    what: Spoiled


Action = Answer | Delay | Cut | Hang | Spoil


@dataclass(frozen=True, slots=True)
class Rule:
    """An action and the requests that it befalls.

    `key` is a glob or a predicate, held against the request's key, or a
    listing's prefix; `part` is a part's number. The first `skip` matching
    requests are spared, then `times` are struck (None: all).
    """

    action: Action
    op: Op | None = None
    _: KW_ONLY
    key: str | Callable[[str], bool] = "*"
    part: int | None = None
    skip: int = 0
    times: int | None = None

    def matches(self, request: Request) -> bool:
        """Whether the request is one of those, whatever the counts."""
        if self.op not in {None, request.op}:
            return False
        number = request.query.get("partNumber")
        if self.part is not None and number != str(self.part):
            return False
        if callable(self.key):
            return self.key(request.subject)
        return fnmatchcase(request.subject, self.key)
