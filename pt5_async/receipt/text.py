"""Rows as lines of text: JSON, and CSV that is safe to open. Pure.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for
a formula, and runs it; file names come from strangers. So a text that begins
like that has an apostrophe before it, and so has one that begins with an
apostrophe. What would end a line, or move a cursor, stands as in JSON, and a
backslash is doubled. `restored` undoes both.
"""

import json
import re
from itertools import chain
from typing import Final

from .columns import COLUMNS, KINDS, Kind, Row

_MARK: Final = "'"
_FORMULA: Final = frozenset("=+-@'\uff1d\uff0b\uff0d\uff20")
"""How a formula begins, in wide letters, too; and how the mark does."""

_TEXTS: Final = frozenset(n for n, kind in KINDS.items() if kind is Kind.TEXT)
_LINE_ENDS: Final = (0x2028, 0x2029)
_ESCAPES: Final[dict[int, str]] = {ord("\\"): "\\\\"} | {
    code: f"\\u{code:04x}"
    for code in chain(range(32), range(127, 160), _LINE_ENDS)
}
# Bytes that were no text are told as `as_text` does.
_ESCAPES.update({c: f"\\\\u{c:04x}" for c in range(0xD800, 0xE000)})
_ODD: Final = re.compile(f"[{re.escape(''.join(map(chr, _ESCAPES)))}]")
_ESCAPED: Final = re.compile(r"\\(?:\\|u([0-9a-f]{4}))")

HEADER: Final = ",".join(COLUMNS)
"""The first line of a CSV receipt."""


def as_json(row: Row) -> str:
    """A row as one line of ASCII."""
    return json.dumps(row)


def as_csv(row: Row) -> str:
    """A row as one line, every text in quotes; None is nothing at all."""
    return ",".join([_cell(name, row[name]) for name in COLUMNS])


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if name not in _TEXTS:
        return str(value)
    return '"' + defused(str(value)).replace('"', '""') + '"'


def defused(text: str) -> str:
    """`text` on one line, and no formula."""
    # White space at its beginning is passed over.
    risky = text.lstrip()[:1] in _FORMULA
    plain = text.translate(_ESCAPES) if _ODD.search(text) else text
    return _MARK + plain if text and risky else plain


def restored(text: str) -> str:
    """What `defused` was given."""

    def one(found: re.Match[str]) -> str:
        return chr(int(found[1], 16)) if found[1] else "\\"

    return _ESCAPED.sub(one, text.removeprefix(_MARK))
