"""One line of words that keeps up with what happens, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

from tqdm.utils import disp_trim

from ..printable import printable
from .amounts import stamp
from .footer import LINE_SECONDS, Line, columns, shown
from .screen import Screen

Words = Callable[[], str]
"""What there is to say at the moment; called from another thread."""


@contextmanager
def ticking(
    screen: Screen, words: Words, *, line_seconds: float = LINE_SECONDS
) -> Iterator[None]:
    """Show `words`: on a terminal's last line, else a line a minute.

    Not where a program reads what is written meanwhile: it may show that
    on the same terminal.
    """

    def line() -> None:
        screen.say(f"{stamp(datetime.now(UTC))} {words()}")

    alone = screen.interactive and not screen.piped
    ticker = Ticker(screen.err, words) if alone else None
    with shown(screen, ticker, line, line_seconds=line_seconds):
        yield


class Ticker(Line):
    """A footer: words, cut to the width of the terminal."""

    def __init__(
        self,
        stream: TextIO,
        words: Words,
        *,
        width: Callable[[TextIO], int] = columns,
    ) -> None:
        super().__init__(stream)
        self._words = words
        self._width = width

    def draw(self) -> None:
        """Write the words as they are now."""
        # The last column stays free: some terminals wrap when it is used.
        wide = self._width(self._stream) - 1
        text = disp_trim(printable(self._words()), wide)
        # tqdm takes a format; braces in a folder's name are none.
        self._line.bar_format = text.replace("{", "{{").replace("}", "}}")
        self._line.refresh()
