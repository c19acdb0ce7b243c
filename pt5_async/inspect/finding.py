"""What an inspection finds: a bin with its verdict, or what is none."""

from dataclasses import dataclass

from ..errors import Pt5Error
from ..events import FolderSeen, Notice
from ..ifcb.names import Pid
from ..ifcb.verdict import Judgement, Verdict
from ..model import Failed, Hold, LocalFile, Skipped


@dataclass(frozen=True, slots=True)
class Inspected:
    """A bin as its bytes show it now.

    `files` are those of its members that are there: .roi, .hdr, .adc, and
    then any that were not asked for. `held` is why an upload would leave
    it here for now, and in words. Where the bytes could not be judged,
    `verdict` is None: `error` says why, or `held` that they changed
    meanwhile.
    """

    pid: Pid
    files: tuple[LocalFile, ...]
    verdict: Verdict | None = None
    held: tuple[Hold, str] | None = None
    error: Pt5Error | None = None

    @property
    def broken(self) -> bool:
        """Whether it is not whole, and nobody has touched it for long."""
        return self.held is not None and self.held[0] is Hold.BROKEN

    @property
    def well(self) -> bool:
        """Whether its bytes were judged whole, and nothing in them is odd."""
        return (
            self.verdict is not None
            and self.verdict.whole
            and self.verdict.judgement is not Judgement.SUSPICIOUS
        )


Finding = Inspected | Failed | Skipped | FolderSeen | Notice
"""What an inspection comes upon.

`Failed` is a file or folder that could not be looked at, `Skipped` one that
is rightly left alone: a link, a pipe. A `Notice` is a warning that belongs
to no single bin.
"""
