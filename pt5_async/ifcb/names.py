"""Names of bins and of the files around them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """A bin's members, in the order in which they are sent."""

    ROI = "roi"
    HDR = "hdr"
    ADC = "adc"


class Style(StrEnum):
    """The two ways in which bins have been named."""

    NEW = "new"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Pid:
    """A bin's permanent identifier: instrument and start time (UTC)."""

    text: str
    style: Style
    instrument: int
    time: datetime

    def __str__(self) -> str:
        return self.text
