"""The journal's folder: whether a journal can be kept there."""

import errno
import os
from pathlib import Path
from typing import Final

from ..errors import JournalError, JournalUnfit
from ..journal.database import NAME, Database
from ..lock import make_private, refusal
from ..validate import Check

_LISTED: Final = "what is in the store is found by listing it"
_BLIND: Final = "and without listing, every run sends everything again"


def trouble_with(folder: Path, *, dry_run: bool) -> str | None:
    """Why no journal can be kept in `folder`; None when it can.

    A dry run only reads, and makes nothing.

    Raises:
        JournalUnfit: when one is there that is no use: somebody has to
            look at it, and a warning in every run would be for ever.
    """
    try:
        _refuse_homeless(folder)
        if dry_run:
            _look(folder / NAME)
        else:
            make_private(folder)
            Database.open(folder).close()
    except JournalUnfit:
        raise
    except JournalError as error:
        return str(error)
    return None


def journal_check(folder: Path | None, *, named: bool, listing: bool) -> Check:
    """Whether a run could keep its journal in `folder`; nothing is made.

    Only where somebody named the folder does a run need it. `listing` says
    whether the store tells what it has.
    """
    name, without = "journal", _LISTED if listing else _BLIND
    if folder is None:
        return Check(name, None, f"none is kept; {without}")
    try:
        if not named:
            _refuse_homeless(folder)
        _refuse_unwritable(folder)
        Database.open_read_only(folder).close()
    except JournalError as error:
        if named:
            return Check(name, False, str(error), error)
        return Check(name, None, f"none can be kept: {error}; {without}")
    return Check(name, True, f"may be kept in {folder}")


def _refuse_homeless(folder: Path) -> None:
    if not folder.is_absolute():
        raise JournalError(f"this user has no home folder ({folder})")


def _refuse_unwritable(folder: Path) -> None:
    """Raise a `JournalError` where `folder` is not ours to write or make."""
    place = folder.absolute()
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    wrong = None if place.is_dir() else errno.ENOTDIR
    if wrong is None and not os.access(place, os.W_OK | os.X_OK):
        wrong = errno.EACCES
    if wrong is not None:
        error = OSError(wrong, f"{place}: {os.strerror(wrong)}")
        raise refusal(f"cannot write the state folder {folder}", error)


def _look(file: Path) -> None:
    try:
        file.stat()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise refusal(f"cannot read {file}", error) from error
