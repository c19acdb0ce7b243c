"""What happens to one connection's requests, from first byte to last."""

import asyncio
import contextlib
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field

from .answers import Refusal, error
from .digests import Intake
from .faults import Answer as Instead
from .faults import Spoiled, Stage
from .http import (
    STEP,
    Answer,
    Head,
    Malformed,
    Truncated,
    pieces,
    read_head,
)
from .link import Link, Severed
from .routing import Request, route
from .s3 import Ticket, admit, perform
from .script import Fate, Script
from .sigv4 import Identity
from .world import Logged, Tally, World

_GONE = (OSError, Truncated, asyncio.IncompleteReadError)
"""What a connection raises that a client ended, or left idle."""


@dataclass(slots=True)
class _Course:
    """How far a request has come; what the log will say of it."""

    seq: int
    began: float
    head: Head
    request: Request | None = None
    size: int = 0
    status: int = 0
    code: str = ""
    unread: bool = True
    place: int | None = None

    def logged(self, connection: int) -> Logged:
        request = self.request
        return Logged(
            seq=self.seq,
            began=self.began,
            ended=time.monotonic(),
            connection=connection,
            method=self.head.method,
            op=request.op if request else "",
            bucket=request.bucket if request else "",
            key=request.key if request else "",
            query=request.query if request else {},
            headers=self.head.headers,
            size=self.size,
            status=self.status,
            code=self.code,
        )


@dataclass(slots=True)
class Exchanges:
    """Serves connections; `bugs` are this server's own, as tracebacks."""

    world: World
    script: Script
    identities: Mapping[str, Identity]
    domain: str
    requests: Tally = field(default_factory=Tally)
    connections: Tally = field(default_factory=Tally)
    bugs: list[str] = field(default_factory=list)

    async def serve(self, link: Link) -> None:
        """Answer one connection's requests, in order, until it ends."""
        with self.connections:
            link.number = self.connections.total
            try:
                while await self._next(link):
                    pass
            except (*_GONE, Severed):
                pass
            except asyncio.CancelledError:
                link.writer.transport.abort()
                raise
            finally:
                link.writer.close()
                with contextlib.suppress(*_GONE):
                    await link.writer.wait_closed()

    async def _next(self, link: Link) -> bool:
        """Serve the next request; whether another may follow it."""
        try:
            async with asyncio.timeout(self.world.personality.idle):
                head = await read_head(link.reader)
            if head is None:
                return False
            return await self._one(link, head)
        except Malformed as malformed:
            answer = error(400, "BadRequest", str(malformed))
            await self._send(link, answer, keep=False)
            return False

    async def _one(self, link: Link, head: Head) -> bool:
        course = _Course(self.world.next_seq(), time.monotonic(), head)
        with self.requests:
            try:
                return await self._answer(link, course)
            except (*_GONE, Severed, Malformed):
                raise
            except Exception:  # noqa: BLE001 - a bug, whatever it is
                self.bugs.append(traceback.format_exc())
                raise Severed from None
            finally:
                self._note(link, course)

    def _note(self, link: Link, course: _Course) -> None:
        """Log the request as it now stands."""
        if not self.world.record:
            return
        log, logged = self.world.log, course.logged(link.number)
        if course.place is None:
            course.place = len(log)
            log.append(logged)
        else:
            log[course.place] = logged

    async def _answer(self, link: Link, course: _Course) -> bool:
        """Do what one request asks for; whether another may follow."""
        keep, fate = course.head.keeps_alive, Fate(None, [])
        try:
            course.request = request = route(course.head, self.domain)
            fate = self.script.fate(request)
            await fate.at(Stage.HEAD, link)
            answer = await self._work(link, course, request, fate)
        except Refusal as refusal:
            answer, course.code = refusal.answer(), refusal.code
        except Truncated as truncated:
            short = _incomplete(truncated)
            answer, course.code = short.answer(), short.code
            keep = False
        if course.unread:
            # Who waits for 100 has sent no body, and shall not send it now.
            keep = keep and not course.head.waits
            await self._pass_over(link, course)
        await fate.at(Stage.DONE, link)
        if "html" not in answer.headers.get("Content-Type", ""):  # not S3's
            answer.headers["x-amz-request-id"] = f"{course.seq:016X}"
        if course.head.method == "HEAD":
            answer.body = b""
        course.status = answer.status
        # Before it is sent, so that who has the answer finds it logged.
        self._note(link, course)
        try:
            await self._send(link, answer, keep=keep, fate=fate)
        except BaseException:
            course.status = 0
            raise
        return keep

    async def _work(
        self, link: Link, course: _Course, request: Request, fate: Fate
    ) -> Answer:
        """The answer by S3's rules, or the script's in its place.

        Raises:
            Refusal: where S3's rules are broken.
        """
        scripted = fate.action if isinstance(fate.action, Instead) else None
        if scripted is not None and not scripted.work:
            course.code = scripted.code
            return scripted.render()
        ticket = admit(self.world, self.identities, request)
        body = await self._receive(link, course, ticket, fate)
        ticket.claim.check(body)
        if fate.spoils(Spoiled.BODY):
            body = body.damaged()
        answer = perform(self.world, ticket, body)
        if scripted is not None:
            course.code = scripted.code
            return scripted.render()
        return fate.spoil(answer)

    async def _receive(
        self, link: Link, course: _Course, ticket: Ticket, fate: Fate
    ) -> Intake:
        """The body, whole; the script has its say on the way."""
        head, middle = course.head, fate.concerns(Stage.BODY)
        if head.waits:
            link.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        course.unread = False
        body = Intake(ticket.algorithms, ticket.keep(self.world))
        half = head.length // 2
        step = min(STEP, max(1, half)) if middle else STEP
        async for piece in pieces(link.reader, head, step):
            body.take(piece)
            course.size = body.size
            if middle and body.size >= half:
                middle = False
                await fate.at(Stage.BODY, link)
        if middle:
            await fate.at(Stage.BODY, link)
        await fate.at(Stage.RECEIVED, link)
        return body

    async def _pass_over(self, link: Link, course: _Course) -> None:
        """Read a body that nobody wants, so that the answer is seen."""
        if not course.head.waits:
            async for piece in pieces(link.reader, course.head):
                course.size += len(piece)

    async def _send(
        self,
        link: Link,
        answer: Answer,
        *,
        keep: bool,
        fate: Fate | None = None,
    ) -> None:
        raw = answer.render(
            keep=keep,
            now=self.world.now(),
            lower=self.world.personality.lower_headers,
        )
        raw += answer.body
        if fate and fate.concerns(Stage.ANSWER):
            half = len(raw) // 2
            link.writer.write(raw[:half])
            await link.writer.drain()
            await fate.at(Stage.ANSWER, link)
            raw = raw[half:]
        link.writer.write(raw)
        await link.writer.drain()


def _incomplete(why: Truncated) -> Refusal:
    return Refusal(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the "
        f"Content-Length HTTP header: {why}",
    )
