"""One look at what a listing named: files to send, or what is odd."""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..errors import (
    NameRefused,
    SourceChanged,
    SourceError,
    SourceUnreadable,
    SourceVanished,
)
from ..events import FolderSeen, SentBefore
from ..ifcb.names import Kind, Pid
from ..model import Group, LocalFile, Skip
from .census import members
from .own import NOTHING, Own

Stat = Callable[[str], os.stat_result]
"""Looks at a path without following a link; raises OSError."""

GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})
"""What the system says of a path that is no longer there."""

_SPECIAL: Final = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFDIR: "a folder by now",
    stat.S_IFLNK: "a link",
}


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something found that cannot be sent, and why.

    `why` is a Skip for what is rightly left alone (a link, a pipe), and an
    error for what went wrong (a folder that cannot be read, a file that
    vanished, a second spelling of a bin's member); `detail` says more of a
    Skip. What is no regular file has a size of 0, and times of 0 where it
    could not be looked at.
    """

    file: LocalFile
    why: Skip | SourceError
    detail: str = ""


Found = Group | Oddity | FolderSeen | SentBefore
"""What a walk comes upon."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder in which names are looked at.

    `path` opens it and ends with a separator; `relative` is its way below
    SOURCE and ends with "/", but for SOURCE itself, where it is empty.
    `own` files are left alone.
    """

    path: str
    relative: str
    stat: Stat
    follow: bool = False
    own: Own = NOTHING

    @classmethod
    def top(
        cls, root: str, look: Stat, *, follow: bool = False, own: Own = NOTHING
    ) -> "Folder":
        """The folder at `root`, from which ways are counted.

        With `follow`, a link to a file is that file under another name.
        """
        return cls(os.path.join(root, ""), "", look, follow, own)

    def below(self, name: str) -> "Folder":
        """The folder called `name` in this one."""
        return Folder(
            os.path.join(self.path, name, ""),
            f"{self.relative}{name}/",
            self.stat,
            self.follow,
            self.own,
        )

    def bin(self, pid: Pid, mask: int, *, last: bool) -> tuple[Found, ...]:
        """The bin as one Group, after whatever is odd among its files."""
        files: dict[Kind, LocalFile] = {}
        odd: list[Found] = []
        for extension, kind in members(mask):
            seen = self.file(pid.text + extension, kind)
            if isinstance(seen, Oddity):
                odd.append(seen)
            elif kind in files:
                odd.append(_clash(seen, files[kind]))
            else:
                files[kind] = seen
        if files:
            odd.append(Group(pid, tuple(files.values()), last))
        return tuple(odd)

    def loose(self, name: str) -> tuple[Found]:
        """A file that belongs to no bin."""
        seen = self.file(name)
        return (seen if isinstance(seen, Oddity) else Group(None, (seen,)),)

    def odd(self, name: str) -> tuple[Found]:
        """An entry that was no regular file when it was listed."""
        seen = self.file(name)
        if isinstance(seen, LocalFile):
            text = f"{seen.path} became a file meanwhile; run again to send it"
            return (Oddity(seen, SourceChanged(text)),)
        return (seen,)

    def missing(self, way: str, line: str) -> tuple[Found, ...]:
        """What the list of files names as `line`, and the walk did not meet.

        `way` leads to it from this folder.
        """
        seen = self.file(way)
        file = seen.file if isinstance(seen, Oddity) else seen
        error: SourceError = SourceVanished(
            f"{line} is on the list of files, and is not there; check its"
            " spelling, or take it off the list"
        )
        if isinstance(seen, LocalFile) or _is_there(file.path):
            error = SourceUnreadable(
                f"{line} is on the list of files, but the walk does not take"
                " it: it is a copy under way, or hidden (--include-hidden),"
                " or in a folder that is not entered"
            )
        return (Oddity(file, error),)

    def again(self, earlier: str) -> tuple[Found, ...]:
        """This folder, which was walked before as `earlier`."""
        where = earlier.rstrip("/") or "SOURCE itself"
        return (Oddity(self._itself(), Skip.SEEN, f"it is {where}"),)

    def unlisted(self, error: OSError) -> Oddity:
        """This folder itself, which `error` kept from being listed."""
        itself = self._itself()
        return Oddity(itself, refusal(itself.path, error))

    def _itself(self) -> LocalFile:
        path = self.path.rstrip(os.sep) or self.path
        return LocalFile(path, self.relative.rstrip("/"), 0, 0, 0)

    def file(self, name: str, kind: Kind | None = None) -> LocalFile | Oddity:
        """A regular file as it looks now, or what it is instead."""
        path, relative = self.path + name, self.relative + name
        try:
            seen = self.stat(path)
        except OSError as error:
            unseen = LocalFile(path, relative, 0, 0, 0, kind)
            return Oddity(unseen, refusal(path, error))
        regular = stat.S_ISREG(seen.st_mode)
        if not regular and self.follow and stat.S_ISLNK(seen.st_mode):
            return self._followed(name, kind, seen)
        file = LocalFile(
            path,
            relative,
            seen.st_size if regular else 0,
            seen.st_mtime_ns,
            seen.st_ctime_ns,
            kind,
        )
        return self._regular(file) if regular else _irregular(file, seen)

    def _followed(
        self, name: str, kind: Kind | None, link: os.stat_result
    ) -> LocalFile | Oddity:
        """What a link leads to, under the link's own name.

        Its path is the real one, so that reading it follows no link.
        """
        path, relative = self.path + name, self.relative + name
        real = os.path.realpath(path)
        try:
            seen = self.stat(real)
        except OSError as error:
            unseen = LocalFile(path, relative, 0, 0, 0, kind)
            if error.errno in GONE or error.errno == errno.ELOOP:
                return _irregular(unseen, link)
            return Oddity(unseen, refusal(real, error))
        regular = stat.S_ISREG(seen.st_mode)
        file = LocalFile(
            real,
            relative,
            seen.st_size if regular else 0,
            seen.st_mtime_ns,
            seen.st_ctime_ns,
            kind,
        )
        return self._regular(file) if regular else _irregular(file, seen)

    def _regular(self, file: LocalFile) -> LocalFile | Oddity:
        """A regular file, unless this program writes it."""
        if self.own.files and self.own.has(file.path):
            return Oddity(file, Skip.OWN, file.path)
        return file


def _is_there(path: str) -> bool:
    """Whether something is at `path`; at a bin's, one of its members."""
    ends = ("", *(f".{kind}" for kind in Kind))
    return any(os.path.lexists(path + end) for end in ends)


def refusal(path: str, error: OSError) -> SourceVanished | SourceUnreadable:
    """The error to report for `path`, which the system would not show."""
    if error.errno in GONE:
        return SourceVanished(
            f"{path} was gone before it could be looked at; "
            "if it was moved, the next run finds it"
        )
    return SourceUnreadable(
        f"{path} cannot be read ({error.strerror}); "
        "allow this user to read it and its folder, then run again"
    )


def _irregular(file: LocalFile, seen: os.stat_result) -> Oddity:
    try:
        # Tells links from the rest, Windows junctions included.
        target = os.readlink(file.path)
    except OSError:
        what = _SPECIAL.get(stat.S_IFMT(seen.st_mode), "of an unknown type")
        return Oddity(file, Skip.SPECIAL, f"it is {what}")
    return Oddity(file, Skip.LINK, f"it points to {target}")


def _clash(second: LocalFile, first: LocalFile) -> Oddity:
    loose = LocalFile(
        second.path,
        second.relative,
        second.size,
        second.mtime_ns,
        second.ctime_ns,
    )
    return Oddity(
        loose,
        NameRefused(
            f"{second.path} is a second spelling of {first.path}, and a bin "
            "has one such file; move one of them away"
        ),
    )
