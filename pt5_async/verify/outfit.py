"""What a verification works with: store, journal, threads that read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from ..budget import Budget
from ..events import Event
from ..flight import Flight
from ..hops import Hops, readers
from ..journal import Memory
from ..kit import Kit, Stop
from ..landmark import Landmark
from ..settings import Settings
from ..store import Store
from ..width import USUAL, Width

READING: Final = 8
"""So many threads read at once, however quick that is: nothing but the disk
has to be waited for, and one that is asked for a file at a time gives a
third of what it can."""


@contextmanager
def outfitted(
    store: Store,
    memory: Memory,
    rules: Settings,
    tell: Callable[[Event], None],
    stop: Stop,
) -> Iterator[Kit]:
    """A kit that sends nothing; a read that hangs is not waited for."""
    with readers(USUAL, "pt5-verify") as pool:
        yield Kit(
            store=store,
            memory=memory,
            settings=rules,
            budget=Budget(rules.max_memory),
            pool=pool,
            tell=tell,
            stop=stop,
            landmark=Landmark(store, None),
            hops=Hops(pool, at_once=READING),
            flight=Flight(),
            width=Width(USUAL, USUAL),
            dry=True,
        )
