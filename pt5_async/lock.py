"""One run at a time: a kernel lock per state folder, endpoint and bucket.

The lock belongs to the open file, so it ends with its process however that
ends. The file stays: if it were deleted, two runs could lock two files that
had the same name one after the other.
"""

import errno
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from .errors import JournalError, JournalFull, RunBusy

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers of a full disk, a used up quota and a file size limit."""

_NO_LOCKS: Final = frozenset(
    {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
)
FILES: Final = r"run-[0-9a-f]{16}\.lock"
"""What lock files are called."""

_LOOKS, _PAUSE = 10, 0.02
"""How often, and how many seconds apart, to look for the holder's name."""

if sys.platform == "win32":
    import msvcrt

    _FAR: Final = 1 << 30
    """Windows refuses to read locked bytes; this one is past the text."""

    def try_lock(descriptor: int) -> bool:
        """Lock an open file until it is closed; False if another has it."""
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file until it is closed; False if another has it."""
        # flock, not lockf: POSIX locks of a process do not exclude itself,
        # and go when any descriptor of the file is closed.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def hold(folder: Path, *, endpoint: str, bucket: str) -> Iterator[None]:
    """Hold the lock of (`endpoint`, `bucket`) in `folder` for a while.

    The folder is made when it is not there.

    Raises:
        RunBusy: when another run holds it, in this process or elsewhere.
        JournalFull: when the disk is full.
        JournalError: when the file cannot be made, or not be locked.
    """
    make_private(folder)
    file = folder / _name(endpoint, bucket)
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise refusal(f"cannot open the lock file {file}", error) from error
    try:
        _take(descriptor, file, f"bucket {bucket} at {endpoint}")
        try:
            yield
        finally:
            with suppress(OSError):  # the name only; the lock goes anyway
                os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def under_way(folder: Path, *, endpoint: str, bucket: str) -> bool:
    """Whether a run holds that lock, as far as its file tells.

    It is not tried: a run that begins just then would find it taken. Of
    a holder on another host nobody can tell more than that it signed.
    """
    file = folder / _name(endpoint, bucket)
    try:
        with file.open("rb") as signed:
            holder = json.loads(signed.read(4096))
            inode = os.fstat(signed.fileno()).st_ino
        if holder["host"] != socket.gethostname():
            return True
        return _lives(int(holder["pid"]), inode)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _lives(pid: int, inode: int) -> bool:
    """Whether process `pid` is there and has a lock on the file `inode`."""
    if sys.platform == "win32":  # no signal is harmless there
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass
    except OSError:
        return False
    try:
        # After a power cut, a number is soon another process's.
        locks = Path("/proc/locks").read_text("ascii").splitlines()
    except (OSError, ValueError):  # no Linux
        return True
    held = (line.split() for line in locks)
    mine = {one[5].rpartition(":")[2] for one in held if str(pid) in one[4:5]}
    return str(inode) in mine


def make_private(folder: Path) -> None:
    """Make the state folder, for its owner alone; keep one that is there.

    Raises:
        JournalFull: when the disk is full.
        JournalError: when it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(f"cannot make the state folder {folder}", error) from (
            error
        )


def refusal(what: str, error: OSError) -> JournalError:
    """The system's `error` as one of ours: `what` failed, and what helps."""
    reason = error.strerror or str(error)
    if error.errno in FULL:
        return JournalFull(f"{what}: {reason}; make room and start again")
    return JournalError(
        f"{what}: {reason}; put it right, or choose another state folder"
        " with --state"
    )


def _name(endpoint: str, bucket: str) -> str:
    text = f"{endpoint}\n{bucket}".encode("utf-8", "surrogateescape")
    return f"run-{hashlib.sha256(text).hexdigest()[:16]}.lock"


def _take(descriptor: int, file: Path, target: str) -> None:
    try:
        if not try_lock(descriptor):
            busy = RunBusy(
                f"another run is sending to {target}"
                f"{_holder(descriptor)}; wait for its end, or stop it"
            )
            # Written once, when its holder took it.
            busy.seconds = time.time() - os.fstat(descriptor).st_mtime
            raise busy
        _sign(descriptor)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise JournalError(
                f"the file system of {file} cannot lock files"
                f" ({error.strerror}); choose a state folder on a local"
                " disk with --state"
            ) from error
        raise refusal(f"cannot lock {file}", error) from error


def _sign(descriptor: int) -> None:
    """Write who holds the lock, for the sentence that the next one gets."""
    started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": started,
    }
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, json.dumps(holder).encode())


def _holder(descriptor: int) -> str:
    """Who holds the lock; "" when the file does not tell in 0.2 s."""
    for look in range(_LOOKS):
        if look:  # the holder writes its name just after it locks
            time.sleep(_PAUSE)
        os.lseek(descriptor, 0, os.SEEK_SET)
        with suppress(ValueError, KeyError, TypeError):
            seen = json.loads(os.read(descriptor, 4096))
            return (
                f" (process {seen['pid']} on {seen['host']}, started"
                f" {seen['started']})"
            )
    return ""
