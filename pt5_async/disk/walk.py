"""The walk: SOURCE's bins and files, folder by folder, oldest bin first.

It blocks, so it is run in a thread. It follows no link unless asked to,
opens no file, and raises nothing for what it meets on its way.
"""

import os
import stat
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from errno import ELOOP
from functools import partial
from itertools import islice
from typing import ClassVar, Final

from ..errors import SourceMissing, SourceUnreadable, UsageError
from ..events import FolderSeen, SentBefore
from ..ifcb.names import Pid, is_transient, parse_pid, split_member
from ..model import Group
from ..selection import EVERYTHING, Selection, Within
from .ahead import in_order
from .asked import Asked
from .census import Census
from .known import BINS, Known, Together
from .look import GONE, Folder, Found, Oddity, Stat
from .own import NOTHING, Own

READ_AHEAD: Final = 16
"""Threads that look ahead where a look is slow."""

TELL: Final = 1000
"""`count` tells a new total after so many files."""

_Look = Callable[[], tuple[Found, ...]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where files come from, and which of them are asked for.

    `path` is SOURCE as it was given, made absolute; `root` the real folder
    that is walked. Where SOURCE is one file, `only` is its name, and `pid`
    the bin that it stands for, if it belongs to one. `within` is what the
    `selection` wants in `root`; `own` files are left, to which only a link
    or SOURCE itself can lead.
    """

    path: str
    root: str
    only: str | None = None
    pid: Pid | None = None
    selection: Selection = EVERYTHING
    within: Within = field(default=Within.of(EVERYTHING), compare=False)
    own: Own = NOTHING


def open_source(
    path: str | os.PathLike[str],
    selection: Selection | None = None,
    own: Own = NOTHING,
) -> Source:
    """SOURCE, looked at once: a folder, a file, or a link to either.

    Without a `selection`, all of it is asked for; `own` files are left.

    Raises:
        UsageError: when the selection lists what is not below SOURCE.
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
            pass
    except OSError as error:
        if error.errno in GONE or error.errno == ELOOP:
            raise _missing(given, error) from error
        raise SourceUnreadable(
            f"{given} cannot be read ({error.strerror}); allow this user to "
            "read it and its folder, or name another SOURCE"
        ) from error
    except ValueError as error:
        raise SourceMissing(f"{given!r} can be no path: {error}") from error
    source = replace(source, own=own)
    return source if selection is None else _choosing(source, selection)


def _choosing(source: Source, selection: Selection) -> Source:
    if source.only is not None and selection.listed is not None:
        raise UsageError(
            f"SOURCE {source.path} is one file, of which a list can choose"
            " nothing; name the folder that it is in"
        )
    wanted = Within.of(selection, (source.path, source.root))
    return replace(source, selection=selection, within=wanted)


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
    known: Known | None = None,
) -> Generator[Found, None, None]:
    """Everything that is found below `source`, in a promised order.

    Folder by folder in order of name, a folder's own files before its
    subfolders: first its bins by their start, each after what is odd among
    its members, then loose files by name (with `all_files`), then links
    and specials by name, then what is listed and was not met, then what
    was counted in it. `Order.NEWEST` turns the folders and the bins round.
    A member of a date that cannot be is a loose file. Names that no key
    can be made of pass through. A folder that cannot be listed is told as
    an Oddity alone, and so is one that was walked before, by a link.

    Args:
        source: from `open_source`.
        recursive: whether subfolders are entered.
        all_files: whether files that belong to no bin are found, too. One
            that is SOURCE itself always is.
        read_ahead: threads that look ahead where looks are slow; 0 or 1
            for none. Closing the generator lets them end.
        look: how a file is looked at, without following links.
        known: who knows bins, which are then told in sum; it may come to
            know while the walk is under way.
    """
    if source.only is None:
        tree = _Tree(source, look, all_files, known or Known())
        looks = tree.looks(recursive=recursive)
    else:
        looks = _single(source, look, source.only)
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
        # Nobody is asked for more than the sum.
        known=Known(lambda *_: True),
    )
    with closing(walking):
        for found in walking:
            match found:
                case Group(files=members):
                    files += len(members)
                    size += sum(file.size for file in members)
                case SentBefore():
                    files += found.files
                    size += found.size
                case Oddity(file=file):
                    files += 1
                    size += file.size
                case FolderSeen():
                    pass
            if files - told >= TELL:
                told = files
                yield files, size
    yield files, size


