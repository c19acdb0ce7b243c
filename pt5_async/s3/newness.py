"""Whether a store keeps to If-None-Match: *, found out without harm.

Some stores take the condition and forget it, without a word. To know, a
small object that was just made is sent once more, the same bytes under the
same condition: a store that keeps to it refuses, and in the others nothing
has changed but the time. That is done once per endpoint and remembered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from ..errors import ObjectExists, StoreError
from .bucket import Answer
from .failures import code_of, status_of

SMALL: Final = 64 * 1024
"""So many bytes may be sent twice to find out; a header has fewer."""

_TRIES: Final = 3

_UNKNOWN_CODES: Final = frozenset(
    {"400", "BadRequest", "InvalidArgument", "InvalidRequest"}
    | {"NotImplemented"}
)


class Newness:
    """What is known of the condition at this endpoint.

    Attributes:
        kept: whether the store keeps to it; None while nobody knows.
        gate: held while somebody finds out.
    """

    def __init__(
        self, kept: bool | None, found: Callable[[bool], None]
    ) -> None:
        """Start with what the journal remembers; `found` is told of news."""
        self.kept = kept
        self.gate = asyncio.Lock()
        self._found = found
        self._refused = False
        self._tries = _TRIES

    def settle(self, *, kept: bool) -> None:
        """Note whether the store kept to the condition."""
        if kept is not self.kept:
            self.kept = kept
            self._found(kept)

    def asks(self, size: int) -> bool:
        """Whether an object of so many bytes is to be sent to find out."""
        return self.kept is None and size <= SMALL and self._tries > 0

    def gave_up(self) -> None:
        """Note an answer that said nothing."""
        self._tries -= 1

    async def asked(
        self, send: Callable[..., Awaitable[Answer]], *, only_new: bool
    ) -> Answer:
        """The answer to `send`, which gets the condition where it helps.

        A store may take none; what it refuses only with one goes without.
        """
        if not only_new or self._refused:
            return await send()
        try:
            return await send(IfNoneMatch="*")
        except ObjectExists:
            self.settle(kept=True)
            raise
        except StoreError as error:
            if self.kept is not None or not _unknown(error):
                raise
        answer = await send()
        self._refused = True
        self.settle(kept=False)
        return answer


def _unknown(error: StoreError) -> bool:
    """Whether `error` may be the answer to a condition as such."""
    return code_of(error) in _UNKNOWN_CODES or status_of(error) == 501  # noqa: PLR2004
