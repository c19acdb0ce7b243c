"""The decision: what is wanted in one folder, and which below it to enter.

Patterns are followed folder by folder, so that for a file only those are
left to ask of which the last step may fit its name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..ifcb.names import Pid, leading_pid
from .globs import Glob, Places
from .listed import Node, plant
from .selection import Selection

_NOTHING = Node()


@dataclass(frozen=True, slots=True)
class _Rules:
    """A selection with its patterns parsed."""

    selection: Selection
    include: tuple[Glob, ...]
    exclude: tuple[Glob, ...]

    @property
    def of_bins(self) -> bool:
        """Whether something is asked that only bins can answer."""
        asked = self.selection
        return bool(asked.instruments or asked.since or asked.until)

    def fits(self, pid: Pid) -> bool:
        """Whether the bin is of the instruments and times asked for."""
        asked = self.selection
        return (
            (not asked.instruments or pid.instrument in asked.instruments)
            and (asked.since is None or pid.time >= asked.since)
            and (asked.until is None or pid.time < asked.until)
        )


class Within:
    """What is wanted in one folder.

    `everything` says that no rule is given, and nothing has to be asked.
    """

    def __init__(
        self,
        rules: _Rules,
        *,
        include: tuple[Places, ...] | None,
        exclude: tuple[Places, ...],
        node: Node | None,
        whole: bool,
    ) -> None:
        """Ask `rules` in a folder to which the patterns lead so far.

        `include` is None where all is included; `node` is what is listed
        in the folder, `whole` whether the folder itself is.
        """
        self._rules = rules
        self._include = include
        self._exclude = exclude
        self._node = node
        self._whole = whole
        self._taken = _last_steps(rules.include, include)
        self._left = _last_steps(rules.exclude, exclude) or ()
        self.everything = (
            include is None
            and not (rules.exclude or rules.selection.exclude_dirs)
            and node is None
            and not rules.of_bins
        )

    @classmethod
    def of(cls, selection: Selection, roots: Sequence[str] = ()) -> "Within":
        """What is wanted in SOURCE itself; `roots` are the ways to write it.

        Raises:
            UsageError: when the list of files names one that is not below.
        """
        include = tuple(map(Glob.parse, selection.include))
        exclude = tuple(map(Glob.parse, selection.exclude))
        node = None
        if selection.listed is not None:
            node = plant(selection.listed, roots)
        begin = tuple(glob.start for glob in include)
        everywhere = not begin or _any_covers(include, begin)
        return cls(
            _Rules(selection, include, exclude),
            include=None if everywhere else begin,
            exclude=tuple(glob.start for glob in exclude),
            node=node,
            whole=node is None or node.line is not None,
        )

    @property
    def listed(self) -> Node:
        """What the list of files names in this folder."""
        return self._node or _NOTHING

    def below(self, name: str) -> "Within | None":
        """What is wanted in the folder `name`; None if it is not entered."""
        if self.everything:
            return self
        rules, node = self._rules, self.listed.below.get(name)
        if name in rules.selection.exclude_dirs:
            return None
        if not self._whole and node is None:
            return None
        exclude = _stepped(rules.exclude, self._exclude, name)
        if _any_covers(rules.exclude, exclude):
            return None
        include = self._include
        if include is not None:
            reached = _stepped(rules.include, include, name)
            if not any(reached):
                return None
            covered = _any_covers(rules.include, reached)
            include = None if covered else reached
        return Within(
            rules,
            include=include,
            exclude=exclude,
            node=node,
            whole=self._whole or (node is not None and node.line is not None),
        )

    def wants(self, name: str, pid: Pid | None = None) -> bool:
        """Whether the bin `pid`, or the file called `name`, is asked for.

        For a bin, `name` is its own: without an extension.
        """
        if self._rules.of_bins:
            about = pid if pid is not None else leading_pid(name)
            if about is None or not self._rules.fits(about):
                return False
        if not self._whole and not self.names(name):
            return False
        # No pattern tells members apart: one of them speaks for all.
        forms = (name,) if pid is None else (name, f"{name}.roi")
        if _fits(self._left, forms):
            return False
        return self._taken is None or _fits(self._taken, forms)

    def names(self, name: str) -> bool:
        """Whether the list of files has this very bin or file."""
        node = self.listed.below.get(name)
        return node is not None and node.line is not None


def _stepped(
    globs: tuple[Glob, ...], places: tuple[Places, ...], name: str
) -> tuple[Places, ...]:
    return tuple(
        glob.step(each, name) for glob, each in zip(globs, places, strict=True)
    )


def _any_covers(globs: tuple[Glob, ...], places: tuple[Places, ...]) -> bool:
    return any(
        glob.covers(each) for glob, each in zip(globs, places, strict=True)
    )


def _last_steps(
    globs: tuple[Glob, ...], places: tuple[Places, ...] | None
) -> tuple[re.Pattern[str], ...] | None:
    if places is None:
        return None
    return tuple(
        step
        for glob, each in zip(globs, places, strict=True)
        for step in glob.last_steps(each)
    )


def _fits(steps: tuple[re.Pattern[str], ...], forms: tuple[str, ...]) -> bool:
    return any(step.fullmatch(form) for step in steps for form in forms)
