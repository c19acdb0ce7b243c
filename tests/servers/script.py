"""The script at work: which request meets which fault, and gates."""

import asyncio
import contextlib
import re
import threading
from dataclasses import dataclass, field

from . import http
from .faults import Action, Cut, Delay, Hang, Rule, Spoil, Spoiled, Stage
from .link import Link
from .routing import Request


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
        # Once the server is stopped there is nobody left to release.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._open.set)

    def stops(self, request: Request) -> bool:
        """Whether this request is to be held; counts it."""
        return self._scripted.strikes(request)

    async def hold(self) -> None:
        """Hold the calling request; on the server's loop."""
        self.held += 1
        self.reached.set()
        await self._open.wait()


@dataclass(slots=True)
class Fate:
    """All that befalls one request: an action, if any, and gates."""

    action: Action | None
    gates: list[Gate]

    async def at(self, stage: Stage, link: Link) -> None:
        """Suffer what the script has for this moment."""
        for gate in self.gates:
            if gate.at is stage:
                await gate.hold()
        match self.action:
            case Delay(seconds, at) if at is stage:
                await asyncio.sleep(seconds)
            case Hang(at, seconds) if at is stage:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await asyncio.Event().wait()
                link.cut(clean=False)
            case Cut(at, clean) if at is stage:
                link.cut(clean=clean)
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
        action = self.action
        return isinstance(action, Spoil) and action.what is what

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

    def clear(self) -> None:
        """Forget all rules, and open all gates for good."""
        self.rules.clear()
        while self.gates:
            self.gates.pop().release()

    def fate(self, request: Request) -> Fate:
        """What befalls this request: the first rule that strikes."""
        action = next(
            (s.rule.action for s in self.rules if s.strikes(request)), None
        )
        return Fate(action, [g for g in self.gates if g.stops(request)])
