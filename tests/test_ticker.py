"""The line of an inspection that keeps up: words, cut to the terminal."""

import io
import time

import pytest
from saying import NASTY, Terminal

from pt5_async.cli.screen import Screen
from pt5_async.cli.ticker import Ticker, ticking


def drawn(words: str, width: int = 40) -> list[str]:
    terminal = Terminal()
    ticker = Ticker(terminal, lambda: words, width=lambda _: width)
    ticker.draw()
    rows = terminal.rows()
    ticker.clear()
    assert terminal.rows() == [""]
    ticker.close()
    return rows


def test_the_words_stand_on_one_line() -> None:
    assert drawn("5 bins  15 files  day") == ["5 bins  15 files  day"]


@pytest.mark.parametrize("words", ["x" * 100, "魚" * 50, NASTY * 9])
def test_no_line_is_wider_than_the_terminal_or_moves_its_cursor(
    words: str,
) -> None:
    [row] = drawn(words)
    assert len(row) + row.count("魚") <= 39


def test_a_folder_may_have_braces_in_its_name() -> None:
    assert drawn("1 bin  {bar}{0}{") == ["1 bin  {bar}{0}{"]


def test_lines_pass_above_it_and_it_is_gone_at_the_end() -> None:
    terminal = Terminal()
    screen = Screen(io.StringIO(), terminal)
    with ticking(screen, lambda: "5 bins"):
        screen.redraw()
        screen.say("a line")
        screen.redraw()
        assert terminal.rows() == ["a line", "5 bins"]
    assert terminal.rows() == ["a line", ""]


def test_where_no_person_looks_a_line_is_said_now_and_then() -> None:
    err = io.StringIO()
    with ticking(Screen(io.StringIO(), err), lambda: "5 bins", line_seconds=0):
        end = time.monotonic() + 10
        while "5 bins" not in err.getvalue() and time.monotonic() < end:
            time.sleep(0.01)
    first, *_ = err.getvalue().splitlines()
    moment, _, words = first.partition(" ")
    assert words == "5 bins"
    assert moment.endswith("Z")
