"""What `report` does once all is decided: gather, draw, write, tell."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace

from ..events import Level, Notice
from ..kit import Stop
from ..report import Report, gather
from ..report.drawing import require
from ..report.headline import unmounted
from ..report.making import HTML, PNG, html_of, png_of
from ..report.seen import BinHere, BinSent
from ..report.written import check_place, write_whole
from .exits import Exit
from .journal_at_hand import with_a_journal
from .jsonlines import JsonLines
from .kept import refuse_inside
from .known import known_broken
from .loop import run
from .places import blaming
from .report_asked import ToReport
from .report_words import as_record, said_of, written_line
from .screen import Screen
from .ticker import ticking
from .words import Said, notice_line


class _Stopped(Exception):
    """Somebody asked to stop."""


def report(asked: ToReport) -> Exit:
    """Do what `asked` says, tell of it, and give the exit code.

    Raises:
        Pt5Error: what ended it; nothing was written then.
    """
    require()
    check(asked)
    screen = Screen(sys.stdout, sys.stderr, color=asked.color)
    if asked.source is not None:  # else it is the journal that names one
        asked = with_a_journal(asked, only_read=True)
    for warning in asked.warnings:
        screen.say(*notice_line(Notice(Level.WARNING, warning)))
    if not asked.quiet:
        what = asked.source.absolute() if asked.source else "the journal"
        screen.say(f"Reporting on {what}")
    work = _Work(asked)
    shown = nullcontext() if asked.quiet else ticking(screen, work.now)
    with blaming(asked.origin), shown:
        made, signum = run(work.journey)
    if made is None:
        screen.say("stopped; nothing was written")
        return Exit(128 + (signum or 0))
    _tell(asked, screen, *made)
    return Exit.WELL


def check(asked: ToReport) -> None:
    """Make sure that what is asked for can be written.

    Raises:
        UsageError: where it cannot, and nothing was read yet.
    """
    for path, option, mark in (
        (asked.html, "--html", HTML),
        (asked.png, "--png", PNG),
    ):
        if path is not None:
            if asked.source is not None:
                refuse_inside(asked.source, path, "the report")
            check_place(path, option, mark)


class _Work:
    """What is done in a thread, and how far it is."""

    def __init__(self, asked: ToReport) -> None:
        self._asked = asked
        self._here = self._sent = 0
        self._drawing = False
        self._stop = Stop()

    def now(self) -> str:
        """How far it is, for a line that is cut where it is too long."""
        if self._drawing:
            return "drawing"
        sent = f"{self._sent} in the journal" if self._sent else ""
        return "  ".join(filter(None, (f"{self._here} bins here", sent)))

    async def journey(self, stop: Stop) -> tuple[Report, list[Said]] | None:
        """Do it all; None where somebody stopped it.

        A read that hangs is not waited for.
        """
        self._stop = stop
        thread = ThreadPoolExecutor(1, "pt5-report")
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(thread, self._make)
        asked = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait(
                (work, asked), return_when=asyncio.FIRST_COMPLETED
            )
            return work.result() if work.done() else None
        except _Stopped:
            return None
        finally:
            asked.cancel()
            thread.shutdown(wait=False, cancel_futures=True)

    def _make(self) -> tuple[Report, list[Said]]:
        asked = self._asked
        settings = asked.settings
        if asked.known_broken:
            names = known_broken(asked.known_broken)
            settings = replace(settings, known_broken=names)
        made = gather(
            (asked.source,) if asked.source else (),
            target=asked.target,
            settings=settings,
            heard=self._heard,
        )
        self._drawing = True
        lines = []
        for path, option, draw in (
            (asked.html, "--html", html_of),
            (asked.png, "--png", png_of),
        ):
            if path is not None:
                data = draw(made)
                self._heed()
                write_whole(path, data, option)
                lines.append(written_line(path, len(data)))
        return made, lines

    def _heard(self, one: BinHere | BinSent) -> None:
        if isinstance(one, BinHere):
            self._here += 1
        else:
            self._sent += 1
        self._heed()

    def _heed(self) -> None:
        if self._stop.asked:
            raise _Stopped


def _tell(
    asked: ToReport, screen: Screen, made: Report, lines: list[Said]
) -> None:
    say = screen.say if asked.json else screen.out
    if asked.quiet or not asked.json:
        for one in unmounted(made):
            screen.say(*notice_line(Notice(Level.WARNING, one.words)))
    if not asked.quiet:
        for said in (*said_of(made), *lines):
            say(*said)
    if asked.json:
        record = as_record(made, html=asked.html, png=asked.png)
        JsonLines(screen.out).write(record)
