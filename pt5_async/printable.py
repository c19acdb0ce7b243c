"""Text made safe to show: a terminal acts upon nothing in it."""

import re
from typing import Final

LONE: Final = re.compile("[\ud800-\udfff]")
"""Lone surrogates: what Python makes of bytes that are no text."""


def printable(text: str) -> str:
    r"""`text` with escapes such as ``\x1b`` for what cannot be seen.

    Control characters, invisible ones, those that turn the direction of
    writing, and bytes that were no text: a file's name must not be able
    to move the cursor, nor to look like another.
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode()
        for one in text
    )
