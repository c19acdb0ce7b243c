"""The walk: SOURCE's bins and files, folder by folder, oldest bin first.

It blocks, so it is run in a thread. It follows no link, opens no file, and
raises nothing for what it meets on its way.
"""

import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from errno import ELOOP
from functools import partial
from typing import Final

from ..errors import SourceMissing, SourceUnreadable
from ..events import FolderSeen
from ..ifcb.names import Pid, is_transient, parse_pid, split_member
from ..model import Group
from .ahead import in_order
from .census import Census, Names
from .look import GONE, Folder, Found, Oddity, Stat

READ_AHEAD: Final = 16
"""Threads that look ahead where a look is slow."""

TELL: Final = 1000
"""`count` tells a new total after so many files."""

_Look = Callable[[], tuple[Found, ...]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where files come from.

    `path` is SOURCE as it was given, made absolute; `root` the real folder
    that is walked. Where SOURCE is one file, `only` is its name, and `pid`
    the bin that it stands for, if it belongs to one.
    """

    path: str
    root: str
    only: str | None = None
    pid: Pid | None = None


def open_source(path: str | os.PathLike[str]) -> Source:
    """SOURCE, looked at once: a folder, a file, or a link to either.

    Raises:
        SourceMissing: when nothing is there, or nothing that has files.
        SourceUnreadable: when the system refuses to list its folder.
    """
    given = os.fspath(path)
    if not given:
        raise SourceMissing("SOURCE is empty; name a folder or a file")
    try:
        mode = os.stat(given).st_mode
        real = os.path.realpath(given)
        source = _source(os.path.abspath(given), real=real, mode=mode)
        with os.scandir(source.root):
            return source
    except OSError as error:
        if error.errno in GONE or error.errno == ELOOP:
            raise _missing(given, error) from error
        raise SourceUnreadable(
            f"{given} cannot be read ({error.strerror}); allow this user to "
            "read it and its folder, or name another SOURCE"
        ) from error
    except ValueError as error:
        raise SourceMissing(f"{given!r} can be no path: {error}") from error


def _source(path: str, *, real: str, mode: int) -> Source:
    if stat.S_ISDIR(mode):
        return Source(path, real)
    if not stat.S_ISREG(mode):
        raise SourceMissing(
            f"{path} is neither a folder nor a file; name one of these"
        )
    root, name = os.path.split(real)
    member = split_member(name)
    return Source(path, root, name, parse_pid(member[0]) if member else None)


def _missing(given: str, error: OSError) -> SourceMissing:
    if os.path.islink(given):
        return SourceMissing(
            f"{given} is a link that leads nowhere ({error.strerror}); "
            "mount what it points to, or name another SOURCE"
        )
    return SourceMissing(
        f"{given} is not there ({error.strerror}); check its spelling, and "
        "that its disk is mounted"
    )


def walk(
    source: Source,
    *,
    recursive: bool,
    all_files: bool,
    read_ahead: int = READ_AHEAD,
    look: Stat = os.lstat,
) -> Generator[Found, None, None]:
    """Everything that is found below `source`, in a promised order.

    Folder by folder in order of name, a folder's own files before its
    subfolders: first its bins by their start, each after what is odd among
    its members, then loose files by name (with `all_files`), then links
    and specials by name, then what was counted in it. A member of a date
    that cannot be is a loose file. Names that no key can be made of pass
    through. A folder that cannot be listed is told as an Oddity alone.

    Args:
        source: from `open_source`.
        recursive: whether subfolders are entered.
        all_files: whether files that belong to no bin are found, too. One
            that is SOURCE itself always is.
        read_ahead: threads that look ahead where looks are slow; 0 or 1
            for none. Closing the generator lets them end.
        look: how a file is looked at, without following links.
    """
    top = Folder.top(source.root, look)
    if source.only is None:
        looks = _tree(top, recursive=recursive, all_files=all_files)
    else:
        looks = _single(top, source.only, pid=source.pid)
    with closing(in_order(looks, read_ahead)) as answers:
        for found in answers:
            yield from found


def count(
    source: Source,
    *,
    recursive: bool,
    all_files: bool,
    read_ahead: int = READ_AHEAD,
    look: Stat = os.lstat,
) -> Generator[tuple[int, int], None, None]:
    """Growing totals of the files and bytes that the walk finds.

    It is the same walk, of which nothing but the sums is kept, so that
    both agree while nothing changes. Oddities count as files, since each
    has an outcome. The last total is the whole.
    """
    files = told = size = 0
    walking = walk(
        source,
        recursive=recursive,
        all_files=all_files,
        read_ahead=read_ahead,
        look=look,
    )
    with closing(walking):
        for found in walking:
            match found:
                case Group(files=members):
                    files += len(members)
                    size += sum(file.size for file in members)
                case Oddity(file=file):
                    files += 1
                    size += file.size
                case FolderSeen():
                    pass
            if files - told >= TELL:
                told = files
                yield files, size
    yield files, size


def _tree(top: Folder, *, recursive: bool, all_files: bool) -> Iterator[_Look]:
    """The looks to take below `top`, in order.

    A stack, not recursion: a path may be 2000 folders deep.
    """
    ways: list[Iterator[Folder]] = [iter([top])]
    while ways:
        folder = next(ways[-1], None)
        if folder is None:
            ways.pop()
            continue
        names = yield from _folder(folder, all_files=all_files)
        if recursive:
            ways.append(map(folder.below, names))


def _folder(
    folder: Folder, *, all_files: bool
) -> Generator[_Look, None, Names]:
    """The looks to take in one folder; returns its subfolders' names."""
    try:
        census = Census.of(folder.path, all_files=all_files)
    except OSError as error:
        yield _told(folder.unlisted(error))
        return Names()
    for pid, mask, last in census.bins():
        yield partial(folder.bin, pid, mask, last=last)
    for name in census.loose:
        yield partial(folder.loose, name)
    for name in census.odd:
        yield partial(folder.odd, name)
    yield _told(
        FolderSeen(
            folder.relative.rstrip("/"),
            census.left,
            census.transient,
            census.hidden,
        )
    )
    return census.folders


def _single(top: Folder, name: str, *, pid: Pid | None) -> Iterator[_Look]:
    """The looks to take where SOURCE is one file, called `name`.

    The folder is listed for the other members of its bin, and to know
    whether the bin is the last one.
    """
    seen = FolderSeen("", 0, 0, 0)
    if pid is not None:
        yield from _one_bin(top, name, pid=pid)
    elif is_transient(name):
        seen = FolderSeen("", 0, 1, 0)
    else:
        yield partial(top.loose, name)
    yield _told(seen)


def _one_bin(top: Folder, name: str, *, pid: Pid) -> Iterator[_Look]:
    try:
        census = Census.of(top.path, all_files=False)
    except OSError as error:
        yield _told(top.unlisted(error))
        return
    found = [each for each in census.bins() if each[0] == pid]
    for _, mask, last in found:
        yield partial(top.bin, pid, mask, last=last)
    if not found:
        yield partial(top.odd, name)


def _told(found: Found) -> _Look:
    return lambda: (found,)
