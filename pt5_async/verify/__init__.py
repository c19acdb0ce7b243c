"""A tree held against the store: is everything there, byte for byte?

finding.py  what is found, as frozen values
table.py    the local files by their keys, in a temporary SQLite file
statements.py  its SQL
packing.py  jobs as text, for that file
spans.py    the store listed in several ranges at once
gathering.py  what is here, taken into that file
results.py  what came of the bins, in the same file
unseen.py   pure: where nobody could look, so that nothing there is extra
asking.py   what the store is asked about single objects
astray.py   keys that another layout would give
amends.py   pure decisions: what is to be sent, and why
fix.py      the wish to have it sent
mending.py  that, by the journey of an upload
prints.py   checksums of local bytes, as stores keep them
weigh.py    pure decisions: what listing, journal, head and bytes come to
bins.py     one bin: read, asked about, weighed
leftovers.py  uploads in parts that were left open
turn.py     who writes the journal waits for others
outfit.py   store, journal and threads
passage.py  gathering, listing, then bin after bin
tree.py     `verify_tree`, which opens store and journal for that
deletable.py  the list of files that are safe to delete
totals.py   what was found, as counts
fold.py     findings folded into these
noting.py   what the journal is to know of that
record.py   these as JSON, for the journal and for programs
"""

from .deletable import Deletable, Written
from .finding import (
    By,
    Cleared,
    Differs,
    Extra,
    Finding,
    Half,
    Leftover,
    Missing,
    Requests,
    Same,
    State,
    Unreadable,
    Verified,
    What,
)
from .fix import Fix
from .fold import VerificationFold
from .leftovers import LEAST_DAYS, Abort
from .record import as_record
from .totals import Verification
from .tree import verify_tree

__all__ = [
    "LEAST_DAYS",
    "Abort",
    "By",
    "Cleared",
    "Deletable",
    "Differs",
    "Extra",
    "Finding",
    "Fix",
    "Half",
    "Leftover",
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
