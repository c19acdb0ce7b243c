"""What has become of one job's files so far."""

from collections.abc import Iterable

from .errors import Pt5Error, without_frames
from .model import Failed, Held, Hold, Item, Outcome


class Fates:
    """The outcomes of a job's `items`; those without one are open.

    Attributes:
        lost: whether one of them was held or has failed.
    """

    def __init__(self, items: tuple[Item, ...]) -> None:
        """All are open."""
        self.lost = False
        self._items = items
        self._by_key: dict[str, Outcome] = {}

    @property
    def open(self) -> list[Item]:
        """The items that have no outcome yet, in the order of sending."""
        if not self._by_key:
            return list(self._items)
        return [item for item in self._items if item.key not in self._by_key]

    @property
    def known(self) -> list[Outcome]:
        """The outcomes so far, in the order in which they came."""
        return list(self._by_key.values())

    def of(self, item: Item) -> Outcome | None:
        """What has become of `item`; None while it is open."""
        return self._by_key.get(item.key)

    def note(self, outcome: Outcome) -> None:
        """Give one item its outcome, or another one."""
        self._by_key[outcome.item.key] = outcome
        if type(outcome) is Failed or type(outcome) is Held:
            self.lost = True

    def take(self, outcomes: Iterable[Outcome]) -> None:
        """Note each of them."""
        for outcome in outcomes:
            self.note(outcome)

    def hold(self, reason: Hold, detail: str) -> None:
        """Hold everything that is open."""
        self.take([Held(item, reason, detail) for item in self.open])

    def fail(self, error: Pt5Error) -> None:
        """Fail everything that is open."""
        without_frames(error)
        self.take([Failed(one, error, error.attempts) for one in self.open])

    def final(self) -> tuple[Outcome, ...]:
        """One outcome for each item; what is open was not reached."""
        known = self._by_key
        return tuple(
            [
                known.get(item.key) or Held(item, Hold.NOT_REACHED)
                for item in self._items
            ]
        )
