"""The list of local files that are safe to delete, and its rules.

In it are all files of a bin, or none: of a bin that is whole, every byte of
which this run has shown to be in the store, that is old enough by its name
and by its files, and not one of the newest of its instrument. What the
journal knows as adopted by size and date, or as proven by nothing, is never
in it, nor is a bin that lacks a member, nor one of which a file has been
touched since the walk. Nothing is ever deleted here.
"""

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

from ..errors import UsageError
from ..ifcb.names import Kind
from ..model import Job, LocalFile
from ..plan import SECOND
from .finding import By, Same, State, Verified
from .results import Results
from .table import Row, Table

KEEP_DAYS: Final = 30.0
KEEP_NEWEST: Final = 72
"""Of each instrument: a day's bins, of one every twenty minutes."""

_DAY: Final = 86400
_LONGEST: Final = 65536
_FACTS: Final = frozenset({"keep_newest", "separator", "sha256"})
"""What only the file beside a list has."""

_SHELL: Final = frozenset("'\"`\\")


@dataclass(frozen=True, slots=True)
class Deletable:
    """A wish for such a list.

    `file` gets absolute paths with a NUL behind each, or a line's end with
    `lines`, and ``.json`` behind its name what the list is of. Bins of the
    last `keep_days`, and the `keep_newest` of each instrument, are not in.
    """

    file: Path
    keep_days: float = KEEP_DAYS
    keep_newest: int = KEEP_NEWEST
    lines: bool = False

    @property
    def beside(self) -> Path:
        """The file that says what the list is of."""
        return self.file.with_name(f"{self.file.name}.json")


@dataclass(frozen=True, slots=True)
class Written:
    """What is in a list."""

    file: Path
    bins: int
    files: int
    size: int


def proven(row: Row, found: Verified) -> bool:
    """Whether every byte of a whole bin was shown to be in the store."""
    job = row.planned.job
    whole = (
        job.pid is not None
        and not job.beside
        and {item.file.kind for item in job.items} == set(Kind)
    )
    shown = len(found.outcomes) == len(job.items) and all(
        isinstance(one, Same) and one.by is not By.SIZE
        for one in found.outcomes
    )
    # The journal knows it, and no proof of it.
    doubted = any(k.sent_size >= 0 and not k.sent_sum for k in row.knowns)
    return whole and shown and found.state is State.SAFE and not doubted


def begin(wish: Deletable, root: str) -> None:
    """Make sure that the list can be written, and let it be empty.

    An older one must not outlive what it says. A file that is none of ours
    is not touched.

    Raises:
        UsageError: when it cannot be written, or would be below `root`.
    """
    for path in (wish.file, wish.beside):
        _refuse_inside(path, root)
    if wish.lines:
        _check_line(root)
    with _translated(wish):
        _refuse_strange(wish)
        with _aside(wish.file):
            pass
        _tell(wish, {}, _Sums())


def _refuse_strange(wish: Deletable) -> None:
    """Refuse to write over what is no list of ours."""
    known = _is_ours(wish.beside)
    for path in (wish.file, wish.beside):
        if not os.path.lexists(path):
            continue
        look = path.lstat()
        empty = path == wish.file and not look.st_size
        if not stat.S_ISREG(look.st_mode) or not (known or empty):
            raise UsageError(
                f"{path} is there, and no list of ours; name another"
                " --safe-to-delete"
            )


def _is_ours(beside: Path) -> bool:
    try:
        with beside.open("rb") as file:
            told = json.loads(file.read(_LONGEST))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.keys() >= _FACTS


@dataclass(slots=True)
class _Sums:
    """What a list comes to while it is written."""

    bins: int = 0
    files: int = 0
    size: int = 0
    hash: Any = field(default_factory=hashlib.sha256)


def write(
    wish: Deletable, table: Table, *, now_ns: int, about: dict[str, Any]
) -> Written:
    """Write the list; `about` is what is told beside it. It blocks.

    Raises:
        UsageError: when it cannot be written, or with `lines` for a path
            that could be taken for something else.
    """
    sums, before_ns = _Sums(), now_ns - int(wish.keep_days * _DAY) * SECOND
    with _translated(wish), _aside(wish.file) as out:
        for job in _old(wish, table, before_ns):
            _add(job, out, sums, b"\n" if wish.lines else b"\0")
        # Until both are there, the sum tells that they do not fit.
        _tell(wish, about, sums)
    return Written(wish.file, sums.bins, sums.files, sums.size)


def _add(job: Job, out: IO[bytes], sums: _Sums, end: bytes) -> None:
    for file in job.files:
        line = os.fsencode(file.path) + end
        sums.hash.update(line)
        out.write(line)
        sums.files += 1
        sums.size += file.size
    sums.bins += 1


@contextmanager
def _aside(file: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `file` once it is complete."""
    with tempfile.NamedTemporaryFile(
        dir=file.parent, prefix=f".{file.name}-", delete=False
    ) as out:
        try:
            yield out
            out.flush()
            os.fsync(out.fileno())
            os.replace(out.name, file)
        except BaseException:
            os.unlink(out.name)
            raise


def _tell(wish: Deletable, about: dict[str, Any], sums: _Sums) -> None:
    facts = {
        "complete": bool(about),
        "keep_days": wish.keep_days,
        "keep_newest": wish.keep_newest,
        "separator": "line feed" if wish.lines else "NUL",
        "bins": sums.bins,
        "files": sums.files,
        "size": sums.size,
        "sha256": sums.hash.hexdigest(),
    }
    text = json.dumps(about | facts, indent=2)
    with _aside(wish.beside) as out:
        out.write(f"{text}\n".encode())


def _old(wish: Deletable, table: Table, before_ns: int) -> Iterator[Job]:
    """The jobs that are in the list."""
    before = datetime.fromtimestamp(0, UTC) + timedelta(
        microseconds=before_ns // 1000
    )
    results = Results(table)
    results.choose(before.isoformat(timespec="seconds"), wish.keep_newest)
    after = 0
    while some := results.chosen(after):
        after = some[-1].id
        for row in some:
            job = row.planned.job
            if all(_as_seen(file, before_ns) for file in job.files):
                for file in job.files if wish.lines else ():
                    _check_line(file.path)
                yield job


def _as_seen(file: LocalFile, before_ns: int) -> bool:
    """Whether a file is old, and the very one that the walk saw."""
    try:
        now = os.lstat(file.path)
    except OSError:
        return False
    seen = (file.size, file.mtime_ns, file.ctime_ns)
    same = (now.st_size, now.st_mtime_ns, now.st_ctime_ns) == seen
    old = file.mtime_ns < before_ns and os.path.isabs(file.path)
    return same and old and stat.S_ISREG(now.st_mode)


def _check_line(path: str) -> None:
    """Refuse what a shell, or xargs, would not take for one path."""
    if not path.isprintable() or any(
        one.isspace() or one in _SHELL for one in path
    ):
        raise UsageError(
            f"--lines: {path!r} has white space, quotes, backslashes or"
            " control characters; leave --lines out, and use xargs -0"
        )


def _refuse_inside(path: Path, root: str) -> None:
    if Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        raise UsageError(
            f"the list would be written to {path}, inside SOURCE, where"
            " nothing is ever written; choose another place"
        )


@contextmanager
def _translated(wish: Deletable) -> Iterator[None]:
    """Turn an OSError about the list into a `UsageError`."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"cannot write the list {wish.file}: {error.strerror};"
            " choose another --safe-to-delete"
        ) from error
