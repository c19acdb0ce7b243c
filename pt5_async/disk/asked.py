"""A folder's census, held against what is asked for."""

from collections.abc import Iterator
from itertools import chain

from ..events import FolderSeen
from ..ifcb.names import Pid
from ..selection import Order, Selection, Within
from .census import Census


class Asked:
    """What of a folder's census is asked for.

    Its counts are complete when the bins, the loose and the odd names were
    gone through.
    """

    def __init__(
        self,
        census: Census,
        within: Within,
        *,
        selection: Selection,
        all_files: bool,
    ) -> None:
        """Ask `within` of the names in `census`."""
        self._census = census
        self._within = within
        self._newest = selection.order is Order.NEWEST
        self._all_files = all_files
        self._left = census.left
        self._unasked = 0

    @classmethod
    def of(
        cls,
        folder: str,
        within: Within,
        *,
        selection: Selection,
        all_files: bool,
    ) -> "Asked":
        """What is asked for of the folder at this path.

        Raises:
            OSError: when it cannot be listed to its end.
        """
        census = Census.of(
            folder,
            # A file that is listed by its name goes up whatever it is.
            all_files=all_files or bool(within.listed.below),
            follow_links=selection.follow_links,
            include_hidden=selection.include_hidden,
        )
        return cls(census, within, selection=selection, all_files=all_files)

    def seen(self, folder: str) -> FolderSeen:
        """What was counted here, when all was gone through."""
        return FolderSeen(
            folder,
            self._left,
            self._census.transient,
            self._census.hidden,
            self._unasked,
        )

    def bins(self) -> Iterator[tuple[Pid, int, bool]]:
        """The bins, as the census tells them."""
        bins = self._census.bins(newest_first=self._newest)
        return bins if self._within.everything else self._wanted(bins)

    def _wanted(
        self, bins: Iterator[tuple[Pid, int, bool]]
    ) -> Iterator[tuple[Pid, int, bool]]:
        for pid, mask, last in bins:
            if self._within.wants(pid.text, pid):
                yield pid, mask, last
            else:
                self._unasked += mask.bit_count()

    def loose(self) -> Iterator[str]:
        """The names of files that belong to no bin."""
        if self._within.everything:
            return iter(self._census.loose)
        return self._wanted_loose()

    def _wanted_loose(self) -> Iterator[str]:
        within = self._within
        for name in self._census.loose:
            if not self._all_files and not within.names(name):
                self._left += 1
            elif within.wants(name):
                yield name
            else:
                self._unasked += 1

    def odd(self) -> Iterator[str]:
        """The names of links and specials."""
        if self._within.everything:
            return iter(self._census.odd)
        return self._wanted_odd()

    def _wanted_odd(self) -> Iterator[str]:
        # A link may stand for a folder: it is asked for as one.
        for name in self._census.odd:
            if self._within.below(name) is not None:
                yield name
            else:
                self._unasked += 1

    def missing(self, *, recursive: bool) -> Iterator[tuple[str, str]]:
        """What is listed and was not met: the way to it, and its line.

        What is in a folder that is to be entered is not asked for here.
        """
        below = self._within.listed.below
        if not below:
            return
        census = self._census
        files = {name for name in below if census.has_bin(name)}
        files.update(
            name for name in chain(census.loose, census.odd) if name in below
        )
        folders = {name for name in census.folders if name in below}
        for name, node in sorted(below.items()):
            if name in folders and recursive:
                continue
            if name in folders and self._within.below(name) is None:
                self._unasked += sum(1 for _ in node.named()) + (
                    node.line is not None
                )
                continue
            if node.line is not None and name not in files:
                yield name, node.line
            for way, each in node.named():
                yield f"{name}/{way}", str(each.line)

    def below(self) -> Iterator[tuple[str, Within]]:
        """The folders to enter, and what is wanted in each."""
        names = self._census.folders
        for name in reversed(names) if self._newest else names:
            inner = self._within.below(name)
            if inner is not None:
                yield name, inner
