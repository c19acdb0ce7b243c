"""What the store's listings say of files that the journal does not know."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing

from .errors import AccessDenied
from .events import Event, Level, Notice
from .model import Listed
from .plan import Need, Planned, answered
from .retry import Ask
from .store import Store


class Shelf:
    """The store's objects beside the files of one batch after the other.

    Keys are asked for in stretches: from the first to the last name of a
    batch within one folder and one kind of name, so that a folder of a
    million objects is listed once, a page at a time, and never held.
    """

    def __init__(
        self, store: Store, *, ask: Ask, tell: Callable[[Event], None]
    ) -> None:
        """List `store` through `ask`; tell once when it does not let us."""
        self._store = store
        self._ask = ask
        self._tell = tell
        self._denied = False
        self._bare: tuple[str, str] | None = None

    async def answer(self, asked: Sequence[Planned]) -> list[Planned]:
        """`asked`, with each need decided by what the store lists.

        Where listing is denied, everything that the journal does not know
        is sent.

        Raises:
            StoreError: when the store could not be asked.
        """
        found: dict[str, Listed] = {}
        for (folder, _), keys in _stretches(asked).items():
            if self._denied:
                break
            found |= await self._look(folder, sorted(keys))
        return [answered(one, found) for one in asked]

    async def _look(self, folder: str, keys: list[str]) -> dict[str, Listed]:
        # Nothing is in the folder from some key on, and the walk goes
        # upwards: a folder new to the store costs one request.
        bare = self._bare
        if bare and folder == bare[0] and keys[0] >= bare[1]:
            return {}
        try:
            found, empty = await self._stretch(folder, keys)
        except AccessDenied as error:
            self._denied = True
            self._tell(
                Notice(
                    Level.WARNING,
                    f"listing is not allowed ({error}); what the journal "
                    "does not know is sent",
                )
            )
            return {}
        if empty:
            self._bare = folder, keys[0]
        return found

    async def _stretch(
        self, folder: str, keys: list[str]
    ) -> tuple[dict[str, Listed], bool]:
        wanted = set(keys)

        async def look() -> tuple[dict[str, Listed], bool]:
            found: dict[str, Listed] = {}
            empty = True
            # The first key's own beginning sorts just before it.
            pages = self._store.list(folder, keys[0][:-1], folder=True)
            async with aclosing(pages):
                async for page in pages:
                    empty = empty and not page
                    found |= {
                        one.key: one for one in page if one.key in wanted
                    }
                    if page and page[-1].key >= keys[-1]:
                        break
            return found, empty

        answer, _ = await self._ask("listing", look)
        return answer


def _stretches(
    asked: Iterable[Planned],
) -> dict[tuple[str, str], set[str]]:
    stretches: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in asked:
        series = one.job.pid.series if one.job.pid else ""
        for item, need in zip(one.job.items, one.needs, strict=True):
            if need is Need.ASK:
                folder = item.key.rpartition("/")
                stretches[folder[0] + folder[1], series].add(item.key)
    return stretches
