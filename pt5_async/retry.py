"""One policy for all attempts: how often, how long between, and who knows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from .errors import Pt5Error

Answer = TypeVar("Answer")

OnRetry = Callable[[Pt5Error, int, float], None]
"""Told of an error, the attempt that met it, and the pause in seconds."""


OnFailure = Callable[[Pt5Error], None]
"""Told of the error of an attempt."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` in all, full jitter between them.

    The pause after the n-th attempt, n from 1, is drawn evenly from 0 to
    ``base * 2**(n - 1)`` seconds, and never above `longest`.
    """

    attempts: int = 3
    base: float = 0.5
    longest: float = 20.0


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
) -> tuple[Answer, int]:
    """The answer of `call`, whose first attempt ended in `first`.

    The machinery costs more than a request that succeeds at once, so it is
    entered only now, and meets that error again. `on_failure` is told of
    every attempt's, at once.

    Raises:
        Pt5Error: the last attempt's, or the first that is not transient;
            it says how many attempts there were.
    """
    first.attempts = 1
    on_failure(first)
    if policy.attempts <= 1 or not first.transient:
        raise first
    met = False

    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Pt5Error):
            on_retry(error, state.attempt_number, state.upcoming_sleep)

    async for attempt in AsyncRetrying(
        stop=stop_after_attempt(policy.attempts),
        wait=wait_random_exponential(policy.base, policy.longest),
        retry=retry_if_exception(is_transient),
        before_sleep=tell,
        sleep=sleep,
        reraise=True,
    ):
        with attempt:
            if not met:
                met = True
                raise first
            number = attempt.retry_state.attempt_number
            try:
                return await call(), number
            except Pt5Error as error:
                error.attempts = number
                on_failure(error)
                raise
    raise AssertionError("tenacity ends by an answer or an error")
