"""Where an upload's log is, and whether there is one."""

from contextlib import suppress
from pathlib import Path

from ..errors import JournalError
from ..lock import make_private
from .kept import refuse_inside
from .log import secrets_of
from .rotating import Rotating
from .runlog import NAME, RunLog
from .speaking import Asked


def kept_log(asked: Asked, state: Path | None) -> RunLog | None:
    """The log of what is `asked` for, begun; None if it has none.

    `state` is the journal's folder, None where there is no journal.

    Raises:
        UsageError: when a file that somebody named lies in SOURCE, or
            cannot be written.
    """
    named = asked.log_file
    if named is not None:
        refuse_inside(asked.source, named, "the log")
        log = _begun(asked, named)
        log.raise_if_refused()
        return log
    if state is None:
        return None
    # The journal needs the folder, too, and says what is wrong with it.
    with suppress(JournalError):
        make_private(state)
    return _begun(asked, state / NAME)


def _begun(asked: Asked, path: Path) -> RunLog:
    return RunLog(
        Rotating(path.absolute()),
        about=f"{asked.source} to {asked.target}",
        grace=asked.settings.grace,
        secrets=secrets_of(asked.credentials),
    )
