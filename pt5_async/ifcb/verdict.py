"""Whether a bin is whole, judged from its bytes alone."""

from dataclasses import dataclass
from enum import StrEnum


class Judgement(StrEnum):
    """What a bin's bytes say of it."""

    COMPLETE = "complete"
    EMPTY = "empty"
    INCOMPLETE = "incomplete"
    TRUNCATED = "truncated"
    SUSPICIOUS = "suspicious"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement, why, and whether the header counts its rows."""

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
