"""A list of paths below SOURCE as a tree of names."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..errors import UsageError
from ..ifcb.names import parse_pid, split_member


@dataclass(slots=True)
class Node:
    """A name in the tree of those that are listed, and what is below it.

    `line` is the path as it was listed, None where the list only leads
    through here. A bin is under its own name, whichever member was listed.
    """

    line: str | None = None
    below: "dict[str, Node]" = field(default_factory=dict)

    def named(self) -> "Iterator[tuple[str, Node]]":
        """Everything listed below this one, with its way from here."""
        ways = [(name, node) for name, node in self.below.items()]
        while ways:
            way, node = ways.pop()
            if node.line is not None:
                yield way, node
            ways += [(f"{way}/{n}", each) for n, each in node.below.items()]


def plant(lines: Iterable[str], roots: Sequence[str]) -> Node:
    """The tree of the paths in `lines`.

    `roots` are the ways to write SOURCE, absolute.

    Raises:
        UsageError: for a path that is not below SOURCE.
    """
    top = Node()
    for line in lines:
        node = top
        for name in _names(line, roots):
            node = node.below.setdefault(name, Node())
        if node.line is None:
            node.line = line
    return top


def _names(line: str, roots: Sequence[str]) -> list[str]:
    """The names on the way from SOURCE to `line`; none for SOURCE itself."""
    relative = _below(os.path.normpath(line), roots)
    names = [name for name in relative.split(os.sep) if name != os.curdir]
    if relative == os.pardir or names[:1] == [os.pardir] or "\0" in line:
        raise UsageError(
            f"the list of files names {line!r}, which is not below SOURCE"
            f" ({roots[0]}); take it out, or give another SOURCE"
        )
    if names and (member := split_member(names[-1])):
        names[-1] = member[0] if parse_pid(member[0]) else names[-1]
    return names


def _below(path: str, roots: Sequence[str]) -> str:
    """The way from SOURCE to `path`; begins with ".." if there is none."""
    if not os.path.isabs(path):
        return path
    for root in roots:
        if path == root:
            return os.curdir
        if path.startswith(os.path.join(root, "")):
            return path[len(os.path.join(root, "")) :]
    return os.pardir
