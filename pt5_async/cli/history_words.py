"""Runs and verifications of the past, in words and as JSON. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..journal.past import (
    Amount,
    Ending,
    PastRun,
    PastVerification,
    Place,
)
from .amounts import interval, short_size, stamp_ns
from .columns import Column, lines
from .words import Said, Tone, listed

Past = PastRun | PastVerification
Amounts = Mapping[str, Amount]

_RUNS: Final = (
    Column("Began (UTC)"),
    Column("Took", right=True, spare=1),
    Column("Bins", right=True),
    Column("Files", right=True, spare=5),
    Column("Sent", right=True),
    Column("Rate", right=True, spare=2),
    Column("Failed", right=True, spare=3),
    Column("Held", right=True, spare=4),
    Column("Ended"),
)
_VERIFICATIONS: Final = (
    Column("Began (UTC)"),
    Column("Took", right=True, spare=2),
    Column("Level", spare=1),
    Column("Bins", right=True, spare=3),
    Column("Safe", right=True),
    Column("Verified"),
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = 60
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")
_WAITING: Final = "not due yet"
_WELL: Final = frozenset({"safe", _WAITING})


def told(
    past: Sequence[Past], amounts: Amounts, width: int | None
) -> list[Said]:
    """What was done, the last of it at the end, by source and target."""
    groups: dict[tuple[str, Place], list[Past]] = {}
    for one in past:
        # Where something was done last stands last.
        group = groups.pop((one.source, one.place), [])
        groups[one.source, one.place] = [*group, one]
    names = [(source, place.target) for source, place in groups]
    said = []
    for (source, place), some in groups.items():
        heading = f"{source} to {place.target}"
        if names.count((source, place.target)) > 1:
            heading += f" at {place.endpoint}"
        said.append(Said(heading, Tone.STRONG))
        runs = [one for one in some if isinstance(one, PastRun)]
        said += _run_lines(runs, amounts, width)
        seen = [one for one in some if isinstance(one, PastVerification)]
        said += _verification_lines(seen, width)
    return said


def _run_lines(
    runs: Sequence[PastRun], amounts: Amounts, width: int | None
) -> list[Said]:
    rows = [_run_cells(run, amounts.get(run.id)) for run in runs]
    if not rows:
        return []
    first, *others = lines(_RUNS, rows, width)
    said = [Said(line, Tone.DULL) for line in first]
    for some, run in zip(others, runs, strict=True):
        said += [Said(line, _run_end(run)[1]) for line in some]
        said += _reason(run)
    return said


def _reason(run: PastRun) -> tuple[Said, ...]:
    """The sentence that ended a run, below it."""
    if not run.reason:
        return ()
    return (Said(f"    {run.reason}", Tone.DULL),)


def _run_cells(run: PastRun, amount: Amount | None) -> tuple[str, ...]:
    bins, files = _number(run, "bins"), _number(run, "uploaded")
    size = run.counts.get("bytes")
    sent = "-" if size is None else short_size(size)
    if amount is not None:
        # Of what it sent, others may have been sent again since.
        bins, files = f"{amount.bins}+", f"{amount.files}+"
        sent = f"{short_size(amount.size)}+"
    rate = run.rate
    return (
        _minute(run.begun_ns),
        _took(run.seconds),
        bins,
        files,
        sent,
        "-" if not rate else f"{short_size(rate)}/s",
        _number(run, "failed"),
        _number(run, "held"),
        _run_end(run)[0],
    )


def _number(run: PastRun, name: str) -> str:
    return str(run.counts.get(name, "-"))


def _run_end(run: PastRun) -> tuple[str, Tone]:
    """How a run ended, in few words, with the command's exit code."""
    if run.ending is not Ending.ENDED:
        tone = Tone.CARE if run.ending is Ending.CUT_OFF else Tone.PLAIN
        return run.ending.value, tone
    failed, broken = (
        run.counts.get(name, 0) for name in ("failed", "broken_or_changed")
    )
    if run.error:
        words, tone = _CAPITAL.sub(" ", run.error).lower(), Tone.BAD
    elif run.stopped:
        words, tone = "stopped", Tone.CARE
    elif failed:
        words, tone = f"{_files(failed)} failed", Tone.BAD
    elif broken:
        words, tone = f"{_files(broken)} broken", Tone.CARE
    else:
        words, tone = "well", Tone.PLAIN
    code = "" if run.exit_code is None else f" ({run.exit_code})"
    return words + code, tone


