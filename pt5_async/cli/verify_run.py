"""What `verify` does once all is decided: hold, tell, and conclude."""

import os
from collections.abc import Callable, Collection, Coroutine
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..errors import Pt5Error
from ..events import Event, Level, Notice, Paused, Resumed
from ..kit import Stop
from ..model import Skipped
from ..verify import (
    Cleared,
    Extra,
    Finding,
    Fix,
    Half,
    Leftover,
    Requests,
    State,
    Unreadable,
    Verification,
    VerificationFold,
    Verified,
    verify_tree,
)
from . import verify_json
from .exits import Exit, of_error, of_verification
from .journal_at_hand import with_a_journal
from .jsonlines import JsonLines, record
from .known import known_broken
from .leftover_words import cleared_line, open_line
from .loop import run
from .places import blaming
from .screen import Screen
from .speaking import session_of, speaking
from .ticker import ticking
from .verify_asked import ToVerify
from .verify_words import (
    FIXING,
    bin_line,
    odd_line,
    report,
    requests_line,
    verdict,
)
from .words import Said, Tone, notice_line, outage_line

if TYPE_CHECKING:
    from .fixing import Fixing
    from .verify_receipt import VerifyReceipt

_NAMED: Final = 20
"""So many uploads that were left open are named; the rest is counted."""


def verify(asked: ToVerify) -> Exit:
    """Do what `asked` says, tell of it, and give the exit code.

    Raises:
        Pt5Error: what ended it early; its one sentence is all that is left
            to say.
    """
    with speaking(asked) as screen:
        return _verify(asked, screen)


def _verify(asked: ToVerify, screen: Screen) -> Exit:
    asked = with_a_journal(asked, only_read=not (asked.fix or asked.abort))
    known = known_broken(asked.known_broken) if asked.known_broken else ()
    receipt = None
    if asked.receipt is not None:
        from .verify_receipt import VerifyReceipt  # noqa: PLC0415 - as asked

        receipt = VerifyReceipt(asked.receipt, asked)
    teller = _Teller(asked, screen, known, receipt)
    with receipt or nullcontext():
        return _fixed(asked, screen, teller, known)


def _fixed(
    asked: ToVerify, screen: Screen, teller: "_Teller", known: Collection[str]
) -> Exit:
    if not (asked.fix or asked.abort):
        return _told(asked, screen, teller, known)
    # Who only looks needs nothing of an upload.
    from .fixing import Fixing, refuse_places  # noqa: PLC0415

    refuse_places(asked)
    if not asked.fix:
        return _told(asked, screen, teller, known)
    sent = teller.receipt.sent if teller.receipt else None
    with Fixing(asked, screen, teller.lines, sent) as teller.fixing:
        return _told(asked, screen, teller, known)


def _told(
    asked: ToVerify, screen: Screen, teller: "_Teller", known: Collection[str]
) -> Exit:
    teller.begin()
    shown = nullcontext() if asked.quiet else ticking(screen, teller.now)
    try:
        with blaming(asked.origin), shown:
            seen, signum = run(_journey(asked, screen, teller, known))
        code = of_verification(seen, signum if seen.stopped else None)
        if teller.receipt is not None:
            teller.receipt.finish(seen, code)
    except Pt5Error as error:
        if isinstance(error.summary, Verification):
            teller.conclude_early(error.summary, error)
        raise
    return teller.conclude(seen, code)


def _journey(
    asked: ToVerify, screen: Screen, teller: "_Teller", known: Collection[str]
) -> Callable[[Stop], Coroutine[Any, Any, Verification]]:
    session = session_of(asked)

    async def journey(stop: Stop) -> Verification:
        screen.when_gone = lambda _: stop.finish()
        if teller.receipt is not None:
            teller.receipt.stop_with(stop.finish)
        outputs = filter(None, (asked.log_file, asked.receipt))
        return await verify_tree(
            asked.source,
            asked.target,
            settings=replace(
                asked.settings,
                known_broken=frozenset(known),
                outputs=tuple(outputs),
            ),
            session=session,
            depth=asked.depth,
            download=asked.download,
            extra=asked.extra,
            deletable=asked.deletable,
            fix=teller.fix,
            abort=asked.abort,
            run=asked.run,
            note=True,
            tell=teller,
            watch=teller.watch,
            stop=stop,
        )

    return journey


