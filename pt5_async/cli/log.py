"""Python's logging on standard error and in the log, without secrets."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from typing import Final

from ..hidden import hidden
from ..settings import Credentials
from .screen import Screen
from .words import Tone

Say = Callable[[str, Tone], None]
"""Takes one line, and how it is meant."""

SECRETS: Final[ContextVar[tuple[str, ...]]] = ContextVar("secrets", default=())
"""What the command was given and a confession of a bug must not tell."""

_NAMED: Final = "%(levelname)s %(name)s: %(message)s"
_TIMED: Final = f"%(asctime)s.%(msecs)03dZ {_NAMED}"


class SayingHandler(logging.Handler):
    """Says each record, in as many lines as it has.

    `timed`, with a time; not `traced`, without the traceback that some
    libraries send along.
    """

    def __init__(
        self,
        say: Say,
        secrets: tuple[str, ...],
        *,
        timed: bool = True,
        traced: bool = True,
    ) -> None:
        super().__init__()
        self._say = say
        self._secrets = secrets
        self._traced = traced
        formatter = logging.Formatter(
            _TIMED if timed else _NAMED, "%Y-%m-%dT%H:%M:%S"
        )
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        """Say `record`; a secret that got into it is blotted out."""
        if not self._traced and record.exc_info:
            record = copy(record)
            record.exc_info = record.exc_text = None
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - a bad record must not end a run
            text = f"{record.name}: a record that cannot be written"
        grave = record.levelno >= logging.WARNING
        for line in hidden(text, *self._secrets).splitlines():
            self._say(line, Tone.CARE if grave else Tone.DULL)


def blotted(text: str, secrets: tuple[str, ...]) -> str:
    """`text` without `secrets`."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def secrets_of(credentials: Credentials | None) -> tuple[str, ...]:
    """What must not be said or written of `credentials`."""
    if credentials is None:
        return ()
    return tuple(filter(None, (credentials.secret_key, credentials.token)))


@contextmanager
def logging_on(
    screen: Screen,
    *,
    verbose: bool,
    quiet: bool,
    credentials: Credentials | None,
) -> Iterator[None]:
    """Let what libraries log be seen: warnings, and more with `verbose`.

    Their details stay off even then: botocore's contain whole requests
    with signatures and tokens. Tracebacks are for the verbose and the log.
    """
    secrets = secrets_of(credentials)
    handler = SayingHandler(screen.say, secrets, traced=verbose)
    handler.setLevel(
        logging.INFO
        if verbose
        else logging.CRITICAL
        if quiet
        else logging.WARNING
    )
    with heard_by(handler):
        yield


@contextmanager
def heard_by(handler: logging.Handler) -> Iterator[None]:
    """Let `handler` have, for a while, what libraries log at its level."""
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(min(handler.level, before))
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
