"""Pictures of an archive, from its disk and its journal (extra `report`).

gather.py      the library door: reads all that is shown, asks no store
trees.py       which trees, and where the journal has their bins
archive.py     the bins of a tree, one after the other
remembered.py  the bins in the store by the journal; the last run in slices
past.py        runs and verifications of the journal
seen.py        bins here and in the store, as values
cadence.py     how many bins were to be expected
days.py        bins folded into days: the calendar
series.py      days folded into steps: lines and distributions
report.py      all of it, as one value
words.py       numbers and moments in words
headline.py    what an operator has to know, in sentences
tables.py      what is said in numbers and tables
palette.py     colours by what they mean
calendar.py    the calendar as a Vega picture, its days placed by blocks.py
vega.py        parts of a Vega specification, a line each
frame.py       what all other pictures have in common: lines.py, bars.py
pictures.py    which pictures there are
packed.py      the calendar's days for the page's script
page.py        one HTML file, of page.html, page.css and page.js
slide.py       the calendar as a PNG
drawing.py     the plotting library; nobody else asks for it
written.py     files that are replaced whole, or not at all

All but gather, archive, drawing and written is pure.
"""

from .gather import gather
from .report import Report

__all__ = ["Report", "gather"]
