"""The installed command is asked to stop, once and twice."""

import signal
import sys
import time
from pathlib import Path

import pytest
from commands import (
    Done,
    Pier,
    Running,
    asked,
    bodies,
    files_below,
    forget,
    part_numbers,
    until,
)
from runs import big_bin, names, pid_text, write_bin
from servers.routing import Op
from servers.script import Gate
from servers.scripted import ScriptedServer

from pt5_async.ifcb.names import Kind

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="other system: no such signals"
)

INT, TERM = signal.SIGINT, signal.SIGTERM
MARK = f"{pid_text(3)}.adc"
"""Of twelve bins, one at a time, the fourth is the one that is held."""

NEXT = f"{pid_text(4)}.roi"
"""And, since only that .adc is left of it, the fifth has begun."""


def holds_two(scripted: ScriptedServer) -> tuple[Gate, Gate]:
    """Gates before the last file of one bin and the first of the next."""
    last, first = (scripted.gate(Op.PUT, f"p/{k}") for k in (MARK, NEXT))
    return last, first


def both_held(scripted: ScriptedServer, *gates: Gate) -> None:
    until(lambda: all(gate.held for gate in gates))
    until(lambda: len(bodies(scripted)) == 12)


@pytest.fixture
def pier(
    tmp_path: Path, clean_environment: Path, scripted: ScriptedServer
) -> Pier:
    return Pier(tmp_path, clean_environment, scripted)


@pytest.mark.parametrize(("signum", "code"), [(INT, 130), (TERM, 143)])
def test_asked_once_it_finishes_what_runs_and_starts_nothing(
    pier: Pier, scripted: ScriptedServer, signum: signal.Signals, code: int
) -> None:
    for number in range(12):
        write_bin(pier.source, number)
    gates = holds_two(scripted)
    with pier.uploading("--concurrency", "1") as running:
        both_held(scripted, *gates)
        running.signal(signum)
        running.await_words("stopping: running files get 8s")
        assert running.process.poll() is None
        for gate in gates:
            gate.release()
        done = running.end()
    assert done.code == code
    sent = {name for number in range(5) for name in names(number)}
    sent.remove(f"{pid_text(4)}.adc")
    assert set(bodies(scripted)) == sent
    assert "Total Files: 14\n" in done.out
    assert "  22 not reached\n" in done.out
    assert "Stopped early; run again to send the rest.\n" in done.out
    assert "Traceback" not in done.err
    sends_the_rest(pier, scripted, sent)


def sends_the_rest(
    pier: Pier, scripted: ScriptedServer, sent: set[str]
) -> Done:
    """The next run sends what the journal does not know, and only that."""
    forget(scripted)
    done = pier.upload()
    assert bodies(scripted) == files_below(pier.source)
    again = {key.removeprefix("p/") for key in asked(scripted, Op.PUT)}
    assert again.isdisjoint(sent)
    assert f"  {len(sent)} skipped by the journal" in done.out
    return done


def test_asked_twice_it_ends_at_once_and_forgets_nothing(
    pier: Pier, scripted: ScriptedServer
) -> None:
    for number in range(12):
        write_bin(pier.source, number)
    gates = holds_two(scripted)
    with pier.uploading("--concurrency", "1") as running:
        both_held(scripted, *gates)
        seconds = twice(running)
        done = running.end()
    assert done.code == 130
    assert seconds < 3
    assert "Total Files: 12\n" in done.out
    assert "  24 not reached\n" in done.out
    sent = set(bodies(scripted))
    assert len(sent) == 12
    sends_the_rest(pier, scripted, sent)


def twice(running: Running, signum: signal.Signals = INT) -> float:
    """Ask twice; the seconds from the second time to the end."""
    running.signal(INT)
    running.await_words("stopping: ")
    running.signal(signum)
    begun = time.monotonic()
    running.process.wait(20)
    return time.monotonic() - begun


def test_the_first_signal_names_the_exit_code(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.PUT)
    with pier.uploading() as running:
        until(lambda: gate.held)
        assert twice(running, TERM) < 3
        assert running.end().code == 130


def test_after_the_grace_nothing_is_waited_for(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.PUT)
    with pier.uploading("--grace", "0.5s") as running:
        until(lambda: gate.held)
        running.signal(TERM)
        begun = time.monotonic()
        done = running.end()
    assert done.code == 143
    assert 0.4 < time.monotonic() - begun < 4
    assert "stopping at once" in done.err


def test_parts_that_are_in_are_not_sent_again_after_a_hurried_stop(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, made=big_bin(56))
    gates = [scripted.gate(Op.PART, part=number) for number in (5, 6, 7)]
    with pier.uploading() as running:
        until(lambda: parts_in(scripted) == {1, 2, 3, 4})
        until(lambda: all(gate.held for gate in gates))
        assert twice(running) < 3
        assert running.end().code == 130
    assert len(scripted.uploads) == 1, "kept, to be resumed"
    forget(scripted)
    done = pier.upload("--verbose")
    assert part_numbers(scripted) == [5, 6, 7]
    assert not asked(scripted, Op.CREATE)
    assert "goes on after 4 parts of 7" in done.err
    assert bodies(scripted) == files_below(pier.source)
    assert not scripted.uploads


def parts_in(scripted: ScriptedServer) -> set[int]:
    return {n for one in scripted.uploads.values() for n in one.parts}


def test_without_a_journal_an_upload_in_parts_is_aborted_at_the_stop(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source, made=big_bin(56))
    gate = scripted.gate(Op.PART, part=5)
    with pier.uploading("--no-journal") as running:
        until(lambda: gate.held)
        assert twice(running) < 6
        assert running.end().code == 130
    assert len(asked(scripted, Op.ABORT)) == 1
    assert not scripted.uploads
    assert set(bodies(scripted)) <= {f"{pid_text(0)}.{Kind.HDR}"}


def test_a_stop_while_the_store_is_listed_sends_nothing(
    pier: Pier, scripted: ScriptedServer
) -> None:
    write_bin(pier.source)
    gate = scripted.gate(Op.LIST)
    with pier.uploading() as running:
        until(lambda: gate.held)
        running.signal(INT)
        gate.release()
        assert running.end().code == 130
    assert not scripted.objects


def test_validate_is_interrupted_without_a_trace(
    pier: Pier, scripted: ScriptedServer
) -> None:
    gate = scripted.gate()
    with pier.uploading("--validate") as running:
        until(lambda: gate.held)
        running.signal(INT)
        done = running.end(20)
    assert done.code == 130
    assert "Traceback" not in done.err


HANGING = """
import os, time
really = os.open
def slow(path, *args, **more):
    if str(path).endswith("_IFCB134.roi"):
        open(os.environ["HUNG"], "w").close()
        time.sleep(120)
    return really(path, *args, **more)
os.open = slow
del os.preadv  # as on a network share: nothing is read on the loop
"""


def test_a_read_that_hangs_does_not_keep_a_hurried_command_alive(
    pier: Pier,
) -> None:
    write_bin(pier.source)
    dead = pier.root / "dead"
    dead.mkdir()
    (dead / "sitecustomize.py").write_text(HANGING)
    hung = pier.root / "hung"
    pier.environ |= {"PYTHONPATH": str(dead), "HUNG": str(hung)}
    with pier.uploading() as running:
        until(hung.exists)
        running.signal(signal.SIGINT)
        running.await_words("stopping")
        running.signal(signal.SIGINT)
        done = running.end(seconds=20)
    assert done.code == 130
    assert "3 not reached" in done.out
