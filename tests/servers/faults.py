"""The script: what goes wrong, with which request, at which moment."""

import asyncio
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Protocol

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
    """Never go on; the connection stays open."""

    at: Stage = Stage.RECEIVED


@dataclass(frozen=True, slots=True)
class Spoil:
    """Get something wrong and do not say so."""

    what: Spoiled


Action = Answer | Delay | Cut | Hang | Spoil


@dataclass(frozen=True, slots=True)
class Rule:
    """An action and the requests that it befalls.

    `key` is a glob or a predicate, held against the request's key, or a
    listing's prefix. The first `skip` matching requests are spared, then
    `times` are struck (None: all).
    """

    action: Action
    op: Op | None = None
    key: str | Callable[[str], bool] = "*"
    skip: int = 0
    times: int | None = None

    def matches(self, request: Request) -> bool:
        """Whether the request is one of those, whatever the counts."""
        if self.op not in {None, request.op}:
            return False
        if callable(self.key):
            return self.key(request.subject)
        return fnmatchcase(request.subject, self.key)


@dataclass(slots=True)
class Scripted:
    """A rule at work: how many requests it saw, and struck."""

    rule: Rule
    seen: int = 0
    hits: int = 0

    def strikes(self, request: Request) -> bool:
        """Whether this request is struck; counts it."""
        rule = self.rule
        if not rule.matches(request):
            return False
        self.seen += 1
        if self.seen <= rule.skip or self.hits == rule.times:
            return False
        self.hits += 1
        return True


class Gate:
    """Holds requests at a moment until it is released.

    `reached` is set when the first is held, for other threads to wait on;
    `held` counts those that came to it. Released, it stays open.
    """

    def __init__(
        self, rule: Rule, at: Stage, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.at = at
        self.reached = threading.Event()
        self.held = 0
        self._scripted = Scripted(rule)
        self._loop = loop
        self._open = asyncio.Event()

    async def wait(self, seconds: float = 10.0) -> None:
        """Wait, on the caller's own loop, until a request is held.

        Raises:
            TimeoutError: when none is after so many seconds.
        """
        if not await asyncio.to_thread(self.reached.wait, seconds):
            raise TimeoutError(f"no request came to the gate in {seconds} s")

    def release(self) -> None:
        """Let all that are held, and all that come, go on."""
        self._loop.call_soon_threadsafe(self._open.set)

    def stops(self, request: Request) -> bool:
        """Whether this request is to be held; counts it."""
        return self._scripted.strikes(request)

    async def hold(self) -> None:
        """Hold the calling request; on the server's loop."""
        self.held += 1
        self.reached.set()
        await self._open.wait()


class Line(Protocol):
    """The connection, as far as faults go."""

    def cut(self, *, clean: bool) -> None:
        """End it; raises, so that the request ends with it."""
        ...


@dataclass(slots=True)
class Fate:
    """All that befalls one request: an action, if any, and gates."""

    action: Action | None
    gates: list[Gate]

    async def at(self, stage: Stage, line: Line) -> None:
        """Suffer what the script has for this moment."""
        for gate in self.gates:
            if gate.at is stage:
                await gate.hold()
        match self.action:
            case Delay(seconds, at) if at is stage:
                await asyncio.sleep(seconds)
            case Hang(at) if at is stage:
                await asyncio.Event().wait()
            case Cut(at, clean) if at is stage:
                line.cut(clean=clean)
            case _:
                pass

    def concerns(self, stage: Stage) -> bool:
        """Whether anything happens at this moment."""
        moments = [gate.at for gate in self.gates]
        if isinstance(self.action, Delay | Hang | Cut):
            moments.append(self.action.at)
        return stage in moments

    def spoils(self, what: Spoiled) -> bool:
        """Whether this is got wrong."""
        return self.action == Spoil(what)

    def spoil(self, answer: http.Answer) -> http.Answer:
        """The answer, its checksum or ETag altered if the script says so."""
        if self.spoils(Spoiled.CHECKSUM):
            name = "Checksum(?:CRC64NVME|CRC32C?|SHA1|SHA256)"
            header = "x-amz-checksum-(?:crc64nvme|crc32c?|sha1|sha256)"
        elif self.spoils(Spoiled.ETAG):
            name, header = "ETag", "ETag"
        else:
            return answer
        for key, value in answer.headers.items():
            if re.fullmatch(header, key):
                answer.headers[key] = _other(value)
        answer.body = re.sub(
            f"(<{name}>)([^<]+)".encode(),
            lambda match: match[1] + _other(match[2].decode()).encode(),
            answer.body,
        )
        return answer


def _other(value: str) -> str:
    """The value with its third character changed: hex and base64 stay so."""
    return f"{value[:2]}{'0' if value[2] != '0' else '1'}{value[3:]}"


@dataclass(slots=True)
class Script:
    """The rules in force, the oldest first, and the gates."""

    rules: list[Scripted] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)

    def fate(self, request: Request) -> Fate:
        """What befalls this request: the first rule that strikes."""
        action = next(
            (s.rule.action for s in self.rules if s.strikes(request)), None
        )
        return Fate(action, [g for g in self.gates if g.stops(request)])
