"""Python's logging on standard error, above the bar and without secrets."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..settings import Credentials
from .screen import Screen
from .words import Tone


class ScreenHandler(logging.Handler):
    """Says each record on a `Screen`, in as many lines as it has."""

    def __init__(self, screen: Screen, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._screen = screen
        self._secrets = secrets
        formatter = logging.Formatter(
            "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s",
            "%Y-%m-%dT%H:%M:%S",
        )
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        """Say `record`; a secret that got into it is blotted out."""
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - a bad record must not end a run
            text = f"{record.name}: a record that cannot be written"
        for secret in self._secrets:
            text = text.replace(secret, "***")
        grave = record.levelno >= logging.WARNING
        for line in text.splitlines():
            self._screen.say(line, Tone.CARE if grave else Tone.DULL)


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
    with signatures and tokens.
    """
    secrets: tuple[str, ...] = ()
    if credentials is not None:
        both = (credentials.secret_key, credentials.token)
        secrets = tuple(filter(None, both))
    handler = ScreenHandler(screen, secrets)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(
        logging.INFO
        if verbose
        else logging.CRITICAL
        if quiet
        else logging.WARNING
    )
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
