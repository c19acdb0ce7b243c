"""What `history` does once all is decided: read the journal, and tell."""

import shutil
import sys
from collections.abc import Callable
from itertools import islice

from ..events import Level, Notice
from ..journal.history import History
from ..journal.past import Amount, Ending, PastRun, PastVerification
from ..journal.statements import legible
from .history_flags import ToRecall
from .history_words import Past, record, told
from .jsonlines import line
from .screen import Screen
from .words import Tone, notice_line


def recall(asked: ToRecall) -> None:
    """Tell what the journal knows of earlier runs.

    Raises:
        JournalError: when it cannot be read.
    """
    screen = Screen(sys.stdout, sys.stderr, color=asked.color)
    for warning in asked.warnings:
        screen.say(*notice_line(Notice(Level.WARNING, warning)))
    with History.open(asked.folder) as history:
        runs, idle = _runs(history, asked)
        seen = _verifications(history, asked)
        # Nobody waits for a look at all objects but who needs it.
        open_ = [run for run in runs if run.ending is not Ending.ENDED]
        amounts = history.amounts(open_) if open_ else {}
    past: list[Past] = [*runs, *seen]
    past.sort(key=lambda one: one.begun_ns)
    if asked.json:
        for one in past:
            screen.out(line(record(one, amounts.get(one.id))))
    else:
        _say(past, amounts, screen)
    _say_what_else(asked, screen, idle=idle, any_=bool(past))


def _say(past: list[Past], amounts: dict[str, Amount], screen: Screen) -> None:
    width = shutil.get_terminal_size().columns if screen.wide else None
    for said in told(past, amounts, width):
        screen.out(*said)


def _say_what_else(
    asked: ToRecall, screen: Screen, *, idle: int, any_: bool
) -> None:
    """Say what is not shown, and why nothing is."""
    if idle:
        some = "1 run" if idle == 1 else f"{idle} runs"
        screen.say(
            f"{some} with nothing to do not shown (--idle shows them)",
            Tone.DULL,
        )
    elif not any_:
        of = f" of {asked.source}" if asked.source else ""
        screen.say(
            f"no run{of} is noted in {asked.folder}; --state names another"
            " journal's folder"
        )


def _runs(history: History, asked: ToRecall) -> tuple[list[PastRun], int]:
    """The last runs, and how many idle ones were left out among them."""
    found: list[PastRun] = []
    idle, wanted = 0, _of(asked.source)
    for run in filter(wanted, history.runs()):
        if run.idle and not asked.idle:
            idle += 1
            continue
        if len(found) == asked.last:
            break
        found.append(run)
    return found, idle


def _verifications(
    history: History, asked: ToRecall
) -> list[PastVerification]:
    mine = filter(_of(asked.source), history.verifications())
    return list(islice(mine, asked.last))


def _of(source: str | None) -> Callable[[Past], bool]:
    """Whether something was done with `source`; None is any."""
    if source is None:
        return lambda _: True
    name = legible(source)
    return lambda one: one.source == name
