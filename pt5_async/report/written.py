"""Files that take the place of an older one whole, or not at all."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ..errors import UsageError

_LOOK = 4096
"""Bytes in which a mark stands."""


def check_place(path: Path, option: str, mark: bytes) -> None:
    """Make sure that `path` may be written: it is free, or one of ours.

    Ours have the `mark` near their begin. An empty file may be replaced.

    Raises:
        UsageError: where it may not, or cannot be, before any work.
    """
    try:
        look = os.stat(path)
    except FileNotFoundError:
        _check_folder(path, option)
        return
    except OSError as error:
        raise _cannot(path, option, error) from error
    if not stat.S_ISREG(look.st_mode):
        raise UsageError(f"{option}: {path} is no file; name one")
    try:
        with path.open("rb") as file:
            ours = not look.st_size or mark in file.read(_LOOK)
    except OSError as error:
        raise _cannot(path, option, error) from error
    if not ours:
        raise UsageError(
            f"{option}: {path} is there, and no report of ours; name another"
            " file, or move it away"
        )
    _check_folder(path, option)


def _check_folder(path: Path, option: str) -> None:
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise UsageError(f"{option}: there is no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{option}: {folder} may not be written")


def write_whole(path: Path, data: bytes, option: str) -> None:
    """Write `data` to `path`; who reads it meanwhile has the older one.

    It is as open as the umask makes it.

    Raises:
        UsageError: when it cannot be written.
    """
    # A link stays one: what it leads to is replaced.
    real = Path(os.path.realpath(path))
    aside = real.with_name(f".{real.name}-{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        with open(os.open(aside, flags, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, real)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise _cannot(path, option, error) from error
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


def _cannot(path: Path, option: str, error: OSError) -> UsageError:
    return UsageError(
        f"{option}: cannot write {path} ({error.strerror}); name another file"
    )
