"""The verdict of every bin below a folder: offline, and nothing is written.

finding.py  what is found, as frozen values
tree.py     `inspect_tree`, which finds it in the walk's order
totals.py   findings folded into counts: by verdict, instrument and day
"""

from .finding import Finding, Inspected
from .totals import Count, Inspection, InspectionFold
from .tree import inspect_tree

__all__ = [
    "Count",
    "Finding",
    "Inspected",
    "Inspection",
    "InspectionFold",
    "inspect_tree",
]
