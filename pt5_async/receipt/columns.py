"""The columns of a receipt, in their order, and of what kind each is.

Other programs read them: a name stays what it is, and new ones come at the
end. README.md tells what each means.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

Row = dict[str, Any]
"""Values by column; None where one has no meaning. Times are text."""


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    TIME = "time"
    WHOLE = "whole number"
    NUMBER = "number"


_TEXT, _TIME, _WHOLE = Kind.TEXT, Kind.TIME, Kind.WHOLE

KINDS: Final[dict[str, Kind]] = {
    "row": _TEXT,
    "time": _TIME,
    "command": _TEXT,
    "run": _TEXT,
    "bucket": _TEXT,
    "key": _TEXT,
    "source": _TEXT,
    "pid": _TEXT,
    "instrument": _WHOLE,
    "sample_time": _TIME,
    "member": _TEXT,
    "bin_state": _TEXT,
    "outcome": _TEXT,
    "reason": _TEXT,
    "size": _WHOLE,
    "mtime": _TIME,
    "checksum": _TEXT,
    "proof": _TEXT,
    "etag": _TEXT,
    "version": _TEXT,
    "attempts": _WHOLE,
    "seconds": Kind.NUMBER,
    "level": _TEXT,
    "exit_code": _WHOLE,
    "rows": _WHOLE,
    "bins": _WHOLE,
    "files": _WHOLE,
    "files_skipped": _WHOLE,
    "files_held": _WHOLE,
    "files_failed": _WHOLE,
    "files_extra": _WHOLE,
}
"""The kind of each column, in their order."""

COLUMNS: Final = tuple(KINDS)

NOTHING: Final[Row] = dict.fromkeys(COLUMNS)
"""A row in which nothing has a meaning."""


class Writer(Protocol):
    """Somewhere to write rows to."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write some rows, whole or not at all.

        Raises:
            OSError: when they cannot be written.
        """
        ...

    def close(self) -> None:
        """Write what is left; raises as `write` does."""
        ...