class _Tree:
    """The looks to take in the folders of one walk."""

    def __init__(
        self, source: Source, look: Stat, all_files: bool, known: Known
    ) -> None:
        asked = source.selection
        follow = asked.follow_links
        own = source.own if follow else NOTHING
        self._top = Folder.top(source.root, look, follow=follow, own=own)
        self._within = source.within
        self._selection = asked
        self._all_files = all_files
        self._known = known
        self._walked: dict[tuple[int, int], str] = {}

    def looks(self, *, recursive: bool) -> Iterator[_Look]:
        """The looks to take, in order.

        A stack, not recursion: a path may be 2000 folders deep.
        """
        ways = [iter([(self._top, self._within)])]
        while ways:
            way = next(ways[-1], None)
            if way is None:
                ways.pop()
                continue
            folder, wanted = way
            asked = yield from self._folder(
                folder, wanted, recursive=recursive
            )
            if recursive and asked is not None:
                ways.append(_below(folder, asked))

    def _folder(
        self, folder: Folder, wanted: Within, *, recursive: bool
    ) -> Generator[_Look, None, Asked | None]:
        """The looks to take in one folder; returns what it holds."""
        try:
            earlier = self._earlier(folder)
            if earlier is not None:
                yield partial(folder.again, earlier)
                return None
            asked = Asked.of(
                folder.path,
                wanted,
                selection=self._selection,
                all_files=self._all_files,
            )
        except OSError as error:
            yield _Told(folder.unlisted(error))
            return None
        yield from self._bins(folder, asked.bins())
        for name in asked.loose():
            yield partial(folder.loose, name)
        for name in asked.odd():
            yield partial(folder.odd, name)
        for name, line in asked.missing(recursive=recursive):
            yield partial(folder.missing, name, line)
        yield _Told(asked.seen(folder.relative.rstrip("/")))
        return asked

    def _bins(
        self, folder: Folder, bins: Iterator[tuple[Pid, int, bool]]
    ) -> Iterator[_Look]:
        """The looks to take at the bins of a folder."""
        while (ask := self._known.ask) is None:
            if (one := next(bins, None)) is None:
                return
            pid, mask, last = one
            yield partial(folder.bin, pid, mask, last=last)
        while some := list(islice(bins, BINS)):
            yield Together(folder, some, ask)

    def _earlier(self, folder: Folder) -> str | None:
        """As what the folder was walked before; None if it was not."""
        if not self._selection.follow_links:
            return None  # without links, no folder is met twice
        seen = os.stat(folder.path)
        known = self._walked.setdefault(
            (seen.st_dev, seen.st_ino), folder.relative
        )
        return None if known == folder.relative else known


def _below(folder: Folder, asked: Asked) -> Iterator[tuple[Folder, Within]]:
    for name, wanted in asked.below():
        yield folder.below(name), wanted


def _single(source: Source, look: Stat, name: str) -> Iterator[_Look]:
    """The looks to take where SOURCE is one file, called `name`.

    The folder is listed for the other members of its bin, and to know
    whether the bin is the last one.
    """
    follow, pid = source.selection.follow_links, source.pid
    top = Folder.top(source.root, look, follow=follow, own=source.own)
    seen = FolderSeen("", 0, 0, 0)
    if not source.within.wants(pid.text if pid else name, pid):
        seen = FolderSeen("", 0, 0, 0, unasked=1)
    elif pid is not None:
        yield from _one_bin(top, name, pid=pid)
    elif is_transient(name):
        seen = FolderSeen("", 0, 1, 0)
    else:
        yield partial(top.loose, name)
    yield _Told(seen)


def _one_bin(top: Folder, name: str, *, pid: Pid) -> Iterator[_Look]:
    try:
        census = Census.of(top.path, all_files=False)
    except OSError as error:
        yield _Told(top.unlisted(error))
        return
    found = [each for each in census.bins() if each[0] == pid]
    for _, mask, last in found:
        yield partial(top.bin, pid, mask, last=last)
    if not found:
        yield partial(top.odd, name)


@dataclass(frozen=True, slots=True)
class _Told:
    """No look at all, but what is known already."""

    found: Found
    weight: ClassVar[int] = 0

    def __call__(self) -> tuple[Found]:
        return (self.found,)
