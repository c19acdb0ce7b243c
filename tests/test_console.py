"""A run in words: who is told what, and how much of it."""

import io
import re

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
from pt5_async.model import Hold, Proof

OTHERS_LEFT = (
    "1 other file left (derived products and others; --all-files sends them)"
)


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
        "sent    day/one.roi  1.0 KB  in 0.25 s, proof crc64nvme",
        "skipped day/two.roi  1.0 KB  in the journal",
        "held    day/three.roi  1.0 KB  broken: one row is cut",
        "failed  day/four.roi: not a key",
        "again   site/one  attempt 2 in 0.5 s: 503 Slow Down",
        "warning: the clock is odd",
    ]


def test_quiet_says_nothing_while_a_run_goes_on() -> None:
    assert said(*examples(), quiet=True) == ([], [])


def test_a_dry_run_says_for_every_file_what_would_happen_and_why() -> None:
    outcomes = done(
        uploaded(note="new", attempts=0), skipped(), held(), failed()
    )

    out, err = said(begun(dry_run=True), outcomes)

    assert out == [
        "send    day/one.roi  1.0 KB  new",
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
    _, err = said(done(uploaded(attempts=2, note="resumed")), verbose=True)

    assert err[0].endswith("proof crc64nvme, 2 attempts, resumed")


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


# ---- the end of a run


def test_the_older_script_s_lines_count_only_what_was_sent() -> None:
    sizes = done(uploaded(size=3 * 1024**2), skipped(), held(), failed())

    out, _ = concluded(3, sizes)

    first = out.index("Upload Summary Report:")
    total_files, total_size, duration, rate, files = out[first + 1 : first + 6]
    assert total_files == "Total Files: 1"
    assert total_size == "Total Size: 3.00 MB"
    assert re.fullmatch(r"Duration: \d+\.\d\d seconds", duration)
    assert re.fullmatch(r"Average Rate: \d+\.\d\d MB/s", rate)
    assert re.fullmatch(r"Files/Second: \d+\.\d\d", files)


def test_the_summary_tells_every_number_with_its_reason() -> None:
    proofs = done(
        uploaded("a.roi"),
        uploaded("a.hdr", proof=Proof.MD5),
        uploaded("a.adc", proof=Proof.NONE),
        pid=True,
    )
    writing = done(held("b.roi", Hold.BEING_WRITTEN), pid=True)

    out, _ = concluded(3, proofs, writing, *examples())

    for line in (
        "Bins: 3 (1 uploaded, 1 held, 1 failed; among those read, 3 empty)",
        "Proven By: 2 crc64nvme, 1 md5, 1 nothing",
        "Skipped: 1 file, 1.00 KB",
        "  1 skipped by the journal, store not asked",
        "Held: 2 files, 2.00 KB",
        "  1 being written",
        "  1 broken",
        "Failed: 1 file, 1.00 KB",
        OTHERS_LEFT,
        "2 unfinished files left",
        "Hidden or system entries left: 3",
        "Repeated attempts: 1",
        "Stopped early; run again to send the rest.",
    ):
        assert line in out


def test_a_dry_run_s_summary_does_not_claim_that_anything_was_sent() -> None:
    out = io.StringIO()
    summary = summed(done(uploaded(), pid=True), dry_run=True)

    Console(Screen(out, io.StringIO())).conclude(summary, 0)

    assert "nothing was sent" in out.getvalue()
    assert "Files To Send: 1\n" in out.getvalue()
    assert "Bins: 1 (1 to send" in out.getvalue()
    assert "Total Files" not in out.getvalue()
    assert "Proven" not in out.getvalue()


def test_twenty_failed_files_are_named_and_the_rest_is_counted() -> None:
    jobs = [done(failed(f"{number}.roi")) for number in range(25)]

    out, _ = concluded(3, *jobs)

    assert out[0] == "Failed Files:"
    assert out[1:21] == [f"  {n}.roi: not a key" for n in range(20)]
    assert out[21] == "  and 5 more files"


def test_held_members_of_a_bin_are_one_line() -> None:
    names = [
        f"day/{letter}.{kind}" for letter in "ab" for kind in ("roi", "adc")
    ]
    jobs = [done(held(name)) for name in names]
    many = [done(held(f"{number}.roi")) for number in range(20)]
    unreached = [done(held("z.roi", Hold.NOT_REACHED))]

    out, _ = concluded(4, *jobs, *many, *unreached)

    assert out[:3] == [
        "Held Files:",
        "  day/a{.roi,.adc}  broken: one row is cut",
        "  day/b{.roi,.adc}  broken: one row is cut",
    ]
    assert "  and 4 more files" in out


def test_a_held_file_without_an_extension_keeps_its_name() -> None:
    assert (
        "  day.1/x  broken: one row is cut"
        in concluded(4, done(held("day.1/x")))[0]
    )


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
