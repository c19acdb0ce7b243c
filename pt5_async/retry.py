"""One policy for all attempts: how often, how long between, and who knows."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from .errors import Pt5Error

Answer = TypeVar("Answer")

OnRetry = Callable[[Pt5Error, int, float], None]
"""Told of an error, the attempt that met it, and the pause in seconds."""


OnFailure = Callable[[Pt5Error], None]
"""Told of the error of an attempt."""


Pardon = Callable[[Pt5Error], Awaitable[float | None]]
"""How long to wait after an attempt that does not count; None if it does."""


async def no_pardon(_: Pt5Error) -> float | None:
    """Let every attempt count."""
    return None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` in all, full jitter between them.

    The pause after the n-th attempt, n from 1, is drawn evenly from 0 to
    ``base * 2**(n - 1)`` seconds, and never above `longest`.
    """

    attempts: int = 3
    base: float = 0.5
    longest: float = 20.0

    def pause(self, number: int) -> float:
        """Seconds to wait after the attempt of that number, from 1."""
        high = self.base * 2.0 ** min(number - 1, 64)
        return random.uniform(0, min(high, self.longest))


def is_transient(error: BaseException) -> bool:
    """Whether the same request may well succeed a little later."""
    return isinstance(error, Pt5Error) and error.transient


async def after(
    first: Pt5Error,
    call: Callable[[], Awaitable[Answer]],
    *,
    policy: RetryPolicy,
    on_retry: OnRetry,
    on_failure: OnFailure,
    sleep: Callable[[float], Awaitable[None]],
    pardon: Pardon = no_pardon,
) -> tuple[Answer, int]:
    """The answer of `call`, whose first attempt ended in `first`.

    The machinery costs more than a request that succeeds at once, so it is
    entered only now, and meets that error again. `on_failure` is told of
    every attempt's, at once; then `pardon` says whether it counts.

    Raises:
        Pt5Error: the last attempt's, or the first that is not transient;
            it says how many attempts there were.
    """
    course = _Course(policy, on_retry)
    async for attempt in AsyncRetrying(
        stop=course.spent,
        wait=course.wait,
        retry=retry_if_exception(course.goes_on),
        before_sleep=course.tell,
        sleep=sleep,
        reraise=True,
    ):
        with attempt:
            number = attempt.retry_state.attempt_number
            try:
                if number == 1:
                    raise first
                return await call(), number
            except Pt5Error as error:
                error.attempts = number
                on_failure(error)
                course.met(error, await pardon(error))
                raise
    raise AssertionError("tenacity ends by an answer or an error")


class _Course:
    """How far the attempts at one request have come, for tenacity."""

    def __init__(self, policy: RetryPolicy, on_retry: OnRetry) -> None:
        self._policy = policy
        self._on_retry = on_retry
        self._counted = 0
        self._pardoned: float | None = None
        self._last: Pt5Error | None = None

    def met(self, error: Pt5Error, pause: float | None) -> None:
        """Note an attempt's error; it does not count if `pause` is given."""
        self._last, self._pardoned = error, pause
        self._counted += pause is None

    def goes_on(self, error: BaseException) -> bool:
        if error is not self._last:  # a bug, or the end of all patience
            return False
        return self._pardoned is not None or is_transient(error)

    def spent(self, _: RetryCallState) -> bool:
        counts = self._pardoned is None
        return counts and self._counted >= self._policy.attempts

    def wait(self, _: RetryCallState) -> float:
        if self._pardoned is not None:
            return self._pardoned
        return self._policy.pause(self._counted)

    def tell(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Pt5Error) and self._pardoned is None:
            number = state.attempt_number
            self._on_retry(error, number, state.upcoming_sleep)
