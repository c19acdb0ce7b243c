"""Things that happen, to be told, and the streams that they are told on."""

import io
from datetime import UTC, datetime

from pt5_async.errors import (
    NameRefused,
    Pt5Error,
    StoreBusy,
    StoreUnreachable,
)
from pt5_async.events import (
    Counted,
    Event,
    FolderSeen,
    JobDone,
    Level,
    Notice,
    Paused,
    Resumed,
    Retrying,
    RunBegun,
    Sending,
    SentBefore,
    Stopping,
)
from pt5_async.fold import SummaryFold
from pt5_async.ifcb.names import Pid, Style
from pt5_async.ifcb.verdict import Judgement, Verdict
from pt5_async.model import (
    Failed,
    Held,
    Hold,
    Item,
    Job,
    LocalFile,
    Outcome,
    Proof,
    Skip,
    Skipped,
    Target,
    Uploaded,
)
from pt5_async.summary import Summary

MTIME_NS = 1369561927_000_000_000
"""2013-05-26T09:52:07Z."""

NASTY = "day/\x1b[2J\r\n\u202e\udcff.roi"
"""A file's name that would clear the screen and more."""


def item(relative: str = "day/one.roi", size: int = 1024) -> Item:
    file = LocalFile(f"/data/{relative}", relative, size, MTIME_NS, MTIME_NS)
    return Item(file, f"site/{relative}")


def uploaded(
    relative: str = "day/one.roi", size: int = 1024, **more: object
) -> Uploaded:
    given = {
        "checksum": "crc64nvme:AAAA",
        "proof": Proof.CRC64NVME,
        "etag": "e",
        "version": None,
        "attempts": 1,
        "seconds": 0.25,
    } | more
    return Uploaded(item(relative, size), **given)  # type: ignore[arg-type]


def skipped(relative: str = "day/two.roi", size: int = 1024) -> Skipped:
    return Skipped(item(relative, size), Skip.JOURNAL)


def held(
    relative: str = "day/three.roi",
    reason: Hold = Hold.BROKEN,
    *,
    size: int = 1024,
) -> Held:
    return Held(item(relative, size), reason, "one row is cut")


def failed(
    relative: str = "day/four.roi",
    error: Pt5Error | None = None,
    *,
    size: int = 1024,
) -> Failed:
    return Failed(item(relative, size), error or NameRefused("not a key"))


def done(*outcomes: Outcome, pid: bool = False) -> JobDone:
    """A job with these outcomes, of a bin if `pid`."""
    moment = datetime(2013, 5, 26, tzinfo=UTC)
    who = Pid("D20130526T000000_IFCB013", Style.NEW, 13, moment)
    items = tuple(outcome.item for outcome in outcomes)
    verdict = Verdict(Judgement.EMPTY, "no image", has_counts=True)
    if not pid:
        return JobDone(Job(None, items), outcomes)
    return JobDone(Job(who, items), outcomes, verdict)


def begun(*, dry_run: bool = False) -> RunBegun:
    target = Target("bucket", "site")
    return RunBegun("f00d", "/data", target, "s3.example.org", dry_run)


def examples() -> list[Event]:
    """One event of every kind, the outcomes all of them."""
    return [
        begun(),
        Counted(4, 4096, final=True),
        FolderSeen("day", 1, 2, 3),
        SentBefore("day", 0, 0, 0),
        done(uploaded(), skipped(), held(), failed(), pid=True),
        Sending(item(), 512),
        Retrying("site/one", StoreBusy("503 Slow Down"), 1, 0.5),
        Paused(StoreUnreachable("no route"), 12.0, 0.0, 900.0),
        Resumed(75.5),
        Notice(Level.WARNING, "the clock is odd"),
        Stopping(at_once=False),
    ]


def summed(*events: Event, dry_run: bool = False) -> Summary:
    fold = SummaryFold("f00d", "/data", Target("bucket", "site"), dry_run)
    for event in events:
        fold(event)
    return fold.summary()


def noon() -> datetime:
    """A time that does not move."""
    return datetime(2026, 11, 22, 12, tzinfo=UTC)


class Terminal(io.StringIO):
    """A stream that a person sees; `rows` is what is on the screen.

    It knows what a bar uses: carriage return, line feed and colours.
    """

    def isatty(self) -> bool:
        return True

    def rows(self) -> list[str]:
        rows, column = [""], 0
        text = self.getvalue()
        while text:
            one, text = text[0], text[1:]
            if one == "\r":
                column = 0
            elif one == "\n":
                rows.append("")
                column = 0
            elif one == "\x1b":
                _, _, text = text.partition("m")
            else:
                row = rows[-1].ljust(column)
                rows[-1] = row[:column] + one + row[column + 1 :]
                column += 1
        return [row.rstrip() for row in rows]


class Broken(io.StringIO):
    """A stream whose reader has gone."""

    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    def write(self, _: str) -> int:
        self.tries += 1
        raise BrokenPipeError(32, "Broken pipe")
