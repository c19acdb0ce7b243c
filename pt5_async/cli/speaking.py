"""How a command that talks to a store begins: its screen, its identity."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..events import Level, Notice
from ..s3.client import AioSession, make_session
from .log import logging_on
from .resolve import UNSAFE, Resolved
from .screen import Screen
from .verify_asked import ToVerify
from .words import notice_line

Asked = Resolved | ToVerify


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
