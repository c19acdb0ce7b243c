"""A file that grows by whole lines and, when it is large, begins anew.

Several processes may append to one file: two targets share a state folder,
and a run that finds another at its target says so, too. Each append opens
the file and writes its lines in one go behind all others, so that no line
is torn. Who finds the file too large and gets the kernel's lock on it
renames it; who does not get the lock just appends.
"""

import errno
import os
import stat
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Final

from ..lock import try_lock
from ..settings import MIB

LIMIT: Final = 10 * MIB
"""A file is not let grow beyond so many bytes."""

KEPT: Final = 5
"""So many older files are kept: ``.1`` is the youngest of them."""


class Rotating:
    """The file at `path`; older ones have a number behind their names.

    Attributes:
        path: where the youngest lines are.
        stuck: why the file could not be renamed, if that failed; it then
            grows beyond its `limit`, as nothing is thrown away for that.
    """

    def __init__(
        self, path: Path, *, limit: int = LIMIT, kept: int = KEPT
    ) -> None:
        self.path = path
        self.stuck: OSError | None = None
        self._limit = limit
        self._kept = kept
        self._torn = _is_torn(path)

    def append(self, lines: bytes) -> None:
        """Write `lines`, which end with a line feed, behind the others.

        Raises:
            OSError: when that failed; a part of them may be written.
        """
        self._refuse_pipe()
        file = self._open()
        try:
            seen = os.fstat(file.fileno())
            full = seen.st_size and seen.st_size + len(lines) > self._limit
            if full and stat.S_ISREG(seen.st_mode):
                self._rotate(file)
                file.close()
                file = self._open(stat.S_IMODE(seen.st_mode))
            self._write(file, lines)
        finally:
            file.close()

    def _open(self, mode: int = 0o600) -> FileIO:
        """The file, made with `mode` if it is not there.

        For its owner alone, at first: it has names, places and errors. Who
        opens it to others finds the next one just as open.
        """

        def make(path: str, flags: int) -> int:
            try:
                made = os.open(path, flags | os.O_EXCL, mode)
            except FileExistsError:
                # One that a link leads to may not be there.
                return os.open(path, flags, mode)
            if hasattr(os, "fchmod"):  # which no umask narrows
                os.fchmod(made, mode)
            return made

        return open(self.path, "ab", buffering=0, opener=make)

    def _write(self, file: FileIO, lines: bytes) -> None:
        rest = memoryview(b"\n" + lines if self._torn else lines)
        self._torn = True
        while rest:
            rest = rest[file.write(rest) :]
        self._torn = False

    def _rotate(self, file: FileIO) -> None:
        """Rename the file that is open, unless another process does."""
        try:
            if not _lock(file):
                return
            # Another may have done it between our opening and our lock.
            if not os.path.samestat(os.fstat(file.fileno()), self.path.stat()):
                return
            if os.name == "nt":  # no open file can be renamed there
                file.close()
            for number in range(self._kept, 0, -1):
                with suppress(FileNotFoundError):
                    self._older(number - 1).replace(self._older(number))
        except OSError as error:
            self.stuck = self.stuck or error

    def _older(self, number: int) -> Path:
        if not number:
            return self.path
        return self.path.with_name(f"{self.path.name}.{number}")

    def _refuse_pipe(self) -> None:
        """Raise for what would be waited for, such as a pipe's reader."""
        with suppress(FileNotFoundError):
            mode = self.path.stat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
                raise OSError(errno.EINVAL, "it is no file")


def _lock(file: FileIO) -> bool:
    """Whether the file may be renamed: some file systems cannot lock."""
    try:
        return try_lock(file.fileno())
    except OSError:
        return True


def _is_torn(path: Path) -> bool:
    """Whether the last line has no end, as after a full disk."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) != b"\n"
    except OSError:  # it is empty, or not to be read
        return False
