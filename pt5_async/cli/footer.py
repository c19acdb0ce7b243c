"""What keeps up with a run: a terminal's last line, or a line a minute."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar, Final, TextIO

from tqdm import tqdm

from .screen import Screen

LINE_SECONDS: Final = 60.0
"""Between two lines where no person's terminal is."""

_DRAW_SECONDS: Final = 0.2
_USUAL_WIDTH: Final = 80


class Line:
    """A footer: one line, drawn by tqdm; `draw` is another's business."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # With a delay tqdm leaves the first drawing to `draw`, whose errors
        # are expected. On one row, or where a serial line says 0, it would
        # draw nothing; one row is all that it needs.
        self._line = _Line(file=stream, leave=False, delay=0.001, nrows=20)

    def draw(self) -> None:
        """Write the line as it is now."""
        raise NotImplementedError

    def clear(self) -> None:
        """Take the line away."""
        self._line.clear()

    def close(self) -> None:
        """Take the line away for good."""
        with suppress(OSError, ValueError):
            self._line.clear()
            self._line.close()


class _Line(tqdm):  # type: ignore[type-arg]  # generic in its stubs alone
    """tqdm without its own threads and locks; `Screen` has a lock."""

    monitor_interval: ClassVar[int] = 0
    _lock = threading.RLock()


def columns(stream: TextIO) -> int:
    """How wide the terminal behind `stream` is now, in characters."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
    except (OSError, ValueError):
        return _USUAL_WIDTH


@contextmanager
def shown(
    screen: Screen,
    footer: Line | None,
    say: Callable[[], None],
    *,
    line_seconds: float = LINE_SECONDS,
) -> Iterator[None]:
    """Keep `footer` on the screen; without one, `say` a line now and then."""
    if footer is None:
        with _every(line_seconds, say):
            yield
        return
    screen.footer = footer
    try:
        with _every(_DRAW_SECONDS, screen.redraw):
            yield
    finally:
        screen.footer = None
        footer.close()


@contextmanager
def _every(seconds: float, act: Callable[[], None]) -> Iterator[None]:
    """Call `act` in a thread of its own every so many seconds.

    A thread, because a run's event loop may be busy just when a person
    wants to see that something moves.
    """
    done = threading.Event()

    def beat() -> None:
        while not done.wait(seconds):
            act()

    thread = threading.Thread(target=beat, name="pt5-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
