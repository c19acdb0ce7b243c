"""The receipt of a verification: a row per object, and one at the end."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self, assert_never

from ..errors import UsageError
from ..journal.database import NAME as DATABASE
from ..receipt import COLUMNS, Receipt, Row, about, as_text, utc
from ..verify import (
    Differs,
    Extra,
    Finding,
    Missing,
    Same,
    State,
    Unreadable,
    Verification,
    Verified,
)
from ..verify.finding import Outcome
from .exits import of_summary
from .kept import refuse_inside, refuse_twice
from .kept_rows import KeptRows
from .runlog import NAME as LOG
from .verify_asked import ToVerify
from .verify_words import HALF
from .words import because


class VerifyReceipt:
    """Is told of what is found, and has it written; it does not raise.

    Attributes:
        sent: the same for what is sent to put it right.
    """

    @classmethod
    def of(cls, asked: ToVerify) -> Self | None:
        """The one that is asked for; raises as it does."""
        return None if asked.receipt is None else cls(asked.receipt, asked)

    def __init__(self, path: Path, asked: ToVerify) -> None:
        """Open `path` for adding to it.

        Raises:
            UsageError: when it cannot be written, or has another purpose.
        """
        _refuse(path, asked)
        self._kept = KeptRows(path)
        self._asked = asked
        self._rows = 0
        self.sent = Receipt(self._kept)

    def __call__(self, found: Finding, /) -> None:
        """Have the rows of `found` written."""
        rows = [self._common() | one for one in _rows(found)]
        if rows:
            self._kept.write(rows)
            self._rows += len(rows)

    def end(
        self, seen: Verification, code: int, reason: str | None = None
    ) -> None:
        """Have the last row written; `reason` is what ended it early.

        What was sent has one of its own before it.
        """
        if seen.fixed is not None:
            sent = of_summary(seen.fixed) if reason is None else code
            self.sent.end(seen.fixed, sent, reason)
        row = self._common() | _summary(seen)
        row["source"] = as_text(str(self._asked.source.absolute()))
        row["exit_code"], row["rows"] = int(code), self._rows
        if reason is not None:
            row["outcome"], row["reason"] = "error", as_text(reason)
        self._kept.write([row])

    def finish(self, seen: Verification, code: int) -> None:
        """Have the last row written, and all of them be there.

        Raises:
            UsageError: when not every row could be written.
        """
        self.end(seen, code)
        self._kept.close()
        try:
            self._kept.raise_if_lost()
        except UsageError as error:
            error.summary = seen
            raise

    def stop_with(self, stop: Callable[[], None]) -> None:
        """Have `stop` called once a row cannot be written."""
        self._kept.when_lost = stop

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    def _common(self) -> Row:
        row: Row = dict.fromkeys(COLUMNS)
        row["command"], row["run"] = "verify", self._asked.run
        row["bucket"] = self._asked.target.bucket
        row["level"] = self._asked.depth.value
        return row


def _refuse(path: Path, asked: ToVerify) -> None:
    """Raise a `UsageError` for a file that has another purpose."""
    state, wish = asked.settings.state, asked.deletable
    refuse_inside(asked.source, path, "the receipt")
    others = {
        "the journal": state and state / DATABASE,
        "the log": asked.log_file or (state and state / LOG),
        "--safe-to-delete": wish.file if wish else None,
        "what is beside --safe-to-delete": wish.beside if wish else None,
        "--known-broken": asked.known_broken,
        "--ca-bundle": asked.settings.ca_bundle,
        "the .env file": asked.env_file,
    }
    refuse_twice(others, {"--receipt": path})


def _rows(found: Finding) -> Iterator[Row]:
    """What is particular to the objects of `found`; mostly of its bin."""
    now = utc(time.time())
    match found:
        case Verified():
            for outcome in found.outcomes:
                row = about(outcome.item, found.pid, now) | _details(outcome)
                why = [row.get("reason"), *_of_bin(found)]
                row["reason"] = "; ".join(filter(None, why)) or None
                row["bin_state"] = found.state.value
                yield row
        case Unreadable():
            yield about(found.item, None, now) | _details(found)
        case Extra(listed=one):
            yield {
                "row": "object",
                "time": now,
                "key": as_text(one.key),
                "outcome": "extra",
                "size": one.size,
                "etag": one.etag,
            }
        case _:
            pass


def _of_bin(found: Verified) -> Iterator[str]:
    if found.held is not None:
        yield as_text(because(*found.held))
    if found.half:
        yield HALF


def _details(outcome: Outcome) -> Row:
    match outcome:
        case Same(by=by):
            return {"outcome": "same", "proof": by.value}
        case Missing():
            return {"outcome": "missing"}
        case Differs():
            why = as_text(because(outcome.what, outcome.detail))
            return {"outcome": "differs", "reason": why}
        case Unreadable(error=error):
            return {"outcome": "unreadable", "reason": as_text(str(error))}
        case _:
            assert_never(outcome)


def _summary(seen: Verification) -> Row:
    same = seen.same.values()
    differ = sum(one.files for one in seen.differs.values())
    return {
        "row": "summary",
        "time": utc(time.time()),
        "outcome": "stopped" if seen.stopped else "ended",
        "size": sum(one.size for one in same),
        "seconds": round(seen.seconds, 3),
        "bins": seen.bins.get(State.SAFE, 0),
        "files": sum(one.files for one in same),
        "files_held": seen.undue.files,
        "files_failed": seen.missing.files + differ + seen.unreadable,
        "files_extra": None if seen.extra is None else seen.extra.files,
    }
