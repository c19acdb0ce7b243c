"""The streams: nothing tears, nothing is acted upon, nothing raises."""

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saying import NASTY, Broken, Terminal

from pt5_async.cli.screen import Screen
from pt5_async.cli.shared_options import ColorChoice
from pt5_async.cli.words import Tone
from pt5_async.printable import printable


class Foot:
    """A footer that writes its own name, and can fail."""

    def __init__(self, stream: io.StringIO, text: str = "[bar]") -> None:
        self.stream = stream
        self.text = text
        self.draws = 0

    def draw(self) -> None:
        self.draws += 1
        self.stream.write(f"\r{self.text}")

    def clear(self) -> None:
        self.stream.write("\r" + " " * len(self.text) + "\r")


class Ticks:
    """A clock that moves only when it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_line_stands_above_the_footer_and_does_not_tear_it() -> None:
    terminal, clock = Terminal(), Ticks()
    screen = Screen(io.StringIO(), terminal, clock=clock)
    screen.footer = Foot(terminal)
    screen.redraw()

    clock.now += 1
    screen.say("hi")
    screen.say("the second line is longer")

    assert terminal.rows() == ["hi", "the second line is longer", ""]
    screen.redraw()
    assert terminal.rows() == ["hi", "the second line is longer", "[bar]"]


def test_a_flood_of_lines_does_not_draw_the_footer_behind_each() -> None:
    terminal, clock = Terminal(), Ticks()
    screen = Screen(io.StringIO(), terminal, clock=clock)
    foot = screen.footer = Foot(terminal)

    for _ in range(1000):
        clock.now += 0.001
        screen.say("line")

    assert 5 <= foot.draws <= 11


def test_lines_for_a_file_leave_the_footer_alone() -> None:
    terminal, out = Terminal(), io.StringIO()
    screen = Screen(out, terminal)
    screen.footer = Foot(terminal)
    screen.redraw()

    screen.out("line")

    assert out.getvalue() == "line\n"
    assert terminal.rows() == ["[bar]"]


def test_both_streams_on_one_terminal_do_not_tear_either() -> None:
    terminal, clock = Terminal(), Ticks()
    screen = Screen(terminal, terminal, clock=clock)
    screen.footer = Foot(terminal)
    screen.redraw()

    clock.now += 1
    screen.out("out")
    screen.say("err")
    screen.redraw()

    assert terminal.rows() == ["out", "err", "[bar]"]


@pytest.mark.parametrize(
    ("choice", "stream", "colored"),
    [
        (ColorChoice.AUTO, Terminal, os.name != "nt"),
        (ColorChoice.AUTO, io.StringIO, False),
        (ColorChoice.ALWAYS, io.StringIO, True),
        (ColorChoice.NEVER, Terminal, False),
    ],
)
def test_colours_are_only_where_they_are_wanted(
    choice: ColorChoice, stream: type[io.StringIO], *, colored: bool
) -> None:
    out = stream()
    screen = Screen(out, io.StringIO(), color=choice)

    screen.out("bad", Tone.BAD)
    screen.out("plain")

    bad = "\x1b[31mbad\x1b[0m" if colored else "bad"
    assert out.getvalue() == f"{bad}\nplain\n"


def test_a_reader_that_goes_is_told_of_once_and_nothing_raises() -> None:
    broken, errors = Broken(), list[OSError]()
    screen = Screen(broken, broken)
    screen.when_gone = errors.append

    for _ in range(3):
        screen.out("line")
        screen.say("line")

    assert [type(error) for error in errors] == [BrokenPipeError]
    assert broken.tries == 2


def test_a_closed_stream_is_as_one_without_a_reader() -> None:
    closed, errors = io.StringIO(), list[OSError]()
    screen = Screen(closed, io.StringIO())
    closed.close()
    screen.when_gone = errors.append

    screen.out("line")

    assert len(errors) == 1
    assert not Screen(closed, closed).interactive


def test_a_footer_that_cannot_be_drawn_does_not_raise() -> None:
    broken, clock = Broken(), Ticks()
    broken.isatty = lambda: True  # type: ignore[method-assign]
    screen = Screen(io.StringIO(), broken, clock=clock)
    screen.footer = Foot(broken)

    screen.redraw()
    clock.now += 1
    screen.say("line")

    assert broken.tries > 1


def test_what_was_left_for_a_gone_reader_is_no_error_at_the_end() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        Screen(pipe, io.StringIO()).out("line")
    # Closing flushes; that it did not raise is the point.
    assert pipe.closed


def test_letters_that_a_stream_cannot_write_become_escapes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out"
    with path.open("w", encoding="ascii") as file:
        Screen(file, sys.stderr).out("Küste")

    assert path.read_text("ascii") == "K\\xfcste\n"


def test_a_nasty_name_is_shown_and_not_obeyed() -> None:
    terminal = Terminal()

    Screen(terminal, terminal).out(f"failed {NASTY}")

    assert terminal.getvalue() == (
        "failed day/\\x1b[2J\\r\\n\\u202e\\udcff.roi\n"
    )


@given(st.text(st.characters(codec=None), max_size=50))
def test_what_is_printable_stays_and_nothing_else_is_shown(text: str) -> None:
    shown = printable(text)

    assert shown.isprintable()
    assert (shown == text) == text.isprintable()
    shown.encode()
