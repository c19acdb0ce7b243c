"""One policy for all attempts: how often, how long between, and who knows."""

import asyncio
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


async def attempted(
    call: Callable[[], Awaitable[Answer]],
    *,
    policy: RetryPolicy,
    on_retry: OnRetry,
    on_failure: Callable[[Pt5Error], None] = lambda _: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> tuple[Answer, int]:
    """The answer of `call` and how many attempts it took.

    The machinery costs more than a request that succeeds at once, so it is
    entered only after a first failure, whose error it then meets again.
    `on_failure` is told of every attempt's, at once.

    Raises:
        Pt5Error: the last attempt's, or the first that is not transient;
            it says how many attempts there were.
    """
    try:
        return await call(), 1
    except Pt5Error as error:
        error.attempts = 1
        on_failure(error)
        if policy.attempts <= 1 or not error.transient:
            raise
        first: Pt5Error | None = error

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
            if first is not None:
                failed, first = first, None
                raise failed
            number = attempt.retry_state.attempt_number
            try:
                return await call(), number
            except Pt5Error as error:
                error.attempts = number
                on_failure(error)
                raise
    raise AssertionError("tenacity ends by an answer or an error")
