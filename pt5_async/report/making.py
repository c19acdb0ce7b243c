"""A report made into files: the page, and the picture for a slide."""

from typing import Final

from . import drawing
from .page import GENERATOR, figures, page
from .pictures import data_of, pictures
from .report import Report
from .slide import MARK, slide

HTML: Final = f'name="generator" content="{GENERATOR}"'.encode()
PNG: Final = MARK
"""By these a file of ours is known."""


def html_of(report: Report) -> bytes:
    """The report as one page.

    Raises:
        UsageError: where the extra is not installed.
    """
    all_ = pictures(report)
    places = figures((name, head, note) for name, head, note, _ in all_)
    made = page(report, data_of(report, all_), drawing.script(), places)
    return made.encode()


def png_of(report: Report) -> bytes:
    """The calendar as PNG.

    Raises:
        UsageError: where the extra is not installed.
    """
    return slide(report)
