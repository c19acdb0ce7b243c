"""What the store's listings say of files that the journal does not know."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Final

from .errors import AccessDenied, Pt5Error
from .guard import guarded
from .kit import Kit
from .model import Listed
from .plan import Need, Planned, answered
from .tasks import cut_off

LISTINGS_AT_ONCE: Final = 4
"""So many folders of one batch are listed together.

Each takes one of the run's connections, and keeps it until the next batch.
"""

_Answer = tuple[dict[str, Listed], bool]


class Shelf:
    """The store's objects beside the files of one batch after the other.

    Keys are asked for in stretches: from the first to the last name of a
    batch within one folder and one kind of name, so that a folder of a
    million objects is listed once, a page at a time, and never held.
    """

    def __init__(self, kit: Kit) -> None:
        """List the run's store; tell once when it does not let us."""
        self._kit = kit
        self._denied: AccessDenied | None = None
        self._bare: tuple[str, str] | None = None
        self._turns = asyncio.Semaphore(LISTINGS_AT_ONCE)

    async def answer(
        self, asked: Sequence[Planned]
    ) -> list[Planned | Pt5Error]:
        """`asked`, with each need decided by what the store lists.

        Where listing is denied, the journal alone decides: what it does not
        know is sent, and what it knows is not. In the place of a job whose
        folder could not be listed is the error.

        Raises:
            StoreError: one after which other folders need not be tried.
        """
        stretches = [
            (folder, sorted(keys))
            for (folder, _), keys in _stretches(asked).items()
        ]
        looks = [
            asyncio.ensure_future(self._look(folder, keys))
            for folder, keys in stretches
        ]
        try:
            answers = await asyncio.gather(*looks)
        finally:
            await cut_off(looks)
        found: dict[str, Listed] = {}
        unlisted: dict[str, Pt5Error] = {}
        for (folder, keys), answer in zip(stretches, answers, strict=True):
            if isinstance(answer, Pt5Error):
                unlisted[folder] = answer
                continue
            found |= answer[0]
            if answer[1]:
                self._bare = folder, keys[0]
        return [self._decided(one, found, unlisted) for one in asked]

    def _decided(
        self,
        one: Planned,
        found: Mapping[str, Listed],
        unlisted: Mapping[str, Pt5Error],
    ) -> Planned | Pt5Error:
        error = unlisted.get(_folder(one.job.items[0].key))
        if error is None:
            return guarded(answered(one, found, self._kit.settings))
        if isinstance(error, AccessDenied):
            return guarded(answered(one, None, self._kit.settings))
        return error

    async def _look(self, folder: str, keys: list[str]) -> _Answer | Pt5Error:
        """What is there of `keys`, and whether nothing is from them on.

        Or why that cannot be told.
        """
        # Nothing is in the folder from some key on, and the walk goes
        # upwards: a folder new to the store costs one request.
        bare = self._bare
        if bare and folder == bare[0] and keys[0] >= bare[1]:
            return {}, False
        async with self._turns:
            if self._denied is not None:
                return self._denied
            try:
                return await self._stretch(folder, keys)
            except AccessDenied as error:
                self._denied = error
                self._kit.warn_once(
                    "list",
                    f"listing is not allowed ({error}); {self._without()}",
                )
                return error
            except Pt5Error as error:
                if self._kit.ends_run(error):
                    raise
                return error

    def _without(self) -> str:
        if self._kit.memory.lasting:
            return "what the journal does not know is sent"
        return "no journal is kept: every run sends everything again"

    async def _stretch(self, folder: str, keys: list[str]) -> _Answer:
        wanted = set(keys)

        async def look() -> _Answer:
            found: dict[str, Listed] = {}
            empty = True
            # The first key's own beginning sorts just before it.
            pages = self._kit.store.list(folder, keys[0][:-1], folder=True)
            async with aclosing(pages):
                async for page in pages:
                    empty = empty and not page
                    found |= {
                        one.key: one for one in page if one.key in wanted
                    }
                    if page and page[-1].key >= keys[-1]:
                        break
            return found, empty

        answer, _ = await self._kit.ask("listing", look)
        return answer


def _stretches(
    asked: Iterable[Planned],
) -> dict[tuple[str, str], set[str]]:
    stretches: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in asked:
        series = one.job.pid.series if one.job.pid else ""
        for item, need in zip(one.job.items, one.needs, strict=True):
            if need in {Need.ASK, Need.CHECK}:
                stretches[_folder(item.key), series].add(item.key)
    return stretches


def _folder(key: str) -> str:
    """The folder that `key` is in, with its "/"; "" for the bucket."""
    return key[: key.rfind("/") + 1]
