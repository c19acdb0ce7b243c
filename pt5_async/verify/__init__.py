"""A tree held against the store: is everything there, byte for byte?

finding.py  what is found, as frozen values
table.py    the local files by their keys, in a temporary SQLite file
statements.py  its SQL
packing.py  jobs as text, for that file
spans.py    the store listed in several ranges at once
prints.py   checksums of local bytes, as stores keep them
weigh.py    pure decisions: what listing, journal, head and bytes come to
bins.py     one bin: read, asked about, weighed
passage.py  walk, listing, then bin after bin
tree.py     `verify_tree`, which opens store and journal for that
deletable.py  the list of files that are safe to delete
totals.py   findings folded into counts
record.py   these as JSON, for the journal and for programs
"""

from .deletable import Deletable, Written
from .finding import (
    By,
    Differs,
    Extra,
    Finding,
    Half,
    Missing,
    Requests,
    Same,
    State,
    Unreadable,
    Verified,
    What,
)
from .record import as_record
from .totals import Verification, VerificationFold
from .tree import verify_tree

__all__ = [
    "By",
    "Deletable",
    "Differs",
    "Extra",
    "Finding",
    "Half",
    "Missing",
    "Requests",
    "Same",
    "State",
    "Unreadable",
    "Verification",
    "VerificationFold",
    "Verified",
    "What",
    "Written",
    "as_record",
    "verify_tree",
]
