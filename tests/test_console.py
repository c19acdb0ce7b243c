"""A run in words: who is told what, and how much of it."""

import io

import pytest
from saying import (
    NASTY,
    Terminal,
    begun,
    done,
    examples,
    failed,
    held,
    noon,
    skipped,
    summed,
    uploaded,
)

from pt5_async.cli.console import Console
from pt5_async.cli.screen import Screen
from pt5_async.errors import ObjectRefused
from pt5_async.events import Event, Level, Notice, Stopping
from pt5_async.model import Send


def said(*events: Event, **choices: bool) -> tuple[list[str], list[str]]:
    """Lines on standard output, and on standard error."""
    out, err = io.StringIO(), io.StringIO()
    console = Console(Screen(out, err), now=noon, **choices)
    for event in events:
        console(event)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def concluded(
    code: int, *events: Event, **choices: bool
) -> tuple[list[str], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    console = Console(Screen(out, err), now=noon, **choices)
    console.conclude(summed(*events), code)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def test_without_options_only_what_matters_is_said_and_not_on_stdout() -> None:
    out, err = said(*examples())

    assert out == []
    assert err == [
        "Uploading /data to s3://bucket/site",
        "failed  day/four.roi: not a key",
        (
            "the store is unreachable (no route); the run waits for it, up to"
            " 15m (--max-outage); Ctrl-C ends it"
        ),
        "the store answers again after 01:15; the run goes on",
        "warning: the clock is odd",
        "stopping: running files get 8s; asking once more stops at once",
    ]


def test_verbose_has_a_line_with_its_time_for_every_file() -> None:
    _, err = said(*examples(), verbose=True)

    stamped = "2026-11-22T12:00:00.000Z "
    details = [
        line.removeprefix(stamped) for line in err if line.startswith(stamped)
    ]
    assert details == [
        "run f00d at s3.example.org",
        "counted 4 files, 4.0 KB",
        "folder day (left: 1 other, 2 unfinished, 3 hidden)",
        (
            "sent    day/one.roi  1.0 KB  in 0.25 s, proof crc64nvme,"
            " not sent before"
        ),
        "skipped day/two.roi  1.0 KB  in the journal",
        "held    day/three.roi  1.0 KB  broken: one row is cut",
        "failed  day/four.roi: not a key",
        "again   site/one  attempt 2 in 0.5 s: 503 Slow Down",
        "unreachable for 00:00, next try in 12 s: no route",
        "warning: the clock is odd",
    ]


def test_quiet_says_nothing_while_a_run_goes_on() -> None:
    assert said(*examples(), quiet=True) == ([], [])


def test_a_dry_run_says_for_every_file_what_would_happen_and_why() -> None:
    outcomes = done(
        uploaded(why=Send.OLDER, attempts=0), skipped(), held(), failed()
    )

    out, err = said(begun(dry_run=True), outcomes)

    assert out == [
        "send    day/one.roi  1.0 KB  older in the store",
        "skip    day/two.roi  1.0 KB  in the journal",
        "hold    day/three.roi  1.0 KB  broken: one row is cut",
        "fail    day/four.roi: not a key",
    ]
    assert err == ["Dry run: would upload /data to s3://bucket/site"]


def test_with_json_stdout_belongs_to_the_json_lines() -> None:
    dry = begun(dry_run=True), done(skipped())

    assert said(*dry, json=True)[0] == []
    assert concluded(0, *examples(), json=True)[0] == []
    assert "Total Files: 1" in concluded(0, *examples(), json=True)[1]


def test_a_second_attempt_and_a_note_are_worth_saying() -> None:
    _, err = said(done(uploaded(attempts=2, why=Send.GONE)), verbose=True)

    assert err[0].endswith("proof crc64nvme, 2 attempts, gone from the store")


def test_after_twenty_failures_there_is_one_hint_and_then_silence() -> None:
    jobs = [done(failed(f"{number}.roi")) for number in range(50)]
    warnings = [Notice(Level.WARNING, str(n)) for n in range(50)]

    _, err = said(*jobs, *warnings)

    assert len([line for line in err if line.startswith("failed")]) == 20
    assert len([line for line in err if line.startswith("warning")]) == 20
    assert len([line for line in err if "--verbose shows all" in line]) == 2
    assert len(said(*jobs, *warnings, verbose=True)[1]) == 100


def test_a_detail_is_for_the_verbose_and_an_info_for_all() -> None:
    notices = Notice(Level.DETAIL, "detail"), Notice(Level.INFO, "info")

    assert said(*notices)[1] == ["info"]
    assert len(said(*notices, verbose=True)[1]) == 2


def test_stopping_at_once_is_said_once() -> None:
    events = (
        Stopping(at_once=False),
        Stopping(at_once=True),
        Stopping(at_once=True),
    )

    assert len(said(*events)[1]) == 2


def test_a_failure_is_named_once_where_its_error_names_it() -> None:
    error = ObjectRefused("put site/day/four.roi: EntityTooLarge")

    _, err = said(done(failed(error=error)))

    assert err == ["failed  put site/day/four.roi: EntityTooLarge"]


def test_quiet_is_silent_at_exit_0_and_else_speaks_on_stderr() -> None:
    events = examples()

    assert concluded(0, *events, quiet=True) == ([], [])
    out, err = concluded(3, *events, quiet=True)
    assert out == []
    assert "Failed Files:" in err
    assert err[-1] == "warning: the clock is odd"


@pytest.mark.parametrize("verbose", [True, False])
def test_no_name_can_act_upon_the_terminal(*, verbose: bool) -> None:
    terminal = Terminal()
    console = Console(Screen(terminal, terminal), verbose=verbose, now=noon)
    nasty = done(failed(NASTY), uploaded(NASTY), skipped(NASTY), held(NASTY))

    console(begun(dry_run=not verbose))
    console(nasty)
    console.conclude(summed(nasty), 3)

    for row in terminal.getvalue().split("\n"):
        without_colour = row.replace("\x1b[0m", "")
        start = without_colour.find("m") if row.startswith("\x1b[") else -1
        assert without_colour[start + 1 :].isprintable()
