"""The files that this process may open, shared out before a run begins.

Sockets are files, too. Where `ulimit -n` is so low that connections and
reads could take each other's, fewer of both go at once: to run out of them
in the middle would cost files that nothing is wrong with.
"""

import os
from dataclasses import dataclass, replace
from typing import Final, Self

from .settings import Settings

READERS: Final = 32
"""Threads that read files, at most; a slow disk answers them at once."""

_OTHERS: Final = 10
"""Files that a run opens besides: the journal's, the walk's, names'."""

_WANTED: Final = 1024
"""Enough for whatever may be asked for; Linux's own usual limit."""

_USED: Final = 32
"""What a process has open already, where that is not told."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """The rules of a run, and its threads, that fit into `left` files.

    `left` None is no limit. A connection is a file, a bin that is read has
    three, and a large file is open while it travels.
    """

    rules: Settings
    readers: int = READERS
    short: str = ""

    @classmethod
    def of(cls, rules: Settings, left: int | None) -> Self:
        """What fits; `short` says so where that is less than asked for."""
        spare = max(0, (left or 0) - _OTHERS)
        if left is None or spare >= 3 * max(rules.connections, 3 * READERS):
            return cls(rules)
        connections = min(rules.connections, max(1, spare // 3))
        asked = rules.concurrency or connections
        concurrency = min(asked, max(1, spare // 6))
        readers = min(READERS, max(1, spare // 9))
        less = replace(rules, connections=connections, concurrency=concurrency)
        return cls(
            less,
            readers,
            f"only {left} more files may be opened (ulimit -n):"
            f" {connections} connections and {concurrency} bins at once",
        )


def files_left() -> int | None:
    """How many more files this process may open; None: no limit is known."""
    try:
        import resource  # noqa: PLC0415 - it is not there on Windows
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return None
    try:
        used = len(os.listdir("/proc/self/fd"))
    except OSError:
        used = _USED
    return max(0, soft - used)


def raise_limit() -> None:
    """Let this process open as many files as it may allow itself."""
    try:
        import resource  # noqa: PLC0415 - it is not there on Windows
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
