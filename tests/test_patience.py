"""Whether a failed attempt counts, when the store is there again."""

import asyncio
from math import inf

from fakes import Recorder

from pt5_async.errors import ConnectionLost, StoreUnreachable
from pt5_async.events import Retrying
from pt5_async.outage import Asker, Outage
from pt5_async.patience import SILENCES, Patience
from pt5_async.width import Width


class There:
    """A store that answers whoever asks; `answered` before the request."""

    def __init__(
        self, *, answered: float = 90.0, limit: float | None = 900.0
    ) -> None:
        self.now = 100.0
        self.left = inf
        self.tell = Recorder()
        self.answers = True
        asker = Asker(
            ping=self.ping,
            heard=lambda: answered,
            tell=self.tell,
            leave=asyncio.Event().wait,
            limit=limit,
            left=lambda: self.left,
            patient=False,
        )
        self.patience = Patience(
            "p/x.roi",
            self.now,
            asker,
            outage=Outage(clock=lambda: self.now),
            width=Width(32, 32),
            clock=lambda: self.now,
        )

    async def ping(self) -> None:
        if not self.answers:
            raise StoreUnreachable("swallowed")

    async def fails(
        self, kind: type[ConnectionLost | StoreUnreachable], *, silent: bool
    ) -> float | None:
        """What an attempt that fails now is pardoned with."""

        async def call() -> None:
            self.now += 30
            error = kind("no byte moved")
            error.silent = silent
            raise error

        try:
            await self.patience.attempt(call)
        except kind as error:
            return await self.patience.pardon(error)


async def test_a_silent_attempt_is_the_links_and_does_not_count() -> None:
    sea = There()
    for kind in (ConnectionLost, StoreUnreachable):
        assert await sea.fails(kind, silent=True) is not None
    assert len(sea.tell.of(Retrying)) == 2


async def test_one_that_was_cut_off_counts() -> None:
    sea = There()
    assert await sea.fails(ConnectionLost, silent=False) is None
    assert not sea.tell.events


async def test_what_is_always_swallowed_counts_in_the_end() -> None:
    sea = There()
    found = [
        await sea.fails(ConnectionLost, silent=True)
        for _ in range(SILENCES + 2)
    ]
    assert None not in found[:SILENCES]
    assert found[SILENCES:] == [None, None]


async def test_no_silence_is_pardoned_behind_the_end_of_the_run() -> None:
    sea = There()
    sea.left = 0.0
    assert await sea.fails(ConnectionLost, silent=True) is None


async def test_silences_do_not_last_longer_than_an_outage_may() -> None:
    sea = There(limit=100.0)
    found = [
        await sea.fails(ConnectionLost, silent=True) is not None
        for _ in range(5)
    ]
    assert found == [True, True, True, False, False]


async def test_an_address_that_never_answered_is_not_given_more_time() -> None:
    sea = There(answered=-inf)
    sea.answers = False
    assert await sea.fails(ConnectionLost, silent=True) is None
