"""How a command that talks to a store begins: its screen, its identity."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ..events import Level, Notice
from ..model import Target
from ..s3.client import AioSession, make_session
from ..settings import Credentials, Settings
from .log import logging_on
from .resolve import UNSAFE
from .screen import Screen
from .shared_options import ColorChoice
from .words import notice_line


class Asked(Protocol):
    """What upload and verify were asked, as far as they have it in common.

    Neither loads what only the other needs.
    """

    @property
    def source(self) -> Path:
        """SOURCE as it was given."""
        ...

    @property
    def target(self) -> Target:
        """Where to, or held against what."""
        ...

    @property
    def settings(self) -> Settings:
        """How."""
        ...

    @property
    def credentials(self) -> Credentials | None:
        """As whom; None for AWS's own chain."""
        ...

    @property
    def verbose(self) -> bool:
        """Whether every detail is wanted."""
        ...

    @property
    def quiet(self) -> bool:
        """Whether nothing is."""
        ...

    @property
    def color(self) -> ColorChoice:
        """Whether words have colours."""
        ...

    @property
    def log_file(self) -> Path | None:
        """The log that somebody named."""
        ...


@contextmanager
def speaking(asked: Asked) -> Iterator[Screen]:
    """The screen to speak on, where libraries are heard, too.

    That TLS is not looked at is said even to who wants to hear nothing.
    """
    screen = Screen(sys.stdout, sys.stderr, color=asked.color)
    with logging_on(
        screen,
        verbose=asked.verbose,
        quiet=asked.quiet,
        credentials=asked.credentials,
    ):
        if asked.quiet and not asked.settings.verify_ssl:
            screen.say(*notice_line(Notice(Level.WARNING, UNSAFE)))
        yield screen


def session_of(asked: Asked) -> AioSession | None:
    """Who signs; None leaves it to AWS's own chain."""
    if asked.credentials is None:
        return None
    profile = asked.settings.profile
    return make_session(asked.credentials, profile=profile)