def _files(count: int) -> str:
    """Runs count files, where verifications count bins."""
    return "1 file" if count == 1 else f"{count} files"


def _verification_lines(
    seen: Sequence[PastVerification], width: int | None
) -> list[Said]:
    rows = [_verification_cells(one) for one in seen]
    if not rows:
        return []
    first, *others = lines(_VERIFICATIONS, rows, width)
    said = [Said(line, Tone.DULL) for line in first]
    for some, one in zip(others, seen, strict=True):
        tone = Tone.GOOD if one.safe else Tone.BAD
        said += [Said(line, tone) for line in some]
    return said


def _verification_cells(one: PastVerification) -> tuple[str, ...]:
    bins = one.bins
    return (
        _minute(one.begun_ns),
        _took(one.totals.get("seconds")),
        one.level,
        str(sum(bins.values())),
        str(bins.get("safe", 0)),
        _result(one),
    )


def _result(one: PastVerification) -> str:
    bins = one.bins
    due = sum(bins.values()) - bins.get(_WAITING, 0)
    part = "a part of the tree: " if one.partial and not one.stopped else ""
    if one.safe:
        words = "all safe" if due else "nothing due"
        waits = {_WAITING: bins.get(_WAITING, 0)}
        return part + ", ".join(filter(None, (words, listed(waits))))
    ill = {what: n for what, n in bins.items() if what not in _WELL}
    words = _ill_bins(ill) or "not all is safe"
    return f"stopped early; {words}" if one.stopped else part + words


def _ill_bins(ill: Mapping[str, int]) -> str:
    """As "2 bins incomplete in the store, 1 broken here"."""
    number, space, rest = listed(ill).partition(" ")
    if not space:
        return ""
    return f"{number} {'bin' if number == '1' else 'bins'} {rest}"


def _minute(ns: int) -> str:
    try:
        moment = _EPOCH + timedelta(microseconds=ns // 1000)
    except OverflowError:
        return "-"
    return moment.strftime("%Y-%m-%d %H:%M")


def _took(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.1f} s" if seconds < _MINUTE else interval(seconds)


def record(one: Past, amount: Amount | None = None) -> dict[str, Any]:
    """A run or a verification, as JSON knows it."""
    what = {
        "event": "run" if isinstance(one, PastRun) else "verification",
        "run": one.id,
        "begun": stamp_ns(one.begun_ns),
        "ended": None if one.ended_ns is None else stamp_ns(one.ended_ns),
        "source": one.source,
        "target": one.target,
        "endpoint": one.place.endpoint,
    }
    if isinstance(one, PastVerification):
        return what | {"partial": one.partial} | dict(one.totals)
    counts = {
        "bins": one.counts.get("bins"),
        "files": one.counts.get("uploaded"),
        "bytes": one.counts.get("bytes"),
    }
    if amount is not None:
        counts = {
            "bins": amount.bins,
            "files": amount.files,
            "bytes": amount.size,
        }
    more = ("uploaded", "milliseconds", "stopped", *counts)
    return {
        **what,
        "ending": one.ending.value,
        "exit_code": one.exit_code,
        "error": one.error,
        "reason": one.reason,
        "stopped": one.stopped,
        "seconds": one.seconds,
        "rate": None if one.rate is None else round(one.rate, 1),
        "at_least": amount is not None,
        **counts,
        **{name: n for name, n in one.counts.items() if name not in more},
    }
