"""A run as JSON on standard output, for programs: one object per event.

The lines are ASCII, times are UTC with Z, sizes are bytes and durations
seconds. What is said of an outcome has the words of the receipt.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, assert_never

from ..events import (
    BegunAgain,
    Counted,
    Event,
    FolderSeen,
    JobDone,
    Notice,
    Paused,
    Resumed,
    Retrying,
    RunBegun,
    Sending,
    SentBefore,
    Stopping,
)
from ..model import Outcome
from ..printable import LONE
from ..receipt import as_text, details
from ..summary import Count, Summary
from ..validate import Check
from .amounts import stamp, stamp_ns
from .origins import Setting

Record = dict[str, Any]


def _now() -> datetime:
    return datetime.now(UTC)


class JsonLines:
    """An observer that hands each event to `write` as a line of JSON."""

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._write = write
        self._now = now

    def __call__(self, event: Event, /) -> None:
        """Write the line of `event`."""
        self.write(record(event))

    def write(self, what: Record) -> None:
        """Write a line that begins with its kind and its time."""
        kind, rest = what["event"], what
        self._write(line({"event": kind, "time": stamp(self._now())} | rest))


def line(what: Record) -> str:
    r"""`what` as JSON that every parser takes.

    Bytes of a file's name that were no text are lone surrogates in
    Python; many parsers refuse those, so they become text: ``\udcff``.
    """
    text = json.dumps(what)
    if "\\ud" not in text:
        return text
    raw = json.dumps(what, ensure_ascii=False)
    sound = LONE.sub(lambda one: f"\\\\u{ord(one[0]):04x}", raw)
    return json.dumps(json.loads(sound))


def record(event: Event) -> Record:
    """What `event` tells, as JSON knows it."""
    match event:
        case RunBegun():
            return {
                "event": "run_begun",
                "run": event.run,
                "source": event.source,
                "target": str(event.target),
                "endpoint": event.endpoint,
                "dry_run": event.dry_run,
            }
        case JobDone():
            return _job(event)
        case Sending(item=item, sent=sent):
            return {"event": "sending", "key": item.key, "sent": sent}
        case Retrying():
            return {
                "event": "retrying",
                "key": event.key,
                "error": type(event.error).__name__,
                "reason": str(event.error),
                "attempt": event.attempt,
                "delay": round(event.delay, 3),
            }
        case Paused() | Resumed():
            return _outage(event)
        case FolderSeen() | SentBefore():
            return _folder(event)
        case BegunAgain() | Counted() | Notice() | Stopping():
            return _small(event)
        case _:
            assert_never(event)


def _small(event: BegunAgain | Counted | Notice | Stopping) -> Record:
    match event:
        case BegunAgain(reason=reason):
            return {"event": "run_begun_again", "reason": reason}
        case Counted(files=files, size=size, final=final):
            counts = {"files": files, "size": size, "final": final}
            return {"event": "counted"} | counts
        case Notice(level=level, text=text):
            name = level.name.lower()
            return {"event": "notice", "level": name, "text": text}
        case Stopping(at_once=at_once, limit=limit):
            return {"event": "stopping", "at_once": at_once, "limit": limit}
        case _:
            assert_never(event)


def _folder(event: FolderSeen | SentBefore) -> Record:
    if isinstance(event, SentBefore):
        return {
            "event": "sent_before",
            "folder": event.folder,
            "bins": event.bins,
            "files": event.files,
            "size": event.size,
        }
    return {
        "event": "folder_seen",
        "folder": event.folder,
        "left": event.left,
        "transient": event.transient,
        "hidden": event.hidden,
        "unasked": event.unasked,
    }


def _outage(event: Paused | Resumed) -> Record:
    lasted = round(event.lasted, 3)
    if isinstance(event, Resumed):
        return {"event": "resumed", "lasted": lasted}
    return {
        "event": "paused",
        "error": type(event.error).__name__,
        "reason": str(event.error),
        "delay": round(event.delay, 3),
        "lasted": lasted,
        "limit": event.limit,
    }


def _job(event: JobDone) -> Record:
    verdict = event.verdict
    return {
        "event": "job_done",
        "pid": event.job.pid.text if event.job.pid else None,
        "verdict": verdict.judgement.value if verdict else None,
        "verdict_reason": verdict.reason if verdict else None,
        "files": [_outcome(outcome) for outcome in event.outcomes],
    }


def _outcome(outcome: Outcome) -> Record:
    file = outcome.item.file
    what = {
        "source": file.relative,
        "key": outcome.item.key,
        "size": file.size,
        "mtime": stamp_ns(file.mtime_ns),
    }
    return what | details(outcome)


def ended(summary: Summary, code: int, log: Path | None = None) -> Record:
    """The last line of a run: its summary and the exit code it earned."""
    bins = summary.bins
    return {
        "event": "run_ended",
        "run": summary.run,
        "exit_code": code,
        "dry_run": summary.dry_run,
        "stopped": summary.stopped,
        "limit": summary.limit,
        "seconds": round(summary.seconds, 3),
        "found": _count(summary.found),
        "uploaded": _count(summary.uploaded),
        "skipped": _count(summary.skipped),
        "held": _count(summary.held),
        "failed": _count(summary.failed),
        "skipped_by": _by(summary.skipped_by),
        "held_by": _by(summary.held_by),
        "overdue": _count(summary.overdue),
        "sent_by": _by(summary.sent_by),
        "proofs": {p.value: n for p, n in summary.proofs.items()},
        "bins": {name: getattr(bins, name) for name in bins.__slots__},
        "broken": {
            name: getattr(summary.broken, name)
            for name in summary.broken.__slots__
        },
        "left": summary.left,
        "transient": summary.transient,
        "hidden": summary.hidden,
        "unasked": summary.unasked,
        "retries": summary.retries,
        "log": as_text(str(log)) if log else None,
    }


def told(setting: Setting) -> Record:
    """A value that counts, and where it came from."""
    return {"event": "setting"} | setting._asdict()


def checked(check: Check) -> Record:
    """One thing that was validated."""
    return {
        "event": "check",
        "name": check.name,
        "ok": check.ok,
        "detail": check.detail,
    }


def _count(count: Count) -> Record:
    return {"files": count.files, "size": count.size}


def _by(counts: Mapping[Any, Count]) -> Record:
    return {reason.value: _count(count) for reason, count in counts.items()}
