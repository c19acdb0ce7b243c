"""The last words of a run: every number, and the names that matter."""

import io
import re
from dataclasses import replace

from saying import (
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
from pt5_async.events import Event
from pt5_async.model import Hold, Proof

OTHERS_LEFT = (
    "1 other file left (derived products and others; --all-files sends them)"
)


def concluded(
    code: int, *events: Event, **choices: bool
) -> tuple[list[str], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    console = Console(Screen(out, err), now=noon, **choices)
    console.conclude(summed(*events), code)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


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


def test_who_is_overdue_is_not_lost_among_those_who_just_settle() -> None:
    young = [held(f"a{n}.roi", Hold.SETTLING) for n in range(30)]
    late = [
        replace(held(f"z{n}.roi", Hold.SETTLING), overdue=True)
        for n in range(22)
    ]

    out, _ = concluded(0, done(*young), done(*late))
    quiet, err = concluded(0, done(*young), done(*late), quiet=True)

    assert quiet == []
    assert err[0] == out[0] == "Held For Over 24 Hours:"
    assert err[1].startswith("  z0.roi  settling: ")
    assert err[21:] == ["  and 2 more files"]
    assert out[:22] == err
    assert out[22] == "Held Files:"
    assert out[43] == "  and 10 more files"
    assert "  22 for over 24 hours" in out


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
