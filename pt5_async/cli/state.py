"""The journal's folder, where nobody named one: used if that is possible."""

from pathlib import Path

from ..errors import JournalError, JournalUnfit
from ..journal.database import NAME, Database
from ..lock import make_private, refusal


def trouble_with(folder: Path, *, dry_run: bool) -> str | None:
    """Why no journal can be kept in `folder`; None when it can.

    A dry run only reads, and makes nothing.

    Raises:
        JournalUnfit: when one is there that is no use: somebody has to
            look at it, and a warning in every run would be for ever.
    """
    try:
        if not folder.is_absolute():
            return f"this user has no home folder ({folder})"
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


def _look(file: Path) -> None:
    try:
        file.stat()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise refusal(f"cannot read {file}", error) from error
