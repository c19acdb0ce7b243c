"""Requests about one bucket: errors translated, bodies watched."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from ..errors import (
    ConnectionLost,
    CredentialsRefused,
    ObjectExists,
    StoreBusy,
    StoreError,
    StoreUnreachable,
)
from ..objects import NO_OPTIONS, ObjectOptions
from .attributes import Attributes
from .body import STALL_SECONDS, Body, watched
from .door import Door
from .drain import drained
from .express import LONG_BODY, Express, Payload
from .failures import translated
from .hearing import listening
from .pace import Pace
from .proving import bare
from .signing import Signing
from .turns import Turns

ASK_SECONDS: Final = 20.0
"""So long may the answer to that question take."""

Answer = dict[str, Any]
"""What botocore makes of an answer."""


class Bucket:
    """A bucket as the shared client sees it.

    `slots` are the turns to have a connection; a body that moves not at
    all for `stall` seconds is given up. Every object gets what
    `options` ask for, and bodies leave by `pace`, if there is one. They
    take the express `lane` as soon as that is open.
    """

    def __init__(
        self,
        client: Any,
        name: str,
        *,
        slots: Turns,
        stall: float = STALL_SECONDS,
        options: ObjectOptions = NO_OPTIONS,
        pace: Pace | None = None,
        lane: Express | None = None,
        signing: Signing,
    ) -> None:
        """Speak of the bucket `name` through `client`."""
        self.name = name
        self._client = client
        self._slots = slots
        self._stall = stall
        self._asks = True
        self._attributes = Attributes(options)
        self._pace = pace
        self._lane = lane
        self._signing = signing
        self._door = Door()

    async def ask(self, operation: str, *, what: str, **fields: Any) -> Answer:
        """The answer to an operation without a body, by botocore's name.

        Raises:
            OptionRefused: when the store refuses what every object is to
                get.
        """
        return await self.ask_within(None, operation, what=what, **fields)

    async def ask_within(
        self,
        seconds: float | None,
        operation: str,
        *,
        what: str,
        **fields: Any,
    ) -> Answer:
        """The same, if it takes no longer, once its turn has come.

        Raises:
            StoreUnreachable: when it does.
        """
        await self._door.enter(0)
        async with self._slots.places.hold(1), self._slots.client():
            try:
                async with asyncio.timeout(seconds):
                    return await self._signed_well(operation, what, fields)
            except TimeoutError as error:
                raise StoreUnreachable(
                    f"{what}: no answer in {seconds:.0f} s"
                ) from error

    async def _signed_well(
        self, operation: str, what: str, fields: dict[str, Any]
    ) -> Answer:
        """The answer, by the store's clock and fresh keys if need be."""
        renewals = self._signing.renewals
        try:
            return await self._asked(operation, what, fields)
        except CredentialsRefused as error:
            if not await self._signing.mends(error, renewals):
                raise
        return await self._asked(operation, what, fields)

    async def _asked(
        self, operation: str, what: str, fields: dict[str, Any]
    ) -> Answer:
        joined = self._attributes.join(operation, fields)
        with self._blaming(operation), translated(what):
            answer: Answer = await getattr(self._client, operation)(
                Bucket=self.name, **joined
            )
            if "Body" in answer:
                answer["Body"] = await drained(answer["Body"], what)
        return answer

    @contextmanager
    def _blaming(self, operation: str) -> Iterator[None]:
        """Note that the options were accepted, or blame them for a refusal."""
        try:
            yield
        except StoreError as error:
            ours = self._attributes.blame(operation, error)
            raise ours from error.__cause__
        self._attributes.accepted(operation)

    async def send(
        self,
        operation: str,
        data: bytes,
        *,
        what: str,
        sha256: bytes | None = None,
        **fields: Any,
    ) -> Answer:
        """The answer to an operation that sends `data`; it has an ETag.

        `sha256` is the raw digest of `data`, where it is known.
        """
        renewals = self._signing.renewals
        async with self._slots.places.hold(1):
            lane = self._lane
            try:
                if lane is not None and lane.open_for(operation):
                    payload = Payload(data, sha256)
                    answer = await self._express(
                        lane, operation, payload, what, fields
                    )
                else:
                    answer = await self._learning(
                        operation, data, what, fields
                    )
            except CredentialsRefused as error:
                if not await self._signing.mends(error, renewals):
                    raise
                answer = await self._learning(operation, data, what, fields)
        if not answer.get("ETag"):
            etag_of(answer, what)
        return answer

    @property
    def hashes(self) -> bool:
        """Whether the SHA-256 of a body is of use to the next request."""
        return self._lane is not None and self._lane.signs_bodies

    async def _learning(
        self, operation: str, data: bytes, what: str, fields: dict[str, Any]
    ) -> Answer:
        """Through the client, so that the lane can learn by it."""
        lane = self._lane
        if lane is None or lane.closed:
            return await self._through_client(operation, data, what, fields)
        # The first goes alone: the others follow by what it teaches. If it
        # fails they go at once: a dead store would see them one by one.
        gate = lane.gates[operation]
        waited = gate.locked()
        async with gate:
            if lane.may_learn(operation) and not waited:
                known = self._attributes.join(operation, fields)
                with listening(operation, known) as heard:
                    answer = await self._through_client(
                        operation, data, what, fields
                    )
                await lane.learn(heard)
                return answer
        if lane.open_for(operation):
            payload = Payload(data)
            return await self._express(lane, operation, payload, what, fields)
        return await self._through_client(operation, data, what, fields)

    async def _express(
        self,
        lane: Express,
        operation: str,
        payload: Payload,
        what: str,
        fields: dict[str, Any],
    ) -> Answer:
        joined = self._attributes.join(operation, fields)
        try:
            answer = await lane.send(
                operation, payload, joined, what=what, pace=self._pace
            )
        except StoreError as error:
            ours = self._attributes.blame(operation, error)
            raise ours from error.__cause__
        self._attributes.accepted(operation)
        return answer

    async def _through_client(
        self, operation: str, data: bytes, what: str, fields: dict[str, Any]
    ) -> Answer:
        asks = self._asks and len(data) >= LONG_BODY
        # Who waits for a connection inside the client would seem stalled.
        await self._door.enter(len(data))
        async with self._slots.client():
            body = Body(data, asks=asks, pace=self._pace)
            own = {"Body": body, "ContentLength": body.size}
            sending = self._asked(operation, what, fields | own)
            return await self._watched(sending, body, what)

    async def _watched(
        self, sending: Awaitable[Answer], body: Body, what: str
    ) -> Answer:
        try:
            return await watched(
                sending,
                body,
                what=what,
                seconds=self._stall,
                patience=ASK_SECONDS if body.asks else None,
            )
        except ObjectExists as error:
            error.resent = body.begun > 1
            raise
        except ConnectionLost:
            # A proxy that drops the question leaves it unanswered:
            # from now on bodies are sent unasked.
            self._asks = self._asks and not (body.asks and not body.tell())
            raise


def etag_of(answer: Answer, what: str) -> str:
    """The ETag of what was stored.

    Raises:
        StoreBusy: when there is none: then it was not the store that
            answered, whatever the status says.
    """
    etag = bare(answer.get("ETag"))
    if not etag:
        raise StoreBusy(f"{what}: an answer without ETag, not S3's")
    return etag
