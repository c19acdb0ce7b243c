"""Which pictures a report has, and the data that each is drawn from. Pure."""

from collections.abc import Iterator
from typing import Any

from .bars import bars, sizes
from .blocks import FEW
from .cadence import DAY
from .calendar import calendar
from .lines import images, lags, volumes
from .packed import packed
from .remembered import Pulse
from .report import Report, RunSeen
from .series import distribution, points, step_for
from .vega import Part
from .words import lasting, moment, number, size

Picture = tuple[str, str, str, Part]
"""Its name on the page, its heading, a note, and how it is drawn."""


def pictures(report: Report) -> list[Picture]:
    """All but the calendar; those for which there is nothing are left out."""
    return [*_over_time(report), *_of_runs(report.runs), *_pulse(report.pulse)]


def data_of(report: Report, all_: list[Picture]) -> dict[str, Any]:
    """What the page's script draws from."""
    return {
        "known": report.known,
        "instruments": [packed(one) for one in report.instruments],
        "few": FEW,
        "calendar": calendar() if report.instruments else None,
        "charts": {name: spec for name, _, _, spec in all_},
    }


def _over_time(report: Report) -> Iterator[Picture]:
    if not report.instruments:
        return
    step = step_for(report.instruments)
    all_ = [(one, points(one.cells, step)) for one in report.instruments]
    yield _volume(report, step)
    if any(one.rois for _, some in all_ for one in some):
        note = "as headers count them: the middle bin, and eight of ten"
        yield "rois", "Images in a bin", note, images(all_, step)
    if any(one.lag for _, some in all_ for one in some):
        note = (
            "the middle bin, and eight of ten; its own run of 20 minutes is"
            " part of it"
        )
        yield "lag", "From its start into the store", note, lags(all_, step)
    every = [
        (one, distribution([n for c in one.cells for n in c.tally.sizes]))
        for one in report.instruments
    ]
    yield "sizes", "How large bins are", "bins of each size", sizes(every)


def _volume(report: Report, step: int) -> Picture:
    # A day that is not over would look like a loss.
    today = int(report.made // DAY)
    whole = [
        (one, points([c for c in one.cells if c.day < today], step))
        for one in report.instruments
    ]
    each = "" if step == 1 else f", mean of {step} days"
    note = f"bytes of the bins that began on it{each}"
    return "volume", "Data a day", note, volumes(whole, step)


def _of_runs(runs: tuple[RunSeen, ...]) -> Iterator[Picture]:
    sent = [one for one in runs if one.sent][::-1]
    if not sent:
        return
    rows = [_run(place, one) for place, one in enumerate(sent)]
    last = "the last run" if len(sent) == 1 else f"the last {len(sent)} runs"
    note = f"{last} that sent anything; red where it did not end well"
    rates = [
        {**row, "y": one.size / (one.seconds or 1.0)}
        for row, one in zip(rows, sent, strict=True)
    ]
    yield "rates", "Throughput of runs", note, bars(rates, "/s", binary=True)
    files = [
        {**row, "y": one.files / (one.seconds or 1.0)}
        for row, one in zip(rows, sent, strict=True)
    ]
    yield "files", "Files per second of runs", note, bars(files)


def _run(place: int, one: RunSeen) -> Part:
    seconds = one.seconds or 1.0
    said = (
        f"{moment(one.begun)} UTC  run {one.id}\n"
        f"{one.files:,} files of {one.bins:,} bins, {size(one.size)} in"
        f" {lasting(seconds)}\n{size(one.size / seconds)}/s,"
        f" {number(one.files / seconds)} files/s\n"
        f"{one.failed:,} failed, {one.held:,} held; {one.outcome}"
    )
    return {
        "x": place,
        "label": f"{moment(one.begun)[5:]}",
        "ill": not one.well,
        "says": said,
    }


def _pulse(pulse: Pulse | None) -> Iterator[Picture]:
    steps = pulse.steps() if pulse is not None else []
    if pulse is None or not steps:
        return
    width = pulse.width
    rows = [
        {
            "x": place,
            "label": lasting(place * width),
            "ill": False,
            "says": f"{lasting(place * width)} after its begin\n"
            f"{size(one.size / width)}/s, {number(one.files / width)} files/s",
        }
        for place, one in enumerate(steps)
    ]
    note = f"run of {moment(pulse.begun)} UTC, from its begin to its end"
    rates = [
        {**row, "y": one.size / width}
        for row, one in zip(rows, steps, strict=True)
    ]
    files = [
        {**row, "y": one.files / width}
        for row, one in zip(rows, steps, strict=True)
    ]
    yield (
        "pulse",
        "Throughput within the last run",
        note,
        bars(rates, "/s", binary=True),
    )
    yield "beat", "Files per second within it", note, bars(files)
