"""Whether a bin is whole, judged from its bytes alone.

The .roi must reach the end of the newest image that the .adc knows, the
.adc must end with a whole line, and a header with counts must count what
the .adc holds. Measured on real bins, all three hold exactly (iRfcb's
``ifcb_qc_sample`` tests the same); where real bins are known to differ the
bin is suspicious, which means sent and said so, never refused.

No order of writing is assumed. Each state that an instrument passes through
is whole only when its files fit each other; a header that has no counts yet
and a bin without rows fit too early, so who judges the newest bin of a
folder must wait longer when `has_counts` is false, when it is empty, and
when it is suspicious.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .adc import Rows, count_rows, ends_whole, newest_extent
from .header import Header, read_header
from .names import Kind, Pid, Style


class Judgement(StrEnum):
    """What a bin's bytes say of it."""

    COMPLETE = "complete"
    EMPTY = "empty"
    INCOMPLETE = "incomplete"
    TRUNCATED = "truncated"
    SUSPICIOUS = "suspicious"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement, why, and whether the header counts its rows.

    `reason` is a clause for operators; "" for a complete bin.
    """

    judgement: Judgement
    reason: str
    has_counts: bool

    @property
    def whole(self) -> bool:
        """Whether the bin may be sent as it is."""
        return self.judgement not in (
            Judgement.INCOMPLETE,
            Judgement.TRUNCATED,
        )


_SPARE: Final = 2
"""Bytes that an .roi may have beyond its images: old ones have one, or two
when there are no images."""


_NO_TRIGGERS: Final = (Judgement.EMPTY, "no triggers")


@dataclass(frozen=True, slots=True)
class _Bin:
    """What there is to judge, all members present."""

    style: Style
    header: Header
    adc: bytes
    roi_size: int


def judge(
    pid: Pid,
    *,
    hdr: bytes | None,
    adc: bytes | None,
    roi_size: int | None,
    expected: Collection[Kind] = frozenset(Kind),
    thorough: bool = False,
) -> Verdict:
    """Judge the bin `pid`; None stands for a member that is missing.

    One that is not `expected` here may be missing; the others are judged
    as far as they can be without it.
    A bin that is well costs about 10 µs, and 0.4 µs per KB of .adc, because
    the newest image settles it. Every row is read, at 1 to 2 µs each, where
    that does not settle it, where there is no image, and when `thorough`.
    Never raises, whatever the bytes.
    """
    header = read_header(hdr or b"")
    if hdr is None or adc is None or roi_size is None:
        found = {Kind.ROI: roi_size, Kind.HDR: hdr, Kind.ADC: adc}
        absent = [
            kind
            for kind, what in found.items()
            if what is None and kind in expected
        ]
        if absent:
            judgement, reason = Judgement.INCOMPLETE, _missing(absent)
        else:
            judgement, reason = _weigh_part(pid.style, header, hdr, adc)
    else:
        judgement, reason = _weigh(
            _Bin(pid.style, header, adc, roi_size), thorough=thorough
        )
    return Verdict(judgement, reason, header.has_counts)


def _weigh(it: _Bin, *, thorough: bool) -> tuple[Judgement, str]:
    """The judgement on three members, and its reason."""
    if cut := _header_cut(it):
        return Judgement.TRUNCATED, cut
    if not it.adc:
        return _weigh_empty(it)
    if not thorough and _plainly_whole(it):
        return Judgement.COMPLETE, ""
    rows = count_rows(it.adc, it.style)
    if cut := _rows_cut(it, rows) or _counts_unlike(it.header, rows):
        return Judgement.TRUNCATED, cut
    if odd := _header_odd(it) or _rows_odd(it, rows):
        return Judgement.SUSPICIOUS, odd
    return Judgement.COMPLETE, ""


def _weigh_part(
    style: Style, header: Header, hdr: bytes | None, adc: bytes | None
) -> tuple[Judgement, str]:
    """The judgement on what is there of a bin, not looking for the rest."""
    it = _Bin(style, header, adc or b"", roi_size=0)
    if hdr is not None and (cut := _header_cut(it)):
        return Judgement.TRUNCATED, cut
    if adc is None:
        return Judgement.COMPLETE, ""
    if not adc:
        cut = _counts_of_nothing(header)
        return (Judgement.TRUNCATED, cut) if cut else _NO_TRIGGERS
    rows = count_rows(adc, style)
    if cut := _adc_cut(rows) or (hdr and _counts_unlike(header, rows)) or "":
        return Judgement.TRUNCATED, cut
    return Judgement.COMPLETE, ""


def _plainly_whole(it: _Bin) -> bool:
    """Whether the newest rows alone show that the bin is whole.

    They cannot show a row that was lost, or an image that is not counted
    right, before the newest image, as long as the number of rows fits.
    """
    if it.roi_size <= _SPARE or _header_odd(it):
        return False
    if not ends_whole(it.adc, it.style):
        return False
    extent = newest_extent(it.adc, it.style)
    spare = _SPARE if it.style is Style.OLD else 0
    if extent is None or not 0 <= it.roi_size - extent <= spare:
        return False
    return _counts_fit(it.header, it.adc.count(b"\n"))


def _counts_fit(header: Header, rows: int) -> bool:
    """Whether so many rows, at least one with an image, fit the counts.

    Each row is an image, or a trigger without one: there are no fewer rows
    than either count, and no more than both together. A count of 0 was
    written before the rows were.
    """
    rois, triggers = header.roi_count, header.trigger_count
    counts = [count for count in (rois, triggers) if count is not None]
    if not counts:
        return True
    most = rows if len(counts) == 1 else sum(counts)
    return min(counts) > 0 and max(counts) <= rows <= most


def _weigh_empty(it: _Bin) -> tuple[Judgement, str]:
    """The judgement on a bin whose .adc has no byte."""
    if it.roi_size > _SPARE:
        reason = f"adc is empty, roi has {_many(it.roi_size, 'byte')}"
        return Judgement.TRUNCATED, reason
    if cut := _counts_of_nothing(it.header):
        return Judgement.TRUNCATED, cut
    if odd := _header_odd(it):
        return Judgement.SUSPICIOUS, odd
    if it.style is Style.OLD and not it.roi_size:
        # The old software leaves one or two bytes; a full disk leaves none.
        return Judgement.SUSPICIOUS, "roi and adc have no byte at all"
    return _NO_TRIGGERS


def _counts_of_nothing(header: Header) -> str:
    """What a header counts beside an empty .adc; "" for nothing."""
    for count, what in (
        (header.roi_count, "image"),
        (header.trigger_count, "trigger"),
    ):
        if count:
            return f"hdr counts {_many(count, what)}, adc is empty"
    return ""


def _header_cut(it: _Bin) -> str:
    """Why the header cannot be whole; "" if it may be."""
    if it.header.blank:
        return "hdr is empty"
    if it.style is Style.NEW and not (it.header.ended or it.header.columns):
        return "hdr ends in the middle of a line"
    return ""


def _header_odd(it: _Bin) -> str:
    """What is unlike every known header; "" for nothing.

    Only a warning: some software's headers may not have been seen.
    """
    if not it.header.ended:
        return "hdr ends in the middle of a line"
    if it.style is Style.NEW and not it.header.columns:
        return "hdr does not name the columns of adc"
    return ""


def _rows_cut(it: _Bin, rows: Rows) -> str:
    """What is missing at the end of .adc or .roi; "" for nothing."""
    if cut := _adc_cut(rows):
        return cut
    if it.roi_size < rows.extent:
        short = _many(rows.extent - it.roi_size, "byte")
        return f"roi ends {short} before the last image does"
    if rows.odd == rows.rows and it.roi_size > _SPARE:
        return f"no row of adc can be read, roi has {it.roi_size:,} bytes"
    return ""


def _adc_cut(rows: Rows) -> str:
    return f"adc ends in the middle of row {rows.rows:,}" if rows.cut else ""


def _counts_unlike(header: Header, rows: Rows) -> str:
    """Where the header counts what the .adc does not hold; "" if nowhere.

    An unreadable row may or may not have an image. No triggers in a header
    beside rows in the .adc: the header was written first and not finished.
    """
    rois = header.roi_count
    if rois is not None and not rows.rois <= rois <= rows.rois + rows.odd:
        return f"hdr counts {_many(rois, 'image')}, adc has {rows.rois:,}"
    if header.trigger_count == 0 and rows.triggers:
        return f"hdr counts no triggers, adc has {rows.triggers:,}"
    return ""


def _rows_odd(it: _Bin, rows: Rows) -> str:
    """What is strange in .adc or .roi without proving a loss; "" if not."""
    if rows.odd:
        return f"{_many(rows.odd, 'row')} of adc cannot be read"
    beyond = it.roi_size - rows.extent
    if beyond > _SPARE:
        where = "after the last image" if rows.rois else "and adc no image"
        return f"roi has {_many(beyond, 'byte')} {where}"
    triggers = it.header.trigger_count
    if triggers is not None and triggers != rows.triggers:
        counted = _many(triggers, "trigger")
        return f"hdr counts {counted}, adc has {rows.triggers:,}"
    return ""


def _many(number: int, what: str) -> str:
    """The number with its noun: "1 byte", "1,234 bytes"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _missing(absent: list[Kind]) -> str:
    """The absent members as a clause: "roi, hdr and adc missing"."""
    *rest, last = absent
    listed = f"{', '.join(rest)} and {last}" if rest else str(last)
    return f"{listed} missing"
