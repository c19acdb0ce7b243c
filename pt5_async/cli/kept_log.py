"""Where an upload's log is, and whether there is one."""

from contextlib import suppress
from pathlib import Path

from ..errors import JournalError
from ..lock import make_private
from .kept import refuse_inside
from .log import secrets_of
from .resolve import Resolved
from .rotating import Rotating
from .runlog import NAME, RunLog


def kept_log(resolved: Resolved, state: Path | None) -> RunLog | None:
    """The log of what `resolved` asks for, begun; None if it has none.

    `state` is the journal's folder, None where there is no journal. A
    dry run writes nothing.

    Raises:
        UsageError: when a file that somebody named lies in SOURCE, or
            cannot be written.
    """
    named = resolved.log_file
    if resolved.dry_run:
        return None
    if named is not None:
        refuse_inside(resolved.source, named, "the log")
        log = _begun(resolved, named)
        log.raise_if_refused()
        return log
    if state is None:
        return None
    # The journal needs the folder, too, and says what is wrong with it.
    with suppress(JournalError):
        make_private(state)
    return _begun(resolved, state / NAME)


def _begun(resolved: Resolved, path: Path) -> RunLog:
    return RunLog(
        Rotating(path.absolute()),
        about=f"{resolved.source} to {resolved.target}",
        grace=resolved.settings.grace,
        secrets=secrets_of(resolved.credentials),
    )
