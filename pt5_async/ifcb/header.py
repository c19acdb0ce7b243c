"""What a bin's header says about its rows, read leniently from its bytes.

Headers hold free text, and three generations of software write them: only
McLane's Linux software counts triggers and ROIs, near the top. The bytes are
taken as Latin-1, in which every byte is a character.
"""

import re
from dataclasses import dataclass
from typing import Final

# 18 digits are far beyond any count, and far below Python's limit for int.
_COUNT: Final = re.compile(rb"[ \t]*:[ \t]*([0-9]{1,18})[ \t]*(?:\r?\n|\r?\Z)")
_COLON: Final = re.compile(rb"[ \t]*:")
_BLANK: Final = b"\0\t\r\n "


@dataclass(frozen=True, slots=True)
class Header:
    """The part of a header that a verdict needs.

    `trigger_count` and `roi_count` are None where the header does not say,
    or says something that is no number. `blank`: no text at all, as a power
    cut leaves it. `ended`: the last line has its line end, as in every known
    header. `columns`: the ADC's columns are named, as in every known header
    of a new-style bin.
    """

    trigger_count: int | None
    roi_count: int | None
    blank: bool
    ended: bool
    columns: bool

    @property
    def has_counts(self) -> bool:
        """Whether both counts are there."""
        return self.trigger_count is not None and self.roi_count is not None


def read_header(data: bytes) -> Header:
    """The header in `data`; keys in any case, lines in any order.

    Never raises, whatever the bytes.
    """
    lines = b"\n" + data.lower()
    return Header(
        trigger_count=_count(lines, b"\ntriggercount"),
        roi_count=_count(lines, b"\nroicount"),
        blank=not data.strip(_BLANK),
        ended=data.endswith(b"\n"),
        columns=_value(lines, b"\nadcfileformat", _COLON) is not None,
    )


def _count(lines: bytes, key: bytes) -> int | None:
    """The number on the line of `key`; None without a sound one."""
    match = _value(lines, key, _COUNT)
    return int(match[1]) if match else None


def _value(
    lines: bytes, key: bytes, pattern: re.Pattern[bytes]
) -> re.Match[bytes] | None:
    """The first `pattern` right behind a line end and `key`."""
    at = lines.find(key)
    while at >= 0:
        if match := pattern.match(lines, at + len(key)):
            return match
        at = lines.find(key, at + len(key))
    return None
