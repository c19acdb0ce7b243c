"""A row per object for other programs, and one for the run at its end.

columns.py  which columns there are, and of what kind
rows.py     an upload's outcomes and its end as rows
text.py     rows as lines: JSON, and CSV that no spreadsheet runs
lines.py    a file of such lines, which only grows
parquet.py  the same in Parquet, for who has pyarrow
upload.py   `Receipt`, who is told of a run and has rows written

Importing this loads no pyarrow.
"""

from .columns import COLUMNS, KINDS, Kind, Row, Writer
from .lines import Lines, open_lines
from .rows import about, as_text, details, ended, utc, utc_ns
from .text import as_csv, as_json, restored
from .upload import Receipt

__all__ = [
    "COLUMNS",
    "KINDS",
    "Kind",
    "Lines",
    "Receipt",
    "Row",
    "Writer",
    "about",
    "as_csv",
    "as_json",
    "as_text",
    "details",
    "ended",
    "open_lines",
    "restored",
    "utc",
    "utc_ns",
]
