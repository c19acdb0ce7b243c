"""Bins that no instrument made, for the demo, the tests and benchmarks.

They look like real ones to every reader: the same columns and header
fields, triggers without an image and with two, and images of something dark
on a grey ground. All values are invented here, and the same arguments give
the same bytes again.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .names import Kind, Pid, Style
from .silhouettes import VARIANTS, grained, picture

_SCALES: Final = (0.6, 0.8, 1.0, 1.25, 1.6)
"""By how much images are wider or higher than the typical one."""

_SECONDS: Final = 1200.0
"""A run: 5 ml at 4 minutes per ml."""

_COLUMNS: Final = (
    "trigger#, ADCtime, PMTA, PMTB, PMTC, PMTD, PeakA, PeakB, PeakC, PeakD, "
    "TimeOfFlight, GrabTimeStart, GrabTimeEnd, RoiX, RoiY, RoiWidth, "
    "RoiHeight, StartByte, ComparatorOut, StartPoint, SignalLength, Status, "
    "RunTime, InhibitTime"
)


_OLD_NAMES: Final = (
    '"Temp Humidity BinarizeThresh PMT1hv(ssc) PMT2hv(chl) BlobSizeThresh"'
)


@dataclass(frozen=True, slots=True)
class BinBytes:
    """The contents of a bin's three files."""

    hdr: bytes
    adc: bytes
    roi: bytes

    def by_kind(self) -> dict[Kind, bytes]:
        """The contents by the member that holds them."""
        return {Kind.ROI: self.roi, Kind.HDR: self.hdr, Kind.ADC: self.adc}


@dataclass(frozen=True, slots=True)
class _Row:
    """A trigger's image or, with width 0, a trigger without one.

    `start` counts the bytes of all images before it.
    """

    trigger: int
    start: int
    width: int = 0
    height: int = 0


def make_bin(
    pid: Pid,
    *,
    seed: int,
    rois: int = 20,
    size: tuple[int, int] = (80, 60),
    counts: bool = True,
    crlf: bool = False,
) -> BinBytes:
    """A complete bin with `rois` images of about `size` (w, h) pixels.

    `counts`: whether a new-style header counts triggers and images, as
    McLane's Linux software does, or not, as the older Windows software; an
    old-style header never does. `crlf`: line ends as on Windows.
    """
    rng = random.Random(seed)
    rows = _plan(rng, rois, size)
    images = [
        picture(row.width, row.height, rng.randrange(VARIANTS))
        for row in rows
        if row.width
    ]
    pixels = grained(b"".join(images), rng)
    return _bin(pid, rng, rows, pixels, counts=counts, crlf=crlf)


def empty_bin(
    pid: Pid, *, counts: bool = True, crlf: bool = False
) -> BinBytes:
    """A legitimate bin without a row: nothing triggered the camera."""
    rng = random.Random(0)
    return _bin(pid, rng, [], b"", counts=counts, crlf=crlf)


def _bin(
    pid: Pid,
    rng: random.Random,
    rows: list[_Row],
    pixels: bytes,
    *,
    counts: bool,
    crlf: bool,
) -> BinBytes:
    """The three files around `rows` and their `pixels`."""
    end = "\r\n" if crlf else "\n"
    if pid.style is Style.OLD:
        header, table = _old_header(rng), _old_table(rng, rows)
        pixels = b"\0" + pixels + b"\0"
    else:
        header = _linux_header(pid, rows) if counts else _windows_header(pid)
        table = _new_table(rng, rows, running=not counts)
    hdr = "".join(f"{line}{end}" for line in header)
    adc = "".join(f"{line}{end}" for line in table)
    return BinBytes(hdr.encode("latin-1"), adc.encode("latin-1"), pixels)


def _plan(rng: random.Random, rois: int, size: tuple[int, int]) -> list[_Row]:
    """Rows with `rois` images; the first, and some others, without one."""
    rows = [_Row(trigger=1, start=0)]
    start, left = 0, rois
    while left:
        trigger = rows[-1].trigger + 1
        images = min(left, rng.choice((0, 1, 1, 1, 1, 2)))
        for _ in range(images):
            width, height = (
                max(1, round(typical * rng.choice(_SCALES)))
                for typical in size
            )
            rows.append(_Row(trigger, start, width, height))
            start += width * height
        if not images:
            rows.append(_Row(trigger, start))
        left -= images
    if rng.randrange(2):
        rows.append(_Row(rows[-1].trigger + 1, start))
    return rows


