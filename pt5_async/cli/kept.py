"""An upload's receipt, and where no command may write."""

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Self

from ..errors import UsageError
from ..events import Event
from ..journal.database import NAME as DATABASE
from ..receipt import Receipt
from ..summary import Summary
from .kept_rows import KeptRows
from .resolve import Resolved
from .runlog import NAME as LOG


def refuse_inside(source: Path, path: Path, what: str) -> None:
    """Raise a `UsageError` if `path` is in the tree that is uploaded.

    Nothing is ever written there: it would be found and sent as well.
    """
    # Path.resolve stumbles over a link that leads to itself.
    inner, outer = map(os.path.realpath, (path, source))
    if Path(inner).is_relative_to(outer):
        raise UsageError(
            f"{what} would be written to {path}, inside SOURCE, where nothing"
            " is ever written; choose another place"
        )


def refuse_shared(resolved: Resolved, state: Path | None) -> None:
    """Raise a `UsageError` where a run would write into a file of its own.

    `state` is the journal's folder. A receipt in the journal's file would
    be the end of that, however either is spelled.
    """
    env_file = resolved.origins.env_file
    written = {
        "--receipt": resolved.receipt,
        "--log-file": resolved.log_file,
    }
    others = {
        "the journal": state and state / DATABASE,
        "the log": state and state / LOG,
        "--known-broken": resolved.known_broken,
        "--ca-bundle": resolved.settings.ca_bundle,
        "the .env file": env_file and Path(env_file.text),
    }
    if resolved.log_file is not None:
        del others["the log"]
    refuse_twice(others, written)


def refuse_twice(
    others: Mapping[str, Path | None], written: Mapping[str, Path | None]
) -> None:
    """Raise a `UsageError` if a file that is `written` is another's, too."""
    seen: dict[str, str] = {}
    for what, path in (*others.items(), *written.items()):
        if path is None:
            continue
        real = os.path.realpath(path)
        if real in seen and what in written:
            raise UsageError(
                f"{seen[real]} and {what} name one file, {path}; they need two"
            )
        seen[real] = what


class KeptReceipt:
    """An observer that keeps a receipt and does not raise when it cannot.

    A receipt with a gap would claim too little, so the first failure asks
    the run to end, and `raise_if_lost` says why.
    """

    def __init__(
        self,
        path: Path,
        *,
        everything: bool,
        known: Collection[str] = frozenset(),
    ) -> None:
        """Open `path` for adding to it, see `Receipt`.

        Raises:
            UsageError: when it cannot be opened, or is another's.
        """
        self._kept = KeptRows(path)
        self._receipt = Receipt(self._kept, skipped=everything, known=known)

    def __call__(self, event: Event, /) -> None:
        """Write the rows of `event`."""
        self._receipt(event)

    def end(
        self, summary: Summary, code: int, reason: str | None = None
    ) -> None:
        """Write the row of the whole run."""
        self._receipt.end(summary, code, reason)

    @property
    def when_lost(self) -> Callable[[], None]:
        """What is called when a row cannot be written, once."""
        return self._kept.when_lost

    @when_lost.setter
    def when_lost(self, call: Callable[[], None]) -> None:
        self._kept.when_lost = call

    def close(self) -> None:
        """Close the file."""
        self._kept.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def raise_if_lost(self) -> None:
        """Raise a `UsageError` when not every row could be written."""
        self._kept.raise_if_lost()
