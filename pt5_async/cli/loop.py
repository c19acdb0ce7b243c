"""The one place that starts an event loop and takes a terminal's signals."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

from ..allowance import raise_limit
from ..kit import Stop
from .heap import keep_memory

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

Answer = TypeVar("Answer")
Factory = Callable[[], asyncio.AbstractEventLoop]


def run(
    journey: Callable[[Stop], Coroutine[Any, Any, Answer]],
) -> tuple[Answer, int | None]:
    """Run `journey` to its end; also the signal that asked it to stop.

    The first SIGINT or SIGTERM lets it finish what runs, any other lets it
    wait for nothing. After a first one signals are ignored once the run
    is over: an impatient person gets the summary all the same. The loop is
    uvloop's where that is installed; no global policy is set.
    """
    presses = Presses(Stop())
    keep_memory()
    raise_limit()

    async def main() -> Answer:
        with taken(presses, asyncio.get_running_loop()):
            return await journey(presses.stop)

    with _runner() as runner:
        return runner.run(main()), presses.first


def run_until_interrupted(journey: Coroutine[Any, Any, Answer]) -> Answer:
    """Run what needs no care to stop: Ctrl-C cancels it and is raised."""
    with _runner() as runner:
        return runner.run(journey)


def _runner() -> asyncio.Runner:
    """What runs a loop, now that all is loaded."""
    gc.freeze()  # modules are there to stay
    gc.enable()  # it slept while they came, see ``__main__.py``
    return asyncio.Runner(loop_factory=_uvloop())


def _uvloop() -> Factory | None:
    try:
        import uvloop  # noqa: PLC0415 - it is not there on Windows
    except ImportError:
        return None
    factory: Factory = uvloop.new_event_loop
    return factory


class Presses:
    """What signals do to `stop`; `first` is the number of the first one."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.first: int | None = None

    def press(self, signum: int) -> None:
        """Ask to finish, or, once that was asked, to wait for nothing."""
        if self.first is None:
            self.first = signum
            self.stop.finish()
        else:
            self.stop.at_once()


@contextmanager
def taken(presses: Presses, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Hand signals to `presses`, on `loop`, until the end of the block."""
    before = [signal.getsignal(signum) for signum in _SIGNALS]
    try:
        for signum in _SIGNALS:
            _take(signum, presses.press, loop)
        yield
    finally:
        for signum, handler in zip(_SIGNALS, before, strict=True):
            with suppress(NotImplementedError):
                loop.remove_signal_handler(signum)
            stopped = presses.first is not None
            signal.signal(signum, signal.SIG_IGN if stopped else handler)


def _take(
    signum: signal.Signals,
    press: Callable[[int], None],
    loop: asyncio.AbstractEventLoop,
) -> None:
    try:
        loop.add_signal_handler(signum, press, signum)
    except NotImplementedError:  # Windows
        signal.signal(
            signum,
            lambda number, _: loop.call_soon_threadsafe(press, number),
        )
