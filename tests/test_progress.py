"""The bar and the plain line: how they fit, and how they are drawn."""

import io
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saying import (
    Broken,
    Terminal,
    done,
    examples,
    failed,
    held,
    skipped,
    uploaded,
)

from pt5_async.cli.meter import Meter, Pace, Reading, Speedometer
from pt5_async.cli.progress import (
    Bar,
    columns,
    layout,
    one_line,
    progress,
)
from pt5_async.cli.screen import Screen
from pt5_async.events import Counted

FULL = Reading(
    done=8123,
    done_bytes=12 * 2**30,
    sent_bytes=9 * 2**30,
    held=12,
    failed=1,
    total=19200,
    total_bytes=29 * 2**30,
    final=True,
)
PACE = Pace(rate=11.8 * 2**20, left=1425)


@pytest.mark.parametrize("width", [160, 100, 80, 60, 40])
def test_the_line_fits_and_keeps_what_matters_most(width: int) -> None:
    line = layout(FULL, PACE, width)

    bare = line.replace("{bar}", "")
    assert len(bare) <= width
    assert "41%" in line
    assert "12.0/29.0 GB" in line
    assert "1 failed" in line


def test_a_wide_line_says_everything_and_has_a_bar() -> None:
    assert layout(FULL, PACE, 120) == (
        " 41% {bar}  12.0/29.0 GB  8123/19200 files  11.8 MB/s  23:45 left"
        "  12 held  1 failed"
    )


def test_a_count_that_goes_on_is_marked() -> None:
    going_on = Reading(done=1, done_bytes=5, total=9, total_bytes=50)

    line = layout(going_on, Pace(), 100)

    assert line.endswith("5/50 B+  1/9+ files")


def test_without_a_count_there_is_no_percentage_and_no_bar() -> None:
    line = layout(Reading(done=3, done_bytes=2048), Pace(), 100)

    assert line == "2.0 KB  3 files"


@given(
    st.integers(10, 200),
    st.builds(
        Reading,
        done=st.integers(0, 10**7),
        done_bytes=st.integers(0, 2**50),
        held=st.integers(0, 10**7),
        failed=st.integers(0, 10**7),
        total=st.none() | st.integers(0, 10**7),
        total_bytes=st.none() | st.integers(0, 2**50),
        final=st.booleans(),
    ),
    st.builds(
        Pace,
        rate=st.none() | st.floats(0, 1e12),
        left=st.none() | st.floats(0, 1e9),
    ),
)
def test_a_line_of_any_width_can_be_made(
    width: int, reading: Reading, pace: Pace
) -> None:
    line = layout(reading, pace, width)

    assert line.format(bar="")
    assert one_line(reading, pace)


def test_the_bar_is_one_line_of_the_terminal_s_width() -> None:
    terminal, meter = Terminal(), Meter()
    bar = Bar(terminal, meter, Speedometer(), width=lambda _: 60)
    for event in (Counted(4, 4096, final=True), done(uploaded(), skipped())):
        meter(event)

    bar.draw()
    drawn = terminal.rows()[-1]
    bar.clear()
    cleared = terminal.rows()
    bar.close()

    assert len(drawn) <= 59
    assert drawn.startswith(" 50%")
    assert "2.0/4.0 KB" in drawn
    assert cleared == [""]


def test_lines_pass_above_the_bar_and_it_is_gone_at_the_end() -> None:
    terminal, meter = Terminal(), Meter()
    screen = Screen(io.StringIO(), terminal)

    with progress(screen, meter):
        screen.redraw()
        meter(done(uploaded()))
        screen.say("a line")
        screen.redraw()
        during = terminal.rows()

    assert during[:-1] == ["a line"]
    assert during[-1].startswith("1.0 KB  1 file")
    assert terminal.rows() == ["a line", ""]
    assert screen.footer is None


def eventually(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


def test_the_bar_moves_by_itself() -> None:
    terminal, meter = Terminal(), Meter()

    with progress(Screen(io.StringIO(), terminal), meter):
        meter(done(uploaded()))
        assert eventually(lambda: "1.0 KB" in terminal.getvalue())


def test_without_a_terminal_there_is_a_plain_line_now_and_then() -> None:
    plain, meter = io.StringIO(), Meter()
    screen = Screen(io.StringIO(), plain)
    meter(done(uploaded(), held(), failed()))

    with progress(screen, meter, line_seconds=0.01):
        assert eventually(lambda: plain.getvalue().count("\n") > 1)

    line = plain.getvalue().splitlines()[0]
    time_, _, words = line.partition(" ")
    assert time_.endswith("Z")
    assert words == "3.0 KB, 3 files, 1 held, 1 failed"


def test_a_short_run_without_a_terminal_says_nothing_of_its_progress() -> None:
    plain = io.StringIO()

    with progress(Screen(io.StringIO(), plain), Meter()):
        pass

    assert plain.getvalue() == ""


def test_a_terminal_that_goes_away_does_not_end_the_run() -> None:
    broken, meter = Broken(), Meter()
    broken.isatty = lambda: True  # type: ignore[method-assign]
    screen = Screen(io.StringIO(), broken)

    with progress(screen, meter):
        for event in examples():
            meter(event)
        screen.redraw()

    assert broken.tries > 0


def test_a_stream_that_is_no_terminal_has_the_usual_width() -> None:
    assert columns(io.StringIO()) == 80
