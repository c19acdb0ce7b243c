"""Which files of a tree are asked for: decided by names alone, no I/O.

selection.py  `Selection`, what an operator asks for, as one frozen value
globs.py      patterns of paths, and whether one would split a bin
listed.py     a list of paths as a tree of names
within.py     the decision: what is wanted in one folder, and which to enter
"""

from .selection import (
    EVERYTHING,
    Order,
    Selection,
    check_glob,
    check_name,
)
from .within import Within

__all__ = [
    "EVERYTHING",
    "Order",
    "Selection",
    "Within",
    "check_glob",
    "check_name",
]
