"""The demo: an instrument's weeks go into an S3 store on this machine."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from ..events import Event
from ..kit import Stop
from ..lock import hold
from ..model import Target
from ..s3.client import make_session
from ..settings import Settings
from ..summary import Summary
from ..upload import upload_tree
from ..verify import Verification, verify_tree
from . import demo_words
from .console import Console
from .demo_check import (
    wrong_in_first,
    wrong_in_second,
    wrong_in_store,
    wrong_in_verification,
)
from .demo_folder import DemoFolder, claim, clear
from .demo_picture import pictured
from .demo_store import DemoStore, as_nobody, demo_store, server_program
from .demo_tree import NAME, DemoBin, go_on, weeks, write_bins, write_notes
from .exits import Exit
from .log import logging_on
from .loop import run
from .meter import Meter
from .progress import progress
from .screen import Screen
from .shared_options import ColorChoice
from .verify_words import report as found_by
from .words import Said

DEFAULT_FOLDER: Final = Path("pt5-demo")
"""In the current folder, where its user finds and deletes it."""

TARGET: Final = Target("plankton", NAME)


def run_demo(
    folder: Path | None = None,
    *,
    color: ColorChoice = ColorChoice.AUTO,
    quiet: bool = False,
    days: float = 14,
    program: Callable[[], Path] = server_program,
) -> int:
    """Show all of it, and check that it went as it should; the exit code.

    Args:
        folder: where everything goes; made, and remade by the next demo.
        color: whether words may be coloured.
        quiet: whether nothing is said when all goes well.
        days: how far back the bins go.
        program: finds the server.

    Raises:
        UsageError: when the folder is somebody else's or cannot be
            written, or the server is not installed.
        RunBusy: when another demo is at it in the same folder.
        Pt5Error: when the server does not start, or an upload ends early.
    """
    server = program()
    screen = Screen(sys.stdout, sys.stderr, color=color)
    place = claim(folder or DEFAULT_FOLDER)
    with (
        hold(place.root, endpoint="the demo", bucket=TARGET.bucket),
        logging_on(screen, verbose=False, quiet=quiet, credentials=None),
        as_nobody(),
    ):
        clear(place)
        code, signum = run(
            lambda stop: _Demo(
                place=place,
                bins=weeks(datetime.now(UTC), days),
                screen=screen,
                console=Console(screen, quiet=quiet),
                quiet=quiet,
                stop=stop,
            ).play(server)
        )
    return code if code is not None else 128 + (signum or 0)


class _Stopped(Exception):
    """Somebody asked to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Demo:
    """One demo: its steps, and what they have in common."""

    place: DemoFolder
    bins: tuple[DemoBin, ...]
    screen: Screen
    console: Console
    quiet: bool
    stop: Stop

    async def play(self, server: Path) -> Exit | None:
        """All steps, one after the other; None when it was stopped."""
        try:
            with self.place.written():
                troubles = await self._steps(server)
        except _Stopped:
            self.screen.say("stopped; the server has ended")
            return None
        if troubles:
            for said in demo_words.wrong(troubles):
                self.screen.say(*said)
            return Exit.BUG
        self._tell(demo_words.well(self.bins))
        self._tell(demo_words.ending(self.place, TARGET))
        return Exit.WELL

    async def _steps(self, server: Path) -> list[str]:
        """Make, serve, send, send again and check; what went wrong."""
        place, bins = self.place, self.bins
        self._tell(demo_words.opening(place))
        self._tell(demo_words.made(place, bins, await self._make()))
        (place.store / TARGET.bucket).mkdir()
        log = place.server / "rclone.log"
        async with demo_store(place.store, program=server, log=log) as store:
            self._tell(demo_words.served(place, store.url))
            self._tell(demo_words.before_first(place, TARGET))
            first = await self._upload(store, written=0.4)
            self._tell(demo_words.after_first(bins))
            self._tell(demo_words.before_second(place, TARGET))
            second = await self._upload(store, written=0.7)
            self._tell(demo_words.before_verify(place, TARGET))
            seen = await self._verify(store)
        self._tell(demo_words.before_report(place))
        self._tell(await asyncio.to_thread(pictured, place))
        self._go_on()
        return [
            *wrong_in_first(first, bins),
            *wrong_in_second(second, bins),
            *wrong_in_verification(seen, bins),
            *await asyncio.to_thread(self._wrong_in_store),
        ]

    def _wrong_in_store(self) -> list[str]:
        place = self.place
        objects = place.store / TARGET.bucket / TARGET.prefix
        return list(wrong_in_store(objects, place.tree, self.bins))

    async def _make(self) -> int:
        """Write the bins, a folder at a time; how many bytes they have."""
        tree, total = self.place.tree, 0
        write_notes(tree)
        for _, day in groupby(self.bins, attrgetter("folder")):
            total += await asyncio.to_thread(write_bins, tree, list(day))
            self._go_on()
        return total

    async def _upload(self, store: DemoStore, *, written: float) -> Summary:
        """Upload the tree, and say what that did, as `upload` does.

        `written` is how much of its newest .roi the instrument wrote.
        """
        tree = self.place.tree
        go_on(tree, self.bins, written=written)
        meter = Meter()

        def observe(event: Event, /) -> None:
            meter(event)
            self.console(event)

        bar = not self.quiet and self.screen.interactive
        with progress(self.screen, meter) if bar else nullcontext():
            summary = await upload_tree(
                tree,
                TARGET,
                settings=Settings(
                    endpoint_url=store.url,
                    count_ahead=bar,
                    state=self.place.state,
                ),
                session=make_session(store.credentials),
                observer=observe,
                stop=self.stop,
            )
        self.console.conclude(summary, Exit.WELL)
        self._go_on()
        return summary

    async def _verify(self, store: DemoStore) -> Verification:
        """Hold the tree against the store, and say what `verify` does."""
        seen = await verify_tree(
            self.place.tree,
            TARGET,
            settings=Settings(endpoint_url=store.url, state=self.place.state),
            session=make_session(store.credentials),
            note=True,
            stop=self.stop,
        )
        self._go_on()
        self._tell(found_by(seen))
        return seen

    def _go_on(self) -> None:
        if self.stop.asked:
            raise _Stopped

    def _tell(self, lines: Iterable[Said]) -> None:
        if not self.quiet:
            for said in lines:
                self.screen.out(*said)