class _Teller:
    """Tells of findings that somebody wants to see, and counts for a line.

    Lines go to standard output; with `json`, which has it for itself, and
    with `quiet` to standard error.

    Attributes:
        lines: those of `json`; None without it.
        fixing: who is told of what is sent; None for nothing.
    """

    def __init__(
        self,
        asked: ToVerify,
        screen: Screen,
        known: Collection[str],
        receipt: "VerifyReceipt | None",
    ) -> None:
        self.receipt = receipt
        self._asked = asked
        self._screen = screen
        self._fold = VerificationFold(asked.depth, known)
        self.lines = JsonLines(screen.out) if asked.json else None
        self.fixing: Fixing | None = None
        self._doing = "looking at what is here"
        self._sending = False
        self._report = partial(report, named=asked.extra)
        self._named = 0
        aside = asked.json or asked.quiet
        self._say = screen.say if aside else screen.out

    @property
    def fix(self) -> Fix | None:
        """The wish to have something sent, and who is told of that."""
        if self.fixing is None:
            return None
        return Fix(self.fixing, self._begin_to_send)

    def _begin_to_send(self, seen: Verification) -> None:
        self._sending = True
        if not self._asked.quiet:
            for said in self._report(seen, midway=True):
                self._say(*said)
            self._screen.say(*FIXING)

    def begin(self) -> None:
        """Say what is held against what, and what is odd about that."""
        source = os.path.abspath(self._asked.source)
        target, depth = self._asked.target, self._asked.depth
        if not self._asked.quiet:
            self._screen.say(f"Verifying {source} against {target}")
        if self.lines is not None:
            run_ = self._asked.run
            self.lines.write(verify_json.begun(run_, source, target, depth))
        for warning in self._asked.warnings:
            self(Notice(Level.WARNING, warning))

    def __call__(self, found: Finding, /) -> None:
        """Name what was found if it is to be named."""
        self._fold(found)
        if self.receipt is not None:
            self.receipt(found)
        known = isinstance(found, Verified) and self._fold.knows(found)
        if self.lines is not None:
            self.lines.write(verify_json.found(found, known=known))
        if isinstance(found, Requests):
            self._doing = f"asking the store ({found.operation})"
            if not self._asked.quiet:
                self._screen.say(*requests_line(found))
        elif isinstance(found, Notice):
            self._notice(found)
        elif isinstance(found, Leftover | Cleared):
            self._leftover(found)
        elif (said := self._line(found, known=known)) is not None:
            self._say(*said)

    def _leftover(self, found: Leftover | Cleared) -> None:
        """Name it, unless so many were named already."""
        if self._asked.quiet:
            return
        self._named += 1
        if self._named <= _NAMED or self._asked.verbose:
            if isinstance(found, Leftover):
                self._say(*open_line(found, datetime.now(UTC)))
            else:
                self._say(*cleared_line(found))
        elif self._named == _NAMED + 1:
            more = "  more of these are not named; --verbose names all"
            self._say(more, Tone.DULL)

    def watch(self, event: Event) -> None:
        """Tell of what else happens on the way."""
        if isinstance(event, Paused | Resumed):
            first = isinstance(event, Resumed) or event.lasted == 0
            if first and not self._asked.quiet:
                self._screen.say(*outage_line(event))
            if self.lines is not None:
                self.lines.write(record(event))

    def _notice(self, notice: Notice) -> None:
        loud = self._asked.verbose or notice.level >= Level.INFO
        if loud and not self._asked.quiet:
            self._screen.say(*notice_line(notice))

    def _line(self, found: Finding, *, known: bool) -> Said | None:
        loud, quiet = self._asked.verbose, self._asked.quiet
        if isinstance(found, Verified):
            fine = found.state is State.SAFE and not found.half
            waits = found.state is State.WAITING
            named = not (fine or known or (quiet and waits))
            return bin_line(found) if named or loud else None
        if isinstance(found, Unreadable | Half | Extra):
            return odd_line(found)
        if isinstance(found, Skipped) and loud:
            return odd_line(found)
        return None

    def now(self) -> str:
        """How far it is, for a line that is cut where it is too long."""
        fold = self._fold
        if self._sending and self.fixing is not None:
            return self.fixing.now()
        if not fold.bins:
            return self._doing
        ill = f"{fold.ill} not safe" if fold.ill else ""
        return "  ".join(filter(None, (f"{fold.bins} bins", ill)))

    def conclude(self, seen: Verification, code: Exit) -> Exit:
        """Say what was found, and what `code` it earned."""
        self._conclude(seen, code)
        return code

    def conclude_early(self, seen: Verification, error: Pt5Error) -> None:
        """Say what was found until an error ended it."""
        code = of_error(error)
        if self.receipt is not None:
            self.receipt.end(seen, code, str(error))
        self._conclude(seen, code, error)

    def _conclude(
        self, seen: Verification, code: Exit, error: Pt5Error | None = None
    ) -> None:
        fixed, quiet = seen.fixed, self._asked.quiet
        something = seen.bins or seen.loose or seen.unreadable
        if (something or error is None) and not (quiet and code == Exit.WELL):
            sending = self._sending and not quiet
            whole = self._report(seen, midway=bool(fixed))
            for said in () if sending else whole:
                self._say(*said)
            if fixed is not None and self.fixing is not None:
                self.fixing.conclude(fixed, code, error)
            if self._sending:
                self._say(*verdict(seen))
        if error is None and self.fixing is not None:
            self.fixing.end(code)
        if self.lines is not None:
            self.lines.write(verify_json.ended(seen, code, error))
