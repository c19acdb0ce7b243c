"""A process may have so many open files: who gets none waits for others."""

import asyncio
import errno
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from ..errors import SourceUnreadable

Answer = TypeVar("Answer")
P = ParamSpec("P")

NONE_LEFT: Final = frozenset({errno.EMFILE, errno.ENFILE})
"""What the system says when the process, or the machine, has no more."""

_ATTEMPTS: Final = 8
_FIRST: Final = 0.1
"""Seconds, twice as many each time: some 12 in all, in which jobs end."""


def patient(call: Callable[P, Answer]) -> Callable[P, Answer]:
    """`call`, which opens files, made once more where none was left.

    It blocks, for a thread. What `call` opened it has to close first, or
    several could wait for each other.
    """

    @wraps(call)
    def patiently(*args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            return call(*args, **kwargs)
        except (OSError, SourceUnreadable) as error:
            _check(error)
        for pause in _pauses():
            time.sleep(pause)
            try:
                return call(*args, **kwargs)
            except (OSError, SourceUnreadable) as error:
                _check(error)
        return call(*args, **kwargs)

    return patiently


async def patiently(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """The same, on an event loop."""
    for pause in _pauses():
        try:
            return await call()
        except (OSError, SourceUnreadable) as error:
            _check(error)
        await asyncio.sleep(pause)
    return await call()


def _check(error: OSError | SourceUnreadable) -> None:
    """Raise it again, unless it is for want of open files."""
    cause = error if isinstance(error, OSError) else error.__cause__
    if getattr(cause, "errno", None) not in NONE_LEFT:
        raise error


def _pauses() -> Iterator[float]:
    for number in range(_ATTEMPTS - 1):
        yield _FIRST * 2**number * random.uniform(0.5, 1.5)
