"""The installed command on a person's terminal: a bar that never tears."""

import os
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from commands import PROGRAM, SECONDS, TARGET, Pier
from runs import names, pid_text, write_bin
from saying import Terminal
from servers.faults import Answer, Delay, Rule
from servers.routing import Op
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind

if sys.platform == "win32":
    pytest.skip("other system: no terminals", allow_module_level=True)
import fcntl
import termios

BAR = re.compile(r" *(\d+)% .* (\d+)/90 files")
WIDTH = 100
ON_A_TERMINAL = (
    "import fcntl, os, sys, termios;"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes standard input the terminal that sends Ctrl-C, then runs a command."""


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    """Thirty bins; a store that takes two seconds for them and refuses one."""
    pier = Pier(tmp_path, clean_environment, scripted)
    for number in range(30):
        write_bin(pier.source, number)
    refused = Answer(400, "EntityTooLarge", "too large")
    scripted.script(Rule(refused, Op.PUT, key=f"p/{names(12)[0]}"))
    scripted.script(Rule(Delay(0.12), Op.PUT))
    return pier


class Session:
    """What a person has seen on a terminal of WIDTH columns so far."""

    def __init__(self) -> None:
        self.text = ""
        self.code = 0

    @property
    def rows(self) -> list[str]:
        """What is on the screen now."""
        terminal = Terminal()
        terminal.write(self.text)
        return terminal.rows()

    @property
    def frames(self) -> list[str]:
        """Everything that was ever drawn from a line's beginning on."""
        plain = re.sub(r"\x1b\[\d*m", "", self.text)
        return re.split(r"[\r\n]+", plain)

    @property
    def bars(self) -> list[re.Match[str]]:
        return [match for f in self.frames if (match := BAR.match(f))]


def played(
    pier: Pier,
    *args: object,
    type_at: Callable[[Session], object] = lambda _: False,
    shape: tuple[int, int] = (25, WIDTH),
) -> Session:
    """An upload on a terminal; Ctrl-C is typed once `type_at` is true."""
    words = ("upload", pier.source, "--to", TARGET, *args)
    return on_terminal(pier, *words, type_at=type_at, shape=shape)


def on_terminal(
    pier: Pier,
    *args: object,
    type_at: Callable[[Session], object] = lambda _: False,
    shape: tuple[int, int] = (25, WIDTH),
    out: IO[bytes] | None = None,
) -> Session:
    """A command on a terminal, as `played` plays an upload.

    Its standard output goes to `out`, if that is given.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", *shape, 0, 0))
    session, typed = Session(), False
    words = [PROGRAM, *args]
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL, *map(str, words)],
        cwd=pier.cwd,
        env=pier.environ,
        stdin=theirs,
        stdout=out or theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        end = time.monotonic() + SECONDS
        try:
            while (text := seen(ours)) and time.monotonic() < end:
                session.text += text
                if not typed and type_at(session):
                    os.write(ours, b"\x03")
                    typed = True
        finally:
            os.close(ours)
            process.kill()
    session.code = process.returncode
    return session


def seen(terminal: int) -> str:
    try:
        return os.read(terminal, 65536).decode()
    except OSError:  # nobody has it open any more
        return ""


def test_a_bar_grows_and_is_gone_at_the_end(pier: Pier) -> None:
    session = played(pier, "--concurrency", "4")
    bars = session.bars
    assert len(bars) >= 3
    done = [int(bar[2]) for bar in bars]
    assert done == sorted(done)
    assert done[-1] > done[0]
    assert "left  " in bars[-1].string, "a guess of the time that is left"
    assert "2 failed" in bars[-1].string
    assert max(len(bar.string) for bar in bars) < WIDTH
    # On the screen nothing of it stays, and no line is torn.
    roi, _, adc = names(12)
    refused = f"p/{roi}: EntityTooLarge: too large"
    missing = f"{adc}: not sent, because {roi} failed"
    rows = session.rows
    assert rows[:6] == [
        f"Uploading {pier.source} to {TARGET}",
        f"failed  {refused}",
        f"failed  {missing}",
        "Failed Files:",
        f"  {refused}",
        f"  {missing}",
    ]
    assert rows[6] == "Upload Summary Report:"
    assert rows[7] == "Total Files: 88"
    assert not [row for row in rows if "%" in row]
    assert rows[-1] == "", "the cursor is on a line of its own"
    assert session.code == 3


def test_ctrl_c_on_the_terminal_leaves_a_clean_screen(pier: Pier) -> None:
    session = played(
        pier, "--concurrency", "1", type_at=lambda now: len(now.bars) >= 2
    )
    assert session.code == 130
    # The terminal itself shows ^C where the cursor was.
    rows = [row.removesuffix("^C").rstrip() for row in session.rows]
    rows = list(filter(None, rows))
    assert rows[0] == f"Uploading {pier.source} to {TARGET}"
    assert rows[1] == (
        "stopping: running files get 8s; asking once more stops at once"
    )
    assert rows[2] == "Upload Summary Report:"
    assert "Stopped early; run again to send the rest." in rows
    assert not [row for row in rows if "%" in row]


@pytest.mark.parametrize("shape", [(0, 0), (1, WIDTH)])
def test_a_terminal_that_does_not_know_its_height_has_a_bar(
    pier: Pier, shape: tuple[int, int]
) -> None:
    assert played(pier, shape=shape).bars


def test_quiet_draws_no_bar(pier: Pier) -> None:
    session = played(pier, "--quiet", "--concurrency", "4")
    assert session.code == 3
    assert not session.bars
    assert session.rows[0] == "Failed Files:"


@contextmanager
def reader() -> Iterator[IO[bytes]]:
    """A pipe to a program that takes what it is given."""
    with subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as cat:
        assert cat.stdin is not None
        yield cat.stdin


def test_a_bar_is_not_drawn_into_what_another_program_shows(
    pier: Pier,
) -> None:
    words = ("upload", pier.source, "--to", TARGET)
    with reader() as out:
        assert not on_terminal(pier, *words, "--json", out=out).bars
        # Nothing of an upload itself passes there before its end.
        more = ("--no-journal", "--existing", "overwrite")
        assert on_terminal(pier, *words, *more, out=out).bars


def test_colours_are_for_terminals_unless_somebody_objects(
    pier: Pier, scripted: ScriptedServer
) -> None:
    scripted.clear()
    assert "\x1b[1mDry Run Summary" in played(pier, "-n").text
    pier.environ["NO_COLOR"] = "1"
    assert "\x1b" not in played(pier, "-n").text


def test_a_dry_run_names_every_file_on_a_terminal_too(
    pier: Pier, scripted: ScriptedServer
) -> None:
    scripted.clear()
    rows = played(pier, "-n").rows
    sends = [row for row in rows if row.startswith("send    ")]
    assert len(sends) == 90
    roi = f"send    {pid_text(0)}.roi  172 B  not sent before"
    assert sends.count(roi) == 1
    assert not scripted.objects


SLOW = """
import os, time
really = os.open
def slow(path, *args, **more):
    if str(path).endswith(".adc"):
        time.sleep(1.0 if "000029" in str(path) else 0.01)
    return really(path, *args, **more)
os.open = slow
"""
INSPECTED = re.compile(r"(\d+) bins  (\d+) files  1 broken  day$")


@pytest.fixture
def slow_pier(tmp_path: Path, clean_environment: Path) -> Pier:
    """Thirty bins on a slow disk, the first broken; no store."""
    pier = Pier(tmp_path, clean_environment)
    write_bin(pier.source / "day", 0, without=(Kind.ROI,))
    for number in range(1, 30):
        write_bin(pier.source / "day", number)
    (tmp_path / "patch").mkdir()
    (tmp_path / "patch" / "sitecustomize.py").write_text(SLOW)
    pier.environ["PYTHONPATH"] = str(tmp_path / "patch")
    return pier


def test_an_inspection_says_how_far_it_is_and_leaves_a_clean_screen(
    slow_pier: Pier,
) -> None:
    session = on_terminal(slow_pier, "inspect", slow_pier.source)
    assert any(INSPECTED.match(frame.rstrip()) for frame in session.frames)
    assert session.rows[:3] == [
        f"Inspecting {slow_pier.source}",
        f"  day/{pid_text(0)}{{.hdr,.adc}}  broken: roi missing",
        "Instruments:",
    ]
    assert session.code == 4


def test_an_inspection_that_is_piped_has_no_line_that_moves(
    slow_pier: Pier,
) -> None:
    with reader() as out:
        session = on_terminal(slow_pier, "inspect", slow_pier.source, out=out)
    assert session.code == 4
    assert session.rows[0] == f"Inspecting {slow_pier.source}"
    assert not any(INSPECTED.match(f.rstrip()) for f in session.frames)


def test_ctrl_c_ends_an_inspection_with_what_was_seen(
    slow_pier: Pier,
) -> None:
    session = on_terminal(
        *(slow_pier, "inspect", slow_pier.source),
        type_at=lambda now: any(map(INSPECTED.match, now.frames)),
    )
    assert session.code == 130
    rows = list(filter(None, session.rows))
    assert rows[-1].startswith("Stopped early; what is counted here is ")
    assert not any(map(INSPECTED.match, rows))


@pytest.mark.parametrize("shape", [(25, 40), (25, 160)])
def test_a_verification_shows_how_far_it_is_at_any_width(
    pier: Pier, scripted: ScriptedServer, shape: tuple[int, int]
) -> None:
    scripted.clear()
    scripted.script(Rule(Delay(0.3), Op.LIST))
    words = ("verify", pier.source, "--to", TARGET)
    session = on_terminal(pier, *words, shape=shape)

    assert session.code == 3, session.text
    doing = "asking the store (ListObjectsV2)"
    frames = [one for one in session.frames if one.startswith(doing)]
    assert frames
    assert all(len(one.rstrip()) < shape[1] for one in frames)
    assert (
        session.rows[-2] == "Not all is safe: 30 not shown to be in the store."
    )
    missing = ".roi, .hdr, .adc missing"
    named = [one for one in session.rows if missing in one]
    assert len(named) == 30
