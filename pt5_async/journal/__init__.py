"""What was sent, kept in one SQLite file: the only room that knows SQL.

memory.py      what can be remembered, and the protocol to ask for it
forgetful.py   `NoJournal`, for those who want none
journal.py     `Journal`, the memory that lasts
uploads.py     its uploads in parts, in memory
writer.py      its changes that wait, and the thread that writes them
history.py     what it tells of earlier runs and verifications
tables.py      its tables, version by version
statements.py  its SQL, values to rows and back
database.py    its file: opening, transactions
failures.py    SQLite's errors translated
claims.py      places in the store that a run has given away; not the journal's
"""

from .claims import Claims
from .database import FILES
from .forgetful import NoJournal
from .journal import Journal
from .memory import Memory, OpenUpload, Run, Traits, Unsent

__all__ = [
    "FILES",
    "Claims",
    "Journal",
    "Memory",
    "NoJournal",
    "OpenUpload",
    "Run",
    "Traits",
    "Unsent",
]
