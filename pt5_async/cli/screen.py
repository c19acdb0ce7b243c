"""The two streams of a terminal, so that words and bar never tear.

Every word that a run says goes through here: what a terminal would act upon
is escaped, and nothing here ever raises.
"""

import io
import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol, TextIO

from ..printable import printable
from .shared_options import ColorChoice
from .words import Said, Tone

_REDRAW_SECONDS: Final = 0.1


class Footer(Protocol):
    """Something that stays on the last line while words pass above it."""

    def draw(self) -> None:
        """Write the line as it is now."""
        ...

    def clear(self) -> None:
        """Take the line away; the cursor is left at its beginning."""
        ...


class Stream:
    """One stream: whether a terminal is behind it, colour, and its end.

    Attributes:
        file: where text goes.
        terminal: whether a person's terminal is there.
        gone: whether writing failed once; after that it is not tried.
    """

    def __init__(self, file: TextIO, color: ColorChoice) -> None:
        self.file = file
        self.terminal = _is_terminal(file)
        self.gone = False
        # Windows' old console shows the codes themselves, unless asked.
        self._colored = color is ColorChoice.ALWAYS or (
            color is ColorChoice.AUTO and self.terminal and os.name != "nt"
        )
        if isinstance(file, io.TextIOWrapper):
            file.reconfigure(errors="backslashreplace")

    def write(self, said: Said) -> OSError | None:
        """Write a line at once; the error if this was the first to fail."""
        if self.gone:
            return None
        text = printable(said.text)
        if said.tone and self._colored:
            text = f"\x1b[{said.tone}m{text}\x1b[0m"
        try:
            self.file.write(text + "\n")
            self.file.flush()
        except ValueError as error:  # it is closed
            self.gone = True
            return OSError(*error.args)
        except OSError as error:
            self.gone = True
            _redirect_to_nowhere(self.file)
            return error
        return None


class Screen:
    """Standard output and standard error of one command.

    Attributes:
        footer: what stays on standard error's last line; None for nothing.
        when_gone: told once when standard output cannot be written.
    """

    def __init__(
        self,
        out: TextIO,
        err: TextIO,
        *,
        color: ColorChoice = ColorChoice.AUTO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.footer: Footer | None = None
        self.when_gone: Callable[[OSError], None] = lambda _: None
        self._out = Stream(out, color)
        self._err = Stream(err, color)
        self._clock = clock
        self._drawn = clock()
        self._lock = threading.RLock()

    @property
    def interactive(self) -> bool:
        """Whether a person's terminal is behind standard error."""
        return self._err.terminal

    @property
    def wide(self) -> bool:
        """Whether standard output is a terminal, and so has a width."""
        return self._out.terminal

    @property
    def piped(self) -> bool:
        """Whether another program reads standard output, as it comes.

        It may write to the terminal at any time, into a footer's line.
        """
        return _is_pipe(self._out.file)

    @property
    def err(self) -> TextIO:
        """Standard error itself, for a footer to draw on."""
        return self._err.file

    def out(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Write a line to standard output."""
        error = self._line(self._out, Said(text, tone))
        if error is not None:
            self.when_gone(error)

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Write a line to standard error."""
        self._line(self._err, Said(text, tone))

    def redraw(self) -> None:
        """Draw the footer as it is now."""
        with self._lock, suppress(OSError, ValueError):
            self._drawn = self._clock()
            if self.footer is not None:
                self.footer.draw()

    def _line(self, stream: Stream, said: Said) -> OSError | None:
        if self.footer is None or not stream.terminal:
            with self._lock:
                return stream.write(said)
        with self._lock:
            with suppress(OSError, ValueError):
                self.footer.clear()
            error = stream.write(said)
            # A flood of lines must not pay for a footer behind each.
            if self._clock() - self._drawn > _REDRAW_SECONDS:
                self.redraw()
            return error


def _is_terminal(file: TextIO) -> bool:
    try:
        return file.isatty()
    except ValueError:  # it is closed
        return False


def _is_pipe(file: TextIO) -> bool:
    with suppress(OSError, ValueError):  # it is closed, or no file at all
        return stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
    return False


def _redirect_to_nowhere(file: TextIO) -> None:
    """Let what is still buffered go nowhere.

    Python flushes its streams at the end and would complain once more.
    """
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, file.fileno())
        finally:
            os.close(nowhere)
