"""The express lane: objects and parts sent without botocore's own pace.

One request through botocore costs 1.2 to 2 ms of CPU; here it is a tenth.
Everything but PutObject and UploadPart stays with the client, and so does
the first request of each, from which the lane learns.
"""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple, Protocol

from ..errors import ObjectExists, StoreError, UsageError
from .failures import translated
from .forms import OPERATIONS, Fields, Forms, Route, fields_of
from .hearing import Overheard
from .http1 import Message
from .lesson import SomebodyElse, Template, Unlearnable, encoded, learn
from .pace import Pace
from .pool import Pool
from .response import Answer
from .sigv4 import UNSIGNED, Identity

LONG_BODY: Final = 1024 * 1024
"""From this size on, in bytes, a request asks before it sends its body."""

HASH_HERE: Final = 64 * 1024
"""A longer body, in bytes, is hashed in a thread."""

_REDIRECTED: Final = 300
_REFUSED_TO_WAIT: Final = 417


class Payload(NamedTuple):
    """What is sent; `sha256` is its raw digest, where that is known."""

    data: bytes
    sha256: bytes | None = None


class Who(Protocol):
    """Whom requests are signed as; credentials may be renewed at any time."""

    @property
    def known(self) -> Identity | None:
        """Who it is, where nobody has to be asked."""
        ...

    async def ask(self) -> Identity:
        """Who it is now; raises what botocore raises."""
        ...


class Express:
    """The lane beside a client; each operation is open once it was learnt.

    `identify` gives the identity to sign as, each time anew; `connect` makes
    the connections to a place; `told` hears why the lane stays closed. One
    that `must` be open ends the run instead.
    """

    def __init__(
        self,
        client: Any,
        *,
        identify: Who,
        connect: Callable[[Template], Awaitable[Pool]],
        told: Callable[[str], None],
        must: bool = False,
    ) -> None:
        """Write as `client` does; nothing is open yet."""
        self._identify = identify
        self._connect = connect
        self._told = told
        self._must = must
        self._forms = Forms(client)
        self._routes: dict[str, tuple[Route, Pool]] = {}
        self._pools: dict[tuple[str, str, int], Pool] = {}
        self._closed = self._signs_bodies = False
        self.gates = {operation: asyncio.Lock() for operation in OPERATIONS}
        self._skew = 0.0
        self._second, self._stamped = -1, ""
        self._doubted: set[str] = set()

    @property
    def closed(self) -> bool:
        """Whether everything stays with the client."""
        return self._closed

    def open_for(self, operation: str) -> bool:
        """Whether `operation` was learnt."""
        return not self._closed and operation in self._routes

    @property
    def signs_bodies(self) -> bool:
        """Whether the SHA-256 of a body goes into its signature."""
        return not self._closed and self._signs_bodies

    def may_learn(self, operation: str) -> bool:
        """Whether `operation` can still be learnt."""
        return not self._closed and operation not in self._routes

    async def learn(self, heard: Overheard) -> None:
        """Open the lane by a request that was answered well, if it can be.

        Without that, all stays with the client, for good.
        """
        operation = heard.operation
        if not self.may_learn(operation):
            return
        form = self._forms.serialized(operation, heard.fields)
        try:
            with translated("the express lane"):
                template = learn(heard, await self._identify.ask(), *form)
                pool = await self._pool(template)
        except SomebodyElse as error:
            # Credentials may be renewed just between two looks at them.
            if operation in self._doubted:
                self.shut(str(error))
            self._doubted.add(operation)
        except Unlearnable as error:
            self.shut(str(error))
        except StoreError:
            # What was sent is stored; the next request will tell.
            return
        else:
            self._routes[operation] = Route(template), pool
            self._signs_bodies = template.signs_body

    def shut(self, why: str) -> None:
        """Leave everything to the client from now on, and say `why`.

        Raises:
            UsageError: when that was ruled out.
        """
        if self._must:
            raise UsageError(f"--lane express cannot be had: {why}")
        self._closed = True
        self._told(f"the express lane stays closed: {why}")

    async def send(
        self,
        operation: str,
        payload: Payload,
        fields: Fields,
        *,
        what: str,
        pace: Pace | None,
    ) -> dict[str, Any]:
        """The answer to an operation, as botocore's client would give it.

        Raises:
            StoreError: whatever the client would have raised.
        """
        answer = await self._sent(operation, payload, fields, what, pace)
        if answer.status < _REDIRECTED:
            return fields_of(answer)
        if self._adjusted(answer):
            answer = await self._sent(operation, payload, fields, what, pace)
        if answer.status >= _REDIRECTED:
            with _blamed(what, answer):
                raise self._forms.error(operation, answer)
        return fields_of(answer)

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    async def _pool(self, template: Template) -> Pool:
        place = (template.scheme, template.name, template.port)
        if place not in self._pools:
            self._pools[place] = await self._connect(template)
        return self._pools[place]

    # ---- one request

    async def _sent(
        self,
        operation: str,
        payload: Payload,
        fields: Fields,
        what: str,
        pace: Pace | None,
    ) -> Answer:
        route, pool = self._routes[operation]
        template, data = route.template, payload.data
        hashed = UNSIGNED
        if template.signs_body:
            hashed = (payload.sha256 or await _sha256(data)).hex()
        identity = self._identify.known
        if identity is None:
            with translated(what):
                identity = await self._identify.ask()
        headers, query = self._forms.serialized(operation, fields)
        headers["content-length"] = str(len(data))
        asks = pool.asks and len(data) >= LONG_BODY
        head = route.head(
            headers,
            path=template.prefix + encoded(fields["Key"]),
            query=query,
            payload=hashed,
            identity=identity,
            stamp=self._stamp(),
            asks=asks,
        )
        answer = await pool.exchange(Message(what, head, data, asks, pace))
        if asks and answer.status == _REFUSED_TO_WAIT:
            pool.asks = False  # RFC 9110, 10.1.1: then it is sent unasked
            return await self._sent(operation, payload, fields, what, pace)
        return answer

    def _stamp(self) -> str:
        now = int(time.time() + self._skew)
        if now != self._second:
            self._second = now
            self._stamped = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        return self._stamped

    def _adjusted(self, answer: Answer) -> bool:
        """Set the clock by the store's, if that is what it is about."""
        if b"<Code>RequestTimeTooSkewed</Code>" not in answer.body:
            return False
        try:
            date = parsedate_to_datetime(answer.headers.get("date", ""))
        except (TypeError, ValueError):
            return False
        self._skew = date.timestamp() - time.time()
        return True


async def _sha256(data: bytes) -> bytes:
    if len(data) <= HASH_HERE:
        return hashlib.sha256(data).digest()
    return (await asyncio.to_thread(hashlib.sha256, data)).digest()


@contextmanager
def _blamed(what: str, answer: Answer) -> Iterator[None]:
    """As `translated`; what is in the way may be of an unanswered try."""
    try:
        with translated(what):
            yield
    except ObjectExists as error:
        error.resent = answer.resent
        raise
