"""What happens, in words: one line for an outcome or an event, and pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple, assert_never

from ..events import (
    BegunAgain,
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
from ..model import Failed, Held, Hold, Outcome, Skipped, Uploaded
from ..validate import Check
from .amounts import duration, files, interval, short_size
from .origins import Setting


class Tone(StrEnum):
    """How words are meant; the values are the codes of ANSI colours."""

    PLAIN = ""
    STRONG = "1"
    DULL = "2"
    BAD = "31"
    GOOD = "32"
    CARE = "33"


class Said(NamedTuple):
    """A line, and how it is meant."""

    text: str
    tone: Tone = Tone.PLAIN


_CARE: Final = (Hold.BROKEN, Hold.CHANGED)
"""Why files are held that no later run will send by itself."""


def outcome_line(outcome: Outcome, *, dry_run: bool) -> Said:
    """What became of a file (or, in a dry run, would), and why."""
    file = outcome.item.file
    said = f"{file.relative}  {short_size(file.size)}"
    match outcome:
        case Uploaded():
            verb, tone = ("send" if dry_run else "sent"), Tone.GOOD
            why = outcome.why.value if dry_run else _journey(outcome)
        case Skipped():
            verb, tone = ("skip" if dry_run else "skipped"), Tone.DULL
            why = because(outcome.reason, outcome.detail)
        case Held():
            verb, tone = ("hold" if dry_run else "held"), Tone.PLAIN
            why = because(outcome.reason, outcome.detail)
            if outcome.reason in _CARE:
                tone = Tone.CARE
        case Failed():
            verb, tone = ("fail" if dry_run else "failed"), Tone.BAD
            said, why = "", failure(outcome)
        case _:
            assert_never(outcome)
    return Said(f"{verb:7} {'  '.join(filter(None, (said, why)))}", tone)


def failure(outcome: Failed) -> str:
    """A failed file and why; it is named once, as most errors name it."""
    name, why = outcome.item.file.relative, str(outcome.error)
    return why if name in why else f"{name}: {why}"


def because(reason: str, detail: str) -> str:
    """A reason with what was seen, if that says more."""
    return f"{reason}: {detail}" if detail else str(reason)


def listed(counts: Mapping[str, int]) -> str:
    """Counts with what they count, as "3 empty, 1 odd"; no zeros."""
    return ", ".join(f"{n} {what}" for what, n in counts.items() if n)


def _journey(outcome: Uploaded) -> str:
    more = f", {outcome.attempts} attempts" if outcome.attempts > 1 else ""
    return (
        f"in {outcome.seconds:.2f} s, proof {outcome.proof}{more},"
        f" {outcome.why}"
    )


def begun_line(event: RunBegun) -> Said:
    """From where to where."""
    verb = "Dry run: would upload" if event.dry_run else "Uploading"
    return Said(f"{verb} {event.source} to {event.target}")


def notice_line(event: Notice) -> Said:
    """A notice; a warning says that it is one."""
    if event.level >= Level.WARNING:
        return Said(f"warning: {event.text}", Tone.CARE)
    tone = Tone.PLAIN if event.level >= Level.INFO else Tone.DULL
    return Said(event.text, tone)


def stopping_line(event: Stopping, *, grace: float) -> Said:
    """What a person who asked to stop should know."""
    if event.limit is not None:
        return Said(
            f"stopped by --{event.limit}: nothing new is begun, bins on"
            " their way are finished",
            Tone.CARE,
        )
    if event.at_once:
        return Said("stopping at once", Tone.CARE)
    return Said(
        f"stopping: running files get {duration(grace)};"
        " asking once more stops at once",
        Tone.CARE,
    )


def paused_line(event: Paused) -> Said:
    """That the store is away, what that means, and what can be done."""
    limit = "for as long as it takes"
    if event.limit is not None:
        limit = f"up to {duration(event.limit)}"
    return Said(
        f"the store is unreachable ({event.error}); the run waits for it,"
        f" {limit} (--max-outage); Ctrl-C ends it",
        Tone.CARE,
    )


def resumed_line(event: Resumed) -> Said:
    """That the store is back."""
    lasted = interval(event.lasted)
    return Said(f"the store answers again after {lasted}; the run goes on")


def outage_line(event: Paused | Resumed) -> Said:
    """That the store is away, or back."""
    if isinstance(event, Paused):
        return paused_line(event)
    return resumed_line(event)


def setting_line(setting: Setting) -> Said:
    """A value that counts and where it came from, in line with the checks."""
    name = setting.name.replace("_", " ")
    return Said(
        f"{'':6}  {name:11}  {setting.value}  ({setting.origin})", Tone.DULL
    )


def check_line(check: Check) -> Said:
    """One thing that was validated."""
    mark, tone = {
        True: ("ok", Tone.GOOD),
        False: ("FAILED", Tone.BAD),
        None: ("-", Tone.DULL),
    }[check.ok]
    return Said(f"{mark:6}  {check.name:11}  {check.detail}", tone)


def detail_line(event: Event) -> Said | None:
    """An event that only those want to see who asked for every detail."""
    match event:
        case FolderSeen():
            counts = {
                "other": event.left,
                "unfinished": event.transient,
                "hidden": event.hidden,
                "not asked for": event.unasked,
            }
            left = [f"{n} {what}" for what, n in counts.items() if n]
            tail = f" (left: {', '.join(left)})" if left else ""
            return Said(f"folder {event.folder or '.'}{tail}", Tone.DULL)
        case Retrying():
            return Said(
                f"again   {event.key}  attempt {event.attempt + 1}"
                f" in {event.delay:.1f} s: {event.error}",
                Tone.CARE,
            )
        case Paused():
            return Said(
                f"unreachable for {interval(event.lasted)}, next try in"
                f" {event.delay:.0f} s: {event.error}",
                Tone.CARE,
            )
        case Counted(final=True):
            size = short_size(event.size)
            return Said(f"counted {files(event.files)}, {size}", Tone.DULL)
        case RunBegun():
            return Said(f"run {event.run} at {event.endpoint}", Tone.DULL)
        case (
            BegunAgain()  # the warning behind it says why
            | SentBefore()  # is no detail, but the sum of many
            | Resumed()  # is said to everybody
            | Counted()
            | JobDone()
            | Sending()
            | Notice()
            | Stopping()
        ):
            return None
        case _:
            assert_never(event)