def _new_table(
    rng: random.Random, rows: list[_Row], *, running: bool
) -> Iterator[str]:
    """Rows of 24 fields.

    Where a row without an image says that one would start: with `running`
    the bytes so far, as the Windows software, else 0.
    """
    for row, time in _timed(rows):
        a, b, c, d = (rng.random() for _ in range(4))
        x, y = (
            (rng.randrange(900), rng.randrange(700)) if row.width else (0, 0)
        )
        start = row.start if row.width or running else 0
        yield (
            f"{row.trigger},{time:.6f},{a:.5f},{b:.5f},{c:.5f},{d:.5f},"
            f"{a * 4:.5f},{b * 4:.5f},{c * 4:.5f},{d * 4:.5f},{50 + a:.5f},"
            f"{time:.6f},{time + 0.04:.6f},{x},{y},{row.width},{row.height},"
            f"{start},0,0,0,0,{time + 0.03:.6f},{row.trigger * 0.08:.6f}"
        )


def _old_table(rng: random.Random, rows: list[_Row]) -> Iterator[str]:
    """Rows of 15 fields and a comma; the first image starts at byte 1."""
    for row, time in _timed(rows):
        a, b, c, d = (rng.random() for _ in range(4))
        x, y = _place(rng) if row.width else (-11, -11)
        yield (
            f"{row.trigger},{time:.6f},{-a:.8f},{-b:.8f},{-c:.8f},{-d:.8f},"
            f"{-a * b:.8f},{time - 0.1:.6f},{time - 0.05:.6f},{x},{y},"
            f"{row.width},{row.height},{row.start + 1},{-c * d:.8f},"
        )


def _place(rng: random.Random) -> tuple[int, int]:
    """Where in the camera's picture an image was found."""
    return rng.randrange(900), rng.randrange(700)


def _timed(rows: list[_Row]) -> Iterator[tuple[_Row, float]]:
    """Each row with its trigger's time in seconds since the run began."""
    step = _SECONDS / (rows[-1].trigger + 1) if rows else 0.0
    return ((row, row.trigger * step) for row in rows)


def _linux_header(pid: Pid, rows: list[_Row]) -> list[str]:
    """A header that counts, in the order of McLane's Linux software."""
    triggers = rows[-1].trigger if rows else 0
    return [
        "SoftwareVersion: pt5_async synthetic",
        "sampleNumber: 1",
        "sampleType: Normal",
        f"triggerCount: {triggers}",
        f"roiCount: {sum(row.width > 0 for row in rows)}",
        "humidity: 41.5",
        "temperature: 21.25",
        f"runTime: {_SECONDS}",
        f"inhibitTime: {triggers * 0.08:.6f}",
        f"ADCFileFormat: {_COLUMNS}",
        "minimumBlobArea: 2000",
        "SyringeSampleVolume: 5",
        "runBeads: False",
        f"imagerID: {pid.instrument}",
        "FileComment: no instrument made this bin",
    ]


def _windows_header(pid: Pid) -> list[str]:
    """A header without counts, in the order of the Windows software."""
    return [
        "softwareVersion: pt5_async synthetic",
        f"sampleTime: {pid.time:%Y-%m-%dT%H:%M:%SZ}",
        f"imagerID: {pid.instrument}\t",
        "minimumBlobArea: 2000\t",
        "SyringeSampleVolume: 5.000000\t",
        "runType: NORMAL",
        f"runTime: {_SECONDS:.6f}",
        "inhibitTime: 2.000000",
        "temperature: 21.250000",
        "humidity: 41.500000",
        f"ADCFileFormat: {_COLUMNS}",
    ]


def _old_header(rng: random.Random) -> list[str]:
    """Six quoted lines, the last with the values of the names before."""
    humidity = 20 + 20 * rng.random()
    return [
        '"A synthetic header of the old style; pt5_async"',
        '"No instrument"',
        '"No institution"',
        '"SyringeStatus =  0"',
        _OLD_NAMES,
        f'" 12.5"," {humidity:.4f}"," 30"," .7"," .6"," 10"',
    ]
